"""keys: columns that tell the rows apart, against counting in plain Python."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
COLUMNS = "columns: {a: int64, b: string, c: float64}"

rows = st.lists(
    st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["x", "y"]), st.sampled_from([0.0, -0.0, 1.5, float("nan")])),
    max_size=12,
)


def table(found: list[tuple[Any, ...]]) -> pa.Table:
    parts = list(zip(*found, strict=True)) or [(), (), ()]
    return pa.table(
        {name: pa.array(part, kind) for name, part, kind in zip("abc", parts, (pa.int64(), pa.string(), pa.float64()), strict=True)}
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows, st.sampled_from([("a",), ("b",), ("c",), ("a", "b"), ("c", "a"), ("b", "c", "a")]), st.randoms(), st.integers(0, 12))
def test_against_counting(judge: Judge, found: list[tuple[Any, ...]], names: tuple[str, ...], random: Any, cut: int) -> None:
    keys = [tuple("nan" if row["abc".index(n)] != row["abc".index(n)] else row["abc".index(n)] for n in names) for row in found]
    nulls = sum(None in key for key in keys)
    repeated = sum(n for key, n in Counter(key for key in keys if None not in key).items() if n > 1)
    contract = f"allow_empty: true\n{COLUMNS}\nkeys: [{', '.join(names)}]"
    outcome = judge(contract, table(found))[f"$/keys/{', '.join(names)}"]
    assert (outcome.status == Status.FAILED) == bool(nulls or repeated)
    assert (outcome.count, outcome.total) == (nulls + repeated, len(found))
    random.shuffle(found)
    again = judge(contract, table(found), cuts=[min(cut, len(found))], merged="right")
    assert repr(again[outcome.id]) == repr(outcome)  # repr: NaN equals itself


def test_what_is_told(judge: Judge) -> None:
    data = pa.table(
        {"day": pa.array([dt.date(2024, 1, 1)] * 2 + [None], pa.date32()), "zone": ["a", "a", "b"], "name": ["Ann", "Ann", "Bob"]}
    )
    contract = """
columns: {day: date, zone: string, name: {type: string, sensitive: true}}
keys: [[day, zone], {of: [zone, name], severity: warn}, name]
"""
    found = judge(contract, data)
    first = found["$/keys/day, zone"]
    assert (first.rule, first.reason) == ("has the key day, zone: unique and not null", Reason.FEATURE_TYPE_LOW_UNIQUE)
    assert first.message == "2 rows share their key with another; 1 row has a null in it"
    assert first.examples == ({"day": dt.date(2024, 1, 1), "zone": "a"},)
    assert (first.count, first.total, first.blocking) == (3, 3, True)
    second = found["$/keys/zone, name"]
    assert (second.count, second.blocking, second.masked, second.examples) == (2, False, True, ({"zone": "a"},))
    assert found["$/keys/name"].examples == ()
    assert "Ann" not in repr(found)


def test_cells_that_do_not_fit_tell_no_row_apart(judge: Judge) -> None:
    data = pa.table({"a": pa.array([1, None], pa.int64())})
    assert judge("columns: {a: int64}\nkeys: a", data, malformed={"a": [None, "?"]})["$/keys/a"].count == 1


def test_an_absent_column_is_not_passed_over(judge: Judge) -> None:
    outcome = judge("columns: {a: int64, b: int64}\nkeys: [a, b]", pa.table({"a": [1]}), typed=True)["$/keys/a, b"]
    assert (outcome.status, outcome.message) == (Status.NOT_EVALUATED, "the source does not have the column 'b'")
    assert outcome.blocking


def test_it_is_written_and_read_back() -> None:
    made = load_contract(f"{COLUMNS}\nkeys: [a, {{of: [b, c], severity: warn}}]")
    assert load_contract(made.to_yaml()) == made
    one = load_contract(f"{COLUMNS}\nkeys: [a, b]")
    assert [rule.part for rule in one.source("").rules if rule.check == "keys"] == ["a, b"]
    assert load_contract(one.to_yaml()) == one


@pytest.mark.parametrize(
    ("keys", "line", "what", "hint"),
    [
        ("keys: []", 2, "names no column", "keys: [id]"),
        ("keys: [a, d]", 2, "the contract has no column 'd'", "known are"),
        ("keys:\n- [a]\n- [aa]", 4, "the contract has no column 'aa'", "did you mean 'a'"),
        ("keys: [a, a]", 2, "names a column twice", None),
        ("keys:\n- [a, b]\n- [c]\n- [a, b]", 5, "stands twice", "line 3"),
        ("keys: {of: [a], action: drop}", 2, "looks at all rows", None),
        ("keys: {of: [a], at_most: 3}", 2, "looks at all rows", None),
        ("keys: {columns: [a]}", 2, "unknown key 'columns'", None),
        ("keys: null", 2, "must be text, not nothing", None),
        ("keys: [[a, [b]]]", 2, "must be text, not a list", None),
        ("keys: [l]", 2, "keys are of scalars; column 'l' is list<int64>", None),
    ],
)
def test_mistakes(keys: str, line: int, what: str, hint: str | None) -> None:
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(f"{COLUMNS.replace('}', ', l: list<int64>}')}\n{keys}\n", where="c.yaml")
    assert caught.value.where == f"c.yaml:{line}"
    assert hint is None or hint in (caught.value.hint or "")
