"""Every declared rule ends as passed, failed or not evaluated, whatever the data lacks."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pyarrow as pa
import pytest

from featureprep.expr.node import Node
from featureprep.validators.checks.types import fits
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome, worst
from featureprep.validators.reasons import Reason, Status

Judge = Callable[..., dict[str, Outcome]]
CONTRACT = """
columns:
  a: int64
  b: {type: int64, range: {min: 0}}
  c: {type: string, required: false, values: [x]}
  label: {type: int64, nullable: false, not_in: [SERVING]}
expressions:
  - {name: ab, expr: a < b}
  - {name: bl, expr: b < label}
"""
GOOD = {"a": [1], "b": [2], "c": ["x"], "label": [3]}


def test_all_is_well(judge: Judge) -> None:
    outcomes = judge(CONTRACT, pa.table(GOOD))
    assert {outcome.status for outcome in outcomes.values()} == {Status.PASSED}
    assert worst(outcomes.values()) == 0


def test_a_required_column_that_is_absent(judge: Judge) -> None:
    outcomes = judge(CONTRACT, pa.table(GOOD).drop_columns(["b"]))
    assert outcomes["b/required"].status == Status.FAILED
    assert outcomes["b/required"].reason == Reason.SCHEMA_MISSING_COLUMN
    for key in ("b/type", "b/range/min", "$/expressions/ab", "$/expressions/bl"):
        assert outcomes[key].status == Status.NOT_EVALUATED
        assert outcomes[key].message == "the source does not have the column 'b'"
        assert outcomes[key].blocking
    assert outcomes["a/type"].status == Status.PASSED
    lenient = judge(CONTRACT, pa.table(GOOD).drop_columns(["b"]), allow_not_evaluated=True)
    assert [key for key, outcome in lenient.items() if outcome.blocking] == ["b/required"]
    assert not judge(CONTRACT + "allow_not_evaluated: true", pa.table(GOOD).drop_columns(["b"]))["b/type"].blocking


def test_an_optional_column_may_be_absent(judge: Judge) -> None:
    outcomes = judge(CONTRACT, pa.table(GOOD).drop_columns(["c"]))
    assert worst(outcomes.values()) == 0
    assert "may be absent" in outcomes["c/values"].message
    warned = judge("columns: {a: int64, b: {type: int64, required: {is: true, severity: warn}}}", pa.table({"a": [1]}))
    assert warned["b/required"].status == Status.FAILED
    assert worst(warned.values()) == 0


def test_environments(judge: Judge) -> None:
    serving = judge(CONTRACT, pa.table(GOOD).drop_columns(["label"]), environment="SERVING")
    assert not any(key.startswith("label/") for key in serving)
    assert "$/expressions/bl" not in serving
    assert worst(serving.values()) == 0
    # the label may come along, without being an extra column
    assert worst(judge(CONTRACT, pa.table(GOOD), environment="SERVING").values()) == 0
    assert worst(judge(CONTRACT, pa.table(GOOD).drop_columns(["label"]), environment="TRAINING").values()) == 1


@pytest.mark.parametrize(("setting", "blocking"), [("error", True), ("warn", False), ("allow", None)])
def test_columns_that_are_not_named(judge: Judge, setting: str, blocking: bool | None) -> None:
    outcome = judge(f"columns: {{a: int64}}\nextra_columns: {setting}", pa.table({"a": [1], "zz": [1]})).get("zz/extra_columns")
    assert (None if outcome is None else outcome.blocking) == blocking
    if outcome is not None:
        assert outcome.reason == Reason.SCHEMA_NEW_COLUMN


def test_a_source_with_types_of_its_own(judge: Judge) -> None:
    contract = "columns: {a: {type: int64, range: {min: 0}}, s: {type: string, regex: x}}\nexpressions: [{name: e, expr: a > 0}]"
    good = judge(contract, pa.table({"a": pa.array([1], pa.int32()), "s": pa.array(["x"]).dictionary_encode()}), typed=True)
    assert worst(good.values()) == 0
    bad = judge(contract, pa.table({"a": ["1"], "s": ["x"]}), typed=True)
    assert (bad["a/type"].status, bad["a/type"].reason) == (Status.FAILED, Reason.UNEXPECTED_DATA_TYPE)
    assert bad["a/type"].message == "the source's type is string, the contract says int64"
    for key in ("a/range/min", "$/expressions/e"):
        assert bad[key].status == Status.NOT_EVALUATED
        assert bad[key].blocking
    assert bad["s/regex"].status == Status.PASSED


NARROWER = [
    ("{type: string, regex: x, length: {min: 2}, values: [a], unique: true}", pa.nulls(3)),
    ("{type: float64, not_nan: true, range: {max: 2}}", pa.nulls(3)),
    ("{type: 'list<int64>', valency: {min: 1}}", pa.nulls(3)),
    ("{type: date, range: {min: 2024-01-01}, null_fraction: 1}", pa.nulls(3)),
    ("{type: int64, range: {max: 1000}, values: [7]}", pa.array([7, None, 7], pa.uint8())),
    ("{type: float64, not_nan: true, values: [0.5]}", pa.array([0.5, None, 0.5], pa.float32())),
    ("{type: 'decimal(8, 3)', range: {min: 0.125}}", pa.array([Decimal("0.13")] * 3, pa.decimal128(5, 2))),
    ("{type: 'list<int64>', valency: {max: 2}}", pa.array([[1, 2]] * 3, pa.list_(pa.int8(), 2))),
]


@pytest.mark.parametrize(("column", "values"), NARROWER)
def test_columns_of_a_narrower_type_or_of_none(judge: Judge, column: str, values: pa.Array) -> None:
    outcomes = judge(f"columns: {{x: {column}}}", pa.table({"x": values}), typed=True, cuts=[1])
    assert {outcome.status for outcome in outcomes.values()} == {Status.PASSED}


def test_expressions_mean_the_stated_types(judge: Judge) -> None:
    contract = "columns: {a: int64, n: float64}\nexpressions: [{name: e, expr: a * a == 10000}, {name: f, expr: is_nan(n) or a % 2 == 0}]"
    outcomes = judge(contract, pa.table({"a": pa.array([100], pa.int8()), "n": pa.nulls(1)}), typed=True)
    assert {outcome.status for outcome in outcomes.values()} == {Status.PASSED}


def test_results_that_never_came() -> None:
    source = load_contract(CONTRACT).source("x")
    outcomes = source.evaluate({}, present={"a", "b", "c", "label"})
    judged = {outcome.id for outcome in outcomes if outcome.status == Status.PASSED}
    assert judged == {"a/required", "b/required", "label/required"}
    assert all(outcome.message == "the data was not looked at" for outcome in outcomes if outcome.status == Status.NOT_EVALUATED)


def test_row_rules() -> None:
    source = load_contract(CONTRACT).source("x")
    rules = {rule.id: rule for rule in source.row_rules()}
    assert list(rules)[:3] == ["a/type", "b/type", "b/range/min"]
    assert rules["a/type"].violation == Node("col", params={"name": "$malformed:a"})
    assert rules["b/range/min"].description == "b is at least 0"
    assert rules["b/range/min"].line == 4
    # absent and misfit columns: their rules cannot be bound
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    assert [rule.id for rule in source.row_rules(None, schema)] == ["a/type"]
    assert "label/nullable" not in {rule.id for rule in source.row_rules("SERVING")}


@pytest.mark.parametrize(
    ("actual", "stated", "ok"),
    [
        (pa.int32(), pa.int64(), True), (pa.int64(), pa.int32(), False), (pa.uint32(), pa.int64(), True), (pa.uint64(), pa.int64(), False),
        (pa.int8(), pa.uint64(), False), (pa.float32(), pa.float64(), True), (pa.int64(), pa.float64(), False), (pa.null(), pa.string(), True),
        (pa.decimal128(5, 2), pa.decimal128(6, 3), True), (pa.decimal128(5, 2), pa.decimal128(5, 3), False),
        (pa.list_(pa.int32(), 3), pa.list_(pa.int64()), True), (pa.list_(pa.int64()), pa.list_(pa.int64(), 3), False),
        (pa.list_(pa.int64(), 2), pa.list_(pa.int64(), 3), False), (pa.date32(), pa.timestamp("us"), False),
        (pa.timestamp("us"), pa.timestamp("us", "UTC"), False), (pa.struct([("a", pa.int8())]), pa.struct([("a", pa.int64())]), True),
        (pa.struct([("b", pa.int8())]), pa.struct([("a", pa.int8())]), False), (pa.bool_(), pa.int8(), False),
    ],
)  # fmt: skip
def test_which_types_fit(actual: pa.DataType, stated: pa.DataType, ok: bool) -> None:
    assert fits(actual, stated) == ok
