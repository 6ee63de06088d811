"""Statistics and schemas in few words, and what the rules make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from featureprep.validators import tfmd

EXAMPLES = 10
_KINDS = {"INT": "num_stats", "FLOAT": "num_stats", "STRING": "string_stats", "BYTES": "bytes_stats", "STRUCT": "struct_stats"}


def feature(
    kind: str,
    *,
    name: str = "f",
    missing: int = 0,
    lengths: Sequence[tuple[int, int]] = ((1, 1),),
    ends: tuple[float, float] | None = None,
    words: Mapping[str, float] | None = None,
    unique: int | None = None,
    more: str = "",
) -> statistics_pb2.FeatureNameStatistics:
    """Statistics of one feature of `EXAMPLES` examples.

    Parameters
    ----------
    kind : str
        INT, FLOAT, STRING, BYTES, STRUCT; whole numbers with `words` are categorical.
    lengths : sequence of pairs
        Least and greatest number of values, one pair for each level of nesting.
    ends : pair of float, optional
        Least and greatest value.
    words : mapping, optional
        Values of text with their counts.
    more : str
        The text form of further fields.
    """
    stats = statistics_pb2.FeatureNameStatistics(name=name, type=statistics_pb2.FeatureNameStatistics.Type.Value(kind))
    values: Any = getattr(stats, "string_stats" if words is not None else _KINDS[kind])
    common = values.common_stats
    common.num_missing, common.num_non_missing = missing, EXAMPLES - missing
    common.min_num_values, common.max_num_values = lengths[0]
    if len(lengths) > 1:
        for low, high in lengths:
            common.presence_and_valency_stats.add(
                num_missing=missing, num_non_missing=EXAMPLES - missing, min_num_values=low, max_num_values=high
            )
    if ends is not None:
        values.min, values.max = ends
    if words is not None:
        total = sum(words.values())
        common.tot_num_values = int(total) if math.isfinite(total) else 0
        values.unique = len(words) if unique is None else unique
        for word, count in words.items():
            values.rank_histogram.buckets.add(label=word, sample_count=count)
    text_format.Merge(more, stats)
    return stats


def dataset(*features: statistics_pb2.FeatureNameStatistics, examples: int = EXAMPLES) -> statistics_pb2.DatasetFeatureStatistics:
    return statistics_pb2.DatasetFeatureStatistics(num_examples=examples, features=features)


def schema(text: str) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def reasons(anomalies: anomalies_pb2.Anomalies) -> dict[str, list[str]]:
    """The names of the reasons of each path; those of the dataset under ""."""
    infos = dict(anomalies.anomaly_info)
    if anomalies.HasField("dataset_anomaly_info"):
        infos[""] = anomalies.dataset_anomaly_info
    return {path: [anomalies_pb2.AnomalyInfo.Type.Name(reason.type) for reason in info.reason] for path, info in infos.items()}


def held(statements: str, *features: statistics_pb2.FeatureNameStatistics, rest: str = "", **options: Any) -> list[str]:
    """The texts of what is found at the feature f, of which this is stated, each behind the name of its reason."""
    anomalies = tfmd.validate(dataset(*features), schema(f'feature {{ name: "f" {statements} }} {rest}'), **options)
    return [f"{anomalies_pb2.AnomalyInfo.Type.Name(each.type)}: {each.description}" for each in anomalies.anomaly_info["f"].reason]


def mended(statements: str, *features: statistics_pb2.FeatureNameStatistics, rest: str = "") -> str:
    """The statements about f once they are updated, in one line, without its name; and the rest of the schema."""
    changed = tfmd.update(dataset(*features), schema(f'feature {{ name: "f" {statements} }} {rest}'))
    changed.feature[0].ClearField("name")
    more = schema_pb2.Schema()
    more.CopyFrom(changed)
    del more.feature[0]
    parts = [text_format.MessageToString(part, as_one_line=True) for part in (changed.feature[0], more)]
    return " ".join(part for part in parts if part)


def inferred(one: statistics_pb2.FeatureNameStatistics, **options: Any) -> str:
    """What is inferred of one feature, in one line, without its name; and the domains of the schema."""
    made = tfmd.infer(dataset(one), **options)
    made.feature[0].ClearField("name")
    parts = [text_format.MessageToString(part, as_one_line=True) for part in (made.feature[0], *made.string_domain)]
    return " | ".join(parts)
