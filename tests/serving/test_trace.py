"""A trace as text and HTML: every value, what was learnt, the policies, the rules."""

from __future__ import annotations

from html import unescape
from pathlib import Path

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col, when
from featureprep import transforms as T
from featureprep.errors import ArgumentError

TABLE = pa.table({"age": [10, 20, 30, 40], "w": ["a", "b", "a", None], "x": [1.0, -1.0, 4.0, 9.0]})


def fitted(malformed: str = "error") -> fp.TransformGraph:
    @fp.job(sources={"main": fp.from_arrow(TABLE)}, malformed=malformed)
    def case(main: fp.Table) -> fp.Table:
        kept = main.filter(col("age") >= 17, name="of age").quarantine(when=col("x") > 8, reason="too large")
        return kept.features(
            age=T.standard_scale("age"),
            same=T.standard_scale("age"),
            w=T.vocabulary("w", unknown="error"),
            root=when(col("x") >= 0).then(col("x").sqrt()).otherwise(0.0),
        )

    return case.run(store="memory://featureprep-test-trace", statistics=False).graph


def test_steps_tell_value_formula_learnt_and_policy() -> None:
    trace = fitted().trace({"age": 30, "w": "a", "x": 4.0})
    by_feature = {step["feature"]: step for step in trace if "feature" in step}
    assert set(by_feature) == {"age", "same", "w", "root"}
    scaled = by_feature["age"]
    assert scaled["value"] == by_feature["same"]["value"] == 1.0  # mean 25, standard deviation 5
    assert scaled["learnt"] == {"mean": 25.0, "std": 5.0}
    assert scaled["number"] == by_feature["same"]["number"]
    assert by_feature["w"]["learnt"]["values"] == ["a", "b"]
    assert by_feature["w"]["policies"]["unknown"] == "error"
    assert by_feature["root"]["value"] == 2.0
    assert trace.rejected is None
    assert trace.dropped_by is None
    assert [(rule["name"], rule["value"], rule["takes"]) for rule in trace.rules] == [("of age", True, False), ("too large", False, False)]
    text = trace.to_text()
    header, *lines = text.splitlines()[1:]
    at = header.index("type")
    steps = lines[: lines.index("rules")]
    assert all(line[at - 2 : at] == "  " for line in steps)  # aligned
    assert "mean 25, std 5" in text
    assert "lets pass   of age" in text
    assert repr(trace) == text


