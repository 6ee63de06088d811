"""--format and --fail-on: what is printed, what is written, and that a report is there whatever becomes of the data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from featureprep.cli.formats import NAMES
from featureprep.validators.formats.choice import FORMATS
from tests.cli.conftest import Call
from tests.cli.people import rows


@pytest.fixture
def bad(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """The arguments that hold a bad drop against the contract of a good one."""
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    call("infer", "people1.csv", "-o", "contract.yaml")
    (project / "bad.csv").write_text(rows(0, 5) + "99,ten,Paris,low\n", encoding="utf-8")
    return ("validate", "bad.csv", "--contract", "contract.yaml")


def test_the_names_are_those_of_the_formats() -> None:
    assert NAMES == FORMATS


def test_one_is_printed_and_the_others_are_written(call: Call, project: Path, bad: tuple[str, ...]) -> None:
    result = call(*bad, "--format", "github", "--format", "sarif=r.sarif", "--format", "junit=r.xml", "--format", "gitlab=r.json", code=1)
    assert result.stdout.startswith("::error file=contract.yaml,line=")
    assert result.stderr == "FAILED: the reports are in r.sarif, r.xml, r.json\n"
    (run,) = json.loads((project / "r.sarif").read_text(encoding="utf-8"))["runs"]
    assert {result["ruleId"] for result in run["results"]} >= {"age/type", "city/values"}
    assert int(ET.parse(project / "r.xml").getroot().get("failures", "0")) == len(run["results"])
    assert len(json.loads((project / "r.json").read_text(encoding="utf-8"))) == len(run["results"])


def test_nothing_is_printed_where_all_are_written(call: Call, project: Path, bad: tuple[str, ...]) -> None:
    assert call(*bad, "--format", "markdown=r.md", code=1).stdout == ""
    assert call(*bad, "--format", "markdown=r.md", "-o", "r.txt", code=1).stdout == ""
    assert (project / "r.txt").read_text(encoding="utf-8").startswith("contract FAILED")
    printed = json.loads(call(*bad, "--format", "markdown=r.md", "--json", code=1).stdout)
    assert printed == json.loads(call(*bad, "--format", "json", code=1).stdout) == json.loads(call(*bad, "--json", code=1).stdout)


def test_the_summary_of_a_job(call: Call, project: Path, bad: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    call(*bad, code=1)
    assert not (project / "summary.md").exists()
    call(*bad, "--format", "github=notes.txt", code=1)
    assert "Paris" in (project / "summary.md").read_text(encoding="utf-8")
    (project / "full.md").write_bytes(b"x" * (1 << 20))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "full.md"))
    assert "warning: the summary of the job could not be written: it is full" in call(*bad, "--format", "github", code=1).stderr
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "nowhere" / "summary.md"))
    assert "warning: the summary of the job could not be written" in call(*bad, "--format", "github", code=1).stderr


def test_contracts_are_named_from_the_root_of_the_repository(
    call: Call, project: Path, bad: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project.parent))
    assert f"::error file={project.name}/contract.yaml,line=" in call(*bad, "--format", "github", code=1).stdout


def test_a_warning_fails_where_that_is_asked_for(call: Call, project: Path) -> None:
    columns = "columns:\n  id: int64\n  age: {type: int64, range: {max: 10, severity: warn}}\n  city: string\n  income: string\n"
    (project / "c.yaml").write_text(columns, encoding="utf-8")
    args = ("validate", "people1.csv", "--contract", "c.yaml")
    assert call(*args).stdout.startswith("contract met")
    assert "(warnings fail here)" in call(*args, "--fail-on", "warn", code=1).stdout
    assert json.loads(call(*args, "--fail-on", "warn", "--json", code=1).stdout)["ok"] is False


def test_there_is_a_report_of_data_that_cannot_be_read(call: Call, project: Path, bad: tuple[str, ...]) -> None:
    (project / "bad.csv").write_text(rows(0, 2) + "a,b,c,d,e,secret\n", encoding="utf-8")
    result = call(*bad, "--format", "github", "--format", "sarif=r.sarif", code=1)
    assert "bad.csv:4" in result.stderr
    assert result.stdout.startswith("::error file=contract.yaml,")
    assert "--on-error quarantine" in result.stdout
    (found,) = json.loads((project / "r.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert "secret" in found["message"]["text"]
    text = (project / "contract.yaml").read_text(encoding="utf-8").replace("  income:\n", "  income:\n    sensitive: true\n")
    (project / "contract.yaml").write_text(text, encoding="utf-8")
    call(*bad, "--format", "sarif=r.sarif", code=1)
    assert "secret" not in (project / "r.sarif").read_text(encoding="utf-8")
    assert call(*bad, code=1).stdout == ""  # for people, what went wrong is on standard error
    assert json.loads(call(*bad, "--format", "json", code=1).stdout)["counts"]["errors"] == 1
    assert set(json.loads(call(*bad, "--format", "junit=r.xml", "--json", code=1).stdout)) == {"error"}
    assert ET.parse(project / "r.xml").getroot().get("failures") == "1"


@pytest.mark.parametrize(
    "data",
    [
        ("missing.csv",),
        ("--source", "people=missing.csv"),
        ("--source", "people=people1.csv", "--source", "others=missing.csv"),
        ("people.xlsx",),
        ("none*.csv",),
    ],
    ids=" ".join,
)
def test_there_is_every_report_of_a_drop_that_did_not_come(call: Call, project: Path, bad: tuple[str, ...], data: tuple[str, ...]) -> None:
    (project / "people.xlsx").write_bytes(b"PK")
    formats = {name: f"r.{name}" for name in NAMES}
    result = call(
        "validate", *data, "--contract", "contract.yaml", *(part for name, path in formats.items() for part in ("--format", f"{name}={path}")), code=3
    )  # fmt: skip
    assert "error: " in result.stderr
    assert all((project / path).stat().st_size for path in formats.values())
    assert ET.parse(project / "r.junit").getroot().get("failures") == "1"
    assert json.loads((project / "r.json").read_text(encoding="utf-8"))["ok"] is False


def test_no_report_takes_the_place_of_the_contract(call: Call, project: Path, bad: tuple[str, ...]) -> None:
    before = (project / "contract.yaml").read_bytes()
    told = call("validate", "missing.csv", "--contract", "contract.yaml", "--format", "junit=contract.yaml", code=2).stderr
    assert "the output would take the place of the contract" in told
    assert (project / "contract.yaml").read_bytes() == before


def test_contracts_are_linted(call: Call, project: Path, bad: tuple[str, ...]) -> None:
    assert call("contract", "lint", "contract.yaml").stdout == "1 contract can be used\n"
    (project / "a.yaml").write_text("columns:\n  a: {type: int64, requierd: true}\n", encoding="utf-8")
    (project / "b.yaml").write_text("columns: {a: &x int64, b: *y}\n", encoding="utf-8")
    result = call("contract", "lint", "--", "a.yaml", "contract.yaml", "b.yaml", code=2)
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == ["a.yaml:2", "b.yaml:1"]
    told = json.loads(call("contract", "lint", "a.yaml", "--json", code=2).stdout)
    assert told == {
        "ok": False, "files": 1,
        "wrong": [{"file": "a.yaml", "where": "a.yaml:2", "what": "column 'a' has the unknown key 'requierd'", "hint": "did you mean 'required'?"}],
    }  # fmt: skip
