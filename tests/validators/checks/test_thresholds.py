"""at_most: a rule that some rows may break."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import RequestError
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Status

Judge = Callable[..., dict[str, Outcome]]


def numbers(bad: int, good: int) -> pa.Table:
    return pa.table({"x": pa.array([-1] * bad + [1] * good, pa.int64())})


@pytest.mark.parametrize(
    ("stated", "bad", "good", "ok"),
    [
        ("0", 0, 5, True), ("0", 1, 4, False), ("3", 3, 0, True), ("3", 4, 1000, False), ("1%", 1, 99, True), ("1%", 2, 98, False),
        ("0.01", 1, 99, True), ("0.01", 1, 98, False), ("1.0", 5, 0, True), ("1", 2, 998, False), ("100%", 7, 0, True),
        ("0.1%", 1, 999, True), ("0%", 1, 999, False), ("0.0", 0, 9, True), ("0.5", 0, 0, True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("cuts", [(), (1,)])
def test_thresholds(judge: Judge, stated: str, bad: int, good: int, ok: bool, cuts: tuple[int, ...]) -> None:
    contract = f"allow_empty: true\ncolumns: {{x: {{type: int64, range: {{min: 0, at_most: {stated}}}}}}}"
    found = judge(contract, numbers(bad, good), cuts=cuts if bad + good else ())["x/range/min"]
    assert (found.status == Status.PASSED) == ok
    assert found.blocking != ok
    assert (found.count, found.total) == (bad, bad + good)
    if bad:
        assert "may break it" in found.message
        assert found.examples == (-1,)  # what breaks it is told even where that is allowed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(bad=st.integers(0, 300), good=st.integers(0, 300), tenths=st.integers(0, 1000), rows=st.integers(0, 300))
def test_it_counts_exactly(judge: Judge, bad: int, good: int, tenths: int, rows: int) -> None:
    share = f"{tenths // 10}.{tenths % 10}%"
    for stated, ok in (
        (share, not bad or Fraction(bad, bad + good) <= Fraction(tenths, 1000)),
        (str(rows), bad <= rows),
    ):
        contract = f"allow_empty: true\ncolumns: {{x: {{type: int64, range: {{min: 0, at_most: {stated}}}}}}}"
        assert (judge(contract, numbers(bad, good))["x/range/min"].status == Status.PASSED) == ok


def test_rows_that_are_taken_away(judge: Judge) -> None:
    contract = "columns: {x: {type: int64, range: {min: 0, action: quarantine, at_most: 2}}}"
    few, many = (judge(contract, numbers(bad, 10))["x/range/min"] for bad in (2, 3))
    # told as handled, since rows are lost; too many fail the run all the same
    assert (few.status, few.blocking, few.too_many) == (Status.FAILED, False, False)
    assert (many.status, many.blocking, many.too_many) == (Status.FAILED, True, True)
    assert few.message == "at most 2 rows may break it, 2 of 12 do"
    assert many.message == "at most 2 rows may break it"
    assert judge(contract.replace("min: 0", "min: 0, severity: warn"), numbers(3, 1))["x/range/min"].blocking is False


def test_every_check_of_single_rows_takes_it(judge: Judge) -> None:
    contract = """
columns:
  x: {type: int64, nullable: {is: false, at_most: 1}, values: {of: [1, 2], at_most: 1}, range: {max: 1, at_most: 1}}
  m: {type: {is: int64, at_most: 1}}
  t: {type: string, regex: {pattern: "[a-z]", at_most: 1}, length: {max: 1, at_most: 1}}
  f: {type: float64, not_nan: {is: true, at_most: 1}}
expressions: [{expr: x < 3, at_most: 1}]
"""
    x = pa.array([1, 1, None, 9, 1], pa.int64())
    table = pa.table(
        {"x": x, "m": pa.array([1, 1, 1, 1, None], pa.int64()), "t": ["a", "b", "c", "d", "XX"], "f": [1.0, 1.0, 1.0, 1.0, float("nan")]}
    )
    misfit = {"m": [None, None, None, None, "?"]}
    found = judge(contract, table, malformed=misfit, cuts=[2])
    counted = {key: (o.count, o.status) for key, o in found.items() if o.count}
    assert len(counted) == 8
    assert set(counted.values()) == {(1, Status.PASSED)}
    assert not any(o.blocking for o in judge(contract.replace("at_most: 1", "at_most: 20%"), table, malformed=misfit).values())
    assert found["x/values"].to_json()["at_most"] == 1
    assert judge(contract.replace("at_most: 1", "at_most: 20%"), table, malformed=misfit)["x/values"].to_json()["at_most"] == 0.2


@pytest.mark.parametrize("stated", ["-1", "1.5", "101%", "1e3%", "'1'", "true", "[1]", "null", ".nan", "1 %%", "99999999999999999999"])
def test_what_is_no_threshold(stated: str) -> None:
    with pytest.raises(RequestError, match="at_most must be|a whole number from 0") as caught:
        load_contract(f"columns:\n  x:\n    type: int64\n    range:\n      min: 0\n      at_most: {stated}\n", where="c.yaml")
    assert caught.value.where == "c.yaml:6"


@pytest.mark.parametrize(
    "text",
    [
        "columns:\n  x: {type: int64, unique: {is: true, at_most: 3}}\n",
        "columns:\n  x: {type: int64, required: {is: true, at_most: 3}}\n",
        "columns: {x: int64}\nrows: {min: 1, at_most: 3}\n",
    ],
)
def test_checks_of_all_rows_have_none(text: str) -> None:
    with pytest.raises(RequestError, match="looks at all rows") as caught:
        load_contract(text, where="c.yaml")
    assert caught.value.where == "c.yaml:2"
    assert "at_most is for checks of single rows" in (caught.value.hint or "")


def test_it_is_written_and_read_back() -> None:
    text = """
columns:
  x: {type: int64, range: {min: 0, at_most: 1%}, nullable: {is: false, at_most: 10}, values: {of: [1], at_most: 1.0}}
expressions: [{expr: x > 1, at_most: 0.5}]
"""
    made = load_contract(text)
    assert load_contract(made.to_yaml()) == made
    stated: dict[str, Any] = {rule.id: rule.at_most.stated for rule in made.source("").declared(None) if rule.at_most}
    assert stated == {"x/range/min": 0.01, "x/nullable": 10, "x/values": 1.0, "$/expressions/x > 1": 0.5}
    # one row is not all rows
    assert load_contract(text.replace("1.0", "1")) != made
