"""Contracts proposed from statistics: by hand, and TFDV's own cases where they say something about flat columns."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.types import format_type
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.inference import infer_contract, infer_source

Describe = Callable[..., dict[str, Any]]


def rules_of(contract: Contract) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = {}
    for rule in contract.sources[0].declared(None):
        if rule.column is not None:
            key = f"{rule.check}/{rule.part}" if rule.part else rule.check
            made.setdefault(rule.column, {})[key] = next(iter(rule.params.values()), True)
    return made


def test_by_hand(describe: Describe) -> None:
    table = pa.table(
        {
            "whole": pa.array([5, 6, 7], pa.int64()),
            "flag": pa.array([0, 1, None], pa.int8()),
            "price": pa.array([0.0, 1.0, None]),
            "kind": pa.array(["b", "a", "b"]),
            "gone": pa.array([None, None, None], pa.string()),
            "tags": pa.array([[1], [1, 2], [3]]),
            "pair": pa.array([[1, 2], None, [3, 4]]),
            "maybe": pa.array([[1], [], None]),
            "yes": pa.array([True, None, False]),
            "long": pa.array(["x" * 1000, "y", "z"]),
            "raw": pa.array([b"x", b"y", b"x"]),
        }
    )
    contract = infer_contract(describe(table), table.schema)
    assert rules_of(contract) == {
        "whole": {"type": "int64", "required": True, "nullable": True},
        "flag": {"type": "int8", "required": True, "range/min": 0, "range/max": 1},
        "price": {"type": "float64", "required": True},
        "kind": {"type": "string", "required": True, "nullable": True, "values": ("a", "b")},
        "gone": {"type": "string"},
        "tags": {"type": "list<int64>", "required": True, "nullable": True, "valency/min": 1},
        "pair": {"type": "list<int64>", "required": True, "valency/min": 2, "valency/max": 2},
        "maybe": {"type": "list<int64>", "required": True},
        "yes": {"type": "bool", "required": True},
        "long": {"type": "string", "required": True, "nullable": True},
        "raw": {"type": "binary", "required": True, "nullable": True},
    }
    assert load_contract(contract.to_yaml()) == contract
    assert "price: float64  # 1 of 3 null (33.33%), 0 to 1" in contract.to_yaml()


def test_the_data_meets_its_own_contract(describe: Describe, judge: Callable[..., Any]) -> None:
    table = pa.table({"a": [1.5, float("nan"), None], "b": ["x", "", None], "c": [[1], [], None], "d": [True, False, None]})
    outcomes = judge(infer_contract(describe(table), table.schema).to_yaml(), table)
    assert not [outcome for outcome in outcomes.values() if outcome.blocking]


def test_the_limit_of_domains(describe: Describe) -> None:
    table = pa.table({"s": [f"v{k:03}" for k in range(101)]})
    statistics = describe(table)
    assert "values" not in rules_of(infer_contract(statistics, table.schema))["s"]
    assert len(rules_of(infer_contract(statistics, table.schema, max_string_domain=101))["s"]["values"]) == 101
    assert len(rules_of(infer_contract(describe(table.slice(1)), table.schema))["s"]["values"]) == 100
    assert "values" not in rules_of(infer_contract(statistics, table.schema, max_string_domain=0))["s"]
    with pytest.raises(ArgumentError, match="max_string_domain"):
        infer_contract(statistics, table.schema, max_string_domain=401)
    with pytest.raises(ColumnNotFoundError, match="other"):
        infer_contract(statistics, pa.schema([("other", pa.int64())]))


def test_no_rows_and_sensitive_columns(describe: Describe) -> None:
    empty = pa.table({"a": pa.array([], pa.int64()), "s": pa.array([], pa.string())})
    assert rules_of(infer_contract(describe(empty), empty.schema)) == {
        "a": {"type": "int64", "required": True}, "s": {"type": "string", "required": True},
    }  # fmt: skip
    table = pa.table({"s": ["x"], "i": [1], "l": [[1]]})
    assert rules_of(infer_contract(describe(table, sensitive=["s", "i"]), table.schema))["s"] == {
        "type": "string", "required": True, "nullable": True,
    }  # fmt: skip


def test_several_sources(describe: Describe) -> None:
    table = pa.table({"a": [1]})
    sections = tuple(infer_source(describe(table), table.schema, source=name) for name in ("x", "y"))
    assert load_contract(Contract(sections).to_yaml()) == Contract(sections)


# TFDV's cases. Not taken: `quirk/*` names; nested features; NUM features whose statistics have no counts; columns of several values
# a row of mixed length (our columns are scalars or lists; the list rules are tested above); semantic types from custom statistics.


def parse_proto(text: str) -> dict[str, list[Any]]:
    """Enough of the text format: fields by name, messages as dicts."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[{}]|[^\s{}:]+', text)
    at = 0

    def message() -> dict[str, list[Any]]:
        nonlocal at
        made: dict[str, list[Any]] = {}
        while at < len(tokens) and tokens[at] != "}":
            name = tokens[at]
            at += 1
            if tokens[at] == "{":
                at += 1
                made.setdefault(name, []).append(message())
                at += 1
            else:
                made.setdefault(name, []).append(json.loads(tokens[at]) if tokens[at].startswith('"') else tokens[at])
                at += 1
        return made

    return message()


