from __future__ import annotations

from tests.validators.tfmd.messages import feature, held, mended


def test_distinct_values() -> None:
    stats = feature("STRING", words={"a": 5, "b": 5}, unique=7)
    assert held("type: BYTES unique_constraints { min: 8 max: 9 }", stats) == [
        "FEATURE_TYPE_LOW_UNIQUE: Expected at least 8 unique values but found only 7."
    ]
    assert held("type: BYTES unique_constraints { min: 1 max: 6 }", stats) == [
        "FEATURE_TYPE_HIGH_UNIQUE: Expected no more than 6 unique values but found 7."
    ]
    assert mended("type: BYTES unique_constraints { min: 1 max: 6 }", stats) == "type: BYTES unique_constraints { min: 1 max: 7 }"


def test_an_end_that_is_not_stated_is_none() -> None:
    stats = feature("STRING", words={"a": 5}, unique=7)
    assert held("type: BYTES unique_constraints { min: 1 }", stats) == []
    assert held("type: BYTES unique_constraints { max: 7 }", stats) == []


def test_what_is_not_counted() -> None:
    stats = feature("FLOAT")
    (found,) = held("type: FLOAT unique_constraints { max: 7 }", stats)
    assert found.startswith("FEATURE_TYPE_NO_UNIQUE")
    assert mended("type: FLOAT unique_constraints { max: 7 }", stats) == "type: FLOAT"
