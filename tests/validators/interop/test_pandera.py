"""Contracts to schemas of pandera and back: exact, and nothing of others' schemas lost without a word. Pandera is not needed for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from featureprep.errors import RequestError
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop.pandera_read import from_pandera
from featureprep.validators.interop.pandera_types import read_dtype
from featureprep.validators.interop.pandera_write import to_pandera
from featureprep.validators.interop.yaml_out import yaml_document
from tests.validators.interop.test_odcs import FULL
from tests.validators.test_yaml_text import contracts


def exact(contract: Contract) -> list[str]:
    """What pandera does not check, of a contract that comes back from its schema as it was."""
    for source in contract.sources:
        schema, unchecked = to_pandera(contract, source=source.name)
        assert from_pandera(yaml_document(schema)) == (Contract((source,)).to_yaml(), [])
    return unchecked


@settings(max_examples=60)
@given(contracts())
def test_round_trip(contract: Contract) -> None:
    exact(load_contract(contract.to_yaml()))


def test_what_is_written() -> None:
    unchecked = exact(load_contract(FULL))
    columns = to_pandera(load_contract(FULL))[0]["columns"]
    assert columns["vendor"] == {"dtype": "uint8", "in_range": {"min_value": 1, "max_value": 6}}  # in the key, so never null
    assert columns["kind"]["isin"] == ["taxi", "1", "true", "bus"]
    assert columns["warned"]["isin"] == {"allowed_values": ["a"], "raise_warning": True}
    assert columns["plate"]["str_matches"] == "^(?:[A-Z]{2}[0-9]+)$"
    assert not any(rule.startswith(("plate:", "id:")) for rule in unchecked)
    for rule in ("fare: not_nan", "half: range", "tags: valency", "rows", "expressions", "allow_empty", "keys"):
        assert rule in unchecked


def test_a_pattern_that_is_written_out_comes_back() -> None:
    contract = load_contract("columns:\n  a: {type: string, regex: {pattern: '\\d+', action: drop}}\n")
    assert to_pandera(contract)[0]["columns"]["a"]["str_matches"] == "^(?:[0-9]+)$"
    exact(contract)


OTHERS = r"""schema_type: dataframe
api: pandas
columns:
  id:
    dtype: int64
    unique: true
    coerce: true
  fare:
    dtype: Float64
    greater_than: 0
    less_than_or_equal_to: {max_value: 500, raise_warning: true}
  n:
    dtype: int64
    nullable: true
    checks:
    - {min_value: 0.5, options: {check_name: greater_than}}
    - {min_value: 3, options: {check_name: ge, error: too small}}
  kind:
    dtype: category
    isin: [a, b, null]
    notin: {forbidden_values: [c], ignore_na: false}
    nullable: true
    in_stock: 3
  code:
    dtype: string[pyarrow]
    str_matches: '[A-Z]\d'
    str_contains: 'x+'
    str_startswith: 'a"b'
    str_length: 3
  at:
    dtype: datetime64[ns, UTC]
    less_than: '2024-01-31 00:00:00+00:00'
  took: {dtype: 'timedelta64[ns]'}
  x_.*: {dtype: float64, regex: true}
