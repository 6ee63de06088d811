"""Promise 3: nothing is lost. Figures of every verb worked out by hand, and quarantined rows found again where their origin says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, reject, settings

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError, DataError, NonDeterministicError, ParseError, TypeMismatchError
from featureprep.jobs.result import Run
from featureprep.plan.physical import LedgerStep
from featureprep.run.ledger import Tally, settle
from tests.jobs.cases import BODIES, SCHEMA, SIDE, WITH_SIDE, as_source, main_rows, make_job, memory_store, side_rows
from tests.jobs.random_jobs import RandomJob, random_jobs

LEFT = pa.table({"k": ["a", "a", "b", "c", None, "a"], "x": [1, 1, 2, 3, 4, 5]})
RIGHT = pa.table({"k": ["a", "a", "b", "z", None], "v": [10, 11, 12, 13, 14]})


def run(body: Callable[..., Any], *, left: pa.Table = LEFT, right: pa.Table | None = None, **options: Any) -> Run:
    job = make_job(body, fp.from_arrow(left), None if right is None else fp.from_arrow(right), **options)
    return job.run(store=memory_store(), statistics=False, partitions=2)


def line(run: Run, title: str) -> dict[str, Any]:
    """A step's figures without those that are nothing."""
    (found,) = [entry for entry in run.ledger.to_json()["lines"] if entry["step"] == title]
    return {k: v for k, v in found.items() if k not in ("step", "inputs") and v not in (0, {})}


