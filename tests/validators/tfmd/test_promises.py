"""What is inferred from statistics or updated to them holds of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from featureprep.validators import tfmd

_WORDS = ("", "0", "1", "true", "false", "SET", " 7", "-3", "1e3", "nan", "x", "it's \\ \"\n", "ß", "9" * 30)
_ENDS = st.one_of(st.integers(-3, 3), st.floats(allow_nan=False), st.just(2.0**63))


@st.composite
def _levels(draw: st.DrawFn, examples: int) -> list[dict[str, int]]:
    levels = []
    for _ in range(draw(st.integers(1, 3))):
        missing, ends = draw(st.integers(0, examples)), sorted(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
        present = examples - missing
        levels.append(
            {
                "num_missing": missing,
                "num_non_missing": present,
                "min_num_values": ends[0],
                "max_num_values": ends[1],
                "tot_num_values": present * ends[1],
            }
        )
    return levels


@st.composite
def _feature(draw: st.DrawFn, name: str, examples: int) -> statistics_pb2.FeatureNameStatistics:
    kinds = statistics_pb2.FeatureNameStatistics
    feature = kinds(name=name, type=draw(st.sampled_from(kinds.Type.values())))
    levels = draw(_levels(examples))
    numbers = {kinds.INT: "num_stats", kinds.FLOAT: "num_stats", kinds.STRING: "string_stats", kinds.BYTES: "bytes_stats"}
    is_categorical = feature.type == kinds.INT and draw(st.booleans())
    stats: Any = feature.string_stats if is_categorical else getattr(feature, numbers.get(feature.type, "struct_stats"))
    stats.common_stats.MergeFrom(statistics_pb2.CommonStatistics(**levels[0]))
    if len(levels) > 1:
        stats.common_stats.presence_and_valency_stats.extend(statistics_pb2.PresenceAndValencyStatistics(**level) for level in levels)
    if feature.HasField("num_stats"):
        stats.min, stats.max = sorted(draw(st.tuples(_ENDS, _ENDS)))
        stats.histograms.add(num_nan=draw(st.integers(0, 1)))
    if feature.HasField("string_stats"):
        counts = draw(st.dictionaries(st.sampled_from(_WORDS), st.integers(1, 9), max_size=4))
        stats.unique = len(counts)
        stats.invalid_utf8_count = draw(st.sampled_from((0, 0, 0, 2)))
        for word, count in counts.items():
            stats.rank_histogram.buckets.add(label=word, sample_count=count)
    return feature


@st.composite
def _statistics(draw: st.DrawFn) -> statistics_pb2.DatasetFeatureStatistics:
    examples = draw(st.integers(1, 9))
    names = draw(st.lists(st.sampled_from(("a", "b", "c", "a.x", "a.y", "a.x.z")), unique=True))
    return statistics_pb2.DatasetFeatureStatistics(num_examples=examples, features=[draw(_feature(name, examples)) for name in names])


@st.composite
def _limits(draw: st.DrawFn, schema: schema_pb2.Schema) -> schema_pb2.Schema:
    """The schema with limits that the statistics it was inferred from may break, and some that no statistics keep."""
    for feature in schema.feature:
        if draw(st.booleans()):
            feature.presence.min_count = draw(st.integers(-1, 12))
            feature.presence.min_fraction = draw(st.sampled_from((-1.0, 0.0, 0.3, 1 / 3, 1.0, 2.0)))
        if draw(st.booleans()):
            feature.unique_constraints.min, feature.unique_constraints.max = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
        domain = draw(st.sampled_from(("int_domain", "float_domain", "bool_domain", "string_domain", "domain", "time_domain", None)))
        if domain in {"int_domain", "float_domain"}:
            getattr(feature, domain).min, getattr(feature, domain).max = -1, 1
        elif domain == "string_domain":
            feature.string_domain.value.extend(["x", "x"])
            feature.distribution_constraints.min_domain_mass = 0.5
        elif domain == "domain":
            feature.domain = draw(st.sampled_from(("a", "b", "nowhere")))
        elif domain is not None:
            getattr(feature, domain).SetInParent()
    return schema


def _found(anomalies: anomalies_pb2.Anomalies) -> dict[str, list[str]]:
    """Reasons of each feature; what a measure lacks is not what the schema can be changed for."""
    return {path: [reason.short_description for reason in info.reason] for path, info in anomalies.anomaly_info.items()}


@given(_statistics(), st.booleans(), st.integers(0, 3))
def test_what_is_inferred_holds(statistics: statistics_pb2.DatasetFeatureStatistics, shape: bool, size: int) -> None:
    schema = tfmd.infer(statistics, infer_feature_shape=shape, max_string_domain_size=size)
    assert _found(tfmd.validate(statistics, schema)) == {}


@given(_statistics(), _statistics(), st.data())
def test_what_is_updated_holds(
    before: statistics_pb2.DatasetFeatureStatistics, after: statistics_pb2.DatasetFeatureStatistics, data: st.DataObject
) -> None:
    schema = data.draw(_limits(tfmd.infer(before)))
    given_schema = schema.SerializeToString(deterministic=True)
    updated = tfmd.update(after, schema)
    assert _found(tfmd.validate(after, updated)) == {}
    assert tfmd.update(after, updated) == updated, "once is enough"
    assert schema.SerializeToString(deterministic=True) == given_schema, "the schema given is left as it is"
