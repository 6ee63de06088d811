"""TFDV's own cases, and ours beside them: the messages that TFDV makes are made here, but for what DEVIATIONS.md lists.

Every case of infer, validate and update is run, none set aside; those of statistics are in test_statistics_cases.py.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from google.protobuf import json_format, text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from featureprep.validators import tfmd
from tests.validators.tfmd.cases import DEVIATIONS, UNREADABLE, cases, parameters

CASES = cases("infer", "update", "validate")
EVERY = [*CASES, *cases("statistics")]


def _parse(text: str, message: Any) -> Any:
    return text_format.Parse(text, message)


def _result(case: dict[str, Any]) -> tuple[Any, Any]:
    """What is made here, and what TFDV makes."""
    options = {
        name: _parse(value, statistics_pb2.DatasetFeatureStatistics()) if name.endswith("_statistics") else value
        for name, value in case["options"].items()
    }
    statistics = _parse(case["statistics"], statistics_pb2.DatasetFeatureStatistics())
    if case["op"] == "infer":
        return tfmd.infer(statistics, **options), _parse(case["expected"], schema_pb2.Schema())
    schema = _parse(case["schema"], schema_pb2.Schema())
    if case["op"] == "update":
        return tfmd.update(statistics, schema, **options), _parse(case["expected"], schema_pb2.Schema())
    got = tfmd.validate(statistics, schema, **options)
    assert got.baseline == schema
    got.ClearField("baseline")
    expected = _parse(case["expected"], anomalies_pb2.Anomalies())
    expected.ClearField("baseline")
    # reading a map of a message makes what is read: entries without reasons are left by the tests of TFDV
    for path in [path for path, info in expected.anomaly_info.items() if not info.reason]:
        del expected.anomaly_info[path]
    return got, expected


def _reasons(anomalies: anomalies_pb2.Anomalies) -> set[tuple[str, str, int]]:
    infos = [*anomalies.anomaly_info.items(), ("", anomalies.dataset_anomaly_info)]
    return {(path, anomalies_pb2.AnomalyInfo.Type.Name(reason.type), info.severity) for path, info in infos for reason in info.reason}


def _alike(a: Any, b: Any) -> bool:
    """Equal, numbers to 1e-5."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-5)
    return bool(a == b)


def _same(got: Any, expected: Any) -> bool:
    return _alike(*(json_format.MessageToDict(message, preserving_proto_field_name=True) for message in (got, expected)))


@pytest.mark.parametrize("case", parameters(CASES))
def test_the_same_message_as_tfdv(case: dict[str, Any]) -> None:
    got, expected = _result(case)
    if case["name"] in DEVIATIONS:
        assert not _same(got, expected), "DEVIATIONS.md lists a case that is decided as in TFDV"
        return
    if case["op"] == "validate":
        assert _reasons(got) == _reasons(expected)
    assert _same(got, expected), f"{got}\n--- instead of\n{expected}"


@pytest.mark.skipif(not CASES, reason="FEATUREPREP_DATA is not set: no cases of TFDV here")
def test_deviations_are_few_and_of_known_cases() -> None:
    names = Counter(case["name"] for case in EVERY)
    assert max(names.values()) == 1, "names identify cases"
    assert names.keys() >= DEVIATIONS | UNREADABLE
    for kind in ("infer", "update", "validate", "statistics"):
        counted = {case["name"] for case in EVERY if case["op"].startswith(kind) and not case["name"].startswith("quirk/")}
        assert len(counted & (DEVIATIONS | UNREADABLE)) <= 0.05 * len(counted), kind
