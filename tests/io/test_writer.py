"""Part files: same rows, same bytes, however they came."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ColumnNotFoundError, RequestError, TypeMismatchError, WorldError
from featureprep.io.api import read_parquet
from featureprep.io.writer import PartWriter, WrittenFile
from featureprep.types import sparse


def make(n: int) -> pa.Table:
    rng = np.random.default_rng(n)
    return pa.table(
        {
            "i": pa.array(range(n), pa.int64()),
            "s": pa.array([None if i % 11 == 0 else f"k{i % 5}" for i in range(n)], pa.string()),
            "f": pa.array(rng.normal(size=n), mask=rng.random(n) < 0.1),
            "v": pa.FixedSizeListArray.from_arrays(pa.array(rng.integers(0, 9, 2 * n), pa.int8()), 2),
            "z": pa.array([{"indices": [i % 3], "values": [1.0]} for i in range(n)], sparse(pa.float64())),
        }
    )


def write(table: pa.Table, steps: list[int], directory: Path, *, dictionary: bool = False, **options: Any) -> list[WrittenFile]:
    with PartWriter(table.schema, directory, **options) as writer:
        at = 0
        for step in [*steps, table.num_rows]:
            part = table.slice(at, step)
            if dictionary and part.num_rows:
                part = part.set_column(1, "s", part["s"].combine_chunks().dictionary_encode())
            writer.write(part.combine_chunks().to_batches()[0] if part.num_rows and not dictionary else part)
            at += step
    return writer.files


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.integers(0, 400), max_size=8),
    group=st.sampled_from([64, 100, 1000]),
    target=st.sampled_from([None, 1, 6000]),
    by=st.sampled_from([(), ("s",), ("s", "i")]),
    dictionary=st.booleans(),
)
def test_same_rows_same_bytes(
    steps: list[int], group: int, target: int | None, by: tuple[str, ...], dictionary: bool, tmp_path: Path
) -> None:
    table = make(1000)
    if "i" in by:
        table = table.set_column(0, "i", pa.array([i % 4 for i in range(1000)]))
    options: dict[str, Any] = {"row_group_rows": group, "target_bytes": target, "partition_by": by}
    one = write(table, [], tmp_path / "one", **options)
    two = write(table, steps, tmp_path / "two", dictionary=dictionary, **options)
    assert [(f.folder, f.index, f.rows, f.bytes, f.sha256) for f in one] == [(f.folder, f.index, f.rows, f.bytes, f.sha256) for f in two]


def test_rows_come_back(tmp_path: Path) -> None:
    table = make(1000)
    files = write(table, [7, 300], tmp_path, row_group_rows=128)
    assert pq.read_table(files[0].path).equals(table)
    assert files[0].rows == 1000
    data = files[0].path.read_bytes()
    assert (files[0].bytes, files[0].sha256) == (len(data), hashlib.sha256(data).hexdigest())
    meta = pq.ParquetFile(files[0].path).metadata
    assert [meta.row_group(i).num_rows for i in range(meta.num_row_groups)] == [128] * 7 + [104]
    assert meta.row_group(0).column(0).compression == "ZSTD"


def test_target_size_splits(tmp_path: Path) -> None:
    table = make(5000)
    files = write(table, [], tmp_path, row_group_rows=500, target_bytes=20_000)
    assert len(files) > 2
    assert all(f.bytes >= 20_000 for f in files[:-1])
    assert [f.path.name for f in files] == [f"{i:05d}.parquet" for i in range(len(files))]
    assert pa.concat_tables([pq.read_table(f.path) for f in files]).equals(table)


def test_bytes_are_the_same_in_another_process(tmp_path: Path) -> None:
    table = make(300)
    pq.write_table(table, tmp_path / "in.parquet")
    here = write(pq.read_table(tmp_path / "in.parquet"), [], tmp_path / "a")
    code = (
        "import sys, pyarrow.parquet as pq\nfrom featureprep.io.writer import PartWriter\n"
        "t = pq.read_table(sys.argv[1])\nw = PartWriter(t.schema, sys.argv[2])\nw.write(t)\nprint(w.close()[0].sha256)"
    )
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "in.parquet"), str(tmp_path / "b")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    assert done.stdout.strip() == here[0].sha256


VALUES = ["a", None, "", "..", "a/b", "a=b", "é", "%41", "__HIVE_DEFAULT_PARTITION__", ".", "a\\b", "x\ny", "*", " ", "C:", "\0"]


def test_partitions_come_back_and_stay_inside(tmp_path: Path, read: Any) -> None:
    table = pa.table({"k": VALUES, "n/1": [1] * len(VALUES), "d": [dt.date(2020, 1, 1)] * len(VALUES), "v": range(len(VALUES))})
    root = tmp_path / "out"
    files = write(table, [], root, partition_by=["k", "n/1", "d"])
    assert len({f.folder for f in files}) == len(VALUES)
    for file in files:
        assert root in file.path.resolve().parents
        assert len(file.path.relative_to(root).parts) == 4
        assert pq.read_schema(file.path).names == ["v"]
    schema = {"k": "string", "n/1": "int64", "d": "date", "v": "int64"}
    whole = read(read_parquet(str(root), hive_partitioning=True, schema=schema))
    assert sorted(whole.rows, key=lambda r: r["v"]) == table.to_pylist()


def test_no_rows(tmp_path: Path) -> None:
    (file,) = write(make(0), [], tmp_path)
    assert file.rows == 0
    assert pq.read_table(file.path).schema.equals(make(0).schema)
    assert write(make(0), [], tmp_path / "p", partition_by=["s"]) == []


def test_field_metadata_is_kept(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("a", pa.int64(), metadata={"size": "3"})])
    with PartWriter(schema, tmp_path) as writer:
        writer.write(pa.table({"a": [1]}))
    assert pq.read_schema(writer.files[0].path).field("a").metadata[b"size"] == b"3"


def test_abort_leaves_no_open_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="stop"), PartWriter(make(0).schema, tmp_path, row_group_rows=10) as writer:
        writer.write(make(100))
        raise KeyError("stop")
    assert list(tmp_path.iterdir()) == []


def test_arguments(tmp_path: Path) -> None:
    schema = make(0).schema
    for wrong in (
        {"codec": "lzo"},
        {"target_bytes": 0},
        {"row_group_rows": 0},
        {"partition_by": ["s", "s"]},
        {"partition_by": schema.names},
    ):
        with pytest.raises(ArgumentError):
            PartWriter(schema, tmp_path, **wrong)
    with pytest.raises(ColumnNotFoundError):
        PartWriter(schema, tmp_path, partition_by=["q"])
    with pytest.raises(TypeMismatchError):
        PartWriter(schema, tmp_path, partition_by=["f"])
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldError):
        PartWriter(schema, tmp_path / "file").close()


def test_too_many_folders(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="512 folders"):
        write(pa.table({"k": range(600), "v": range(600)}), [], tmp_path, partition_by=["k"])
    with pytest.raises(ArgumentError, match="folder names"):
        write(pa.table({"k": ["é" * 100], "v": [1]}), [], tmp_path, partition_by=["k"])


@pytest.mark.parametrize("days", [-719_163, 2_932_897, -719_162, 2_932_896])
def test_dates_that_no_folder_name_spells(tmp_path: Path, days: int) -> None:
    table = pa.table({"k": pa.array([days, None, 0], pa.int32()).cast(pa.date32()), "v": [1, 2, 3]})
    if days in (-719_162, 2_932_896):
        assert {file.folder for file in write(table, [], tmp_path, partition_by=["k"])} >= {"k=0001-01-01" if days < 0 else "k=9999-12-31"}
    else:
        with pytest.raises(ArgumentError, match="years 1 to 9999"):
            write(table, [], tmp_path, partition_by=["k"])


def test_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    (tmp_path / "00000.parquet").symlink_to("/dev/full")
    with pytest.raises(WorldError, match="cannot be written"):
        write(make(50_000), [], tmp_path)


@pytest.mark.parametrize("codec", ["zstd", "snappy", "gzip", "lz4", "brotli", "none"])
def test_codecs(codec: str, tmp_path: Path) -> None:
    (file,) = write(make(100), [], tmp_path, codec=codec)
    assert pq.read_table(file.path).equals(make(100))


def test_ids_and_places_are_packed_and_others_read_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    ids = pa.array(rng.integers(-1, 100_000, 5000), mask=rng.random(5000) < 0.1)
    places = pa.FixedSizeListArray.from_arrays(pa.array(rng.integers(0, 2, 15_000), pa.int8()), 3)
    lists = pa.array([None if i % 7 == 0 else [i % 3] * (i % 4) for i in range(5000)], pa.list_(pa.int8()))
    field = pa.field("id", pa.int64(), metadata={"featureprep": '{"size": 100000}'})
    schema = pa.schema([field, pa.field("hot", places.type), pa.field("kinds", lists.type), pa.field("few", pa.int64())])
    table = pa.Table.from_arrays([ids, places, lists, pa.array(np.arange(5000) % 9)], schema=schema)
    (file,) = write(table, [], tmp_path)
    group = pq.ParquetFile(file.path).metadata.row_group(0)
    found = {group.column(i).path_in_schema: set(group.column(i).encodings) for i in range(group.num_columns)}
    assert [name for name, used in found.items() if "DELTA_BINARY_PACKED" in used] == ["id", "hot.list.element", "kinds.list.element"]
    assert "RLE_DICTIONARY" in found["few"]
    assert pq.read_table(file.path).replace_schema_metadata() == table
    rows = table.to_pylist()
    assert pl.read_parquet(file.path).rows(named=True) == rows
    names = ", ".join(schema.names)
    assert duckdb.execute(f"SELECT {names} FROM '{file.path}'").fetchall() == [
        (row["id"], row["hot"], row["kinds"], row["few"]) for row in rows
    ]
