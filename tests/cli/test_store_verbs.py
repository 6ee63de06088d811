"""datasets, tag, diff, lineage, trace, report, vacuum: what a store holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from tests.cli.people import PLAIN, rows

Call = Callable[..., Any]


@pytest.fixture
def two_versions(call_json: Call, project: Path) -> list[dict[str, Any]]:
    """people@1, and people@2 with a file more, which has a city more."""
    first = call_json("run", "job.py")
    (project / "people3.csv").write_text(rows(90, 130).replace("Lima", "Nice"), encoding="utf-8")
    return [first, call_json("run", "job.py")]


def test_datasets_lists_versions_newest_first(call: Call, call_json: Call, two_versions: list[dict[str, Any]]) -> None:
    call("tag", "people@1", "prod")
    found = call_json("datasets")
    (people,) = found["datasets"]
    assert people["name"] == "people"
    assert [v["version"] for v in people["versions"]] == [2, 1]
    assert [v["tags"] for v in people["versions"]] == [[], ["prod"]]
    for told, made in zip(people["versions"], two_versions[::-1], strict=True):
        assert told["dataset_fingerprint"] == made["dataset_fingerprint"]
        assert told["graph_fingerprint"] == made["graph_fingerprint"]
        assert told["splits"] == made["splits"]
        assert told["rows"] == sum(made["splits"].values())
    text = call("datasets").stdout
    assert "people@2" in text
    assert "prod" in text
    assert call_json("datasets", "people", "--newest", 1)["datasets"][0]["older"] == 1
    assert "people: 1 older" in call("datasets", "--newest", 1).stdout


def test_datasets_of_an_empty_store(call: Call, project: Path) -> None:
    (project / "store").mkdir()
    assert "no dataset yet" in call("datasets").stdout
    assert "there is no store here" in call("datasets", "--store", "nowhere", code=2).stderr
    assert not (project / "nowhere").exists()


def test_tags_are_set_moved_listed_and_ended(call: Call, call_json: Call, two_versions: list[dict[str, Any]]) -> None:
    assert call_json("tag", "people@1", "prod") == {"dataset": "people", "tag": "prod", "version": 1, "previous": None}
    assert "it was people@1" in call("tag", "people", "prod").stdout
    assert call_json("tag", "--list", "people") == {"dataset": "people", "tags": {"prod": 2}}
    assert "people@2" in call("tag", "--list", "people").stdout
    assert call_json("report", "people@prod")["version"] == 2
    assert call_json("tag", "--delete", "people@prod")["version"] is None
    assert "no tags" in call("tag", "--list", "people").stdout
    call("tag", "people@2", "prod", "--note", "good")
    assert "is ended" in call("tag", "--delete", "people", "prod").stdout


def test_wrong_tags(call: Call, two_versions: list[dict[str, Any]]) -> None:
    assert "no tag 'prod'" in call("tag", "--delete", "people@prod", code=2).stderr
    assert "no tag is named" in call("tag", "people@1", code=2).stderr
    assert "no tag is named" in call("tag", "--delete", "people@1", code=2).stderr
    assert "no version 7" in call("tag", "people@7", "prod", code=2).stderr
    assert "neither a number" in call("tag", "people@1", "12", code=2).stderr
    assert "Did you mean people?" in call("tag", "--list", "peple", code=2).stderr
    call("tag", "--list", "--delete", "people", code=2)


def test_diff_of_a_version_with_itself(call: Call, call_json: Call, two_versions: list[dict[str, Any]]) -> None:
    found = call_json("diff", "people@1", "people@1")
    assert found["same"]
    assert not any(found[part] for part in ("sources", "ledger", "schema", "learnt", "contract"))
    assert "the same" in call("diff", "people@1", "people@1").stdout


def test_diff_tells_rows_schema_and_what_was_learnt(call: Call, call_json: Call, two_versions: list[dict[str, Any]]) -> None:
    found = call_json("diff", "people@1", "people@2")
    assert not found["same"]
    assert found["sources"] == {"people": {"added": 1, "removed": 0, "unchanged": 2}}
    assert found["rows"]["read"] == [90, 130]
    assert found["ledger"]["read people"]["in"] == [90, 130]
    assert [(c["column"], c["change"]) for c in found["schema"]] == [("city", "changed")]
    learnt = {(one["feature"], one["constant"]): one for one in found["learnt"]}
    city = learnt["city", "values"]
    assert (city["before"], city["after"], city["added"], city["removed"]) == (3, 4, ["Nice"], [])
    before, after = (fp.open_graph("store", ref).constants for ref in ("people@1", "people@2"))
    means = [next(c["mean"] for c in constants.values() if "mean" in c) for constants in (before, after)]
    assert [learnt["age", "mean"]["before"], learnt["age", "mean"]["after"]] == means
    text = call("diff", "people@1", "people@2").stdout
    assert "1 new (Nice)" in text
    assert "(+40)" in text
    assert "age learnt other constants: mean " in text


def test_diff_tells_definitions_columns_and_contracts(
    call: Call, call_json: Call, project: Path, two_versions: list[dict[str, Any]]
) -> None:
    (project / "contract.yaml").write_text(PLAIN, encoding="utf-8")
    text = (project / "job.py").read_text(encoding="utf-8")
    text = (
        text.replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
        .replace('"median"', '"mean"')
        .replace("        keep", '        more=col("age") + 1,\n        keep')
    )
    (project / "job.py").write_text(text, encoding="utf-8")
    call("run", "job.py")
    found = call_json("diff", "people@2", "people@3")
    assert [(c["column"], c["change"]) for c in found["schema"]] == [("more", "added")]
    changed, added = found["code"]
    assert "median" in changed["before"]
    assert "mean" in changed["after"]
    assert (added["name"], added["change"], added["after"]) == ("more", "added", "age + 1")
    assert [(c["column"], c["change"]) for c in found["contract"]] == [(name, "added") for name in ("age", "city", "id", "income", "")]
    assert any(line.startswith("+        more=") for line in found["job_file"])
    words = call("diff", "people@2", "people@3").stdout
    assert "+ more: int64, feature" in words
    assert "feature age is defined otherwise" in words
    page = project / "diff.html"
    call("diff", "people@2", "people@3", "--format", "html", "-o", page)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_diff_masks_what_comes_from_sensitive_columns(call: Call, project: Path) -> None:
    contract = "columns: {id: int64, age: int64, city: {type: string, sensitive: true}, income: string}\n"
    (project / "contract.yaml").write_text(contract, encoding="utf-8")
    text = (project / "job.py").read_text(encoding="utf-8").replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
    (project / "job.py").write_text(text, encoding="utf-8")
    call("run", "job.py")
    (project / "people3.csv").write_text(rows(90, 130).replace("Lima", "Nice"), encoding="utf-8")
    call("run", "job.py")
    shown = call("diff", "people@1", "people@2").stdout + call("diff", "people@1", "people@2", "--json").stdout
    assert "Nice" not in shown
    assert "***" in shown


def test_lineage_in_each_form(call: Call, call_json: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    text = call("lineage", "people@2", "--column", "age").stdout
    assert "fit" in text
    assert "direct" in text
    found = call_json("lineage", "people", "--upstream")
    assert found["dataset"] == "people@2"
    assert json.loads(call("lineage", "people@2", "--format", "json", "--upstream").stdout) == found
    assert call("lineage", "people@2", "--format", "mermaid").stdout.startswith(("flowchart", "graph", "%%"))
    result = call("lineage", "people@2", "--format", "html", "-o", "lineage.html")
    assert result.stdout == ""
    assert "<html" in (project / "lineage.html").read_text(encoding="utf-8").lower()
    assert "no column 'agee'" in call("lineage", "people@2", "--column", "agee", code=2).stderr
    call("lineage", "people@2", "--format", "html", "--json", code=2)


def test_trace_shows_every_step_of_a_row(call: Call, call_json: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    row = {"id": 1, "age": 39, "city": "Rome"}
    found = call_json("trace", "people@2", "--row", json.dumps(row))
    values = {step["feature"]: step["value"] for step in found["steps"] if "feature" in step}
    served = fp.open_graph("store", "people@2")(row)
    assert {name: values[name] for name in served} == served
    assert found["dropped_by"] is None
    assert found["absent"] == ["income"]
    (project / "row.json").write_text(json.dumps({**row, "agee": 1, "age": 3}), encoding="utf-8")
    result = call("trace", "people", "--row-file", "row.json")
    assert "would leave this row out: of age" in result.stdout
    assert "not needed by the graph: agee" in result.stdout
    folder = Path(two_versions[1]["report"]).parent / "graph"
    assert call_json("trace", folder, "--row", json.dumps(row))["steps"] == found["steps"]


def test_trace_in_every_form(call: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    row = json.dumps({"id": 1, "age": 39, "city": "<b>Rome"})
    assert json.loads(call("trace", "people@2", "--row", row, "--format", "json").stdout)["rules"][0]["name"] == "of age"
    result = call("trace", "people@2", "--row", row, "--format", "html", "-o", "trace.html")
    assert result.stdout == ""
    page = (project / "trace.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<b>Rome" not in page
    call("trace", "people@2", "--row", row, "-o", "trace.txt")
    assert "standard_scale(#" in (project / "trace.txt").read_text(encoding="utf-8")
    call("trace", "people@2", "--row", row, "--format", "html", "--json", code=2)
    call("trace", "people@2", "--row", row, "-o", "nowhere/trace.txt", code=2)


@pytest.mark.parametrize("row", ["", "{", "[1]", "3", '{"a": {"$float": "x"}}', "[" * 100_000])
def test_rows_that_are_none(row: str, call: Call, two_versions: list[dict[str, Any]]) -> None:
    assert "--row" in call("trace", "people@2", "--row", row, code=2).stderr


def test_trace_needs_one_row(call: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    call("trace", "people@2", code=2)
    call("trace", "people@2", "--row", "{}", "--row-file", "x.json", code=2)
    assert "absent.json" in call("trace", "people@2", "--row-file", "absent.json", code=2).stderr


def test_report_of_a_version_and_of_a_run(call: Call, call_json: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    text = call("report", "people@1").stdout
    assert "people@1" in text
    assert "read 90" in text
    found = call_json("report", two_versions[0]["run_id"])
    assert (found["name"], found["version"], found["status"]) == ("people", 1, "COMPLETE")
    assert found["rows"] == two_versions[0]["rows"]
    call("report", "people@1", "-o", "page.html")
    stored = Path(two_versions[0]["report"]).read_bytes()
    assert (project / "page.html").read_bytes() == stored.replace(b'<span id="version"></span>', b'<span id="version">@1</span>')
    assert "no run" in call("report", "r20240601t120000000-0123456789", code=2).stderr


def test_report_of_a_run_that_failed(call: Call, call_json: Call, project: Path) -> None:
    (project / "contract.yaml").write_text(
        "columns: {id: int64, age: {type: int64, range: {max: 50}}, city: string, income: string}\n", encoding="utf-8"
    )
    text = (project / "job.py").read_text(encoding="utf-8").replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
    (project / "job.py").write_text(text, encoding="utf-8")
    result = call("run", "job.py", code=1)
    assert "contract.yaml:1" in result.stderr
    assert call_json("datasets")["datasets"] == []
    (run_id,) = [word for word in result.stderr.split() if word.startswith("r2")][:1]
    found = call_json("report", run_id)
    assert (found["version"], found["status"]) == (None, "FAIL")
    assert "contract" in found["error"]
    outcomes = found["validation"]["people"]
    assert [one["rule"] for one in outcomes if one["blocking"]] == ["age is at most 50"]
    assert "failed: age is at most 50 (" in call("report", run_id).stdout
    call("report", run_id, "-o", "page.html")
    assert "<html" in (project / "page.html").read_text(encoding="utf-8").lower()


def test_report_tells_the_rules_that_a_version_broke(call: Call, project: Path) -> None:
    (project / "contract.yaml").write_text(
        "columns: {id: int64, age: {type: int64, range: {max: 50, action: drop}}, city: string, income: string}\n", encoding="utf-8"
    )
    text = (project / "job.py").read_text(encoding="utf-8").replace("@fp.job(", "@fp.job(contract='contract.yaml', ")
    (project / "job.py").write_text(text, encoding="utf-8")

    def told(text: str) -> list[str]:
        lines = text.splitlines()
        at = next(at for at, line in enumerate(lines) if line.startswith("  contract "))
        return lines[at : at + 2]

    ran = told(call("run", "job.py").stdout)
    assert "rows taken away: age is at most 50" in ran[1]
    assert told(call("report", "people@1").stdout) == ran


def test_runs_that_did_not_end_are_listed_and_a_wrong_id_says_where(call: Call, call_json: Call, project: Path) -> None:
    call("run", "job.py")
    for name in ("r1", "r2"):
        folder = project / "store" / "_staging" / name
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    (project / "store/_staging/r2/parts/x").mkdir(parents=True)
    (project / "store/_staging/r2/parts/x/part-000000.arrow").touch()
    runs = call_json("resume", "--list")["runs"]
    assert [(run["run_id"], run["job"], run["stage"], run["done"]) for run in runs] == [
        ("r1", None, "begun", 0),
        ("r2", None, "rows moved", 1),
    ]
    assert "manifest cannot be read" in call("resume", "--list").stdout
    for wrong in ("rNONE", "r3"):
        assert "featureprep resume --list" in call("resume", wrong, code=2 if wrong == "rNONE" else 3).stderr


def test_vacuum_removes_only_with_an_age(call: Call, call_json: Call, project: Path, two_versions: list[dict[str, Any]]) -> None:
    assert "--older-than" in call("vacuum", code=2).stderr
    assert "30d" in call("vacuum", "--older-than", "30", code=2).stderr
    assert call_json("vacuum", "--older-than", "1h")["removed"] == []
    for file in (project / "store").rglob("*"):
        os.utime(file, (1, 1))
    would = call_json("vacuum", "--older-than", "30d", "--keep-versions", 1, "--dry-run")
    assert would["dry_run"]
    assert {one["kind"] for one in would["removed"]} >= {"state", "version"}
    assert len(call_json("datasets")["datasets"][0]["versions"]) == 2
    assert "freed" in call("vacuum", "--older-than", "30d", "--keep-versions", 1).stdout
    (people,) = call_json("datasets")["datasets"]
    assert ([v["version"] for v in people["versions"]], people["vacuumed"]) == ([2], 1)
    assert "removed by vacuum" in call("report", "people@1", code=3).stderr


UDF_JOB = """
import featureprep as fp
from halves_of_things import half


