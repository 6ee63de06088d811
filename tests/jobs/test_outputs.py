"""How a version is laid out on disk changes nothing of what it is; and any Parquet reader reads it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ColumnNotFoundError, FeatureprepError, RequestError
from featureprep.jobs.result import Run
from featureprep.jobs.resume import resume
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs
from tests.jobs.cases import memory_store

KINDS = [
    "a/b",
    "a b",
    "é",
    "日本",
    "",
    None,
    "..",
    ".",
    "a=b",
    "100%",
    "%2F",
    "x" * 60,
    "__HIVE",
    '"',
    "*",
    "~",
    "c:\\d",
    "two\nlines",
    "A",
    "a",
]
SPLIT = fp.split(train=0.6, eval=0.4, by="id")


def table(n: int = 400) -> pa.Table:
    return pa.table(
        {
            "id": range(n),
            "kind": [KINDS[i * 7 % len(KINDS)] for i in range(n)],
            "x": [None if i % 9 == 2 else i / 3 for i in range(n)],
            "day": [None if i % 50 == 7 else dt.date(2024, 1, 1 + i % 3) for i in range(n)],
            "flag": [None if i % 31 == 3 else i % 2 == 0 for i in range(n)],
            "n": pa.array([None if i % 40 == 1 else i % 3 - 1 for i in range(n)], pa.int64()),
        }
    )


def make(rows: pa.Table | None = None, **options: Any) -> Any:
    source = fp.from_arrow(table() if rows is None else rows)

    @fp.job(sources={"main": source}, name="out", split=SPLIT, **options)
    def job(main: fp.Table) -> fp.Table:
        return main.with_columns(k=col("kind"), d=col("day"), n2=col("n"), f=col("flag")).features(
            x=T.standard_scale(T.impute("x")), hot=T.one_hot("kind"), bucket=T.bucketize(T.impute("x"), 4),
            words=T.tf_idf(T.tokenize(fp.coalesce(col("kind"), "none"))), label=fp.label(fp.coalesce(col("flag").cast("int8"), 0)), keep=["id", "k", "d", "n2", "f"],
        )  # fmt: skip

    return job


def run(rows: pa.Table | None = None, store: str | None = None, **options: Any) -> Run:
    done: Run = make(rows, **options).run(store=store or memory_store(), partitions=3)
    return done


@pytest.fixture(scope="module")
def plain() -> Run:
    return run()


def by_id(found: pa.Table, like: pa.Table) -> pa.Table:
    return found.select(like.schema.names).sort_by("id")


def same(done: Run, expected: Run) -> None:
    assert (done.dataset.fingerprint, done.graph.fingerprint) == (expected.dataset.fingerprint, expected.graph.fingerprint)
    assert done.dataset.splits == expected.dataset.splits
    done.dataset.check()
    for split in expected.dataset.splits:
        wanted = expected.dataset.to_arrow(split)
        found = by_id(done.dataset.to_arrow(split, verify=True), wanted)
        assert found.schema.types == wanted.schema.types
        assert found.equals(by_id(wanted, wanted))
        frame = done.dataset.to_pandas(split)[wanted.schema.names].sort_values("id", ignore_index=True)
        pd.testing.assert_frame_equal(frame, expected.dataset.to_pandas(split).sort_values("id", ignore_index=True))
        order = np.argsort(done.dataset.to_arrow(split)["id"].to_numpy(), kind="stable")
        X, y, names = done.dataset.matrix(split)
        want_X, want_y, want_names = expected.dataset.matrix(split)
        assert names == want_names
        dense, want = (m.toarray() if hasattr(m, "toarray") else np.asarray(m) for m in (X, want_X))
        assert np.array_equal(dense[order], want[np.argsort(wanted["id"].to_numpy(), kind="stable")])
        assert np.array_equal(np.asarray(y)[order], np.asarray(want_y), equal_nan=True)


@pytest.mark.parametrize("by", [["k"], ["d"], ["n2"], ["f"], ["d", "k"], "k", ("f", "n2", "d")])
def test_partition_by(by: Any, plain: Run, tmp_path: Path) -> None:
    done = run(store=str(tmp_path / "store"), partition_by=by)
    same(done, plain)
    names = [by] if isinstance(by, str) else list(by)
    for record in done.dataset.entry.files:
        if record.split:
            assert set(record.partition) == set(names)
            folders = record.path.split("/")[1:-1]
            assert [folder.partition("=")[0] for folder in folders] == names
    root = (tmp_path / "store").resolve()
    assert all(path.resolve().is_relative_to(root) for path in root.rglob("*"))


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "lz4", "brotli", "none"])
def test_codecs(codec: str, plain: Run, tmp_path: Path) -> None:
    done = run(store=str(tmp_path / "store"), codec=codec)
    same(done, plain)
    files = list((tmp_path / "store/out/data").rglob("train/*.parquet"))
    assert files
    found = {pq.ParquetFile(f).metadata.row_group(0).column(0).compression for f in files if pq.ParquetFile(f).metadata.num_row_groups}
    assert found == {"UNCOMPRESSED" if codec == "none" else codec.upper()}


def test_target_file_size_cuts_files(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = table(60_000).set_column(2, "x", pa.array(rng.normal(size=60_000)))
    expected = run(rows, codec="none")
    done = run(rows, codec="none", store=str(tmp_path / "store"), target_file_size=200_000)
    same(done, expected)
    sizes = [f.size for f in done.dataset.entry.files if f.split == "train"]
    assert len(sizes) > len([f for f in expected.dataset.entry.files if f.split == "train"])
    assert max(sizes) < 400_000
    both = run(rows.slice(0, 20_000), target_file_size=50_000, partition_by=["d", "f"])
    same(both, run(rows.slice(0, 20_000)))


def test_other_readers_read_the_same(plain: Run, tmp_path: Path) -> None:
    """DuckDB, pandas and pyarrow read the folder by themselves, hive folders and all."""
    import duckdb

    done = run(store=str(tmp_path / "store"), partition_by=["k", "d"], target_file_size=4_000)
    expected = plain.dataset.to_arrow("train").select(["id", "x", "bucket", "label", "k", "d"]).sort_by("id").to_pylist()
    folder = Path(done.dataset.path("train"))
    pattern = str(folder / "**/*.parquet")
    with duckdb.connect() as connection:
        types = "{'k': VARCHAR, 'd': DATE}"
        query = (
            f"select id, x, bucket, label, k, d from read_parquet('{pattern}', hive_partitioning = true, hive_types = {types}) order by id"
        )
        found = connection.sql(query).to_arrow_table().to_pylist()
    assert found == expected
    # without the types of the folders' columns pyarrow makes dictionaries, which pandas cannot have with a null
    hive = pa.dataset.partitioning(pa.schema([("k", pa.string()), ("d", pa.date32())]), flavor="hive")
    frame = pd.read_parquet(folder, partitioning=hive).sort_values("id")
    assert frame["x"].tolist() == [row["x"] for row in expected]
    assert frame["id"].tolist() == [row["id"] for row in expected]
    read = frame["k"].astype(object).where(frame["k"].notna(), None).tolist()
    assert read == [row["k"] for row in expected]


def test_a_plain_folder_reads_alike(plain: Run, tmp_path: Path) -> None:
    done = run(store=str(tmp_path / "store"))
    expected = plain.dataset.to_arrow("eval")
    assert pq.read_table(done.dataset.path("eval")).equals(expected)
    pd.testing.assert_frame_equal(pd.read_parquet(done.dataset.path("eval")), expected.to_pandas())


@pytest.mark.parametrize(
    "options, error",
    [
        ({"partition_by": "nowhere"}, ColumnNotFoundError),
        ({"partition_by": "x"}, RequestError),
        ({"partition_by": "hot"}, RequestError),
        ({"partition_by": ["k", "k"]}, RequestError),
        ({"partition_by": [5]}, RequestError),
        ({"partition_by": 5}, RequestError),
        ({"target_file_size": 0}, RequestError),
        ({"target_file_size": -5}, RequestError),
        ({"target_file_size": "10MB"}, RequestError),
        ({"codec": "zip"}, RequestError),
        ({"codec": None}, RequestError),
    ],
)
def test_what_cannot_be_is_refused_before_rows_are_read(options: dict[str, Any], error: type[FeatureprepError], tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        run(store=str(tmp_path / "store"), **options)
    assert caught.value.exit_code == 2
    assert not list((tmp_path / "store").rglob("*.parquet"))
    assert not (tmp_path / "store/_state").exists()


def test_a_value_too_long_for_a_folder(tmp_path: Path) -> None:
    rows = pa.table(
        {"id": [1, 2], "kind": ["a", "ü" * 200], "x": [1.0, 2.0], "day": pa.nulls(2, pa.date32()), "flag": [True, False], "n": [1, 2]}
    )
    with pytest.raises(FeatureprepError, match="folder"):
        run(rows, store=str(tmp_path / "store"), partition_by="k")
    assert not (tmp_path / "store/out/log").exists()


def test_partitioned_writes_are_resumed(plain: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = str(tmp_path / "store")
    job = make(partition_by=["k", "f"], target_file_size=2_000)

    def dies(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("featureprep.jobs.driver.publish", dies)
        with pytest.raises(KeyboardInterrupt):
            job.run(store=store, partitions=3)
    (run_id,) = staged_runs(ObjectStore.open(store))
    same(resume(store, run_id, job), plain)