def test_a_rule_of_a_contract_is_told_as_it_reads(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    rules = "x: {type: float64, range: {min: 0, action: quarantine}}\n  age: {type: int64, range: {max: 99, action: drop}}"
    contract.write_text(f"columns:\n  {rules}\n")

    @fp.job(sources={"main": fp.from_arrow(TABLE)}, contract=str(contract))
    def case(main: fp.Table) -> fp.Table:
        return main.features(x=T.standard_scale("x"), age=T.standard_scale("age"))

    graph = case.run(store="memory://featureprep-test-trace-contract", statistics=False).graph
    for row, expected in (
        ({"age": 30, "x": 4.0}, [(True, False), (True, False)]),
        ({"age": 30, "x": -1.0}, [(False, True), (True, False)]),
        ({"age": 100, "x": 4.0}, [(True, False), (False, True)]),
    ):
        trace = graph.trace(row)
        found = {rule["kind"]: (rule["value"], rule["takes"]) for rule in trace.rules}
        assert [found["quarantine"], found["drop"]] == expected
    text = graph.trace({"age": 30, "x": -1.0}).to_text()
    assert "sets aside  x is at least 0.0 is false" in text
    assert "is at least 0.0 is false" not in graph.trace({"age": 30, "x": 4.0}).to_text()


def test_branches_that_were_not_taken_are_named() -> None:
    graph = fitted()
    assert not any("sqrt" in name for name in graph.trace({"age": 30, "w": "a", "x": 4.0}).skipped)
    trace = graph.trace({"age": 30, "w": "a", "x": -4.0})
    assert any("sqrt" in name for name in trace.skipped)
    assert "branch that was not taken" in trace.to_text()


def test_rules_that_take_the_row_and_rejections() -> None:
    graph = fitted()
    dropped = graph.trace({"age": 3, "w": "a", "x": 9.0})
    assert dropped.dropped_by == graph.admits({"age": 3, "w": "a", "x": 9.0}) == "of age"
    assert [rule["takes"] for rule in dropped.rules] == [True, True]
    assert "would leave this row out: of age" in dropped.to_text()
    assert "sets aside  too large" in dropped.to_text()
    assert "<b>drops it</b>" in dropped._repr_html_()
    assert "<b>sets aside</b>" in dropped._repr_html_()
    unknown = graph.trace({"age": 30, "w": "zz", "x": 1.0, "other": 5})
    assert unknown.rejected == "unknown: vocabulary(w, hash='xxh3', min_count=1, oov_buckets=0, unknown='error')"
    assert unknown[-1]["where"]
    assert unknown.skipped
    text = unknown.to_text()
    assert "REJECTED by unknown: vocabulary(w" in text
    assert "w = 'zz'" in text
    assert "not needed by the graph: other" in text
    assert "fprep bad" in unknown._repr_html_()
    malformed = graph.trace({"age": "old", "w": "a", "x": 1.0})
    assert malformed.rejected == "malformed: age"
    assert malformed.rules[0]["rejected"] == "malformed: age"
    assert "cannot be judged" in malformed.to_text()


def test_absent_columns_and_odd_rows() -> None:
    graph = fitted("null")
    trace = graph.trace({})
    assert trace.absent == ["age", "w", "x"]
    assert {step["feature"]: step["value"] for step in trace if "feature" in step} == graph.training({})
    with pytest.raises(ArgumentError, match="mapping"):
        graph.trace([1])  # type: ignore[arg-type]


def test_where_rows_meet_the_trace_says_that_it_begins_there(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3], "k": ["x", "x", "y"], "a": [1.0, 2.0, 3.0]})

    @fp.job(sources={"main": fp.from_arrow(table)})
    def case(main: fp.Table) -> fp.Table:
        return main.rolling(2, by="k", order_by="id").agg(m=fp.agg.mean("a")).features(m=T.standard_scale("m"), keep=["id"])

    store = str(tmp_path / "store")
    graph = case.run(store=store, statistics=False).graph
    assert graph.after == "rolling m"
    stored = fp.open_graph(store, "case@latest")
    assert (stored.after, stored.fingerprint) == (graph.after, graph.fingerprint)
    assert stored.strict().after == "rolling m"
    trace = stored.trace({"id": 1, "a": 2.0})
    assert (trace.absent, trace.after) == (["m"], "rolling m")
    told = "a trace begins after 'rolling m', the last step at which rows meet"
    assert told in trace.to_text()
    assert told in unescape(trace.to_html())
    assert "a trace begins" not in stored.trace({"id": 1, "m": 2.0}).to_text()
    assert fitted().after is None
    assert "a trace begins" not in fitted().trace({}).to_text()


def test_html_page_and_json() -> None:
    trace = fitted().trace({"age": 30, "w": "<b>", "x": 4.0})
    page = trace.to_html()
    assert page.startswith("<!doctype html>")
    assert "<b>'" not in page
    found = trace.to_json()
    assert list(trace) == found["steps"]
    assert {"graph", "fingerprint", "dropped_by", "rules", "absent", "unknown", "skipped", "malformed"} <= found.keys()
    assert "row" not in found


def test_long_constants_are_cut() -> None:
    words = pa.table({"w": [f"w{i}" for i in range(1000)]})

    @fp.job(sources={"main": fp.from_arrow(words)})
    def case(main: fp.Table) -> fp.Table:
        return main.features(w=T.vocabulary("w"))

    step = case.preview(sample=1000).graph.trace({"w": "w3"})[-1]
    assert step["learnt"]["values"][-1] == "… 1,000 values"
    assert len(step["learnt"]["values"]) == 6
