"""TFDV's own cases of its statistics generators: record batches, and the messages that it makes of them."""

from __future__ import annotations

import ast
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import statistics_pb2
from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatistics, FeatureNameStatistics

from featureprep.validators.tfmd import statistics
from tests.validators.tfmd.cases import DEVIATIONS, UNREADABLE, cases, parameters

CASES = [case for case in cases("statistics") if case["name"] not in UNREADABLE]

# the cases tell the weights of all features, but not those of single ones
_OTHER_WEIGHTS = {
    "BasicStatsGeneratorTest.test_with_per_feature_weight": {"b": "w_b"},
    "LiftStatsGeneratorTest.test_lift_weighted": {"categorical_x2": "weight_x2"},
}
_TURNED_ON = {
    "CrossFeatureStatsGenerator": {"feature_crosses": True},
    "EmptyValueCounterGenerator": {"count_empty_values": True},
    "TimeStatsGenerator": {"enable_semantic_domain_stats": True},
}
_COUNTS = ("unique", "top_values", "rank_histogram", "weighted_string_stats")
_LENGTHS = ("common_stats", "avg_length", "invalid_utf8_count")
_KINDS = ("num_stats", "string_stats", "bytes_stats", "struct_stats")


def _type(text: str) -> pa.DataType:
    if text.startswith("large_list<item: "):
        return pa.large_list(_type(text[len("large_list<item: ") : -1]))
    if text.startswith("list<item: "):
        return pa.list_(_type(text[len("list<item: ") : -1]))
    if text.startswith("struct<"):
        return pa.struct([(name, _type(inner)) for name, inner in _fields(text[len("struct<") : -1])])
    return pa.type_for_alias(text)


def _fields(text: str) -> Iterator[tuple[str, str]]:
    depth = start = 0
    for at, character in enumerate(text + ","):
        depth += (character == "<") - (character == ">")
        if character == "," and not depth:
            name, inner = text[start:at].split(": ", 1)
            yield name.strip(), inner
            start = at + 1


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"]) if set(value) == {"hex"} else {name: _value(one) for name, one in value.items()}
    return math.nan if value == "NaN" else value


def _batch(given: Any) -> Any:
    """A batch, of a slice or not; a column of its own where the case is about no batch."""
    if isinstance(given, str):
        rows = ast.literal_eval(given.split("\n", 1)[1].replace("null", "None"))
        return pa.RecordBatch.from_arrays([pa.array(rows)], names=["x"])
    if "slice" in given:
        return given["slice"], _batch(given["batch"])
    names = list(given["schema"])
    return pa.RecordBatch.from_arrays([pa.array(_value(given["rows"][name]), _type(given["schema"][name])) for name in names], names=names)


def _options(case: dict[str, Any]) -> dict[str, Any]:
    generator = case["generator"]
    options: dict[str, Any] = dict(_TURNED_ON.get(generator["class"], {}))
    options |= {name: value for name, value in generator["kwargs"].items() if name not in ("example_weight_map", "sample_rate")}
    weight = re.search("'(.*)'", generator["kwargs"].get("example_weight_map", ""))
    if generator["args"]:
        options["schema"] = generator["args"][0]
    if weight is not None:
        options["weight_feature"] = weight[1]
    if case["name"] in _OTHER_WEIGHTS:
        options["per_feature_weight_override"] = _OTHER_WEIGHTS[case["name"]]
    return options


def _expected(case: dict[str, Any]) -> dict[str, DatasetFeatureStatistics]:
    """By slice; what is said of a feature in several messages in one."""
    made: dict[str, DatasetFeatureStatistics] = defaultdict(DatasetFeatureStatistics)
    every = made["All Examples"] if not case["name"].endswith("slice_aware") else DatasetFeatureStatistics()
    expected = case["expected"]
    if isinstance(expected, str):
        every.features.add().path.step.append("x")
        text_format.Merge(expected, every.features[0])
    elif isinstance(expected, dict):
        for text in expected.values():
            text_format.Parse(text, every.features.add())
        for text in (case["options"].get("cross") or {}).values():
            text_format.Parse(text, every.cross_features.add())
    else:
        for one in expected:
            name, text = one if isinstance(one, list) else ("All Examples", one)
            part = text_format.Parse(text, DatasetFeatureStatistics())
            made[name].cross_features.extend(part.cross_features)
            for feature in part.features:
                _of(made[name], tuple(feature.path.step)).MergeFrom(_without_path(feature))
    return made


