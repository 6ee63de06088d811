"""Which columns JSON sources have: `required` and `extra_columns` are told by the records' keys, not by what the contract hopes for."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep import transforms as T
from featureprep.cli.app import cli
from featureprep.errors import ContractError
from featureprep.jobs import json_columns

CONTRACT = """\
columns:
  a: {type: int64}
  b: {type: int64}
extra_columns: error
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contract.yaml").write_text(CONTRACT, encoding="utf-8")

    def made(*lines: Any, name: str = "d.jsonl") -> str:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines), encoding="utf-8")
        return name

    return made


def failed(data: Any, contract: Any = CONTRACT, **options: Any) -> list[str]:
    return [o.id for o in fp.validate(data, contract, **options).outcomes if o.status == "failed"]


def test_a_renamed_column_fails(write: Callable[..., str]) -> None:
    path = write({"b": 1, "zz": 3})
    assert failed(path) == ["a/required", "zz/extra_columns"]
    told = CliRunner().invoke(cli, ["validate", path, "--contract", "contract.yaml"])
    assert told.exit_code == 1
    assert "the source does not have the column" in told.output
    assert "has only the contract's columns; zz is not one" in told.output
    assert CliRunner().invoke(cli, ["validate", write({"b": 1, "a": None}), "--contract", "contract.yaml"]).exit_code == 0


def test_any_record_will_do(write: Callable[..., str]) -> None:
    many = [{"b": i} for i in range(5000)]
    assert failed(write(*many)) == ["a/required"]
    assert failed(write(*many, {"a": None})) == []
    for partitions in (None, 7):
        assert failed(write(*many, {"a": 1, "zz": None}), partitions=partitions) == ["zz/extra_columns"]


def test_any_file_will_do(write: Callable[..., str]) -> None:
    write({"a": 1}, name="parts/1.jsonl")
    write({"b": 1}, name="parts/2.jsonl")
    assert failed(fp.read_json("parts/*.jsonl")) == []
    write({"c": 1}, name="parts/3.jsonl")
    assert failed(fp.read_json("parts/*.jsonl")) == ["c/extra_columns"]


def test_arrays_and_compressed_files(write: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "d.json").write_text('[{"b": 1},\n {"b": 2, "zz": "}]"}]', encoding="utf-8")
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(b'{"b": 1}\n{"zz": 2}\n'))
    assert failed("d.json") == failed("d.jsonl.gz") == ["a/required", "zz/extra_columns"]


def test_nested_objects_are_looked_at_from_the_outside(write: Callable[..., str]) -> None:
    contract = {"columns": {"a": "int64", "o": "struct<x: int64>"}, "extra_columns": "error"}
    assert failed(write({"o": {"x": 1, "a": 2, "y": 3}}), contract) == ["a/required"]
    assert failed(write({"a": 1, "o": {"y": 3}}), contract) == []


def test_without_a_record_nothing_is_known(write: Callable[..., str]) -> None:
    allowed = CONTRACT + "allow_empty: true\n"
    assert failed(write(), allowed) == []
    assert failed(fp.read_json(write("{", "[1]"), on_error="drop"), allowed) == ["$records/parsable"]
    assert failed(write({}), allowed) == ["a/required", "b/required"]


def test_records_that_cannot_be_parsed_have_no_keys(write: Callable[..., str]) -> None:
    path = write({"a": 1}, '{"zz": 1, ', '{"b": 2', {"a": 3})
    for mode in ("quarantine", "drop"):
        assert failed(fp.read_json(path, on_error=mode)) == ["$records/parsable", "b/required"]
    with pytest.raises(fp.FeatureprepError, match=r"d\.jsonl:2"):
        fp.validate(path, CONTRACT)


def test_severity_and_environments(write: Callable[..., str]) -> None:
    path = write({"b": 1, "zz": 2})
    assert failed(path, CONTRACT.replace("error", "allow")) == ["a/required"]
    assert failed(path, CONTRACT.replace("a: {type: int64}", "a: {type: int64, required: false}").replace("error", "allow")) == []
    warned = fp.validate(path, CONTRACT.replace("a: {type: int64}", "a: {type: int64, required: false}").replace("error", "warn"))
    assert warned.ok
    assert [o.id for o in warned.outcomes if o.status == "failed"] == ["zz/extra_columns"]
    served = CONTRACT.replace("a: {type: int64}", "a: {type: int64, not_in: [SERVING]}")
    assert failed(path, served, environment="SERVING") == ["zz/extra_columns"]


def test_a_schema_of_the_source_and_folders(write: Callable[..., str]) -> None:
    path = write({"a": 1, "b": 2, "zz": 3})
    assert failed(fp.read_json(path, schema={"b": "int64"})) == ["a/required", "zz/extra_columns"]
    write({"a": 1}, name="days/day=1/x.jsonl")
    contract = {"columns": {"a": "int64", "day": "int64"}, "extra_columns": "error"}
    assert failed(fp.read_json("days/*/*.jsonl", hive_partitioning=True), contract) == []


def test_the_look_is_left_out_where_no_rule_asks(write: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(json_columns, "JsonKeys")
    relaxed = {"columns": {"a": {"type": "int64", "required": False}}, "extra_columns": "allow"}
    assert failed(write({"zz": 1}), relaxed) == []


def test_many_columns_are_not_told_one_by_one(write: Callable[..., str]) -> None:
    report = fp.validate(write({"a": 1, "b": 2, **{f"k{i:05d}": 1 for i in range(5000)}}), CONTRACT)
    extra = [o for o in report.outcomes if o.check == "extra_columns"]
    assert [o.column for o in extra] == [f"k{i:05d}" for i in range(json_columns.SHOWN)]
    assert extra[-1].message == "the contract does not have the column; at least 900 more such columns are not listed"
    assert extra[0].message == "the contract does not have the column"


def made_job(path: str, **options: Any) -> fp.Job:
    @fp.job(
        sources={"s": fp.read_json(str(Path(path).absolute()), **options)}, contract=str(Path("contract.yaml").absolute()), name="keyed"
    )
    def keyed(s: fp.Table) -> fp.Table:
        return s.features(b=T.standard_scale("b"))

    return keyed


def test_a_run_is_stopped(write: Callable[..., str]) -> None:
    job = made_job(write({"b": 1, "zz": 3}, {"b": 2}))
    for _ in range(2):  # the second time from what was remembered
        with pytest.raises(ContractError, match="a exists") as caught:
            job.run(store="store")
        assert "has only the contract's columns; zz is not one" in str(caught.value)
    write({"b": 1, "a": 3}, {"b": 2})
    done = job.run(store="store")
    assert {o["id"]: o["status"] for o in done.report.content["validation"]["s"]}["a/required"] == "passed"


def test_a_run_that_sets_records_apart(write: Callable[..., str]) -> None:
    job = made_job(write({"b": 1, "a": None}, '{"zz": 1', {"b": 2}), on_error="quarantine")
    done = job.run(store="store")
    assert {o["status"] for o in done.report.content["validation"]["s"]} == {"passed"}
