"""Promise 2: every written row equals the graph's answer for its entry row, bit for bit; rows that are not written have a reason."""

from __future__ import annotations

import datetime as dt
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, reject, settings, target
from hypothesis import strategies as st

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import DataError, TypeMismatchError
from featureprep.jobs.result import Run
from featureprep.serving import artefact
from tests.jobs.cases import BODIES, SCHEMA, SIDE, WITH_SIDE, as_source, main_rows, make_job, memory_store, side_rows
from tests.jobs.random_jobs import RandomJob, random_jobs
from tests.transforms.harness import python_rows

ELSEWHERE = ("inner", "left", "grouped", "grouped_more", "in_order", "put_together", "everywhere", "by_key", "by_order")
"""Bodies whose entry rows are not the source's: `test_grouped_verbs.py` has some of them."""


def bits(value: Any) -> Any:
    """A value that equals another one only where type and bits are equal; all NaNs are one."""
    if isinstance(value, dict):
        return {k: bits(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [bits(v) for v in value]
    if isinstance(value, float):
        return ("float", b"nan" if value != value else struct.pack(">d", value))
    return (type(value).__name__, value)


def written_rows(run: Run) -> list[dict[str, Any]]:
    return [row for split in run.dataset.splits for row in python_rows(run.dataset.to_arrow(split))]


def check(run: Run, entry: pa.Table, *, chooses: bool) -> None:
    """Hold a run against its entry rows, which have a column `id` of their own."""
    rows = {row["id"]: row for row in python_rows(entry)}
    graph = artefact.from_files(artefact.to_files(run.graph), "the graph")
    assert graph.fingerprint == run.graph.fingerprint
    served_names = [n for n in graph.nodes if not graph.is_training_only(n)]
    written = {row["id"]: row for row in written_rows(run)}
    for number, row in written.items():
        given_row = rows[number]
        assert bits(graph.training(given_row)) == bits(row), number
        assert bits(graph(given_row)) == bits({n: row[n] for n in served_names})
        assert graph.admits(given_row) is None
        traced = {step["feature"]: step["value"] for step in graph.trace(given_row) if "feature" in step}
        assert bits({n: traced[n] for n in row}) == bits(row)
    if not chooses:
        for number in rows.keys() - written.keys():
            assert graph.admits(rows[number]) is not None or rejected(graph, rows[number]), rows[number]
    order = [row["id"] for row in python_rows(entry) if row["id"] in written]
    some = entry.filter(pa.compute.is_in(entry["id"], pa.array(order, pa.int64())))
    for row in python_rows(graph.transform(some)):
        assert bits(row) == bits({n: written[row["id"]][n] for n in served_names})


def rejected(graph: fp.TransformGraph, row: dict[str, Any]) -> bool:
    with pytest.raises(fp.RowRejected) as caught:
        graph.training(row)
    return bool(caught.value.rule)


@settings(max_examples=120)
@given(made=random_jobs(), partitions=st.sampled_from([None, 2, 5]))
def test_written_rows_equal_the_graph(made: RandomJob, partitions: int | None) -> None:
    store = memory_store()
    try:
        run = made.job.run(store=store, partitions=partitions, statistics=False)
    except TypeMismatchError:
        reject()  # two branches of one expression that have no common type
    except fp.RowRejected as error:
        assert made.job.malformed == "error" or "error" in str(error)
        assert error.rule
        return
    except DataError as error:
        assert "learnt nothing" in str(error)
        return
    target(float(sum(run.dataset.splits.values())))
    check(run, made.table, chooses=made.chooses)


@settings(max_examples=60)
@given(made=random_jobs())
def test_batch_and_row_reject_the_same_rows(made: RandomJob) -> None:
    """`graph.transform` over all rows, admitted or not."""
    try:
        run = made.job.run(store=memory_store(), statistics=False)
    except (TypeMismatchError, DataError):
        reject()
    graph, table = run.graph, made.table
    expected: list[Any] = []
    for row in python_rows(table):
        try:
            expected.append(graph(row))
        except fp.RowRejected:
            expected.append(None)
    good, left = graph.transform(table, on_error="split")
    assert bits(python_rows(good)) == bits([row for row in expected if row is not None])
    assert left.num_rows == sum(row is None for row in expected)
    assert left.column_names == [*table.column_names, "rejected"]
    nulled = python_rows(graph.transform(table, on_error="null"))
    assert bits(nulled) == bits([dict.fromkeys(good.column_names) if row is None else row for row in expected])
    if left.num_rows:
        with pytest.raises(fp.RowRejected):
            graph.transform(table)


@pytest.mark.parametrize("body", [b for b in BODIES if b not in ELSEWHERE])
def test_jobs_over_files(body: str, tmp_path: Path) -> None:
    rows = {row["id"]: row for row in main_rows(200)}
    main = as_source(tmp_path / "main", "csv", list(rows.values()), SCHEMA, 3)
    side = as_source(tmp_path / "side", "parquet", side_rows(), SIDE) if body in WITH_SIDE else None
    run = make_job(BODIES[body], main, side, split=fp.split(train=0.7, eval=0.3, by="id")).run(
        store=memory_store(), partitions=4, statistics=False
    )
    check(run, pa.Table.from_pylist(list(rows.values()), SCHEMA), chooses=body in ("semi", "anti"))


@pytest.mark.parametrize("policy", ["null", "quarantine", "error"])
def test_cells_that_do_not_fit(policy: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x,d\n1,5,2024-01-02\n2,five,2024-01-03\n3,300,never\n4,,\n", encoding="utf-8")
    schema = pa.schema([("id", pa.int64()), ("x", pa.int8()), ("d", pa.date32())])

    def case(main: fp.Table) -> fp.Table:
        return main.features(x=T.impute("x", "mean"), day=T.date_parts("d", "day"), keep=["id"])

    job = make_job(case, fp.read_csv(str(tmp_path / "a.csv"), schema=schema, null_values=[""]), malformed=policy)
    if policy == "error":
        with pytest.raises(fp.RowRejected, match=r"2 rows are rejected") as caught:
            job.run(store=memory_store())
        assert str(caught.value).count("first at") == 2  # one by its date, the other by its number
        return
    run = job.run(store=memory_store())
    texts = {1: ("5", "2024-01-02"), 2: ("five", "2024-01-03"), 3: ("300", "never"), 4: (None, None)}
    written = {row["id"]: row for row in written_rows(run)}
    assert sorted(written) == ([1, 2, 3, 4] if policy == "null" else [1, 4])
    for number, (x, d) in texts.items():
        row = {"id": str(number), "x": x, "d": d}
        if number in written:
            assert bits(run.graph(row)) == bits(written[number])
            assert run.graph.admits(row) is None
        else:
            with pytest.raises(fp.RowRejected):
                run.graph(row)
    assert written[1]["x"] == written[4]["x"] == 5.0


def test_label_and_weight_are_not_served() -> None:
    table = pa.table({"id": [1, 2], "x": [1.0, 3.0], "y": [0, 1]})

    def case(main: fp.Table) -> fp.Table:
        return main.features(x=T.standard_scale("x"), y=fp.label(col("y").cast("int8")), w=fp.weight(col("x") * 2.0), keep=["id"])

    graph = make_job(case, fp.from_arrow(table)).run(store=memory_store()).graph
    row = {"id": 1, "x": 1.0, "y": 0}
    assert graph(row) == {"x": -1.0, "id": 1}
    assert graph.training(row) == {"x": -1.0, "y": 0, "w": 2.0, "id": 1}
    assert graph({"x": 1.0}) == {"x": -1.0}  # a kept column only where the row has it
    assert graph({}) == {"x": None}
    assert graph.transform(table.select(["x"])).column_names == ["x"]


def test_numpy_and_text_are_read_as_cells() -> None:
    table = pa.table({"x": [1.0, 3.0], "i": [1, 2], "s": ["a", "b"], "d": [dt.date(2024, 1, 1)] * 2})

    def case(main: fp.Table) -> fp.Table:
        return main.features(x="x", i="i", s=T.vocabulary("s"), d=T.date_parts("d", "year"))

    graph = make_job(case, fp.from_arrow(table), malformed="quarantine").run(store=memory_store()).graph
    expected = {"x": 2.5, "i": 7, "s": 0, "d": 2024}
    for row in (
        {"x": np.float64(2.5), "i": np.int64(7), "s": np.str_("a"), "d": "2024-05-06"},
        {"x": "2.5", "i": "7", "s": "a", "d": dt.date(2024, 5, 6), "other": object()},
        {"x": np.float32(2.5), "i": 7.0, "s": "a", "d": 19_849},
    ):
        assert bits(graph(row)) == bits(expected)
    assert graph({"x": float("nan"), "i": float("nan"), "s": None, "d": float("nan")})["i"] is None
    for bad in ({"x": "two"}, {"i": 7.5}, {"i": 2**70}, {"d": "yesterday"}, {"i": [1]}, {"x": object()}):
        with pytest.raises(fp.RowRejected):
            graph(bad)