def as_statistics(feature: dict[str, list[Any]], rows: int) -> tuple[dict[str, Any], pa.DataType] | None:
    """Our statistics of a scalar feature of TFDV's; None where it is nothing that we have."""
    kind = feature.get("type", ["INT"])[0]
    body = (feature.get("num_stats") or feature.get("string_stats") or [None])[0]
    if body is None or "path" in feature or (kind == "INT" and "string_stats" in feature) or (kind == "STRING" and "num_stats" in feature):
        return None
    common = body["common_stats"][0]
    n, nulls = int(common.get("num_non_missing", ["0"])[0]), int(common.get("num_missing", ["0"])[0])
    if n + nulls != rows or "invalid_utf8_count" in body or common.get("max_num_values", ["1"])[0] not in ("1", "2"):
        return None
    made: dict[str, Any] = {"name": feature["name"][0], "n": n, "nulls": nulls, "nans": 0}
    if kind == "STRING":
        labels = [bucket["label"][0] for bucket in body.get("rank_histogram", [{}])[0].get("buckets", [])]
        if not labels:
            return None
        return made | {"kind": "string", "n_unique": len(labels), "top": [[label, 1] for label in labels]}, pa.string()
    if kind == "BYTES":
        return made | {"kind": "other"}, pa.binary()
    ends = {name: float(body.get(name, ["0"])[0]) for name in ("min", "max")}
    return made | {"kind": "number", **ends}, pa.int64() if kind == "INT" else pa.float64()


def as_rules(feature: dict[str, list[Any]], domains: dict[str, list[str]]) -> dict[str, Any]:
    """What TFDV's schema says of a feature, in our rules."""
    made: dict[str, Any] = {}
    presence = feature.get("presence", [{}])[0]
    if int(presence.get("min_count", ["0"])[0]) > 0:
        made["required"] = True
    if float(presence.get("min_fraction", ["0"])[0]) == 1.0:
        made["nullable"] = True
    if "domain" in feature:
        made["values"] = tuple(sorted(domains[feature["domain"][0]]))
    if "bool_domain" in feature:
        words = [value for values in feature["bool_domain"][0].values() for value in values]
        made |= {"values": tuple(sorted(words))} if words else {"range/min": 0, "range/max": 1}
    return made


def test_tfdv_cases(data_dir: Path) -> None:
    compared = []
    for file in sorted((data_dir / "tfdv_cases").glob("*.json")):
        for case in json.loads(file.read_text(encoding="utf-8")):
            if (
                not isinstance(case, dict)
                or case.get("op") != "infer"
                or case["name"].startswith("quirk/")
                or case["options"].get("infer_feature_shape")
            ):
                continue
            statistics, expected = parse_proto(case["statistics"]), parse_proto(case["expected"])
            rows = int(statistics.get("num_examples", ["0"])[0])
            domains = {domain["name"][0]: domain.get("value", []) for domain in expected.get("string_domain", [])}
            features = {feature["name"][0]: feature for feature in expected.get("feature", []) if "name" in feature}
            for feature in statistics["features"]:
                ours = as_statistics(feature, rows)
                if ours is None:
                    continue
                column, dtype = ours
                section = {"rows": rows, "columns": [column]}
                limit = int(case["options"]["max_string_domain_size"])
                made = rules_of(infer_contract(section, pa.schema([(column["name"], dtype)]), max_string_domain=limit))[column["name"]]
                assert made.pop("type") == format_type(dtype)
                assert made == as_rules(features[column["name"]], domains), (case["name"], column["name"])
                compared.append(case["name"])
    assert len(compared) >= 15
