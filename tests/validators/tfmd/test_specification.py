from __future__ import annotations

from typing import Any

import pytest

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, held, mended, reasons, schema

_INT = feature("INT", ends=(3, 7))
_WORD = feature("STRING", words={"a": 1})


def _shorts(statements: str, stats: Any = _INT, rest: str = "") -> list[str]:
    stated = schema(f'feature {{ name: "f" {statements} }} {rest}')
    found = tfmd.validate(dataset(stats), stated)
    return [reason.short_description for reason in found.anomaly_info["f"].reason]


@pytest.mark.parametrize(
    ("stated", "short", "left"),
    [
        ("value_count { min: -1 }", "ValueCount.min should not be negative", "value_count { } type: INT"),
        ("value_count { min: 1 max: 0 }", "ValueCount.max should not be less than min", "value_count { min: 1 max: 1 } type: INT"),
        ("presence { min_fraction: 2 }", "min_fraction should not greater than 1", "type: INT presence { min_fraction: 1.0 }"),
        ("presence { min_fraction: -2 }", "min_fraction should not be negative: clear is equal to zero", "type: INT presence { }"),
        ("shape { dim { size: 1 } dim { size: 0 } }", "Shape.dim.size must be a positive integer", "type: INT"),
        ("float_domain { }", "The domain does not match the type", "type: INT"),
        ("audio_domain { }", "internal issue: unknown domain_info type", "type: INT"),
        (
            "int_domain { } distribution_constraints { }",
            "distribution constraints not supported for int domains.",
            "type: INT int_domain { }",
        ),
        (
            "time_domain { } distribution_constraints { }",
            "distribution constraints not supported for semantic domains.",
            "type: INT time_domain { }",
        ),
        ("distribution_constraints { }", "distribution constraints require domain or string domain.", "type: INT"),
    ],
)
def test_statements_that_cannot_be(stated: str, short: str, left: str) -> None:
    assert _shorts(f"type: INT {stated}") == [short]
    assert mended(f"type: INT {stated}", _INT) == left


def test_without_a_type() -> None:
    assert _shorts("int_domain { }") == ["unspecified type: determine the type and set it, rather than deprecating."]
    assert mended("int_domain { }", _INT) == "int_domain { } lifecycle_stage: DEPRECATED"
    assert _shorts('string_domain { value: "a" }', _WORD) == [
        "unspecified type: inferring the type to be BYTES, given the domain specified."
    ]


def test_without_a_name() -> None:
    found = tfmd.validate(dataset(feature("INT", name="")), schema("feature { type: INT }"))
    assert reasons(found) == {"''": ["FEATURE_MISSING_NAME"]}


def test_a_domain_that_is_not_there() -> None:
    assert _shorts('type: BYTES domain: "d"', _WORD) == ["missing domain: d"]
    assert mended('type: BYTES domain: "d" distribution_constraints { min_domain_mass: 1 }', _WORD) == "type: BYTES"


def test_a_domain_of_numbers_of_the_schema() -> None:
    rest = 'int_domain { name: "d" min: 4 max: 9 }'
    assert held('type: INT domain: "d"', _INT, rest=rest) == ["INT_TYPE_SMALL_INT: Unexpectedly small value: 3."]
    assert mended('type: INT domain: "d"', _INT, rest=rest) == 'type: INT domain: "d" int_domain { name: "d" min: 3 max: 9 }'
    rest = 'float_domain { name: "d" max: 9 }'
    assert held('type: FLOAT domain: "d"', feature("FLOAT", ends=(0, 1)), rest=rest) == []
    assert _shorts('type: INT domain: "d"', _INT, rest=rest) == ["The domain does not match the type"]


def test_a_domain_of_texts_that_stand_for_numbers() -> None:
    rest = 'string_domain { name: "d" value: "7" }'
    assert held('type: INT domain: "d"', feature("INT", words={"7": 1}), rest=rest) == []
    (found,) = held('type: INT domain: "d"', feature("INT", words={"7": 1, "8": 3}), rest=rest)
    assert found == "ENUM_TYPE_UNEXPECTED_STRING_VALUES: Examples contain values missing from the schema: 8 (~75%). "


def test_other_data_than_stated() -> None:
    assert held("type: BYTES int_domain { }", _INT) == ["UNEXPECTED_DATA_TYPE: Expected data of type: BYTES but got INT"]
    assert mended("type: FLOAT", _INT) == "type: FLOAT lifecycle_stage: DEPRECATED"


def test_bytes_of_a_domain_of_text() -> None:
    (found,) = held('type: BYTES string_domain { value: "a" }', feature("BYTES"))
    assert found.startswith("DOMAIN_INVALID_FOR_TYPE: Data is marked as BYTES with incompatible domain_info: ")
    assert held("type: BYTES url_domain { }", feature("BYTES")) == []


@pytest.mark.parametrize("stage", ["lifecycle_stage: ALPHA", "lifecycle_stage: PLANNED", "lifecycle_stage: DISABLED", "deprecated: true"])
def test_what_is_retired_is_not_checked(stage: str) -> None:
    assert held(f"type: BYTES presence {{ min_count: 100 }} {stage}", _INT) == []


def test_what_is_served_is_checked() -> None:
    assert held("type: BYTES lifecycle_stage: BETA", _INT) != []
