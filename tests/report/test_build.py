"""A report from what a driver knows."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from featureprep import transforms as T
from featureprep.expr.expression import col
from featureprep.plan.lower import lower
from featureprep.plan.table import label
from featureprep.report import build_report, render_html, render_text
from featureprep.run.ledger import Tally, settle
from featureprep.run.levels import plan_fit
from featureprep.serving.graph import TransformGraph
from tests.lineage.plans import SCHEMAS, read
from tests.lineage.runs import NOW, OUTCOMES, STATISTICS


def parts() -> dict[str, Any]:
    """A small job with its ledger, and a graph with made-up constants."""
    table = read("people").filter(col("age") >= 17, name="of age")
    table = table.features(age=T.standard_scale("age"), job=T.vocabulary("name"), rich=label(col("income") > 5), keep=["region"])
    physical = lower(table.step, SCHEMAS)
    learnt: dict[str, Any] = {
        "standard_scale": {"mean": 28.0, "std": 11.0},
        "vocabulary": {"values": pa.array([f"name {i}" for i in range(1000)]), "counts": pa.array(range(1000))},
    }
    nodes = [part for node in physical.nodes.values() for part in node.walk()]
    constants = {part.key: learnt[part.op] for part in nodes if part.op in learnt}
    roles = {"age": "feature", "job": "feature", "rich": "label", "region": "keep"}
    graph = TransformGraph("census", physical.final.schema, physical.nodes, roles, physical.admits, constants, "error")
    tally = Tally()
    tally.read["read people"] = 3
    tally.dropped["filter of age", "of age"] = 1
    return {
        "name": "census", "run_id": "r1", "status": "COMPLETE", "created": NOW, "engine": "pandas", "seconds": 1.5, "scans": ["fold", "write"],
        "sources": [{"name": "people", "version": "sha256:ab", "kind": "csv", "files": [{"url": "/a", "size": 3}, {"url": "/b", "size": 4}]}],
        "physical": physical, "ledger": settle(physical.ledger, tally), "statistics": {"sources": {"people": STATISTICS}, "entry": None, "splits": {}},
        "validation": {"people": OUTCOMES}, "graph": graph, "splits": {"all": 2}, "dataset_fingerprint": "0" * 32, "error": None,
    }  # fmt: skip


def test_it_is_json_and_renders() -> None:
    report = build_report(**parts())
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert "census" in render_html(report)
    assert "2: age" not in render_text(report)
    assert "4: age, job, rich, region" in render_text(report)


def test_what_it_says() -> None:
    report = build_report(**parts(), version=3, explain="2 scans")
    assert (report["version"], report["scans"], report["explain"]) == (3, 2, "2 scans")
    assert report["created"] == "2026-03-04T05:06:07.000089+02:00"
    assert report["sources"] == [{"name": "people", "version": "sha256:ab", "kind": "csv", "files": 2, "size": 7, "rows": 3}]
    assert report["rows"] == {"read": 3, "created": 0, "merged": 0, "dropped": 1, "quarantined": 0, "written": 2}
    assert report["fingerprints"]["dataset"] == "0" * 32
    assert len(report["fingerprints"]["graph"]) == 32


def test_features_with_what_was_learnt() -> None:
    age, job, rich, region = build_report(**parts())["features"]
    assert age == {
        "name": "age", "role": "feature", "type": "float64", "expression": "standard_scale(age)", "inputs": ["people.age"],
        "direct": ["people.age"], "fit": [], "size": None, "elements": None, "remarks": [], "drawing": None,
        "learnt": [{"expression": "standard_scale(age)", "constants": {"mean": "28.0", "std": "11.0"}}],
    }  # fmt: skip
    assert job["size"] == 1000
    assert job["learnt"][0]["constants"]["values"] == "name 0, name 1, name 2, name 3, name 4 … 1,000 values"
    assert (rich["role"], rich["expression"], rich["learnt"]) == ("label", "income > 5", [])
    assert (region["role"], region["type"]) == ("keep", "string")


def test_what_was_learnt_from_sensitive_columns_is_masked() -> None:
    report = build_report(**parts(), sensitive={"people": ["name"]})
    age, job, _, _ = report["features"]
    assert set(job["learnt"][0]["constants"].values()) == {"***"}
    assert age["learnt"][0]["constants"]["mean"] == "28.0"
    assert "name 0" not in render_html(report)


def test_a_run_that_broke_early() -> None:
    known = {**parts(), "ledger": None, "graph": None, "statistics": None, "validation": None, "dataset_fingerprint": None}
    report = build_report(**{**known, "status": "FAIL", "error": "no such file"})
    assert report["features"][0]["learnt"] == []
    assert report["features"][0]["type"] is None
    assert "rows" not in report["sources"][0]
    assert "no such file" in render_html(report)
    assert "FAIL" in render_text(report)


def test_a_source_that_is_read_twice_has_its_rows_once() -> None:
    table = read("people").join(read("people").select("name"), on="name").features(keep=["age"])
    physical = lower(table.step, SCHEMAS)
    tally = Tally()
    for step in physical.ledger:
        if not step.inputs:
            tally.read[step.id] = 3
    joined = next(step for step in physical.ledger if step.title.startswith("inner join"))
    tally.merged[joined.id] = 3
    report = build_report(**{**parts(), "physical": physical, "ledger": settle(physical.ledger, tally), "graph": None})
    assert report["sources"][0]["rows"] == 3
    assert report["rows"]["read"] == 6


def test_fit_time_inputs_and_what_chooses_rows() -> None:
    known = parts()
    physical = known["physical"]
    fit = plan_fit(list(physical.nodes.values()), physical.final.schema, physical.malformed)
    report = build_report(**known, fit=fit)
    age, job, rich, _ = report["features"]
    assert (age["direct"], age["fit"]) == (["people.age"], ["people.age"])
    assert (job["fit"], rich["fit"]) == (["people.name"], [])
    assert [(field["column"], field["subtype"]) for field in report["row_lineage"]] == [("age", "FILTER")]
    assert "drop of age: age &gt;= 17" in render_html(report)


def test_the_line_of_the_contract_beside_a_rule_that_failed() -> None:
    failed = {**OUTCOMES[1], "file": "c.yaml", "line": 2, "examples": ["ann"]}
    known = {
        **parts(),
        "validation": {"people": [OUTCOMES[0], failed, {**failed, "line": 99}]},
        "contract": "columns:\n  name: {unique: true}\n",
    }
    passed, shown, beyond = build_report(**known)["validation"]["people"]
    assert shown["text"] == "name: {unique: true}"
    assert "text" not in passed
    assert "text" not in beyond
    assert "name: {unique: true}" in render_html(build_report(**known))
    assert "text" not in build_report(**known, sensitive={"people": {"name"}})["validation"]["people"][1]


def test_drawings() -> None:
    report = build_report(**parts())
    assert [box["title"] for box in report["drawing"]["boxes"] if box["kind"] == "output"] == ["age", "job", "rich", "region"]
    table = read("people").features(x=T.standard_scale((col("age") * 2 + col("income")) / 3))
    physical = lower(table.step, SCHEMAS)
    constants = {
        part.key: {"mean": 0.0, "std": 1.0} for node in physical.nodes.values() for part in node.walk() if part.op == "standard_scale"
    }
    graph = TransformGraph("x", physical.final.schema, physical.nodes, {"x": "feature"}, (), constants, "error")
    drawn = build_report(**{**parts(), "physical": physical, "graph": graph, "ledger": None})["features"][0]["drawing"]
    assert [box["title"] for box in drawn["boxes"]] == ["age", "mul", "income", "add", "div", "standard_scale", "x"]
