"""Each check over small tables, its outcome written down by hand, whole and in pieces."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
NAN = math.nan


def one(name: str, values: list[Any], dtype: pa.DataType) -> pa.Table:
    return pa.table({name: pa.array(values, dtype)})


CASES = [
    # contract's column, type, values, rule, reason, violations, examples
    ("{type: string, values: [a, b]}", pa.string(), ["a", "c", None, "c", "B"], "values", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", 3, ["B", "c"]),
    ("{type: string, values: []}", pa.string(), [None, "x"], "values", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", 1, ["x"]),
    ("{type: int64, values: [1, 2]}", pa.int64(), [1, 2, 3, None], "values", "CUSTOM_VALIDATION", 1, [3]),
    ("{type: float64, values: [0, 1.5]}", pa.float64(), [-0.0, 1.5, NAN, None, 2.0], "values", "CUSTOM_VALIDATION", 2, [2.0, "nan"]),
    ("{type: bool, values: [true]}", pa.bool_(), [True, False, None], "values", "CUSTOM_VALIDATION", 1, [False]),
    ("{type: date, values: [2024-01-31]}", pa.date32(), [dt.date(2024, 1, 31), dt.date(2024, 2, 1)], "values", "CUSTOM_VALIDATION", 1,
     [dt.date(2024, 2, 1)]),
    ("{type: int64, range: {min: 0}}", pa.int64(), [-1, 0, None, -7], "range/min", "INT_TYPE_SMALL_INT", 2, [-7, -1]),
    ("{type: int64, range: {max: 9}}", pa.int64(), [9, 10, 2**63 - 1], "range/max", "INT_TYPE_BIG_INT", 2, [10, 2**63 - 1]),
    ("{type: uint64, range: {max: 18446744073709551614}}", pa.uint64(), [0, 2**64 - 1], "range/max", "INT_TYPE_BIG_INT", 1, [2**64 - 1]),
    ("{type: float64, range: {min: 0.5}}", pa.float64(), [0.5, 0.4, NAN, -math.inf], "range/min", "FLOAT_TYPE_SMALL_FLOAT", 2,
     [-math.inf, 0.4]),
    ("{type: float64, range: {max: 1}}", pa.float64(), [1.0, 1.5, NAN, math.inf], "range/max", "FLOAT_TYPE_BIG_FLOAT", 2, [1.5, math.inf]),
    ("{type: 'decimal(5, 2)', range: {max: 1.25}}", pa.decimal128(5, 2), [Decimal("1.25"), Decimal("1.26")], "range/max",
     "FLOAT_TYPE_BIG_FLOAT", 1, [Decimal("1.26")]),
    ("{type: date, range: {min: 2024-01-01}}", pa.date32(), [dt.date(2023, 12, 31), dt.date(2024, 1, 1)], "range/min", "CUSTOM_VALIDATION", 1,
     [dt.date(2023, 12, 31)]),
    ("{type: timestamp, range: {max: 2024-01-01T12:00}}", pa.timestamp("us"), [dt.datetime(2024, 1, 1, 12), dt.datetime(2024, 1, 1, 12, 0, 1)],
     "range/max", "CUSTOM_VALIDATION", 1, [dt.datetime(2024, 1, 1, 12, 0, 1)]),
    ("{type: 'timestamp[Europe/Berlin]', range: {min: '2024-01-01T00:00:00+01:00'}}", pa.timestamp("us", "Europe/Berlin"),
     [dt.datetime(2023, 12, 31, 23, tzinfo=dt.UTC), dt.datetime(2023, 12, 31, 22, 59, tzinfo=dt.UTC)], "range/min", "CUSTOM_VALIDATION", 1,
     [dt.datetime(2023, 12, 31, 22, 59, tzinfo=dt.UTC)]),
    ("{type: string, regex: '[a-z]+'}", pa.string(), ["ab", "ab1", "", None, "a\nb", "ab\n"], "regex", "CUSTOM_VALIDATION", 4,
     ["", "a\nb", "ab\n", "ab1"]),
    ("{type: string, regex: 'a|b'}", pa.string(), ["a", "b", "ax", "xb"], "regex", "CUSTOM_VALIDATION", 2, ["ax", "xb"]),
    ("{type: string, length: {min: 2}}", pa.string(), ["é", "éé", "", None], "length/min", "CUSTOM_VALIDATION", 2, ["", "é"]),
    ("{type: string, length: {max: 1}}", pa.string(), ["\U0001f600", "ab"], "length/max", "CUSTOM_VALIDATION", 1, ["ab"]),
    ("{type: 'list<int64>', valency: {min: 1}}", pa.list_(pa.int64()), [[1], [], None, [1, 2]], "valency/min",
     "FEATURE_TYPE_LOW_NUMBER_VALUES", 1, []),
    ("{type: 'list<int64>', valency: {max: 1}}", pa.list_(pa.int64()), [[1], [], [1, 2]], "valency/max", "FEATURE_TYPE_HIGH_NUMBER_VALUES", 1, []),
    ("{type: float64, not_nan: true}", pa.float64(), [1.0, NAN, None, math.inf], "not_nan", "FLOAT_TYPE_HAS_NAN", 1, []),
    ("{type: int64, nullable: false}", pa.int64(), [1, None, 3], "nullable", "FEATURE_TYPE_LOW_FRACTION_PRESENT", 1, []),
    ("{type: float64, nullable: false}", pa.float64(), [1.0, NAN], "nullable", "FEATURE_TYPE_LOW_FRACTION_PRESENT", 0, []),
    ("{type: string, unique: true}", pa.string(), ["b", "a", "b", "a", "a", None, None, "c"], "unique", "FEATURE_TYPE_LOW_UNIQUE", 5, ["a", "b"]),
    ("{type: date, unique: true}", pa.date32(), [dt.date(2024, 1, 1)] * 2, "unique", "FEATURE_TYPE_LOW_UNIQUE", 2, [dt.date(2024, 1, 1)]),
    ("{type: float64, unique: true}", pa.float64(), [0.0, -0.0], "unique", "FEATURE_TYPE_LOW_UNIQUE", 2, [0.0]),
]  # fmt: skip


@pytest.mark.parametrize(("column", "dtype", "values", "rule", "reason", "count", "examples"), CASES)
@pytest.mark.parametrize(("cuts", "merged"), [((), "left"), ((1,), "right"), ((1, 1, 2), "left")])
def test_outcomes(
    judge: Judge, column: str, dtype: pa.DataType, values: list[Any], rule: str, reason: str, count: int, examples: list[Any],
    cuts: tuple[int, ...], merged: str,
) -> None:  # fmt: skip
    outcome = judge(f"columns: {{x: {column}}}", one("x", values, dtype), cuts=cuts, merged=merged)[f"x/{rule}"]
    assert outcome.reason == Reason(reason)
    assert outcome.status == (Status.FAILED if count else Status.PASSED)
    assert (outcome.count, outcome.total) == (count, len(values))
    assert outcome.fraction == count / len(values)
    assert [("nan" if value != value else value) for value in outcome.examples] == examples
    assert outcome.blocking == (count > 0)


def test_cells_that_do_not_fit(judge: Judge) -> None:
    table = one("x", [1, None, None, None], pa.int64())
    contract = "columns: {x: {type: int64, nullable: false}}"
    outcomes = judge(contract, table, malformed={"x": [None, "1.5", "abc", None]}, cuts=[2])
    found = outcomes["x/type"]
    assert (found.status, found.reason, found.count, found.total) == (Status.FAILED, Reason.INT_TYPE_NOT_INT_STRING, 2, 4)
    assert found.examples == ("1.5", "abc")
    # a cell that did not fit is not missing
    assert (outcomes["x/nullable"].count, outcomes["x/nullable"].total) == (1, 4)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("float64", "FLOAT_TYPE_STRING_NOT_FLOAT"), ("bool", "BOOL_TYPE_UNEXPECTED_STRING"), ("date", "UNEXPECTED_DATA_TYPE")],
)
def test_reasons_of_types(judge: Judge, kind: str, reason: str) -> None:
    table = one("x", [None], {"float64": pa.float64(), "bool": pa.bool_(), "date": pa.date32()}[kind])
    assert judge(f"columns: {{x: {kind}}}", table, malformed={"x": ["?"]})["x/type"].reason == Reason(reason)


@pytest.mark.parametrize(("most", "ok"), [("0.25", False), ("0.5", True), ("0", False), ("1", True)])
def test_null_fraction(judge: Judge, most: str, ok: bool) -> None:
    table = one("x", [1, None, None, None], pa.int64())
    outcome = judge(f"columns: {{x: {{type: int64, null_fraction: {most}}}}}", table, malformed={"x": [None, "?", None, None]}, cuts=[3])[
        "x/null_fraction"
    ]
    assert (outcome.status == Status.PASSED) == ok
    assert (outcome.count, outcome.total) == (2, 4)
    if not ok:
        assert outcome.message == f"0.5 of the rows are null, {float(most):.6g} are allowed"


@pytest.mark.parametrize(
    ("bounds", "failed"), [("{min: 3}", []), ("{min: 4}", ["min"]), ("{max: 2, severity: warn}", ["max"]), ("{min: 1, max: 3}", [])]
)
def test_row_counts(judge: Judge, bounds: str, failed: list[str]) -> None:
    outcomes = judge(f"columns: {{x: int64}}\nrows: {bounds}", one("x", [1, None, 3], pa.int64()), cuts=[1])
    found = {key: outcome for key, outcome in outcomes.items() if key.startswith("$/rows")}
    assert [key.rsplit("/", 1)[1] for key, outcome in found.items() if outcome.status == Status.FAILED] == failed
    for outcome in found.values():
        assert outcome.total == 3
        assert outcome.blocking == (outcome.status == Status.FAILED and "warn" not in bounds)


def test_no_rows(judge: Judge) -> None:
    empty = one("x", [], pa.int64())
    outcome = judge("columns: {x: int64}", empty)["$/allow_empty"]
    assert (outcome.status, outcome.reason, outcome.message) == (Status.FAILED, Reason.NO_DATA_IN_SPAN, "there are no rows")
    assert "$/allow_empty" not in judge("columns: {x: int64}\nallow_empty: true", empty)
    rest = judge(
        "columns: {x: {type: int64, nullable: false, null_fraction: {max: 0.1}, unique: true}}".replace("nullable: false, ", ""), empty
    )
    assert {key for key, outcome in rest.items() if outcome.status != Status.PASSED} == {"$/allow_empty"}


def test_expressions(judge: Judge) -> None:
    table = pa.table({"fare": [10.0, 10.0, None, 0.0], "tips": [4.0, 6.0, 1.0, 5.0], "card": ["1234", "5678", None, "9"]})
    contract = """
