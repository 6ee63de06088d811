"""Weighted figures are read where every feature has them."""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import statistics_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, reasons, schema

_WEIGHTS = "weighted_common_stats { num_non_missing: 2.5 num_missing: 7.5 tot_num_values: 2.5 }"
_STATED = schema('feature { name: "f" type: BYTES presence { min_fraction: 0.5 } string_domain { value: "a" } }')


def _weighted(more: str = _WEIGHTS) -> statistics_pb2.DatasetFeatureStatistics:
    words = 'weighted_string_stats { rank_histogram { buckets { label: "b" sample_count: 2.5 } } }'
    data = dataset(feature("STRING", words={"a": 9}, more=f"string_stats {{ common_stats {{ {more} }} {words} }}"))
    data.weighted_num_examples = 10
    return data


def test_weighted() -> None:
    assert reasons(tfmd.validate(_weighted(), _STATED)) == {
        "f": ["FEATURE_TYPE_LOW_FRACTION_PRESENT", "ENUM_TYPE_UNEXPECTED_STRING_VALUES"]
    }


def test_not_weighted_throughout() -> None:
    data = _weighted()
    data.features.add().CopyFrom(feature("INT", name="g"))
    assert reasons(tfmd.validate(data, _STATED, features_needed=[["f"]])) == {}
    assert reasons(tfmd.validate(_weighted(""), _STATED)) == {}


def test_what_it_is_compared_with_is_read_by_weight_as_well() -> None:
    stated = schema('feature { name: "f" type: BYTES drift_comparator { infinity_norm { threshold: 0.1 } } }')
    assert reasons(tfmd.validate(_weighted(), stated, previous_statistics=_weighted())) == {}
    (found,) = tfmd.validate(_weighted(), stated, previous_statistics=dataset(feature("STRING", words={"b": 1}))).drift_skew_info
    assert found.drift_measurements[0].value == 1.0, "the other has no weighted counts"