@fp.job(sources={"people": fp.read_csv("people1.csv")})
def people(people: fp.Table) -> fp.Table:
    return people.features(half=half("age"))
"""
UDF = """
import featureprep as fp


@fp.udf({"age": "int64"}, "float64", mode="row")
def half(age):
    return None if age is None else age / 2
"""


def test_user_functions_are_imported_only_where_that_is_said(
    call: Call, call_json: Call, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "halves.py").write_text(UDF_JOB, encoding="utf-8")
    (project / "halves_of_things.py").write_text(UDF, encoding="utf-8")
    program = [sys.executable, "-m", "featureprep", "run", "halves.py"]
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(fp.__file__).parent.parent))
        for _ in range(2):
            subprocess.run(program, cwd=project, check=True, capture_output=True)
    assert "--allow-udf" in call("trace", "people@1", "--row", '{"age": 3}', code=2).stderr
    assert call_json("diff", "people@1", "people@2")["same"]
    assert "halves_of_things" not in sys.modules
    monkeypatch.syspath_prepend(str(project))
    steps = call_json("trace", "people@1", "--row", '{"age": 3}', "--allow-udf", "halves_of_things")["steps"]
    assert steps[-1]["value"] == 1.5


def test_diff_of_two_datasets(call: Call, call_json: Call, project: Path) -> None:
    call("run", "job.py")
    text = (project / "job.py").read_text(encoding="utf-8").replace("people: fp.Table", "folk: fp.Table").replace('"people":', '"folk":')
    text = text.replace("def people", "def folk").replace("people = people", "people = folk").replace("people.drop", "folk.drop")
    text = text.replace('        city=T.one_hot("city"),\n', "").replace(
        'fp.label((col("income") == "high").cast("int8"))', 'col("income") == "high"'
    )
    text = text.replace("train=0.7, eval=0.3", "train=0.5, test=0.5")
    (project / "folk.py").write_text(text, encoding="utf-8")
    call("run", "folk.py")
    found = call_json("diff", "people", "folk")
    assert found["sources"] == {"people": {"job": "removed"}, "folk": {"job": "added"}}
    assert {c["column"]: c["change"] for c in found["schema"]} == {"city": "removed", "label": "changed"}
    (label,) = [c for c in found["schema"] if c["column"] == "label"]
    assert label["details"] == ["type int8 → bool", "role label → feature"]
    assert found["splits"]["test"][0] is None
    words = call("diff", "people", "folk").stdout
    assert "only the second reads it" in words
    assert "none → " in words
