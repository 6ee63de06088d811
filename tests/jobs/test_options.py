"""Requests that are wrong give one clear error, whatever asks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ContractError, RequestError
from tests.jobs.cases import SCHEMA, main_rows, make_job, memory_store, some_features

SOURCE = fp.from_arrow(pa.Table.from_pylist(main_rows(30), SCHEMA))


def simple(main: fp.Table) -> fp.Table:
    return main.features(x="amount")


@pytest.mark.parametrize("verb", ["run", "explain", "preview"])
@pytest.mark.parametrize(
    "options",
    [{"partition": 3}, {"partitions": 0}, {"partitions": "4"}, {"params": {"a": 1}}, {"now": "today"}, {"now": dt.datetime(2020, 1, 1)}, {"sources": {"x": "y"}},
     {"engine": "spork"}],
)  # fmt: skip
def test_options_that_are_wrong(verb: str, options: dict[str, Any]) -> None:
    where = {"store": memory_store()} if verb == "run" else {}
    with pytest.raises(RequestError):
        getattr(make_job(simple, SOURCE), verb)(**where, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"codec": "zip"},
        {"target_file_size": -1},
        {"malformed": "x"},
        {"split": "row"},
        {"partition_by": "zz"},
        {"split": fp.split(train=1.0, by="zz")},
        {"name": "../x"},
    ],
)
def test_jobs_that_are_wrong(options: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        fp.job(sources={"main": SOURCE}, **options)(simple).run(store=memory_store())


def test_learning_where_no_fit_takes_place() -> None:
    bodies: list[Any] = [
        lambda main: main.filter(T.standard_scale("amount") > 0).features(x="amount"),
        lambda main: main.with_columns(z=T.standard_scale("amount")).drop_duplicates().features(x="z"),
        lambda main: main.with_columns(z=T.one_hot("key")).join(main, on="id").features(x="z"),
    ]
    for body in bodies:
        with pytest.raises(RequestError, match="learns from data"):
            make_job(body, SOURCE).run(store=memory_store())


def test_preview_shows_the_first_rows_and_stores_nothing() -> None:
    table = make_job(lambda main: some_features(main.filter(col("id") > 2)), SOURCE, split=fp.split(train=0.5, eval=0.5)).preview(4).table
    assert table.num_rows == 4
    assert table["id"].to_pylist() == [row["id"] for row in main_rows(30) if row["id"] > 2][:4]
    with pytest.raises(RequestError):
        make_job(simple, SOURCE).preview(-1)


def test_parameters() -> None:
    job = make_job(lambda main: main.filter(col("id") >= fp.param("least", "int64", 3)).features(keep=["id"]), SOURCE)
    assert min(job.run(store=memory_store()).dataset.to_arrow()["id"].to_pylist()) == 3
    assert min(job.run(store=memory_store(), params={"least": "7"}).dataset.to_arrow()["id"].to_pylist()) == 7
    with pytest.raises(RequestError, match="least"):
        job.run(store=memory_store(), params={"least": "many"})


def test_a_contracted_column_that_the_job_needs_and_the_data_lacks_is_the_datas_fault(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("columns:\n  a: int64\n  b: int64\n", encoding="utf-8")
    (tmp_path / "rows.csv").write_text("a\n1\n", encoding="utf-8")
    job = make_job(
        lambda main: main.features(b=col("b") + 1), fp.read_csv(str(tmp_path / "rows.csv")), contract=str(tmp_path / "contract.yaml")
    )
    with pytest.raises(ContractError, match=r"contract.yaml:3: the source 'main' lacks 'b'"):
        job.run(store=str(tmp_path / "store"))
