"""Contracts as schemas and back: what both can say comes back equal, what one cannot say is listed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, RequestError
from featureprep.types import parse_type
from featureprep.validators import tfmd
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.tfmd.contracts import contract_from_schema, schema_from_contract
from tests.validators.tfmd.messages import reasons, schema

_ALIKE = """
version: 1
owner: fleet team
note: "of all trips"
environments: [TRAINING, SERVING, SHADOW]
columns:
  age: int64
  small: {type: uint8, range: {min: 0, max: 200}}
  label: {type: bool, nullable: false, not_in: [SERVING]}
  fare: {type: float64, range: {min: -0.1, max: 500}, not_nan: true, null_fraction: 0.01, drift: {jensen_shannon: 0.25}}
  short: {type: float32, range: {max: 1.5}, required: false}
  price: {type: "decimal(9, 2)", range: {min: 0.25}}
  kind: {type: string, values: [a, b, "it's"], drift: {linf: 0.5, abs_difference: 0.125}}
  mostly: {type: string, values: [a], min_domain_mass: 0.9}
  plate: {type: string, sensitive: true, owner: some, note: as registered}
  raw: {type: binary, nullable: false}
  day: date
  at: timestamp
  zoned: timestamp[Europe/Berlin]
  tags: {type: list<string>, valency: {min: 1, max: 5}, values: [x, y]}
  any: list<int64>
  deep: {type: list<list<float64>>, valency: {min: 2}}
  who: "struct<name: string, ids: list<int32>, at: struct<x: float64, on: bool>>"