checks:
- {value: 1, options: {check_name: gt}}
index:
- {dtype: int64}
strict: true
ordered: true
unique: [id, fare]
description: Rides.
"""


def test_a_schema_of_others() -> None:
    text, lost = from_pandera(OTHERS, file="s.yaml")
    assert text.partition("\n")[2] == (
        'version: 1\nnote: "Rides."\ncolumns:\n'
        "  id:\n    type: int64\n    nullable: false\n    unique: true\n"
        "  fare:\n    type: float64\n    not_nan: true\n    nullable: false\n    range: {max: 500.0, severity: warn}\n"
        '  "n":\n    type: int64\n    range: {min: 1}\n'
        "  kind:\n    type: string\n    values: [a, b]\n"
        '  code:\n    type: string\n    length: {min: 3, max: 3}\n    nullable: false\n    regex: "(?:[A-Z]\\\\d)(?s:.*)"\n'
        '  at:\n    type: "timestamp[UTC]"\n    nullable: false\n'
        'expressions:\n  - {name: "fare > 0.0", expr: "not fare <= 0.0"}\n  - {expr: "n >= 3"}\n'
        '  - {expr: "kind not in [\\"c\\"]"}\n'
        '  - {expr: "matches(code, \\"\\\\\\\\A(?:(?s:.*)(?:x+)(?s:.*))\\\\\\\\z\\")"}\n'
        '  - {expr: "starts_with(code, \\"a\\\\\\"b\\")"}\n'
        '  - {expr: "at < timestamp(\\"2024-01-31T00:00:00+00:00\\")"}\n'
        "keys: [[id, fare]]\nextra_columns: allow\n"
    )
    assert lost == [
        "s.yaml:7: coerce of column 'id': values are not converted: a source with types of its own must have these",
        "s.yaml:19: no type is stated of 'kind': taken for string",
        "s.yaml:21: notin of nulls of column 'kind': a rule about values says nothing of nulls",
        "s.yaml:23: in_stock of column 'kind'",
        "s.yaml:26: str_matches of column 'code' is carried over with the \\d, \\w, \\s and \\b of ASCII",
        "s.yaml:33: column 'took': a contract has no type 'timedelta64[ns]'",
        "s.yaml:34: columns like 'x_.*': a contract names each column",
        "s.yaml:36: greater_than of the table: it is about all columns at once",
        "s.yaml:38: the index: a contract is about columns",
        "s.yaml:39: strict: the contract does not name all columns of the schema",
        "s.yaml:40: the order of the columns: a contract states none",
    ]
    load_contract(text)


def test_json_is_read_too() -> None:
    schema: dict[str, Any] = {
        "schema_type": "dataframe",
        "version": "0.35.0",
        "columns": {"a": {"dtype": "int64", "nullable": True, "checks": None}},
    }
    assert from_pandera(json.dumps(schema))[0].endswith("columns:\n  a: int64\nextra_columns: allow\n")
    schema["columns"] = [{"name": ["x", "y"], "dtype": "int64"}, {"name": "b", "dtype": "bool", "nullable": True}]
    text, lost = from_pandera(json.dumps(schema, indent=1))
    assert "  b: bool\n" in text
    assert lost == ["schema.yaml:5: a column whose name is no text: a contract names columns by texts"]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("Int64", "int64"), ("UInt8", "uint8"), ("int64[pyarrow]", "int64"), ("double[pyarrow]", "float64"), ("boolean", "bool"),
        ("str", "string"), ("string[python]", "string"), ("string[pyarrow]", "string"), ("String", "string"), ("date", "date"),
        ("date32[day][pyarrow]", "date"), ("datetime64[ns]", "timestamp"), ("datetime64[us, Europe/Berlin]", "timestamp[Europe/Berlin]"),
        ("timestamp[us, tz=UTC][pyarrow]", "timestamp[UTC]"), ("Decimal(28, 0)", "decimal(28, 0)"),
        ("decimal128(10, 2)[pyarrow]", "decimal(10, 2)"), ("list<item: int64>[pyarrow]", "list<int64>"),
        ("List(Int64)", "list<int64>"),
        ("Datetime(time_unit='us', time_zone='UTC')", "timestamp[UTC]"), ("Datetime(time_unit='us', time_zone=None)", "timestamp"),
        ("object", None), ("category", None), ("timedelta64[ns]", None), ("period[D]", None),
        ("complex128", None), ("Decimal(99, 2)", None), ("", None),
    ],
)  # fmt: skip
def test_types(name: str, ours: str | None) -> None:
    assert read_dtype(name) == ours


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the schema must be a mapping"),
        ("columns: {a: int64}", "no schema of pandera"),
        ("schema_type: dataframe\ncolumns: null", "names no column"),
        ("schema_type: dataframe\ncolumns: {a: 3}", "column 'a' must be a mapping"),
        ("schema_type: dataframe\ncolumns: {a: {dtype: int64, nullable: 3}}", "nullable must be true or false"),
        ("schema_type: dataset\ncolumns: {a: {dtype: int64}}", "schemas of type 'dataset' are not read"),
        ("schema_type: dataframe\ncolumns: {$a: {dtype: int64}}", "are taken"),
    ],
)
def test_what_is_no_schema_is_told(text: str, says: str) -> None:
    with pytest.raises(RequestError, match="schema.yaml") as caught:
        from_pandera(text)
    assert says in str(caught.value)
