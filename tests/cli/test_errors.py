"""Each class of error ends in its exit code and one clear message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from featureprep.cli import cli
from tests.cli.people import JOB, rows

Call = Callable[..., Any]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("import featureprep as fp", "import featureprep as fp\ndef broken(:\n", ["no Python", "def broken(:", "job.py:3"]),
        ("import featureprep as fp", "import featureprep as fp\n1 / 0\n", ["ZeroDivisionError", "job.py:3"]),
        ("import featureprep as fp", "import featureprep as fp\nimport no_such_module_here\n", ["no_such_module_here", "job.py:3"]),
        ("@fp.job", "def keep(*a, **k): return lambda f: f\n@keep", ["no jobs", "@fp.job"]),
        ('T.impute("age", "median")', 'T.impute("agee", "median")', ["no column 'agee'", "Did you mean", "'age'", "job.py:"]),
        ('T.impute("age", "median")', 'T.impute("age", "middle")', ["strategy", "'middle'", "job.py:"]),
        ('T.impute("age", "median")', 'T.impute("city", "median")', ["city", "job.py:"]),
        ('split=fp.split(train=0.7, eval=0.3, by="id")', "split=fp.split(train=0.7, eval=0.4)", ["add up to 1"]),
    ],
)
def test_a_wrong_job_file_is_a_wrong_request(old: str, new: str, told: list[str], call: Call, project: Path) -> None:
    (project / "job.py").write_text(JOB.replace(old, new), encoding="utf-8")
    result = call("run", "job.py", code=2)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ")
    for text in told:
        assert text in result.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["run", "absent.py"], "there is no job file absent.py"),
        (["run", "job.py:folk"], "no job 'folk'"),
        (["run", "job.py", "--engine", "dsk"], "'dask'"),
        (["run", "job.py", "--param", "youngest"], "KEY=VALUE"),
        (["run", "job.py", "--param", "youngest=old"], "'old'"),
        (["run", "job.py", "--param", "oldest=3"], "no parameter 'oldest'"),
        (["run", "job.py", "--now", "noon"], "'noon' is not a time"),
        (["run", "job.py", "--name", "../up"], "'name' parameter"),
        (["run", "job.py", "--partitions", "0"], "--partitions"),
        (["run", "job.py", "--source", "a=people1.csv", "--source", "b=people2.csv"], "names no source"),
        (["run", "job.py", "--store", "job.py"], "a store is a folder"),
        (["run", "job.py", "--contract", "c.yaml"], "does not exist"),
        (["run"], "JOB"),
        (["run", "job.py", "--sotre", "x"], "--store"),
        (["rum", "job.py"], "Did you mean run"),
        (["stats", "nothing"], "no store here"),
        (["apply", "job.py", "--graph", "people@1"], "no store here"),
    ],
)
def test_wrong_requests(args: list[str], told: str, call: Call, project: Path) -> None:
    result = call(*args, code=2)
    assert told in result.stderr
    assert "error: " in result.stderr
    error = json.loads(call(*args, "--json", code=2).stdout)["error"]
    assert error["exit_code"] == 2
    assert error["what"]


def test_wrong_references(call: Call, project: Path) -> None:
    call("run", "job.py")
    for ref, told in (
        ("people@prod", "no tag 'prod'"),
        ("people@9", "no version 9"),
        ("folk", "no dataset 'folk'"),
        ("People", "parameter"),
    ):
        for verb in (["report", ref], ["lineage", ref], ["diff", "people@1", ref], ["stats", ref], ["trace", ref, "--row", "{}"]):
            assert told in call(*verb, code=2).stderr


def test_wrong_data_exits_1_with_its_place(call: Call, project: Path) -> None:
    (project / "people1.csv").write_text(rows(0, 5) + "1,2,3\n", encoding="utf-8")
    assert "people1.csv:7" in call("run", "job.py", code=1).stderr
    (project / "people1.csv").write_text(rows(0, 5), encoding="utf-8")
    (project / "people2.csv").write_text(rows(5, 9) + "7,old,Rome,low\n", encoding="utf-8")
    job = JOB.replace(
        'read_csv("people*.csv")', 'read_csv("people*.csv", schema={"id": "int64", "age": "int64", "city": "string", "income": "string"})'
    )
    (project / "job.py").write_text(job, encoding="utf-8")
    result = call("run", "job.py", code=1)
    assert "people2.csv:6" in result.stderr
    assert "featureprep report r2" in result.stderr


def test_a_damaged_graph_exits_3(call: Call, call_json: Call, project: Path) -> None:
    folder = Path(call_json("run", "job.py")["report"]).parent
    file = folder / "graph" / "graph.json"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    for args in (["trace", "people@1", "--row", "{}"], ["apply", "job.py", "--graph", "people@1"], ["diff", "people@1", "people@1"]):
        result = call(*args, code=3)
        assert "graph.json" in result.stderr
    error = json.loads(call("trace", "people@1", "--row", "{}", "--json", code=3).stdout)["error"]
    assert error["exit_code"] == 3


@pytest.mark.parametrize("name", ["statistics.json", "report.html", "lineage.ndjson"])
def test_other_damaged_files_exit_3(name: str, call: Call, call_json: Call, project: Path) -> None:
    file = Path(call_json("run", "job.py")["report"]).parent / name
    verb = {"statistics.json": ["stats"], "report.html": ["report", "-o", "out.html"], "lineage.ndjson": ["lineage"]}[name]
    file.write_bytes(file.read_bytes() + b" ")
    assert name in call(*verb, "people@1", code=3).stderr
    file.unlink()
    assert name in call(*verb, "people@1", code=3).stderr


def test_a_store_that_cannot_be_made_exits_3(call: Call, project: Path) -> None:
    assert "job.py" in call("run", "job.py", "--store", "job.py/inside", code=3).stderr


def test_a_fault_of_ours_is_one_line_and_exits_3(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr("featureprep.jobs.explain.explain", broken)
    result = CliRunner().invoke(cli, ["explain", "job.py"])
    assert result.exit_code == 3
    assert result.stderr.splitlines()[0] == "error: internal error: RuntimeError: surprise"
    assert "--debug" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("args", [["--debug", "run", "absent.py"], ["run", "--debug", "absent.py"], ["run", "absent.py", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(args: list[str], project: Path) -> None:
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "error: there is no job file" in result.stderr


def test_data_in_a_message_does_not_steer_the_terminal(call: Call, project: Path) -> None:
    (project / "people1.csv").write_bytes(b"id,age,city,income\n1,\x1b[31mred\x1b[0m\x07\n")
    result = call("run", "job.py", code=1)
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr
    assert "red" in result.stderr


def test_the_where_and_the_hint_have_lines_of_their_own(call: Call, project: Path) -> None:
    (project / "job.py").write_text(JOB.replace('one_hot("city")', 'one_hot("cty")'), encoding="utf-8")
    lines = call("run", "job.py", code=2).stderr.splitlines()
    assert lines[0].startswith("error: no column 'cty'")
    assert lines[1].startswith("  where: ")
    assert lines[2].startswith("  hint: ")


def test_a_store_in_memory_would_be_gone_before_the_next_command(call: Call, project: Path) -> None:
    for verb in (["run", "job.py"], ["datasets"]):
        assert "ends with this command" in call(*verb, "--store", "memory://x", code=2).stderr


def test_what_cannot_be_read_or_listed_is_told_with_a_hint(call: Call, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.validators import contract_yaml

    told = call("run", "job.py", "--store", "job.py/x", code=3).stderr
    assert "Not a directory" in told
    assert "hint: a part of this path is a file, not a folder" in told

    def refused(*args: Any) -> Any:
        raise PermissionError(13, "Permission denied", args[0])

    (project / "locked.yaml").touch()
    monkeypatch.setattr(contract_yaml, "open", refused, raising=False)
    told = call("validate", "people1.csv", "--contract", "locked.yaml", code=3).stderr
    assert "error: the contract cannot be read: Permission denied\n" in told
    assert "hint: look at the rights" in told


@pytest.mark.parametrize("verb", [("validate", "--contract", "c.yaml"), ("validate", "--contract", "c.yaml", "--json"), ("infer", "--propose", "c.yaml")])  # fmt: skip
@pytest.mark.parametrize(
    ("name", "rows"), [("r.csv", "ssn,n\nX1,1\nSECRET,2,3\n"), ("q.csv", 'ssn,n\n"SECRET,1\n'), ("j.jsonl", '{"ssn": SECRET\n')]
)
def test_a_record_of_a_sensitive_source_is_not_shown(
    verb: tuple[str, ...], name: str, rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c.yaml").write_text("columns:\n  ssn: {type: string, sensitive: true}\n  n: int64\n")
    Path(name).write_text(rows)
    shown = CliRunner().invoke(cli, [verb[0], name, *verb[1:]])
    assert shown.exit_code in (1, 3)
    assert "SECRET" not in shown.output
    assert "a column is sensitive" in shown.output
