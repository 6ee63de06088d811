"""The peers of the speed table compute what the job does."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES, a_row, make
from benchmarks.job import make_job

ROOT = Path(__file__).parents[2]
ROWS = 2_000
DATES = ("month", "weekday", "hour")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rows")
    make(made, ROWS, files=3)
    return made


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> fp.Run:
    return make_job(folder).run(store=str(tmp_path_factory.mktemp("store")), statistics=False)


@pytest.fixture(scope="module")
def ours(run: fp.Run) -> pa.Table:
    return run.dataset.to_arrow()


def vectors(table: pa.Table, name: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """A column of vectors, shape (rows, size)."""
    column = table[name].combine_chunks()
    values: np.ndarray[Any, np.dtype[np.int64]] = column.flatten().to_numpy()
    return values.reshape(len(column), -1)


def categories(table: pa.Table, name: str) -> list[str]:
    """What the elements of a column of vectors stand for."""
    return list(json.loads(table.schema.field(name).metadata[b"featureprep"])["elements"])


@pytest.mark.parametrize("module", ["peer_polars", "peer_polars_tuned"])
def test_polars_writes_the_same_features(module: str, folder: Path, ours: pa.Table, tmp_path: Path) -> None:
    import polars as pl

    import_module(f"benchmarks.{module}").run(folder, tmp_path / "out.parquet")
    peer = pl.read_parquet(tmp_path / "out.parquet")
    assert peer.height == ours.num_rows == ROWS
    for name in NUMERIC:
        assert peer[name].dtype == pl.Float32
        assert peer[name].null_count() == 0
        np.testing.assert_allclose(peer[name].to_numpy(), ours[name].to_numpy(), rtol=1e-6, atol=1e-6)
    for name in (*BUCKETIZED, *VOCABULARIES):
        assert peer[name].dtype == pl.Int64
        assert peer[name].to_list() == ours[name].to_pylist()
    for name in ONE_HOT:
        columns = [column for column in peer.columns if column.startswith(f"{name}=")]
        assert [column.partition("=")[2] for column in columns] == categories(ours, name)
        assert (peer.select(columns).to_numpy() == vectors(ours, name)).all()
    assert (peer.select(DATES).to_numpy() == vectors(ours, TIMESTAMP)).all()


def test_polars_marks_what_the_fit_did_not_see(folder: Path) -> None:
    import polars as pl

    from benchmarks import peer_polars_tuned as peer_polars

    rows = pl.scan_parquet(f"{folder}/*.parquet")
    changed = rows.head(2).with_columns(small=pl.Series(["never seen", None]), kind=pl.Series(["never seen", None]))
    found = peer_polars.features(changed, peer_polars.fit(rows)).collect()
    assert found["small"].to_list() == [-1, None]
    assert found.select(pl.col("^kind=.*$")).to_numpy().sum() == 0


def test_sklearn_makes_the_same_features(folder: Path, ours: pa.Table) -> None:
    from benchmarks import peer_sklearn

    _, peer = peer_sklearn.run(folder)
    assert peer.dtype == np.float32
    assert peer.shape[0] == ROWS
    for i, name in enumerate(NUMERIC):
        np.testing.assert_allclose(peer[:, i], ours[name].to_numpy(), rtol=1e-5, atol=1e-5)
    for i, name in enumerate(BUCKETIZED, start=len(NUMERIC)):
        assert (peer[:, i] == ours[name].to_numpy()).all()
    start = len(NUMERIC) + len(BUCKETIZED)
    # scikit-learn's categories are in order of the values, ours of the counts
    known = categories(ours, "kind")
    stop = start + len(known)
    assert (peer[:, start:stop] == vectors(ours, "kind")[:, np.argsort(known)]).all()
    for i, name in enumerate(VOCABULARIES, start=stop):
        pairs = set(zip(ours[name].to_pylist(), peer[:, i].tolist(), strict=True))
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})  # one id each
        missing = max(b for _, b in pairs)
        assert (None, missing) in pairs
    assert (peer[:, -len(DATES) :] == vectors(ours, TIMESTAMP)).all()


def test_one_row_is_one_row_of_many(folder: Path, run: fp.Run) -> None:
    from benchmarks import peer_sklearn

    transformer, _ = peer_sklearn.run(folder)
    ours, peer = run.graph(a_row()), peer_sklearn.one_row(transformer, a_row())
    assert peer.shape == (1, 26)
    np.testing.assert_allclose(peer[0, : len(NUMERIC)], [ours[name] for name in NUMERIC], rtol=1e-5)
    assert peer[0, -len(DATES) :].tolist() == list(ours[TIMESTAMP]) == [2, 3, 12]
    assert min(ours[name] for name in VOCABULARIES if name != "large") >= 0  # the row's words are known


def test_spark_ml_writes_as_many_rows_of_the_same_features(folder: Path, ours: pa.Table, tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="the spark extra is not installed")
    from tests.engines.hosts.spark import need_java

    need_java()
    script = "import sys; from benchmarks import peer_spark as p; s = p.session(); p.run(s, sys.argv[1], sys.argv[2]); s.stop()"
    subprocess.run([sys.executable, "-c", script, str(folder), str(tmp_path / "out")], check=True, cwd=ROOT, capture_output=True)
    peer = pq.read_table(tmp_path / "out")
    assert peer.num_rows == ours.num_rows == ROWS
    for part, name in enumerate(DATES):
        assert sorted(peer[name].to_pylist()) == sorted(vectors(ours, TIMESTAMP)[:, part].tolist())
    for name in VOCABULARIES:  # the most frequent value is 0 in both; values of one count are numbered otherwise
        least = min(peer[f"{name}_id"].to_pylist())
        assert least == 0.0
        assert peer[f"{name}_id"].to_pylist().count(0.0) == ours[name].to_pylist().count(0)
    for name in BUCKETIZED:
        assert max(peer[f"{name}_bucket"].to_pylist()) >= 9
