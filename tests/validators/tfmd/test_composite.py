"""Sparse and weighted features, and derived ones."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.messages import dataset, feature, held, mended, reasons, schema

_SPARSE = 'sparse_feature { name: "s" value_feature { name: "v" } index_feature { name: "i" } }'
_WEIGHTED = 'weighted_feature { name: "s" feature { step: "v" } weight_feature { step: "w" } }'


def _custom(text: str) -> statistics_pb2.FeatureNameStatistics:
    return text_format.Parse(f'name: "s" {text}', statistics_pb2.FeatureNameStatistics())


def _ranks(name: str, count: int) -> str:
    return f'custom_stats {{ name: "{name}" rank_histogram {{ buckets {{ label: "i" sample_count: {count} }} }} }}'


@pytest.mark.parametrize(
    ("stats", "found"),
    [
        ('custom_stats { name: "missing_value" num: 3 }', {"s": ["SPARSE_FEATURE_MISSING_VALUE"]}),
        (_ranks("missing_index", 3), {"s": ["SPARSE_FEATURE_MISSING_INDEX"]}),
        (_ranks("max_length_diff", 3) + _ranks("min_length_diff", -1), {"s": ["SPARSE_FEATURE_LENGTH_MISMATCH"] * 2}),
        ('custom_stats { name: "missing_value" num: 0 }' + _ranks("missing_index", 0) + _ranks("max_length_diff", 0), {}),
        ('custom_stats { name: "another" num: 3 }', {}),
    ],
)
def test_sparse(stats: str, found: dict[str, list[str]]) -> None:
    data = dataset(_custom(stats))
    assert reasons(tfmd.validate(data, schema(_SPARSE))) == found
    assert tfmd.update(data, schema(_SPARSE)).sparse_feature[0].lifecycle_stage == (
        schema_pb2.DEPRECATED if found else schema_pb2.UNKNOWN_STAGE
    )


@pytest.mark.parametrize(
    ("stats", "found"),
    [
        ('custom_stats { name: "missing_value" num: 3 }', ["WEIGHTED_FEATURE_MISSING_VALUE"]),
        ('custom_stats { name: "missing_weight" num: 3 }', ["WEIGHTED_FEATURE_MISSING_WEIGHT"]),
        ('custom_stats { name: "min_weight_length_diff" num: -3 }', ["WEIGHTED_FEATURE_LENGTH_MISMATCH"]),
        ('custom_stats { name: "missing_weight" num: 0 }', []),
    ],
)
def test_weighted(stats: str, found: list[str]) -> None:
    got = tfmd.validate(dataset(_custom(stats)), schema(_WEIGHTED))
    assert reasons(got) == ({"s": found} if found else {})
    if "length" in stats:
        said = "min_weight_length_diff = -3 and max_weight_length_diff = 0."
        assert got.anomaly_info["s"].description == f"Mismatch between weight and value feature with {said}"


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        (_SPARSE + 'feature { name: "s" type: INT }', ["SPARSE_FEATURE_NAME_COLLISION"]),
        (_SPARSE + 'feature { name: "s" type: INT deprecated: true }', []),
        (_WEIGHTED + 'feature { name: "s" type: INT }', ["WEIGHTED_FEATURE_NAME_COLLISION"]),
        (_WEIGHTED + _SPARSE, ["WEIGHTED_FEATURE_NAME_COLLISION"]),
    ],
)
def test_names_taken_twice(stated: str, found: list[str]) -> None:
    got = tfmd.validate(dataset(feature("INT", name="s")), schema(stated))
    assert reasons(got) == ({"s": found} if found else {})


def test_nothing_is_inferred_of_custom_statistics() -> None:
    assert tfmd.infer(dataset(_custom('custom_stats { name: "missing_value" num: 3 }'))).ByteSize() == 0


_SOURCE = 'validation_derived_source { deriver_name: "d" }'


@pytest.mark.parametrize(
    ("stated", "stats", "found"),
    [
        ("type: INT", _SOURCE, "DERIVED_FEATURE_INVALID_SOURCE"),
        (f"type: INT {_SOURCE}", _SOURCE, "DERIVED_FEATURE_BAD_LIFECYCLE"),
        (f"type: INT {_SOURCE} lifecycle_stage: VALIDATION_DERIVED", _SOURCE, ""),
        ("type: INT", "", ""),
    ],
)
def test_derived(stated: str, stats: str, found: str) -> None:
    data = feature("INT", more=stats)
    assert [text.partition(":")[0] for text in held(stated, data)] == [found] * bool(found)
    assert ("VALIDATION_DERIVED" in mended(stated, data)) == bool(stats)


def test_inferred_of_a_derived_feature() -> None:
    (made,) = tfmd.infer(dataset(feature("INT", more=_SOURCE))).feature
    assert (made.lifecycle_stage, made.validation_derived_source.deriver_name) == (schema_pb2.VALIDATION_DERIVED, "d")
