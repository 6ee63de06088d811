from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import statistics_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, reasons, schema

_BETWEEN = "min_fraction_threshold: 0.5 max_fraction_threshold: 1.5"


@pytest.mark.parametrize(
    ("before", "found", "said"),
    [
        (10, [], ""),
        (20, [], ""),
        (21, ["COMPARATOR_LOW_NUM_EXAMPLES"], "is 0.47619 (up to six significant digits), which is below the threshold 0.5."),
        (6, ["COMPARATOR_HIGH_NUM_EXAMPLES"], "is 1.66667 (up to six significant digits), which is above the threshold 1.5."),
    ],
)
@pytest.mark.parametrize(
    ("comparator", "option", "name"),
    [("drift", "previous_statistics", "previous span"), ("version", "previous_version_statistics", "previous version")],
)
def test_against_another_dataset(comparator: str, option: str, name: str, before: int, found: list[str], said: str) -> None:
    stated = schema(f"dataset_constraints {{ num_examples_{comparator}_comparator {{ {_BETWEEN} }} }}")
    got = tfmd.validate(dataset(), stated, **{option: dataset(examples=before)})
    assert reasons(got) == ({"": found} if found else {})
    assert got.dataset_anomaly_info.description.endswith(f"the {name} {said}" if found else "")


def test_another_dataset_of_no_examples() -> None:
    stated = schema(f"dataset_constraints {{ num_examples_version_comparator {{ {_BETWEEN} }} }}")
    empty = statistics_pb2.DatasetFeatureStatistics(name="empty")
    assert reasons(tfmd.validate(dataset(), stated, previous_version_statistics=empty)) == {"": ["COMPARATOR_HIGH_NUM_EXAMPLES"]}
    assert reasons(tfmd.validate(dataset(), stated)) == {}


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        ("min_examples_count: 10 max_examples_count: 10", []),
        ("min_examples_count: 11", ["DATASET_LOW_NUM_EXAMPLES"]),
        ("max_examples_count: 9", ["DATASET_HIGH_NUM_EXAMPLES"]),
    ],
)
def test_ends(limits: str, found: list[str]) -> None:
    got = tfmd.validate(dataset(), schema(f"dataset_constraints {{ {limits} }}"))
    assert reasons(got) == ({"": found} if found else {})


def test_a_dataset_that_is_too_small_may_be_a_warning() -> None:
    stated = schema("dataset_constraints { min_examples_count: 11 }")
    got = tfmd.validate(dataset(), stated, severity_overrides=[("DATASET_LOW_NUM_EXAMPLES", "WARNING")])
    assert got.dataset_anomaly_info.severity == 1