def _of(dataset: DatasetFeatureStatistics, path: tuple[str, ...]) -> FeatureNameStatistics:
    for feature in dataset.features:
        if tuple(feature.path.step) == path:
            return feature
    made = dataset.features.add()
    made.path.step.extend(path)
    return made


def _without_path(feature: FeatureNameStatistics) -> FeatureNameStatistics:
    made = FeatureNameStatistics()
    made.CopyFrom(feature)
    made.ClearField("path")
    return made


def _told(generator: str, feature: FeatureNameStatistics) -> FeatureNameStatistics:
    """What a generator of TFDV tells of a feature: one message here is several there."""
    made = FeatureNameStatistics()
    made.CopyFrom(feature)
    if generator in ("BasicStatsGenerator", "TopKUniquesStatsGenerator"):
        if made.HasField("string_stats"):
            for field in _COUNTS if generator == "BasicStatsGenerator" else _LENGTHS:
                made.string_stats.ClearField(field)
        if generator == "TopKUniquesStatsGenerator":
            made.ClearField("custom_stats")
            made.ClearField("type")
        return made
    for field in ("type", *_KINDS):
        made.ClearField(field)
    return made


def _differences(got: Any, expected: Any, where: str) -> Iterator[str]:
    """Fields that differ, numbers by more than 1e-5."""
    if hasattr(expected, "DESCRIPTOR"):
        for field in expected.DESCRIPTOR.fields:
            yield from _differences(getattr(got, field.name), getattr(expected, field.name), f"{where}.{field.name}")
    elif isinstance(expected, (str, bytes)):
        if got != expected:
            yield f"{where}: {got!r}, not {expected!r}"
    elif isinstance(expected, (int, float)):
        if not (math.isclose(got, expected, rel_tol=1e-5, abs_tol=1e-5) or (got != got and expected != expected)):
            yield f"{where}: {got}, not {expected}"
    elif len(got) != len(expected):
        yield f"{where}: {len(got)} of them, not {len(expected)}"
    else:
        for at, (one, other) in enumerate(zip(got, expected, strict=True)):
            yield from _differences(one, other, f"{where}[{at}]")


def _by_pair(cross: Any) -> tuple[list[str], bool]:
    lift = cross.categorical_cross_stats.lift.lift_series
    return list(cross.path_x.step), any(series.weighted_y_count for series in lift)


@pytest.mark.parametrize("case", parameters(CASES))
def test_a_case_of_tfdv_comes_out_as_there(case: dict[str, Any]) -> None:
    generator = case["generator"]["class"]
    made = {dataset.name: dataset for dataset in statistics(map(_batch, case["batches"]), **_options(case)).datasets}
    found: list[str] = []
    for name, expected in _expected(case).items():
        for feature in expected.features:
            got = _told(generator, _of(made[name], tuple(feature.path.step)))
            found += _differences(got, feature, ".".join(feature.path.step))
        crosses = sorted(made[name].cross_features, key=_by_pair)
        found += _differences(crosses, sorted(expected.cross_features, key=_by_pair), "cross_features")
    assert bool(found) == (case["name"] in DEVIATIONS), found


def test_the_messages_are_those_of_tfmd() -> None:
    made = statistics([pa.RecordBatch.from_pydict({"x": [1.5, None]})])
    assert isinstance(made, statistics_pb2.DatasetFeatureStatisticsList)
    assert statistics_pb2.DatasetFeatureStatisticsList.FromString(made.SerializeToString()) == made