columns: {fare: float64, tips: float64, card: {type: string, sensitive: true}}
expressions:
  - {name: sane tips, expr: tips <= fare * 0.5, action: quarantine}
  - {expr: "len(card) == 4 or fare is None", severity: warn}
"""
    outcomes = judge(contract, table, cuts=[1, 3])
    sane = outcomes["$/expressions/sane tips"]
    assert (sane.count, sane.total, sane.reason) == (2, 4, Reason.CUSTOM_VALIDATION)
    assert sane.examples == ({"fare": 0.0, "tips": 5.0}, {"fare": 10.0, "tips": 6.0})
    assert sane.status == Status.FAILED
    assert not sane.blocking  # its rows are set aside
    card = outcomes["$/expressions/len(card) == 4 or fare is None"]
    assert card.count == 1
    assert card.examples == ({"fare": 0.0},)  # never the sensitive column
    assert card.masked
    assert not card.blocking


def test_arithmetic_that_makes_no_number_breaks_the_rule(judge: Judge) -> None:
    table = pa.table({"a": pa.array([2**62, 1, None], pa.int64())})
    outcome = judge("columns: {a: int64}\nexpressions: [{name: x, expr: a * 4 > 0}]", table)["$/expressions/x"]
    assert (outcome.status, outcome.count, outcome.examples) == (Status.FAILED, 1, ({"a": 2**62},))


def test_sensitive_columns_are_never_shown(judge: Judge) -> None:
    table = one("x", ["secret", "secret"], pa.string())
    contract = "columns: {x: {type: string, values: [a], unique: true, sensitive: true}}"
    for outcome in judge(contract, table, malformed={"x": ["hidden", None]}).values():
        assert "secret" not in repr(outcome) + repr(outcome.to_json())
        assert "hidden" not in repr(outcome) + repr(outcome.to_json())
    assert judge(contract, table)["x/values"].to_json()["examples"] == ["***"]


@pytest.mark.parametrize(
    "rules, told, masked",
    [
        ("type: string, values: [ann, bob]", "x is one of ann, bob", "x keeps to its values (sensitive)"),
        ("type: int64, range: {min: 5}", "x is at least 5", "x keeps to its range min (sensitive)"),
        ("type: string, regex: 'ann|bob'", "x matches ann|bob", "x keeps to its regex (sensitive)"),
        ("type: string, length: {max: 3}", "x has a length of at most 3", "x has a length of at most 3"),
        ("type: string, nullable: false", "x is not null", "x is not null"),
        ("type: string, null_fraction: 0.5", "x is null in at most 0.5 of the rows", "x is null in at most 0.5 of the rows"),
    ],
)
def test_rules_of_sensitive_columns_do_not_name_values(judge: Judge, rules: str, told: str, masked: str) -> None:
    table = pa.table({"x": pa.array([], pa.int64() if "int64" in rules else pa.string())})
    for sensitive, sentence in ((False, told), (True, masked)):
        outcomes = judge(f"columns: {{x: {{{rules}{', sensitive: true' * sensitive}}}}}", table)
        assert sentence in {outcome.rule for outcome in outcomes.values()}
        assert {"x exists", f"x is {'int64' if 'int64' in rules else 'string'}"} <= {outcome.rule for outcome in outcomes.values()}
