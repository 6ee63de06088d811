from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import feature, held, inferred, mended, reasons, schema

_FEWER = "The feature was present in fewer examples than expected"


@pytest.mark.parametrize(
    ("presence", "missing", "found", "left"),
    [
        ("min_count: 8", 2, [], "min_count: 8"),
        ("min_count: 9", 2, [f"FEATURE_TYPE_LOW_NUMBER_PRESENT: {_FEWER}: minimum count = 9, actual = 8"], "min_count: 8"),
        ("min_fraction: 0.8", 2, [], "min_fraction: 0.8"),
        (
            "min_fraction: 0.9",
            2,
            [f"FEATURE_TYPE_LOW_FRACTION_PRESENT: {_FEWER}: minimum fraction = 0.900000, actual = 0.800000"],
            "min_fraction: 0.8",
        ),
        ("min_fraction: 0.3", 7, [], "min_fraction: 0.3"),
    ],
)
def test_counts_and_fractions(presence: str, missing: int, found: list[str], left: str) -> None:
    stats, stated = feature("INT", missing=missing), f"type: INT presence {{ {presence} }}"
    assert held(stated, stats) == found
    assert mended(stated, stats) == f"type: INT presence {{ {left} }}"


def test_few_of_very_many_are_missed() -> None:
    """So few that the quotient is 1."""
    stats = feature("INT", more="num_stats { common_stats { num_non_missing: 100000000000000000 num_missing: 1 } }")
    many = statistics_pb2.DatasetFeatureStatistics(num_examples=10**17 + 1, features=[stats])
    stated = schema('feature { name: "f" type: INT presence { min_fraction: 1 } }')
    found = tfmd.validate(many, stated).anomaly_info["f"]
    assert found.description == "The feature was expected everywhere, but was missing in 1 examples."
    assert tfmd.update(many, stated).feature[0].presence.min_fraction == 0.9999


def test_absent_from_every_example() -> None:
    stats = feature("INT", missing=10)
    assert held("type: INT presence { min_count: 1 }", stats) == ["FEATURE_TYPE_NOT_PRESENT: The feature was not present in any examples."]
    assert held("type: INT int_domain { max: -5 }", stats) == []
    assert mended("type: INT presence { min_count: 1 }", stats) == "type: INT presence { min_count: 1 } lifecycle_stage: DEPRECATED"


def test_absent_from_the_statistics() -> None:
    stated = schema('feature { name: "f" type: INT presence { min_fraction: 0.1 } } feature { name: "g" type: INT }')
    nothing = statistics_pb2.DatasetFeatureStatistics(num_examples=1)
    assert reasons(tfmd.validate(nothing, stated)) == {"f": ["SCHEMA_MISSING_COLUMN"]}
    assert [each.lifecycle_stage for each in tfmd.update(nothing, stated).feature] == [5, 0]


@pytest.mark.parametrize(
    ("missing", "presence"),
    [(0, "presence { min_fraction: 1.0 min_count: 1 }"), (3, "presence { min_count: 1 }"), (10, "presence { min_count: 0 }")],
)
def test_inferred(missing: int, presence: str) -> None:
    assert inferred(feature("FLOAT", missing=missing, lengths=[(0, 3)])) == f"type: FLOAT {presence}"
