"""Expressions of contracts in which a calculation has no result: such a row breaks the rule, unless the rule holds whatever the result."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import featureprep as fp
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Status

Judge = Callable[..., dict[str, Outcome]]
LEAST, MOST = -(2**63), 2**63 - 1
FAULT = object()
Value = Any


def known(calculate: Callable[..., Value]) -> Callable[..., Value]:
    """A calculation over values that may be null or have no result."""

    def run(*args: Value) -> Value:
        if any(arg is FAULT for arg in args):
            return FAULT
        return None if any(arg is None for arg in args) else calculate(*args)

    return run


def whole(result: int) -> Value:
    return result if LEAST <= result <= MOST else FAULT


add = known(lambda a, b: whole(a + b))
mul = known(lambda a, b: whole(a * b))
floordiv = known(lambda a, b: FAULT if b == 0 else whole(a // b))
mod = known(lambda a, b: FAULT if b == 0 else a % b)
over = known(lambda a, b: FAULT if a == b == 0 else math.copysign(math.inf, a) if b == 0 else a / b)
above = known(lambda a, b: a > b)
negated = known(lambda a: not a)


def either(a: Value, b: Value) -> Value:
    if a is True or b is True:
        return True
    return FAULT if FAULT in (a, b) else None if None in (a, b) else False


def both(a: Value, b: Value) -> Value:
    if a is False or b is False:
        return False
    return FAULT if FAULT in (a, b) else None if None in (a, b) else True


EXPRESSIONS: dict[str, Callable[[Value, Value], Value]] = {
    "a + b > 0": lambda a, b: above(add(a, b), 0),
    "a * b > 0": lambda a, b: above(mul(a, b), 0),
    "a // b > 0": lambda a, b: above(floordiv(a, b), 0),
    "a % b > 0": lambda a, b: above(mod(a, b), 0),
    "a / b > 0": lambda a, b: above(over(a, b), 0),
    "a / (b % a) > 1": lambda a, b: above(over(a, mod(b, a)), 1),
    "b == 0 or a % b > 0": lambda a, b: either(None if b is None else b == 0, above(mod(a, b), 0)),
    "b != 0 and a % b > 0": lambda a, b: both(None if b is None else b != 0, above(mod(a, b), 0)),
    "(a % b) is None": lambda a, b: mod(a, b) in (None, FAULT),
    "not a // b > 0": lambda a, b: negated(above(floordiv(a, b), 0)),
    "-a > 0": lambda a, b: None if a is None else above(whole(-a), 0),
    "abs(a) > 0": lambda a, b: None if a is None else above(whole(abs(a)), 0),
    "a > 0": lambda a, b: above(a, 0),
}
NUMBERS = st.none() | st.integers(-3, 3) | st.sampled_from([LEAST, MOST, 2**62, -(2**62)])


@pytest.mark.parametrize("expr", EXPRESSIONS)
def test_against_python(judge: Judge, expr: str) -> None:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
    @given(rows=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=6), cut=st.integers(0, 6))
    def check(rows: list[tuple[int | None, int | None]], cut: int) -> None:
        ends = [EXPRESSIONS[expr](a, b) for a, b in rows]
        faults = sum(end is FAULT for end in ends)
        contract = f'allow_empty: true\ncolumns: {{a: int64, b: int64}}\nexpressions: [{{name: e, expr: "{expr}"}}]'
        table = pa.table({"a": pa.array([a for a, _ in rows], pa.int64()), "b": pa.array([b for _, b in rows], pa.int64())})
        outcome = judge(contract, table, cuts=[min(cut, len(rows))], merged="right")["$/expressions/e"]
        assert outcome.count == faults + sum(end is False for end in ends)
        assert outcome.status == (Status.FAILED if outcome.count else Status.PASSED)
        rows_of = "one of these rows" if faults == 1 else f"{faults} of these rows"
        assert outcome.message == (f"{rows_of} cannot be judged: a division by 0, or a number that does not fit" if faults else "")

    check()


def test_floats(judge: Judge) -> None:
    inf, nan = math.inf, math.nan
    table = pa.table({"x": [inf, 0.0, nan, None, 1.0, 3.0], "y": [-inf, 0.0, 1.0, 1.0, 0.0, 2.0]})
    contract = "columns: {x: float64, y: float64}\nexpressions: [{name: sum, expr: x + y > 0}, {name: part, expr: x / y > 0}]"
    found = judge(contract, table)
    # inf - inf, and 0 / 0 have no result; inf / -inf has none; NaN that is there already is in no order; 1 / 0 is infinite
    assert (found["$/expressions/sum"].count, found["$/expressions/part"].count) == (3, 3)
    assert found["$/expressions/sum"].message.startswith("one of these rows cannot")
    assert found["$/expressions/part"].message.startswith("2 of these rows cannot")


def test_a_cell_that_does_not_fit_is_the_type_rules_affair(judge: Judge) -> None:
    table = pa.table({"a": pa.array([None, 4], pa.int64()), "b": pa.array([1, 2], pa.int64())})
    found = judge("columns: {a: int64, b: int64}\nexpressions: [{expr: a % b == 0}]", table, malformed={"a": ["four", None]})
    assert (found["a/type"].count, found["$/expressions/a % b == 0"].count) == (1, 0)


def test_it_is_within_a_threshold_like_any_other(judge: Judge) -> None:
    table = pa.table({"a": [1, 2, 3], "b": [0, 1, 1]})
    contract = "columns: {a: int64, b: int64}\nexpressions: [{name: e, expr: a % b == 0, at_most: 1}]"
    outcome = judge(contract, table)["$/expressions/e"]
    assert (outcome.status, outcome.count) == (Status.PASSED, 1)
    assert "one of these rows cannot be judged" in outcome.message


def test_rows_are_set_aside_and_the_graph_knows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n7,2\n7,0\n,0\n9223372036854775807,1\n", encoding="utf-8")
    contract = tmp_path / "contract.yaml"
    contract.write_text(
        "columns: {a: int64, b: int64}\n"
        "expressions: [{name: part, expr: a // b > 0, action: quarantine}, {name: sum, expr: a + b > 0, action: drop}]\n",
        encoding="utf-8",
    )
    job = fp.job(sources={"s": fp.read_csv(str(tmp_path / "a.csv"))}, contract=str(contract), name="faults")(lambda s: s)
    made = job.run(store=str(tmp_path / "store"))
    (read, _) = made.ledger.lines
    assert (dict(read.quarantined), dict(read.dropped)) == ({"part: a // b > 0": 1}, {"sum: a + b > 0": 1})
    assert made.dataset.to_arrow().to_pylist() == [{"a": 7, "b": 2}, {"a": None, "b": 0}]
    graph = made.graph
    rows: list[dict[str, Any]] = [{"a": 7, "b": 2}, {"a": 7, "b": 0}, {"a": None, "b": 0}, {"a": MOST, "b": 1}]
    assert [graph.admits(row) for row in rows] == [None, "part: a // b > 0", None, "sum: a + b > 0"]
