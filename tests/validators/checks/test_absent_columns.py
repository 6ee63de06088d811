"""Columns that may be absent, and are: to the rules that need them beside others they are null, their own rules say nothing."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep.errors import ContractError

NOW = dt.datetime(2024, 6, 1, tzinfo=dt.UTC)
TYPES = [
    "bool", "int8", "uint64", "float32", "decimal(5, 2)", "string", "binary", "date", "timestamp", "timestamp[UTC]", "null", "list<int64>",
    "fixed_size_list<float32>[3]", "struct<a: int64, b: list<string>>",
]  # fmt: skip


def contract(required: Any) -> dict[str, Any]:
    return {
        "columns": {
            "a": {"type": "int64", "monotonic": {"by": "z"}},
            "z": {"type": "int64", "required": required, "nullable": False, "unique": True, "range": {"min": 5}},
            "at": {"type": "timestamp", "required": required},
        },
        "keys": [["a", "z"], ["z"]],
        "fresh": {"column": "at", "max_age": "2d"},
        "expressions": [
            {"name": "there", "expr": "z is not None"},
            {"name": "not there", "expr": "z is None and at is None"},
            {"name": "null", "expr": "a > z"},
        ],
    }  # fmt: skip


@fp.check(columns=["z"], mode="row", version="1")
def has_z(z: int | None) -> bool:
    return z is not None


@fp.check
def no_z(t: Any) -> Any:
    return t.z.is_null() & (t.a == 1)


def write(kind: str, folder: Path, *, present: bool) -> Any:
    """Three rows, equal but for nothing; with `present` the columns z and at are there and null."""
    rows: list[dict[str, Any]] = [{"a": 1} | ({"z": None, "at": None} if present else {})] * 3
    if kind == "csv":
        text = "a,z,at\n" + "1,,\n" * 3 if present else "a\n" + "1\n" * 3
        (folder / "x.csv").write_text(text, encoding="utf-8")
        return fp.read_csv(str(folder / "x.csv"))
    if kind == "json":
        (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return fp.read_json(str(folder / "x.jsonl"))
    table = pa.table({"a": [1, 1, 1]} | ({"z": pa.nulls(3, pa.int64()), "at": pa.nulls(3, pa.timestamp("us"))} if present else {}))
    if kind == "arrow":
        return table
    pq.write_table(table, folder / "x.parquet", row_group_size=1)
    return fp.read_parquet(str(folder / "x.parquet"))


@pytest.mark.parametrize("required", [False, {"is": True, "severity": "warn"}])
@pytest.mark.parametrize("kind", ["csv", "json", "arrow", "parquet"])
def test_rules_across_columns_end_as_over_nulls(kind: str, required: Any, tmp_path: Path) -> None:
    ended = []
    for present in (False, True):
        for partitions in (None, 2):
            source = write(kind, tmp_path, present=present)
            found = fp.validate(source, contract(required), now=NOW, checks=[has_z, no_z], partitions=partitions).outcomes
            across = [o for o in found if o.id.startswith("$") or o.check == "monotonic"]
            ended.append([(o.id, str(o.status), o.count, o.total, o.examples, o.rows) for o in across])
    assert ended[0] == ended[1] == ended[2] == ended[3]
    assert {key.removeprefix("$/"): (status, count) for key, status, count, *_ in ended[0]} == {
        "a/monotonic": ("passed", 0), "checks/has_z": ("failed", 3), "checks/no_z": ("passed", 0), "keys/a, z": ("failed", 3),
        "keys/z": ("failed", 3), "fresh/at": ("failed", None), "expressions/there": ("failed", 3), "expressions/not there": ("passed", 0),
        "expressions/null": ("passed", 0), "allow_empty": ("passed", None),
    }  # fmt: skip


@pytest.mark.parametrize("extra", ["warn", "allow"])
@pytest.mark.parametrize("kind", ["csv", "json", "arrow", "parquet"])
def test_its_own_rules_say_nothing_of_an_absent_column(kind: str, extra: str, tmp_path: Path) -> None:
    found = fp.validate(write(kind, tmp_path, present=False), {**contract(False), "extra_columns": extra}, now=NOW).outcomes
    mine = {o.id: o for o in found if o.column == "z"}
    assert set(mine) == {"z/type", "z/nullable", "z/unique", "z/range/min"}
    for outcome in mine.values():
        assert (outcome.status, outcome.count) == ("passed", None)
        assert outcome.message == "the source does not have the column 'z', which may be absent"
    told = {o.id: o.message for o in found}
    assert told["$/keys/z"] == "3 rows have a null in it; the source does not have the column 'z', so it is null in every row"
    assert told["$/fresh/at"] == "there is no value; the source does not have the column 'at', so it is null in every row"


def test_a_column_that_must_be_there_is_still_waited_for() -> None:
    found = {o.id: o for o in fp.validate(pa.table({"a": [1]}), contract(True), now=NOW).outcomes}
    for key in ("$/keys/a, z", "$/fresh/at", "$/expressions/there", "a/monotonic", "z/nullable"):
        assert found[key].status == "not evaluated"
        assert found[key].blocking


@pytest.mark.parametrize("kind", TYPES)
def test_any_type(kind: str) -> None:
    rules = [{"name": "null", "expr": "z is None"}, {"name": "there", "expr": "a == 1 and z is not None"}]
    stated = {"columns": {"a": "int64", "z": {"type": kind, "required": False}}, "expressions": rules}
    found = {o.id: (o.status, o.count) for o in fp.validate(pa.table({"a": [1, 2]}), stated).outcomes}
    assert (found["$/expressions/null"], found["$/expressions/there"]) == (("passed", 0), ("failed", 2))


def test_a_reference_to_an_absent_column_finds_nothing() -> None:
    stated = {
        "x": {"columns": {"a": {"type": "int64", "references": {"source": "y", "column": "z"}}}},
        "y": {"columns": {"b": "int64", "z": {"type": "int64", "required": False}}},
    }
    found = {o.id: o for o in fp.validate({"x": pa.table({"a": [1, 1, None]}), "y": pa.table({"b": [1]})}, {"sources": stated}).outcomes}
    assert (found["a/references"].status, found["a/references"].count) == ("failed", 2)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ({"expr": "z is not None", "action": "quarantine"}, 0),
        ({"expr": "z is None or z > a", "action": "quarantine"}, 3),
        ({"expr": "a < 1 or z is not None", "action": "drop"}, 0),
        ({"expr": "a > 0 and z is None", "action": "drop"}, 3),
        ({"expr": "z is not None"}, None),
    ],
)
def test_runs(kind: str, rule: dict[str, Any], left: int | None, tmp_path: Path) -> None:
    source = write(kind, tmp_path, present=False)
    stated = {"columns": {"a": "int64", "z": {"type": "int64", "required": False}}, "expressions": [{"name": "e", **rule}]}
    (tmp_path / "c.yaml").write_text(json.dumps(stated), encoding="utf-8")
    job = fp.job(sources={"x": source}, contract=str(tmp_path / "c.yaml"), name="absent")(lambda x: x.features(keep=["a"]))
    if left is None:
        with pytest.raises(ContractError, match=r"e: z is not None.*\(3 of 3 rows\)"):
            job.run(store=str(tmp_path / "store"))
        return
    done = job.run(store=str(tmp_path / "store"))
    assert sum(done.dataset.splits.values()) == left
    (outcome,) = (o for o in done.report.content["validation"]["x"] if o["check"] == "expressions")
    assert (outcome["status"], outcome["count"]) == (("failed", 3) if left == 0 else ("passed", 0))


def test_a_run_over_json_tells_of_the_rows_that_it_takes_for_an_absent_key(tmp_path: Path) -> None:
    source = write("json", tmp_path, present=False)
    stated = {"columns": {"a": "int64", "z": {"type": "int64", "required": False, "nullable": False, "action": "quarantine"}}}
    (tmp_path / "c.yaml").write_text(json.dumps(stated), encoding="utf-8")
    job = fp.job(sources={"x": source}, contract=str(tmp_path / "c.yaml"), name="absent")(lambda x: x.features(keep=["a"]))
    done = job.run(store=str(tmp_path / "store"))
    assert sum(done.dataset.splits.values()) == 0
    ended = {o["id"]: (o["status"], o["count"]) for o in done.report.content["validation"]["x"]}
    assert ended["z/nullable"] == ("failed", 3)
