"""Checks in Python in jobs: what a run and its version hold of them, and what the command line tells."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import ArgumentError, ContractError, UdfError
from featureprep.expr import udf
from featureprep.jobs.definition import Job
from featureprep.jobs.driver import run
from featureprep.jobs.loading import load_job

JOB = """
import featureprep as fp


@fp.check(action="quarantine")
def positive(t):
    return t.fare > 0


@fp.check(columns=["fare"], mode="row", action="quarantine"{version})
def not_thirteen(fare):
    {body}
    return fare != 13


@fp.job(sources={{"trips": fp.read_parquet("trips.parquet")}}, contract="contract.yaml", checks=[positive, not_thirteen])
def trips(trips):
    return trips.features(fare="fare", keep=["id"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fares = [float(i % 20 - 2) for i in range(100)]
    pq.write_table(pa.table({"id": range(100), "fare": fares}), tmp_path / "trips.parquet")
    (tmp_path / "contract.yaml").write_text("# ours\ncolumns: {id: int64, fare: float64}\n", encoding="utf-8")
    return tmp_path


def write(folder: Path, body: str = "", version: str = "") -> Job:
    (folder / "job.py").write_text(
        JOB.format(body=body or '"""Bad luck."""', version=version and f", version={version!r}"), encoding="utf-8"
    )
    return load_job(str(folder / "job.py"))


def test_a_version_names_the_checks_and_runs_none(folder: Path) -> None:
    done = run(write(folder), store=str(folder / "store"), progress=False)
    assert done.ledger.rows()["quarantined"] == 20
    (stored,) = (folder / "store").rglob("contract.yaml")
    text = stored.read_text(encoding="utf-8")
    assert text.startswith("# ours\n")
    assert "not_thirteen" in text
    assert "fare != 13" not in text
    for file in (folder / "store").rglob("graph/*"):
        assert b"fare != 13" not in file.read_bytes()
    ended = {o["id"]: o for o in done.report.content["validation"]["trips"]}
    assert ended["$/checks/positive"]["count"] == 15
    assert ended["$/checks/positive"]["line"] == 5
    assert ended["$/checks/not_thirteen"]["count"] == 5
    assert "text" not in ended["$/checks/positive"]  # the contract's line of that number is another one
    assert run(write(folder), store=str(folder / "store"), progress=False).fragments_read == 0


def test_a_graph_from_a_stranger_runs_no_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(write(folder), store=str(folder / "store"), progress=False)
    assert done.graph.admits({"fare": 1.0}) is None
    assert "positive" in str(done.graph.admits({"fare": 0.0}))
    assert "not_thirteen" in str(done.graph.admits({"fare": 13.0}))
    monkeypatch.setattr(udf, "_functions", {})  # another process
    graph = fp.open_graph(str(folder / "store"), "trips@latest")
    assert graph.udfs() == ["featureprep_job_job.not_thirteen"]
    assert graph({"fare": 2.0, "id": 1})["fare"] == 2.0
    with pytest.raises(UdfError, match="which is not imported"):
        graph.admits({"fare": 13.0})


def test_what_was_raised_is_not_kept(folder: Path) -> None:
    """A package that was missing may be there tomorrow: nothing of the file or its check has changed then."""
    for trial in range(2):
        with pytest.raises(ContractError, match="ImportError in line 12: not today"):
            run(write(folder, "raise ImportError('not today')", "1"), store=str(folder / "store"), progress=False)
        assert trial in (0, 1)
    assert run(write(folder, version="1"), store=str(folder / "store"), progress=False).ledger.rows()["quarantined"] == 20


def test_checks_need_a_contract() -> None:
    positive = fp.check(name="positive")(lambda t: t.fare > 0)
    with pytest.raises(ArgumentError, match="the job has none"):
        fp.job(sources={"a": fp.read_csv("a.csv")}, checks=[positive])
    with pytest.raises(ArgumentError, match="decorated with fp.check"):
        fp.job(sources={"a": fp.read_csv("a.csv")}, contract="c.yaml", checks=[lambda t: t.fare > 0])  # type: ignore[list-item]


def command(*args: str) -> Any:
    return CliRunner().invoke(cli, list(args))


def test_the_command_line_points_at_the_check(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    for extra in ((), ("--contract", "contract.yaml")):
        done = command("validate", "job.py", *extra, "--fail-on", "warn", "--format", "github", "--format", "sarif=out.sarif")
        assert done.exit_code == 1, done.output
        assert "file=job.py,line=5" in done.output
        assert "file=job.py,line=10" in done.output
        found = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
        places = [r["locations"][0]["physicalLocation"] for r in found["runs"][0]["results"]]
        assert {(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places} == {("job.py", 5), ("job.py", 10)}


def test_a_preview_takes_the_rows_away(folder: Path) -> None:
    made = write(folder)
    assert "not_thirteen" in made._repr_html_()
    assert len(made.preview(100).to_pandas()) == 80
