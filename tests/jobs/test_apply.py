"""Applying a stored graph: all verbs, its constants, no fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, FeatureprepError, RequestError
from featureprep.jobs.definition import Job
from tests.jobs.cases import SCHEMA, SIDE, as_source, main_rows, make_job, memory_store, some_features, unique_side
from tests.jobs.test_entry_rows import check, written_rows

SPLIT = fp.split(train=0.7, eval=0.3, by="key")


def job_of(rows: list[dict[str, Any]], **options: Any) -> Job:
    def case(main: fp.Table) -> fp.Table:
        return some_features(main.filter(col("count") > -4, name="not too low").drop_duplicates())

    return make_job(case, fp.from_arrow(pa.Table.from_pylist(rows, SCHEMA)), **{"split": SPLIT, **options})


def unique(n: int, seed: int) -> list[dict[str, Any]]:
    return list({row["id"]: row for row in main_rows(n, seed)}.values())


@pytest.fixture
def store() -> str:
    return memory_store()


def test_new_rows_with_the_old_constants(store: str) -> None:
    fitted = job_of(unique(120, 1)).run(store=store)
    rows = unique(80, 2)
    applied = job_of(rows).apply("case@1", store=store)
    assert (applied.dataset.name, applied.dataset.version) == ("case_applied", 1)
    assert applied.graph.fingerprint == fitted.graph.fingerprint
    assert not [scan for scan in applied.scans if scan.startswith("fit")]
    assert set(applied.dataset.splits) == {"train", "eval"}
    check(applied, pa.Table.from_pylist(rows, SCHEMA), chooses=False)
    assert applied.dataset.fingerprint != job_of(rows).run(store=store, name="own").dataset.fingerprint
    assert applied.ledger.rows()["read"] == len(rows)
    assert fp.open_graph(store, "case_applied@latest").fingerprint == fitted.graph.fingerprint


def test_applied_to_the_rows_it_was_fitted_on_it_gives_the_same(store: str) -> None:
    rows = unique(100, 3)
    fitted = job_of(rows).run(store=store)
    for graph in ("case@1", fitted.graph, fp.open_graph(store, "case@latest")):
        applied = job_of(rows).apply(graph, store=store, statistics=False)
        assert applied.dataset.fingerprint == fitted.dataset.fingerprint
    assert applied.dataset.version == 3


def test_name_split_and_sources(store: str, tmp_path: Path) -> None:
    fitted = job_of(unique(60, 4)).run(store=store)
    rows = unique(30, 5)
    applied = job_of(unique(60, 4)).apply(
        fitted.graph, store=store, name="scored", split=None, sources={"main": fp.from_arrow(pa.Table.from_pylist(rows, SCHEMA))}
    )
    assert applied.dataset.name == "scored"
    assert dict(applied.dataset.splits) == {"all": len(written_rows(applied))}
    assert {row["id"] for row in written_rows(applied)} <= {row["id"] for row in rows}


def test_no_rows_and_one_row(store: str) -> None:
    fitted = job_of(unique(60, 4)).run(store=store)
    empty = job_of([], split=None).apply(fitted.graph, store=store)
    assert dict(empty.dataset.splits) == {"all": 0}
    rows = [row for row in unique(60, 6) if (row["count"] or -9) > 0][:1]
    one = job_of(rows, split=None).apply(fitted.graph, store=store)
    check(one, pa.Table.from_pylist(rows, SCHEMA), chooses=False)


CHANGED: dict[str, Any] = {
    "another transform": lambda main: main.features(amount=T.min_max_scale("amount"), twice=col("amount") * 2.0),
    "another expression": lambda main: main.features(amount=T.standard_scale("amount"), twice=col("amount") * 3.0),
    "a feature more": lambda main: main.features(amount=T.standard_scale("amount"), twice=col("amount") * 2.0, more=col("count")),
    "a feature less": lambda main: main.features(amount=T.standard_scale("amount")),
    "another role": lambda main: main.features(amount=T.standard_scale("amount"), twice=fp.label(col("amount") * 2.0)),
    "another dtype": lambda main: main.features(amount=T.standard_scale("amount"), twice=col("amount") * 2.0, dtype="float32"),
}


def test_other_rules_are_the_jobs_business(store: str) -> None:
    """Which rows are written is not fitted: a day that is chosen by a parameter may be another one."""
    table = fp.from_arrow(pa.Table.from_pylist(unique(40, 7), SCHEMA))
    make_job(lambda main: main.features(amount=T.standard_scale("amount"), keep=["id"]), table).run(store=store)
    job = make_job(
        lambda main: main.filter(col("id") < fp.param("below", "int64")).features(amount=T.standard_scale("amount"), keep=["id"]), table
    )
    applied = job.apply("case@1", store=store, params={"below": 9})
    assert {row["id"] for row in written_rows(applied)} == {row["id"] for row in unique(40, 7) if row["id"] < 9}


@pytest.mark.parametrize("change", CHANGED)
def test_a_job_that_changed_is_refused(change: str, store: str) -> None:
    table = fp.from_arrow(pa.Table.from_pylist(unique(40, 7), SCHEMA))
    make_job(lambda main: main.features(amount=T.standard_scale("amount"), twice=col("amount") * 2.0), table).run(store=store)
    with pytest.raises(RequestError, match="other features") as caught:
        make_job(CHANGED[change], table).apply("case@1", store=store)
    assert "changed" in (caught.value.hint or "")
    with pytest.raises(ArgumentError):
        fp.open_dataset(store, "case_applied@latest")


def test_columns_of_another_type_are_refused_or_give_the_same(store: str) -> None:
    rows = unique(40, 8)
    body = lambda main: main.features(amount=T.standard_scale("amount"), count=T.standard_scale("count"))  # noqa: E731
    make_job(body, fp.from_arrow(pa.Table.from_pylist(rows, SCHEMA))).run(store=store)
    other = pa.schema([pa.field(f.name, pa.string() if f.name == "count" else f.type) for f in SCHEMA])
    texts = [{**row, "count": None if row["count"] is None else str(row["count"])} for row in rows]
    with pytest.raises(FeatureprepError):
        make_job(body, fp.from_arrow(pa.Table.from_pylist(texts, other))).apply("case@1", store=store)


def test_an_embedded_table_is_the_graphs_own(store: str, tmp_path: Path) -> None:
    """Its look-ups are fitted constants: with another table now, rows are still what the graph serves."""

    def case(main: fp.Table, side: fp.Table) -> fp.Table:
        return main.join(side, on="key", how="left", serve="embed").features(weight=T.impute("weight", "mean"), name="name", keep=["id"])

    rows = unique(60, 9)
    main = fp.from_arrow(pa.Table.from_pylist(rows, SCHEMA))
    fitted = make_job(case, main, as_source(tmp_path, "memory", unique_side(), SIDE)).run(store=store)
    other = [{**row, "weight": row["weight"] + 100} for row in unique_side()][:4]
    applied = make_job(case, main, as_source(tmp_path, "memory", other, SIDE)).apply("case@1", store=store)
    check(applied, pa.Table.from_pylist(rows, SCHEMA), chooses=False)
    assert applied.dataset.fingerprint == fitted.dataset.fingerprint


def test_where_the_label_is_absent(tmp_path: Path, store: str) -> None:
    (tmp_path / "contract.yaml").write_text(
        "version: 1\ncolumns:\n  x: {type: float64}\n  y: {type: bool, not_in: [SERVING]}\n", encoding="utf-8"
    )
    (tmp_path / "train.csv").write_text("x,y\n1.0,true\n3.0,false\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text("x\n5.0\n", encoding="utf-8")

    def case(main: fp.Table) -> fp.Table:
        return main.features(x=T.standard_scale("x"), y=fp.label(col("y").cast("int8")))

    options: dict[str, Any] = {"contract": str(tmp_path / "contract.yaml")}
    make_job(case, fp.read_csv(str(tmp_path / "train.csv")), **options).run(store=store)
    applied = make_job(case, fp.read_csv(str(tmp_path / "new.csv")), **options).apply("case@1", store=store, environment="SERVING")
    assert applied.dataset.to_arrow().to_pylist() == [{"x": 3.0}]


def test_a_graph_that_is_not_there(store: str) -> None:
    with pytest.raises(FeatureprepError):
        job_of(unique(10, 1)).apply("case@1", store=store)
    with pytest.raises(FeatureprepError):
        job_of(unique(10, 1)).apply("/no/such/folder", store=store)