rows: {min: 10, max: 1000}
allow_not_evaluated: true
"""


def test_what_both_can_say_comes_back() -> None:
    stated = load_contract(_ALIKE)
    made = schema_from_contract(stated)
    assert "not expressed" not in text_format.MessageToString(made)
    text = contract_from_schema(made)
    assert "not expressed" not in text
    assert load_contract(text) == stated
    assert schema_from_contract(load_contract(text)) == made


_TYPES = st.sampled_from(
    ["int8", "int64", "uint64", "float32", "float64", "bool", "string", "binary", "date", "timestamp", "decimal(5, 1)"]
)
_COLUMN = st.tuples(
    st.recursive(_TYPES, lambda inner: inner.map("list<{}>".format) | inner.map("struct<a: {}>".format), max_leaves=3),
    st.booleans(),
    st.sampled_from([{}, {"nullable": False}, {"null_fraction": 0.3}, {"null_fraction": 1e-07}]),
    st.booleans(),
)


@given(st.lists(_COLUMN, min_size=1, max_size=4), st.booleans(), st.sampled_from(["error", "warn", "allow"]))
def test_any_type_comes_back(columns: list[Any], empty: bool, extra: str) -> None:
    lines = []
    for at, (dtype, required, nulls, serving) in enumerate(columns):
        held = nulls if required else {}
        told = "".join(f", {key}: {str(value).lower()}" for key, value in held.items())
        where = "" if serving else ", not_in: [SERVING]"
        lines.append(f"  c{at}: {{type: '{dtype}', required: {str(required).lower()}{told}{where}}}")
    rest = f"\nallow_empty: {str(empty).lower()}\nextra_columns: {extra}"
    stated = load_contract("columns:\n" + "\n".join(lines) + rest)
    assert load_contract(contract_from_schema(schema_from_contract(stated))) == stated


@pytest.mark.parametrize(
    ("column", "lost"),
    [
        ("{type: string, regex: 'a+'}", ["regex"]),
        ("{type: string, length: {min: 1}}", ["length min"]),
        ("{type: string, unique: true}", ["unique"]),
        ("{type: int64, values: [1, 2]}", ["values"]),
        ("{type: date, range: {min: 2020-01-01}}", ["range min"]),
        ("{type: uint64, range: {max: 18446744073709551615}}", ["range max"]),
        ("{type: float64, range: {max: 1e300}}", ["range max"]),
        ("{type: float64, range: {max: 0.123456789}}", ["range max: 0.123456789 is rounded to 32 bits"]),
        ("{type: int64, range: {min: 0, action: drop, severity: warn}}", ["range min: severity warn", "range min: action drop"]),
        ("{type: int64, range: {min: 0, action: quarantine, at_most: 1%}}", ["range min: action quarantine", "range min: at_most 0.01"]),
        ("{type: int64, required: false, nullable: false}", ["nullable of a column that need not exist"]),
        ("{type: int64, drift: {psi: 0.1}}", ["drift psi"]),
        ("{type: string, drift: {linf: 0.1, missing: false}}", ["drift linf: missing False"]),
    ],
)
def test_what_a_schema_cannot_say_is_listed(column: str, lost: list[str]) -> None:
    made = schema_from_contract(load_contract(f"columns:\n  f: {column}\n"))
    assert list(made.feature[0].annotation.comment) == [f"not expressed: {what}" for what in lost]
    text = contract_from_schema(made)
    assert all(what in text for what in lost), "it stays listed"


def test_rules_of_whole_rows_are_listed() -> None:
    rest = "keys: [f]\nexpressions:\n  - {name: small, expr: f < 3}\nfresh: {column: at, max_age: 2d}\n"
    made = schema_from_contract(load_contract(f"columns:\n  f: int64\n  at: timestamp\n{rest}"))
    lost = [comment for comment in made.annotation.comment if comment.startswith("not expressed: ")]
    assert [what.split()[2] for what in sorted(lost)] == ["expressions", "fresh", "keys"]
    assert all(what.removeprefix("not expressed: ") in contract_from_schema(made) for what in lost)


def test_the_schema_means_the_same() -> None:
    contract = load_contract(
        "columns:\n  n: {type: int64, nullable: false, range: {min: 0, max: 5}}\n  t: {type: list<string>, valency: {max: 2}, values: [a, b]}\n"
    )
    made = schema_from_contract(contract)
    good = pa.RecordBatch.from_pydict({"n": [0, 5], "t": [["a"], ["b", "a"]]})
    assert reasons(tfmd.validate(tfmd.statistics([good]), made)) == {}
    bad = pa.RecordBatch.from_pydict({"n": [6, None], "t": [["a"], ["b", "a", "c"]]})
    assert reasons(tfmd.validate(tfmd.statistics([bad]), made)) == {
        "n": ["FEATURE_TYPE_LOW_FRACTION_PRESENT", "INT_TYPE_BIG_INT"],
        "t": ["FEATURE_TYPE_HIGH_NUMBER_VALUES", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"],
    }


def test_of_an_inferred_schema() -> None:
    columns = {
        "n": [1, 2, 3],
        "flag": [0, 1, 1],
        "x": [0.5, None, 1.5],
        "t": ["a", "b", "a"],
        "many": [["a"], ["b", "c"], ["a"]],
        "any": [[], [1], None],
        "s": [{"v": 1}, {"v": 2}, {"v": 3}],
        "day": [dt.date(2024, 1, day) for day in (1, 2, 3)],
    }
    made = tfmd.infer(tfmd.statistics([pa.RecordBatch.from_pydict(columns)]))
    (source,) = load_contract(contract_from_schema(made)).sources
    types = {column.name: column.type for column in source.columns}
    told = {"n": "int64", "flag": "int64", "x": "float64", "t": "string", "many": "list<string>", "any": "list<int64>", "day": "string"}
    assert types == {**{name: parse_type(kind) for name, kind in told.items()}, "s": pa.struct({"v": pa.int64()})}
    rules = {rule.id: dict(rule.params) for column in source.columns for rule in column.rules if rule.check not in ("type", "required")}
    assert {name: params for name, params in rules.items() if name.startswith(("flag", "t/", "many"))} == {
        "flag/nullable": {},
        "flag/range/min": {"bound": 0},
        "flag/range/max": {"bound": 1},
        "t/nullable": {},
        "t/values": {"values": ("a", "b")},
        "many/nullable": {},
        "many/values": {"values": ("a", "b", "c")},
        "many/valency/min": {"bound": 1},
    }
    assert "x/nullable" not in rules
    assert source.extra_columns == "error"
    assert all(column.environments is None for column in source.columns), "there are no environments to be left out of"


@pytest.mark.parametrize(
    ("stated", "lost"),
    [
        ("type: BYTES value_count { min: 1 max: 1 } unique_constraints { min: 1 }", "unique_constraints"),
        ("type: BYTES int_domain { min: 1 }", "int_domain"),
        ("type: INT int_domain { min: 1 is_categorical: true }", "int_domain.is_categorical"),
        ("type: FLOAT float_domain { disallow_inf: true }", "float_domain.disallow_inf"),
        ("type: INT presence { min_count: 7 }", "presence.min_count 7"),
        ("type: INT shape { dim { size: 2 } dim { size: 3 } }", "shape 2x3"),
        ("type: INT value_counts { value_count { min: 1 } value_count { max: 2 } }", "value_counts at level 1"),
        ("type: BYTES time_domain { }", "time_domain"),
        ("type: BYTES skew_comparator { infinity_norm { threshold: 0.5 } }", "skew_comparator"),
        ('type: BYTES in_environment: "ODD"', "in_environment ODD"),
        ('type: BYTES annotation { tag: "mine" }', "the tag 'mine'"),
        ('type: INT annotation { tag: "featureprep:type=string" }', "the type string"),
        ('type: INT annotation { tag: "featureprep:type=(" }', "the type ("),
        ('type: STRUCT struct_domain { feature { name: "a" type: INT int_domain { } } }', "int_domain of its field 'a'"),
        ('type: BYTES domain: "nowhere"', "domain"),
    ],
)
def test_what_a_contract_cannot_say_is_listed(stated: str, lost: str) -> None:
    text = contract_from_schema(schema(f'feature {{ name: "f" {stated} }}'))
    assert f"# not expressed: {lost}" in text


def test_drift_of_lists_is_of_their_items() -> None:
    text = contract_from_schema(schema('feature { name: "f" type: BYTES drift_comparator { infinity_norm { threshold: 0.5 } } }'))
    assert "drift: {linf: 0.5}" in text
    assert "not expressed" not in text


def test_environments_of_a_schema() -> None:
    features = 'feature { name: "f" type: INT } feature { name: "g" type: INT not_in_environment: "A" not_in_environment: "C" }'
    text = contract_from_schema(schema(f'{features} default_environment: "A" default_environment: "B"'))
    assert "# not expressed: not_in_environment C" in text
    (source,) = load_contract(text).sources
    assert source.environments == ("A", "B")
    assert [column.environments for column in source.columns] == [None, ("B",)]


@pytest.mark.parametrize(
    ("rest", "lost"),
    [
        ('feature { name: "g" }', "the feature 'g'"),
        ('feature { name: "g" type: INT deprecated: true }', "the feature 'g'"),
        ('feature { name: "f" type: BYTES }', "the feature 'f'"),
        ('sparse_feature { name: "s" }', "the feature 's'"),
        ("dataset_constraints { num_examples_drift_comparator { } }", "dataset_constraints.num_examples_drift_comparator"),
        ("represent_variable_length_as_ragged: true", "represent_variable_length_as_ragged"),
    ],
)
def test_what_is_left_out_is_listed(rest: str, lost: str) -> None:
    text = contract_from_schema(schema(f'feature {{ name: "f" type: INT }} {rest}'))
    assert f"# not expressed: {lost!r}" in text
    assert load_contract(text).sources[0].columns[0].name == "f"


@pytest.mark.parametrize(
    "stated",
    [
        "",
        'feature { name: "f" }',
        "feature { type: INT }",
        'feature { name: "f" type: INT int_domain { min: 2 max: 1 } }',
        'feature { name: "$f" type: INT }',
    ],
)
def test_what_no_contract_can_hold_is_refused(stated: str) -> None:
    with pytest.raises(RequestError):
        contract_from_schema(schema(stated))


def test_what_is_none_is_refused() -> None:
    with pytest.raises(ArgumentError, match="'contract' parameter"):
        schema_from_contract("columns: {a: int64}")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="'schema' parameter"):
        contract_from_schema("")
    several = load_contract("sources:\n  a: {columns: {x: int64}}\n  b: {columns: {y: string}}\n")
    assert [feature.name for feature in schema_from_contract(several, source="b").feature] == ["y"]
    with pytest.raises(RequestError, match="'c'"):
        schema_from_contract(several, source="c")