def balanced(run: Run) -> bool:
    out = {entry.step: entry.out for entry in run.ledger.lines}
    for entry in run.ledger.lines:
        assert entry.balanced, entry
        users = {s: sum(other.inputs.count(s) for other in run.ledger.lines) for s in entry.inputs}
        if entry.inputs:
            assert entry.rows_in == sum(out[s] // users[s] if s.startswith("fork") else out[s] for s in entry.inputs), entry
    assert (
        run.ledger.rows()["written"] == sum(run.dataset.splits.values()) == run.dataset.to_arrow().num_rows if run.dataset.splits else True
    )
    return True


def done(table: fp.Table) -> fp.Table:
    return table.features(keep=["x"])


def test_choosing_verbs() -> None:
    r = run(
        lambda main: done(
            main.filter(col("x") > 1, name="big").drop_nulls("k").drop_duplicates("k").quarantine(when=col("x") == 2, reason="two")
        )
    )
    assert line(r, "read main") == {"in": 6, "out": 6}
    assert line(r, "filter big") == {"in": 6, "out": 4, "dropped": {"big": 2}}
    assert line(r, "drop_nulls(k)") == {"in": 4, "out": 3, "dropped": {"drop_nulls(k)": 1}}
    assert line(r, "drop_duplicates(k)") == {"in": 3, "out": 3}
    assert line(r, "quarantine two") == {"in": 3, "out": 2, "quarantined": {"two": 1}}
    assert line(r, "write") == {"in": 2, "out": 2}
    assert r.ledger.rows() == {"read": 6, "created": 0, "merged": 0, "dropped": 3, "quarantined": 1, "written": 2}
    assert balanced(r)


def test_drop_duplicates() -> None:
    r = run(lambda main: done(main.drop_duplicates()))
    assert line(r, "drop_duplicates") == {"in": 6, "out": 5, "dropped": {"drop_duplicates": 1}}
    assert line(run(lambda main: done(main.drop_duplicates("k"))), "drop_duplicates(k)")["out"] == 4


def test_rules_without_a_name_are_called_by_their_expression_and_have_a_place() -> None:
    r = run(lambda main: done(main.filter(col("x") > 1).filter(col("x") > 2).filter(col("x") > 2)))
    named = [entry for entry in r.ledger.lines if entry.dropped]
    assert [list(entry.dropped) for entry in named] == [["x > 1"], ["x > 2"]]
    assert all(entry.site and "test_ledger.py:" in entry.site for entry in r.ledger.lines if entry.inputs and entry.step != "write")
    assert len({entry.step for entry in r.ledger.lines}) == len(r.ledger.lines) == 5


# Left rows by key: a 3, b 1, c 1, null 1. Right: a 2, b 1, z 1, null 1. Pairs: a 6, b 1.
def test_inner_join() -> None:
    r = run(lambda main, side: done(main.join(side, on="k")), right=RIGHT)
    assert line(r, "inner join on k") == {
        "in": 11, "created": 3, "out": 7, "dropped": {"no match in inner join on k": 2}, "merged": 5,
        "matches": {"left_matched": 4, "left_unmatched": 2, "right_matched": 3, "right_unmatched": 2},
    }  # fmt: skip
    assert r.ledger.rows() == {"read": 11, "created": 3, "merged": 5, "dropped": 2, "quarantined": 0, "written": 7}


def test_left_join() -> None:
    r = run(lambda main, side: done(main.join(side, on="k", how="left")), right=RIGHT)
    assert line(r, "left join on k") == {
        "in": 11, "created": 3, "out": 9, "merged": 5,
        "matches": {"left_matched": 4, "left_unmatched": 2, "right_matched": 3, "right_unmatched": 2},
    }  # fmt: skip


@pytest.mark.parametrize("how, kept", [("semi", 4), ("anti", 2)])
def test_semi_and_anti_join(how: str, kept: int) -> None:
    r = run(lambda main, side: done(main.join(side, on="k", how=how)), right=RIGHT)
    found = line(r, f"{how} join on k")
    assert (found["in"], found["out"], found["merged"], sum(found["dropped"].values())) == (11, kept, 5, 6 - kept)
    assert "created" not in found


@pytest.mark.parametrize("how, kept", [("left", 6), ("inner", 4)])
def test_embedded_join(how: str, kept: int) -> None:
    r = run(lambda main, side: done(main.join(side.drop_duplicates("k"), on="k", how=how, serve="embed")), right=RIGHT)
    found = line(r, f"{how} join on k")
    assert (found["in"], found["out"], found["merged"], sum(found.get("dropped", {}).values())) == (10, kept, 4, 6 - kept)
    assert line(r, "drop_duplicates(k)") == {"in": 5, "out": 4, "dropped": {"drop_duplicates(k)": 1}}
    assert balanced(r)


def test_group_by() -> None:
    r = run(lambda main: done(main.group_by("k").agg(x=agg.sum("x"))))
    assert line(r, "group_by k") == {"in": 6, "out": 4, "merged": 2}


def test_a_table_used_twice_is_forked() -> None:
    def body(main: fp.Table) -> fp.Table:
        some = main.filter(col("x") < 5, name="small")
        return done(some.join(some.group_by("k").agg(n=agg.count()), on="k"))

    r = run(body)
    assert line(r, "filter small") == {"in": 6, "out": 5, "dropped": {"small": 1}}
    assert line(r, "fork after filter small") == {"in": 5, "created": 5, "out": 10}
    assert line(r, "group_by k") == {"in": 5, "out": 4, "merged": 1}
    assert line(r, "inner join on k") == {
        "in": 9, "out": 4, "merged": 4, "dropped": {"no match in inner join on k": 1},
        "matches": {"left_matched": 4, "left_unmatched": 1, "right_matched": 3, "right_unmatched": 1},
    }  # fmt: skip
    assert balanced(r)


def test_a_rule_called_like_a_step_of_our_own() -> None:
    r = run(lambda main: done(main.drop_nulls("k", name="fork after read main").drop_nulls("x", name="write").drop_duplicates("k")))
    assert r.ledger.rows() == {"read": 6, "created": 0, "merged": 0, "dropped": 3, "quarantined": 0, "written": 3}
    assert balanced(r)


def test_map_batches_over_the_table() -> None:
    import pyarrow.compute as pc

    @fp.udf(inputs={"x": "int64"}, output=pa.struct([("x", pa.int64())]))
    def twice(x: pa.Array) -> pa.Array:
        return pa.StructArray.from_arrays([pa.concat_arrays([x, pc.add(x, 100)])], names=["x"])

    r = run(lambda main: done(main.map_batches(twice, needs="table")))
    (found,) = [e for e in r.ledger.lines if e.step.startswith("map_batches")]
    assert (found.rows_in, found.created, found.out) == (6, 6, 12)


def test_a_ledger_that_does_not_balance_is_refused() -> None:
    steps = [LedgerStep("read a", "read a", (), None), LedgerStep("write", "write", ("read a",), "job.py:3")]
    tally = Tally()
    tally.read["read a"] = 5
    tally.out["write"] = 4
    with pytest.raises(NonDeterministicError, match="job.py:3.*does not balance at 'write'"):
        settle(steps, tally)


@pytest.mark.parametrize("body", BODIES)
def test_every_ledger_balances(body: str, tmp_path: Path) -> None:
    main = as_source(tmp_path / "main", "parquet", main_rows(150), SCHEMA, 2)
    side = as_source(tmp_path / "side", "csv", side_rows(), SIDE) if body in WITH_SIDE else None
    r = make_job(BODIES[body], main, side, split=fp.split(train=0.5, eval=0.5, by="id") if body != "grouped" else None).run(
        store=memory_store(), partitions=3
    )
    assert balanced(r)
    assert r.to_json()["rows"] == r.ledger.rows()


@settings(max_examples=40)
@given(made=random_jobs())
def test_random_ledgers_balance(made: RandomJob) -> None:
    try:
        r = made.job.run(store=memory_store(), statistics=False, partitions=3)
    except (TypeMismatchError, DataError):
        reject()
    assert balanced(r)
    rows = r.ledger.rows()
    assert len(quarantined(r)) == rows["quarantined"]
    assert r.dataset.to_arrow().num_rows == rows["written"]


# Quarantined rows.


def quarantined(run: Run) -> list[dict[str, Any]]:
    """The stored rows, as `store.quarantine` documents them."""
    entry, store = run.dataset.entry, run.dataset.store
    found: list[dict[str, Any]] = []
    for record in entry.files:
        if record.path.startswith("quarantine/"):
            data = store.read(f"{entry.name}/data/{entry.run_id}/{record.path}")
            found += pq.read_table(pa.BufferReader(data)).to_pylist()
    return sorted(found, key=lambda row: (row["file"], row["offset"] or 0, row["row"]))


CSV = 'id,x,note\r\n1,5,plain\r\n2,five,"two\nlines"\r\n3,7,x\r\n4,8,"a,b"\r\nbroken\r\n5,99999,é\r\n6,7\r\n7,-1,ok\r\n'
CSV_TYPES = pa.schema([("id", pa.int64()), ("x", pa.int8()), ("note", pa.string())])


def rows_of(main: fp.Table) -> fp.Table:
    return main.quarantine(when=col("note") == "a,b", reason="comma").features(x=T.log1p("x"), keep=["id"])


def test_quarantined_rows_are_where_their_origin_says(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(CSV.encode())
    source = fp.read_csv(str(file), schema=CSV_TYPES, on_error="quarantine")
    for partitions in (1, 5):
        r = make_job(rows_of, source, malformed="quarantine").run(store=memory_store(), partitions=partitions)
        assert sorted(r.dataset.to_arrow()["id"].to_pylist()) == [1, 3, 7]
        found = quarantined(r)
        by_line = {row["line"]: row for row in found}
        assert sorted(by_line) == [3, 6, 7, 8, 9]
        whole, lines = CSV.encode(), CSV.encode().split(b"\n")
        starts = {3: b'2,five,"two', 6: b'4,8,"a,b"', 7: b"broken", 8: "5,99999,é".encode(), 9: b"6,7"}
        for number, start in starts.items():
            row = by_line[number]
            assert row["file"] == str(file)
            assert whole[row["offset"] :].startswith(start)
            assert lines[number - 1].startswith(start)
        assert by_line[6]["reasons"] == ["comma"]
        assert by_line[6]["step"] == "quarantine comma"
        assert json.loads(by_line[6]["data"]) == {"id": 4, "x": 8, "note": "a,b"}
        assert json.loads(by_line[3]["data"]) == {"id": 2, "x": "five", "note": "two\nlines"}
        assert json.loads(by_line[8]["data"])["x"] == "99999"
        assert by_line[7]["data"] == "broken"
        assert all(reason.startswith("unparsable") for n in (7, 9) for reason in by_line[n]["reasons"])
        assert line(r, "read main") == {"in": 8, "out": 6, "quarantined": {by_line[n]["reasons"][0]: 1 for n in (7, 9)}}
        assert r.ledger.rows() == {"read": 8, "created": 0, "merged": 0, "dropped": 0, "quarantined": 5, "written": 3}


def test_the_error_policy_names_count_rule_and_place_and_leaves_no_version(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(CSV.replace("broken\r\n", "").replace("6,7\r\n", "").encode())
    job = make_job(rows_of, fp.read_csv(str(file), schema=CSV_TYPES))
    with pytest.raises(fp.RowRejected) as caught:
        job.run(store=str(tmp_path / "store"), partitions=3)
    said = str(caught.value)
    assert "2 rows" in said
    assert f"{file}:3" in said
    assert "malformed" in said
    assert caught.value.rule
    assert caught.value.exit_code == 1
    assert not (tmp_path / "store/case/log").exists()
    with pytest.raises(ArgumentError, match="no dataset"):
        fp.open_dataset(str(tmp_path / "store"), "case@latest")
    assert list((tmp_path / "store/case/runs").rglob("report.html"))


def test_the_error_policy_of_a_transform_after_the_fit(tmp_path: Path) -> None:
    """An unknown value is known only once the vocabulary is: it is found by the write."""

    def body(main: fp.Table) -> fp.Table:
        return main.features(k=T.vocabulary("k", min_count=2, unknown="error"))

    with pytest.raises(fp.RowRejected, match="2 rows are rejected"):
        run(body, left=LEFT.append_column("spare", LEFT["x"]))


@pytest.mark.parametrize("on_error", ["fail", "quarantine", "drop"])
def test_records_that_cannot_be_parsed(on_error: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n3\n4,5,6\n7,8\n", encoding="utf-8")
    job = make_job(lambda main: main.features(a="a", b="b"), fp.read_csv(str(file), on_error=on_error))
    if on_error == "fail":
        with pytest.raises(ParseError, match=r"rows\.csv:3"):
            job.run(store=str(tmp_path / "store"))
        assert not (tmp_path / "store/case/log").exists()
        return
    r = job.run(store=str(tmp_path / "store"), engine=PandasEngine(2))
    found = line(r, "read main")
    assert (found["in"], found["out"]) == (4, 2)
    if on_error == "drop":
        assert found["dropped"] == {"unparsable": 2}
    else:
        assert sum(found["quarantined"].values()) == 2
        assert [(row["line"], row["offset"], row["data"]) for row in quarantined(r)] == [(3, 8, "3"), (4, 10, "4,5,6")]


def test_rows_quarantined_before_and_after_an_exchange_are_kept_once(tmp_path: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        some = main.quarantine(when=col("x") == 3, reason="three")
        both = some.join(some.group_by("k").agg(n=agg.count()), on="k").join(side, on="k", how="left")
        return both.quarantine(when=col("v") == 11, reason="eleven").features(n="n", keep=["x"])

    r = run(body, right=RIGHT)
    assert balanced(r)
    assert line(r, "quarantine three") == {"in": 6, "out": 5, "quarantined": {"three": 1}}
    assert line(r, "quarantine eleven")["quarantined"] == {"eleven": 3}
    found = quarantined(r)
    assert sorted(row["reasons"][0] for row in found) == ["eleven"] * 3 + ["three"]
    three = next(row for row in found if row["reasons"] == ["three"])
    assert (three["file"], json.loads(three["data"])) == ("memory", {"k": "c", "x": 3})


def test_a_row_set_aside_for_two_reasons_is_counted_once() -> None:
    def body(main: fp.Table) -> fp.Table:
        return main.features(
            a=T.vocabulary("k", min_count=3, unknown="quarantine"), b=T.bucketize("x", edges=[0.0]), c=(col("x") * 2**62), keep=["x"]
        )

    r = run(body, malformed="quarantine")
    assert balanced(r)
    assert len(quarantined(r)) == r.ledger.rows()["quarantined"]
