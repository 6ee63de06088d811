"""min_domain_mass, against counting in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.item_totals import ItemTotals
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
words = st.none() | st.sampled_from(["a", "b", "c"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.booleans(), st.data(), st.integers(0, 100), st.integers(0, 9))
def test_against_counting(judge: Judge, of_lists: bool, data: st.DataObject, percent: int, cut: int) -> None:
    cells: list[Any] = data.draw(st.lists(st.none() | st.lists(words, max_size=3) if of_lists else words, max_size=9))
    values = [v for cell in cells for v in ((cell or []) if of_lists else [cell]) if v is not None]
    good = sum(v in ("a", "b") for v in values)
    dtype = "list<string>" if of_lists else "string"
    contract = f"allow_empty: true\ncolumns: {{x: {{type: '{dtype}', values: [a, b], min_domain_mass: {percent / 100}}}}}"
    table = pa.table({"x": pa.array(cells, pa.list_(pa.string()) if of_lists else pa.string())})
    outcome = judge(contract, table, cuts=[min(cut, len(cells))], merged="right")["x/min_domain_mass"]
    assert (outcome.status == Status.PASSED) == (not values or Fraction(good, len(values)) >= Fraction(percent, 100))
    bad_rows = sum(any(v is not None and v not in ("a", "b") for v in ((cell or []) if of_lists else [cell])) for cell in cells)
    assert (outcome.count, outcome.total) == (bad_rows, len(cells))
    assert outcome.examples == (("c",) if bad_rows else ())
    if good < len(values):
        verb = "is" if len(values) - good == 1 else "are"
        assert outcome.message == f"{len(values) - good} of {len(values)} values {verb} not among those allowed; {percent}% must be"
    assert judge(contract, table.take(pa.array(range(len(cells))[::-1], pa.int64())))["x/min_domain_mass"] == outcome


def test_it_takes_the_place_of_values(judge: Judge) -> None:
    found = judge("columns: {x: {type: string, values: [a], min_domain_mass: 0.5}}", pa.table({"x": ["a", "b", None]}))
    assert "x/values" not in found
    outcome = found["x/min_domain_mass"]
    assert (outcome.rule, outcome.reason) == ("x is one of a, in 50% of its values at least", Reason.ENUM_TYPE_UNEXPECTED_STRING_VALUES)
    assert (outcome.status, outcome.count) == (Status.PASSED, 1)
    secret = judge("columns: {x: {type: string, values: [a], min_domain_mass: 0.9, sensitive: true}}", pa.table({"x": ["a", "secret"]}))
    assert secret["x/min_domain_mass"].status == Status.FAILED
    assert "secret" not in repr(secret)


def test_it_is_written_and_read_back() -> None:
    made = load_contract(
        "columns: {x: {type: string, values: [a, b], min_domain_mass: {min: 0.95, severity: warn}}, y: {type: int64, values: [1], min_domain_mass: 1}}\n"
    )
    assert load_contract(made.to_yaml()) == made
    assert "values: [a, b]" in made.to_yaml()


@pytest.mark.parametrize(
    ("keys", "line", "what", "hint"),
    [
        ("min_domain_mass: 0.9", 4, "a share of `values`", "values: "),
        ("values: [a]\n    min_domain_mass: 1.5", 5, "number from 0 to 1", None),
        ("values: [a]\n    min_domain_mass: 95%", 5, "number from 0 to 1", None),
        ("values: [a]\n    min_domain_mass: {min: 0.9, action: drop}", 5, "looks at all rows", None),
        ("values: [a]\n    min_domain_mass: {min: 0.9, at_most: 3}", 5, "looks at all rows", None),
        ("values: {of: [a], at_most: 3}\n    min_domain_mass: 0.9", 4, "decides when it fails", "take at_most"),
        ("values: {of: [a], severity: warn}\n    min_domain_mass: 0.9", 4, "decides when it fails", "{min: 0.9, severity"),
        ("values: [a]\n    action: drop\n    min_domain_mass: 0.9", 6, "cannot hold for min_domain_mass", "action: fail"),
        ("values: [a, a]\n    min_domain_mass: 0.9", 4, "stands twice", None),
    ],
)
def test_mistakes(keys: str, line: int, what: str, hint: str | None) -> None:
    with pytest.raises(RequestError, match=what) as caught:
        load_contract(f"columns:\n  x:\n    type: string\n    {keys}\n", where="c.yaml")
    assert caught.value.where == f"c.yaml:{line}"
    assert hint is None or hint in (caught.value.hint or "")


def test_states_that_are_none() -> None:
    fold = ItemTotals()
    assert fold.decode(fold.encode((2**70, 1))) == (2**70, 1)
    for bad in ((1,), (1, 2, 3), (-1, 2), (True, 2), ("1", 2)):
        with pytest.raises(CorruptArtefactError):
            fold.decode(fold.encode(bad))  # type: ignore[arg-type]
