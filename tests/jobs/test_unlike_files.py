"""Files of one drop that differ fail a contract, with a report that names them; what can be read all the same is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import TypeMismatchError

CONTRACT = "columns: {a: int64, b: int64}\n"
TIMES = pa.array([1, 2], pa.time32("ms"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    return tmp_path


def texts(*files: str) -> str:
    for i, text in enumerate(files):
        Path(f"{i}.csv").write_text(text, encoding="utf-8")
    return "*.csv"


def tables(*files: dict[str, Any]) -> str:
    for i, columns in enumerate(files):
        pq.write_table(pa.table(columns), f"{i}.parquet")
    return "*.parquet"


def ints(dtype: pa.DataType, *values: int) -> pa.Array:
    return pa.array(values, dtype)


UNLIKE: dict[str, tuple[Callable[[], str], str, str]] = {
    "a column lacks": (lambda: texts("a,b\n1,2\n", "a\n1\n"), "0.csv has the column 'b'", "SCHEMA_MISSING_COLUMN"),
    "no column in common": (lambda: texts("a,b\n1,2\n", "x,y\n1,2\n"), "has the column 'a'", "SCHEMA_MISSING_COLUMN"),
    "one lacks in Parquet": (lambda: tables({"a": [1], "b": [2]}, {"a": [1]}), "1.parquet does not", "SCHEMA_MISSING_COLUMN"),
    "other types": (lambda: tables({"a": [1], "b": [2]}, {"a": [1], "b": ["2"]}), "'b' is int64 in", "UNEXPECTED_DATA_TYPE"),
    "a type without a place": (lambda: tables({"a": [1, 2], "b": TIMES}), "column 'b'", "UNEXPECTED_DATA_TYPE"),
    "below microseconds": (lambda: tables({"a": [1], "b": pa.array([1], pa.timestamp("ns"))}), "column 'b'", "UNEXPECTED_DATA_TYPE"),
    "a column more, and one less": (
        lambda: tables({"a": [1, 2], "b": [1, 2], "t": TIMES}, {"a": [1, 2], "t": TIMES}), "'b'", "SCHEMA_MISSING_COLUMN"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNLIKE)
def test_they_fail_with_a_report(name: str) -> None:
    make, told, reason = UNLIKE[name]
    path = make()
    report = fp.validate(path, "c.yaml", statistics=True)
    assert not report.ok
    assert report.exit_code == 1
    (outcome,) = report.outcomes
    assert told in outcome.message
    assert str(outcome.reason) == reason
    assert outcome.place == "c.yaml:1"
    reports = {kind: f"report.{kind}" for kind in ("junit", "sarif", "github", "gitlab", "markdown", "json", "html")}
    result = CliRunner().invoke(
        cli,
        ["validate", path, "--contract", "c.yaml", *(part for kind, file in reports.items() for part in ("--format", f"{kind}={file}"))],
    )
    assert result.exit_code == 1, result.output
    for file in reports.values():
        assert Path(file).stat().st_size > 0
    (found,) = (o for outcomes in json.loads(Path("report.json").read_text())["sources"].values() for o in outcomes["outcomes"])
    assert (found["status"], found["blocking"], found["reason"]) == ("failed", True, reason)


def test_the_other_sources_are_judged() -> None:
    contract = {
        "sources": {"one": {"columns": {"a": "int64", "b": "int64"}}, "two": {"columns": {"c": {"type": "int64", "range": {"min": 0}}}}}
    }
    report = fp.validate({"one": texts("a,b\n1,2\n", "a\n1\n"), "two": pa.table({"c": [-1]})}, contract)
    assert list(report.sources) == ["one", "two"]
    assert [o.id for o in report.outcomes if o.status != "passed"] == ["$data/alike", "c/range/min"]


def test_narrower_types_are_those_of_the_contract() -> None:
    path = tables(
        {"a": ints(pa.int64(), 2**40), "b": ints(pa.int32(), -1)},
        {"a": ints(pa.uint32(), 2**32 - 1), "b": ints(pa.int64(), 2**62)},
        {"a": ints(pa.int8(), -3), "b": pa.nulls(1)},
    )
    stated = {"columns": {"a": {"type": "int64", "range": {"max": 10}}, "b": {"type": "int64", "range": {"min": 0}}}}
    found = {o.id: (o.count, o.examples) for o in fp.validate(path, stated).outcomes if o.status != "passed"}
    assert found == {"a/range/max": (2, (2**32 - 1, 2**40)), "b/range/min": (1, (-1,))}
    job = fp.job(sources={"x": fp.read_parquet(os.path.abspath(path))}, contract=os.path.abspath("c.yaml"), name="wide")(
        lambda x: x.features(keep=["a", "b"])
    )
    done = job.run(store="store")
    assert done.dataset.to_arrow().schema.types == [pa.int64(), pa.int64()]
    assert sorted(done.dataset.to_arrow()["a"].to_pylist()) == [-3, 2**32 - 1, 2**40]
    # a contract of the narrow type holds not all, and without one nothing says which is meant
    assert not fp.validate(path, {"columns": {"a": "int32", "b": "int64"}}).ok
    with pytest.raises(TypeMismatchError, match="'a' is int64 in"):
        fp.job(sources={"x": fp.read_parquet(os.path.abspath(path))}, name="bare")(lambda x: x.features(keep=["a"])).run(store="store")


def test_a_column_that_cannot_be_read_and_is_not_stated_is_one_more() -> None:
    path = tables({"a": [1, 2], "b": [1, 2], "t": TIMES, "u": TIMES}, {"a": [3, 4], "b": [1, 2], "t": TIMES, "u": TIMES})
    for extra, ok in (("allow", True), ("warn", True), ("error", False)):
        report = fp.validate(path, f"extra_columns: {extra}\n{CONTRACT}")
        assert report.ok == ok
        assert {o.column for o in report.outcomes if o.check == "extra_columns"} == (set() if extra == "allow" else {"t", "u"})
    for more in ({"u": TIMES}, {"v": [1, 2]}):
        (outcome,) = fp.validate(
            tables({"a": [1, 2], "b": [1, 2], "t": TIMES}, {"a": [3, 4], "b": [1, 2], "t": TIMES, **more}), CONTRACT
        ).outcomes
        assert f"1.parquet has the column '{next(iter(more))}'" in outcome.message
    both = fp.read_parquet("*.parquet", columns=["a", "b", "t"])
    assert fp.validate(both, CONTRACT).ok
