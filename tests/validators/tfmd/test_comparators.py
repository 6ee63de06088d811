from __future__ import annotations

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, held, reasons, schema

_NOW = feature("STRING", words={"a": 5, "b": 3})
_THEN = feature("STRING", words={"a": 2, "b": 6})
_NUMBERS = feature("FLOAT", ends=(0, 1), more="num_stats { histograms { buckets { high_value: 1 sample_count: 5 } type: STANDARD } }")
_QUANTILES = "num_stats { histograms { buckets { low_value: 5 high_value: 6 sample_count: 5 } type: QUANTILES } }"


def test_drift_and_skew() -> None:
    """Both values differ alike, in shares that doubles hold: the last one is named."""
    drift = held("type: BYTES drift_comparator { infinity_norm { threshold: 0.1 } }", _NOW, previous_statistics=dataset(_THEN))
    said = "is 0.375 (up to six significant digits), above the threshold 0.1. The feature value with maximum difference is: b"
    assert drift == [f"COMPARATOR_L_INFTY_HIGH: The Linfty distance between current and previous {said}"]
    skew = held("type: BYTES skew_comparator { normalized_abs_difference { threshold: 0.1 } }", _NOW, serving_statistics=dataset(_THEN))
    said = "is 0.1875 (up to six significant digits), above the threshold 0.1. The feature value with maximum difference is: b"
    assert skew == [
        f"COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH: The normalized absolute difference between training and serving {said}"
    ]


def test_every_measure_is_told_whether_it_is_exceeded_or_not() -> None:
    stated = schema(
        'feature { name: "f" type: BYTES drift_comparator { infinity_norm { threshold: 0.25 } jensen_shannon_divergence { threshold: 1 } } }'
    )
    found = tfmd.validate(dataset(_NOW), stated, previous_statistics=dataset(_THEN))
    assert reasons(found) == {"f": ["COMPARATOR_L_INFTY_HIGH"]}
    (info,) = found.drift_skew_info
    kinds = anomalies_pb2.DriftSkewInfo.Measurement
    assert list(info.path.step) == ["f"]
    assert not info.skew_measurements
    assert [(each.type, each.threshold) for each in info.drift_measurements] == [
        (kinds.L_INFTY, 0.25),
        (kinds.JENSEN_SHANNON_DIVERGENCE, 1),
    ]
    assert info.drift_measurements[1].value == pytest.approx(0.105843, abs=1e-6)


def test_numbers() -> None:
    stated = "type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.5 } }"
    other = feature("FLOAT", more="num_stats { histograms { buckets { low_value: 1 high_value: 2 sample_count: 9 } type: STANDARD } }")
    (found,) = held(stated, _NUMBERS, previous_statistics=dataset(other))
    assert "is 1 (up to six significant digits), above the threshold 0.5." in found
    assert held(stated, _NUMBERS, previous_statistics=dataset(_NUMBERS)) == []


def test_the_kind_of_histogram_is_chosen() -> None:
    a, b = (feature("FLOAT", more=f"{_QUANTILES} {more}") for more in ("", "num_stats { histograms { type: STANDARD } }"))
    stated = "type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.5 source { type: QUANTILES } } }"
    assert held(stated, a, previous_statistics=dataset(b)) == []
    stated = "type: FLOAT drift_comparator { jensen_shannon_divergence { threshold: 0.5 } }"
    (found,) = held(stated, a, previous_statistics=dataset(b))
    assert found.startswith("STATS_NOT_AVAILABLE"), "there is no histogram of equal widths"


@pytest.mark.parametrize("measure", ["infinity_norm", "normalized_abs_difference", "jensen_shannon_divergence"])
def test_what_cannot_be_measured_has_not_passed(measure: str) -> None:
    stated = f"type: FLOAT drift_comparator {{ {measure} {{ threshold: 0.5 }} }}"
    plain = feature("FLOAT", ends=(0, 1))
    (found,) = held(stated, plain, previous_statistics=dataset(plain))
    assert found.startswith("STATS_NOT_AVAILABLE")
    assert held(stated, plain) == [], "nothing to compare with"


def test_the_other_side_lacks_the_feature() -> None:
    stated = "type: BYTES skew_comparator { infinity_norm { threshold: 0.5 } }"
    other = dataset(feature("STRING", name="g", words={"a": 1}))
    assert held(stated, _NOW, serving_statistics=other) == ["COMPARATOR_CONTROL_DATA_MISSING: serving data is missing."]
    assert held("type: BYTES skew_comparator { }", _NOW, serving_statistics=other) == []
    assert held(stated, _NOW, serving_statistics=dataset(examples=0)) == [], "an empty message is none"


def test_a_column_that_is_skewed_in_a_struct() -> None:
    stated = schema(
        'feature { name: "s" type: STRUCT struct_domain { feature { name: "f" type: BYTES '
        "skew_comparator { infinity_norm { threshold: 0.1 } } } } }"
    )
    now, then = (dataset(feature("STRUCT", name="s"), feature("STRING", name="s.f", words=words)) for words in ({"a": 1}, {"b": 1}))
    found = tfmd.validate(now, stated, serving_statistics=then)
    assert reasons(found) == {"s.f": ["COMPARATOR_L_INFTY_HIGH"]}
    assert [list(info.path.step) for info in found.drift_skew_info] == [["s", "f"]]
