"""run, apply, resume, preview, explain."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.people import rows

CallJson = Callable[..., Any]


def test_run_commits_versions_and_says_what_was_made(call: Callable[..., Any], project: Path) -> None:
    text = call("run", "job.py").stdout
    assert "people@1" in text
    assert "read 90" in text
    assert "of age" in text
    for verb in ("stats", "lineage", "tag"):
        assert f"featureprep {verb} people@1" in text
    assert "featureprep diff people@1 people@2" in call("run", "job.py").stdout
    assert (project / "store" / "people" / "log").is_dir()


def test_run_json_is_the_runs_own(call_json: CallJson, project: Path) -> None:
    found = call_json("run", "job.py", "--store", "elsewhere", "--name", "folk", "--now", "2024-06-01T12:00:00Z", "--partitions", 3)
    assert (found["dataset"], found["version"], found["engine"]) == ("folk", 1, "pandas")
    assert found["run_id"].startswith("r20240601t120000000-")
    assert set(found) >= {"dataset_fingerprint", "graph_fingerprint", "scans", "seconds", "rows", "splits", "report"}
    assert set(found["rows"]) == {"read", "created", "merged", "dropped", "quarantined", "written"}
    assert found["rows"]["read"] == 90
    assert sum(found["splits"].values()) == found["rows"]["written"]
    assert Path(found["report"]).is_file()
    assert (project / "elsewhere" / "folk").is_dir()


def test_a_second_run_knows_the_fragments_of_the_first(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    call("run", "job.py")
    (project / "people3.csv").write_text(rows(90, 120), encoding="utf-8")
    found = call_json("run", "job.py")
    assert found["fragments"]["known"] > 0
    assert "were known" in call("run", "job.py").stdout


def test_sources_and_parameters_take_the_place_of_the_jobs_own(call_json: CallJson, project: Path) -> None:
    every = call_json("run", "job.py")
    one = call_json("run", "job.py", "--source", "people=people1.csv")
    assert call_json("run", "job.py", "--source", "people1.csv")["dataset_fingerprint"] == one["dataset_fingerprint"]
    assert (every["rows"]["read"], one["rows"]["read"]) == (90, 60)
    old = call_json("run", "job.py", "--param", "youngest=60")
    assert old["rows"]["written"] < every["rows"]["written"]


def test_the_store_may_come_from_the_environment(call: Callable[..., Any], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATUREPREP_STORE", str(project / "other"))
    text = call("run", "job.py").stdout
    assert (project / "other" / "people").is_dir()
    assert "--store" not in text


def test_without_statistics_none_are_stored(call_json: CallJson, project: Path) -> None:
    report = Path(call_json("run", "job.py", "--no-statistics")["report"])
    assert not (report.parent / "statistics.json").exists()


def test_what_a_job_file_prints_does_not_spoil_the_json(call_json: CallJson, project: Path) -> None:
    (project / "loud.py").write_text("print('hello')\n" + (project / "job.py").read_text(encoding="utf-8"), encoding="utf-8")
    assert call_json("run", "loud.py")["dataset"] == "people"


def test_apply_uses_the_constants_of_a_graph(call_json: CallJson, project: Path) -> None:
    fitted = call_json("run", "job.py")
    (project / "new.csv").write_text(rows(500, 540), encoding="utf-8")
    applied = call_json("apply", "job.py", "--graph", "people@1", "--source", "new.csv", "--split", "none")
    assert (applied["dataset"], applied["version"]) == ("people_applied", 1)
    assert applied["graph_fingerprint"] == fitted["graph_fingerprint"]
    assert list(applied["splits"]) == ["all"]
    assert call_json("apply", "job.py", "--graph", "people", "--source", "new.csv")["splits"].keys() == fitted["splits"].keys()


def test_apply_takes_the_folder_of_a_graph(call_json: CallJson, project: Path) -> None:
    report = Path(call_json("run", "job.py")["report"])
    applied = call_json("apply", "job.py", "--graph", report.parent / "graph", "--name", "again")
    assert applied["dataset"] == "again"


def test_resume_finishes_a_run_that_was_interrupted(
    call_json: CallJson, call: Callable[..., Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = call_json("run", "job.py", "--store", "whole")

    def broken(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("featureprep.jobs.driver.publish", broken)
        result = call("run", "job.py", code=130)
    assert "interrupted" in result.stderr
    (staged,) = call_json("resume", "--list")["runs"]
    run_id = staged["run_id"]
    assert (staged["job"], staged["stage"], staged["done"] > 0) == ("people", "writing", True)
    assert staged["started"] <= staged["last"]
    assert f"featureprep resume {run_id}" in result.stderr
    assert run_id in call("resume", "--list").stdout
    done = call_json("resume", run_id)
    assert done["run_id"] == run_id
    assert done["dataset_fingerprint"] == whole["dataset_fingerprint"]
    assert "has ended" in call("resume", "--list").stdout


def test_a_job_that_another_file_made_is_resumed_where_it_is_named(
    call_json: CallJson, call: Callable[..., Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "made.py").write_text((project / "job.py").read_text(encoding="utf-8") + "\nmine, people = people, None\n", encoding="utf-8")
    (project / "own.py").write_text("from made import mine\n", encoding="utf-8")

    def broken(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("featureprep.jobs.driver.publish", broken)
        call("run", "own.py", code=130)
    (staged,) = call_json("resume", "--list")["runs"]
    (project / "made.py").rename(project / "made_elsewhere.py")
    (project / "made.py").write_text("", encoding="utf-8")
    told = call("resume", staged["run_id"], code=2).stderr
    assert f"featureprep resume {staged['run_id']} OTHER.py" in told
    (project / "own.py").write_text("from made_elsewhere import mine\n", encoding="utf-8")
    assert call_json("resume", staged["run_id"], "own.py")["run_id"] == staged["run_id"]


def test_an_apply_run_is_resumed_with_its_graph(
    call_json: CallJson, call: Callable[..., Any], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("run", "job.py", "--store", "elsewhere")
    call("run", "job.py", "--store", "whole")
    whole = call_json("apply", "job.py", "--graph", "people@1", "--store", "whole", "--split", "none")
    folder = next((project / "elsewhere" / "people" / "data").iterdir()) / "graph"

    def broken(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("featureprep.jobs.driver.publish", broken)
        call("apply", "job.py", "--graph", folder, "--split", "none", code=130)
    run_id = call_json("resume", "--list")["runs"][0]["run_id"]
    assert "--graph" in call("resume", run_id, code=2).stderr
    done = call_json("resume", run_id, "--graph", folder)
    assert (done["dataset"], done["dataset_fingerprint"]) == ("people_applied", whole["dataset_fingerprint"])


def test_a_sample_is_marked_everywhere(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    found = call_json("run", "job.py", "--sample", "10")
    assert found["dataset"] == "people_sample"
    assert found["rows"]["dropped"] >= 80
    text = call("run", "job.py", "--sample", "50%").stdout
    assert "SAMPLE       0.5 of the rows of people" in text
    assert "featureprep tag" not in text
    assert "SAMPLE of 0.5 of the rows of people" in call("datasets").stdout
    (listed,) = call_json("datasets", "people_sample")["datasets"]
    assert [version["sample"]["rows"] for version in listed["versions"]] == [None, 10]
    assert "is a sample" in call("tag", "people_sample", "prod", code=2).stderr
    for wrong in ("0", "1.0", "x", "-1", "200%", "nan"):
        assert "sample" in call("run", "job.py", "--sample", wrong, code=2).stderr


def test_preview_shows_dates_and_says_what_it_learnt_from(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    (project / "d.csv").write_text("day,at\n2024-02-29,2024-02-29T12:30:00\n", encoding="utf-8")
    code = "import featureprep as fp\n@fp.job(sources={'d': fp.read_csv('d.csv')})\ndef d(d):\n    return d.features(keep=['day', 'at'])\n"
    (project / "d.py").write_text(code, encoding="utf-8")
    result = call("preview", "d.py")
    assert result.stdout.splitlines()[1].split() == ["2024-02-29", "2024-02-29", "12:30:00"]
    assert "all 1 row of d" in result.stderr
    result = call("preview", "job.py", "--sample-rows", 7)
    assert "the first 7 rows of people" in result.stderr
    assert "learns from the part 'train' of its split only" in result.stderr
    assert call_json("preview", "job.py", "--sample-rows", 7)["sources"] == {"people": {"rows": 7, "more": True}}


def test_resume_without_a_run_or_with_a_wrong_one(call: Callable[..., Any], project: Path) -> None:
    call("run", "job.py")
    assert "--list" in call("resume", code=2).stderr
    result = call("resume", "r20240601t120000000-0123456789", code=3)
    assert "no run r20240601t120000000-0123456789 to resume" in result.stderr


def test_preview_shows_rows_and_makes_no_store(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    found = call_json("preview", "job.py", "-n", 4)
    assert [column["name"] for column in found["columns"]] == ["age", "city", "label", "id"]
    assert len(found["rows"]) == 4
    assert set(found["rows"][0]) == {"age", "city", "label", "id"}
    lines = call("preview", "job.py", "-n", 4).stdout.splitlines()
    assert lines[0].split() == ["age", "city", "label", "id"]
    assert len(lines) == 5
    assert not (project / "store").exists()


def test_a_preview_that_is_too_wide_has_a_line_a_column(call: Callable[..., Any], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"a_column_{i}" for i in range(22)]
    cells = [[f"{i * row}.125" for i in range(22)] for row in range(1, 9)]
    (project / "w.csv").write_text("\n".join(",".join(row) for row in [names, *cells]) + "\n", encoding="utf-8")
    code = f"import featureprep as fp\n@fp.job(sources={{'d': fp.read_csv('w.csv')}})\ndef d(d):\n    return d.features(keep={names})\n"
    (project / "w.py").write_text(code, encoding="utf-8")
    monkeypatch.delenv("COLUMNS", raising=False)
    lines = [line.split() for line in call("preview", "w.py").stdout.splitlines()]
    assert lines == [[f"{name}:", *(row[at] for row in cells)] for at, name in enumerate(names)]
    monkeypatch.setenv("COLUMNS", "50")
    result = call("preview", "w.py")
    shown = result.stdout.splitlines()
    assert len(shown) == 22
    assert "…" not in result.stdout
    assert max(map(len, shown)) <= 50
    assert shown[21].split() == ["a_column_21:", *(row[21] for row in cells[:4])]
    assert "the first 4 of 8 rows fit" in result.stderr


def test_explain_tells_the_scans_that_a_run_makes(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    found = call_json("explain", "job.py")
    assert len(found["scans"]) == call_json("run", "job.py")["scans"]
    text = call("explain", "job.py").stdout
    assert "forced by" in text
    assert "standard_scale" in text


def test_the_rows_on_disk_are_those_that_are_told(call_json: CallJson, project: Path) -> None:
    found = call_json("run", "job.py")
    folder = Path(found["report"]).parent
    for split, count in found["splits"].items():
        assert sum(pq.read_metadata(file).num_rows for file in (folder / split).glob("*.parquet")) == count


def test_two_jobs_in_a_file_are_told_apart(call_json: CallJson, call: Callable[..., Any], project: Path) -> None:
    text = (project / "job.py").read_text(encoding="utf-8")
    both = text + text.partition("@fp.job")[1] + text.partition("@fp.job")[2].replace("def people(people", "def folk(people")
    (project / "two.py").write_text(both, encoding="utf-8")
    result = call("run", "two.py", code=2)
    assert "two.py:people" in result.stderr
    assert "two.py:folk" in result.stderr
    assert call_json("run", "two.py:folk")["dataset"] == "folk"


def test_json_of_an_error_stands_alone_on_standard_output(call: Callable[..., Any], project: Path) -> None:
    result = call("run", "absent.py", "--json", code=2)
    error = json.loads(result.stdout)["error"]
    assert set(error) == {"what", "where", "hint", "exit_code"}
    assert error["exit_code"] == 2
    assert "absent.py" in error["what"]
