"""Rows that one scan decodes are there for the next, and a run with them leaves what one without them leaves."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.errors import SourceChangedError
from featureprep.io.api import read_csv, read_parquet
from featureprep.io.base import Fragment, Source, SourceBatch
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.reader import read_fragment
from featureprep.run import decoded
from featureprep.run.decoded import DecodedRows

SCHEMA = pa.schema([("a", pa.float64()), ("b", pa.string()), ("c", pa.int64())])


@pytest.fixture
def table() -> pa.Table:
    rng = np.random.default_rng(7)
    n = 5000
    words = rng.choice(["x", "yy", "zzz"], n)
    columns = [
        pa.array(rng.normal(size=n), mask=rng.random(n) < 0.1),
        pa.array(words, mask=rng.random(n) < 0.1),
        pa.array(rng.integers(0, 9, n)),
    ]
    return pa.table(columns, schema=SCHEMA)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns of every reading of a fragment from its file."""
    seen: list[tuple[str, ...]] = []
    genuine = read_fragment

    def noted(source: Source, piece: Fragment, schema: pa.Schema, columns: Sequence[str]) -> Iterator[SourceBatch]:
        seen.append(tuple(columns))
        return genuine(source, piece, schema, columns)

    monkeypatch.setattr(decoded, "read_fragment", noted)
    return seen


def _rows(batches: Iterator[SourceBatch]) -> list[tuple[int, dict[str, Any]]]:
    return [(int(at), row) for batch in batches for at, row in zip(batch.rows, batch.batch.to_pylist(), strict=True)]


def _pieces(source: Source, folder: Path) -> list[Fragment]:
    return plan(source, "s", pin(source, str(folder)), 20_000)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_second_reading_gives_the_same_rows_without_the_file(
    table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]], kind: str
) -> None:
    if kind == "csv":
        pyarrow.csv.write_csv(table, tmp_path / "x.csv")
    else:
        pq.write_table(table, tmp_path / "x.parquet", row_group_size=700)
    source = read_csv("x.csv") if kind == "csv" else read_parquet("x.parquet")
    pieces = _pieces(source, tmp_path)
    assert len(pieces) > 1
    rows = DecodedRows(str(tmp_path), {"s": {"c"}})
    with rows.keeping():
        first = [_rows(rows.read(source, "s", piece, SCHEMA, ["a"])) for piece in pieces]
    assert [row for part in first for _, row in part] == table.select(["a"]).to_pylist()
    assert reads == [("a", "c")] * len(pieces)  # what a later reading needs is read along
    for columns in (["a"], ["a", "c"], ["c"]):
        again = [_rows(rows.read(source, "s", piece, SCHEMA, columns)) for piece in pieces]
        assert [row for part in again for _, row in part] == table.select(columns).to_pylist()
        assert [[at for at, _ in part] for part in again] == [[at for at, _ in part] for part in first]
    assert len(reads) == len(pieces)
    assert [row for piece in pieces for _, row in _rows(rows.read(source, "s", piece, SCHEMA, ["b"]))] == table.select(["b"]).to_pylist()
    assert reads[len(pieces) :] == [("b",)] * len(pieces)
    rows.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"x.{kind}"]


@pytest.mark.parametrize("why", ["no room", "outside", "misfits", "bad records", "full disk"])
def test_what_cannot_be_kept_is_read_again(
    table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["a,b,c", *(f"{i},w{i},{i}" for i in range(3000))]
    if why == "misfits":
        lines[2500] = "no number,w,1"
    if why == "bad records":
        lines[2500] = "1,2"
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    source = read_csv("x.csv", on_error="drop")
    (piece,) = plan(source, "s", pin(source, str(tmp_path)), 1 << 30)
    rows = DecodedRows(str(tmp_path), {}, room=1000 if why == "no room" else decoded.DECODED_BYTES)
    if why == "full disk":

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pa.ipc, "new_stream", full)
    if why == "outside":
        first = _rows(rows.read(source, "s", piece, SCHEMA, SCHEMA.names))
    else:
        with rows.keeping():
            first = _rows(rows.read(source, "s", piece, SCHEMA, SCHEMA.names))
    assert len(first) == (2999 if why == "bad records" else 3000)
    assert _rows(rows.read(source, "s", piece, SCHEMA, SCHEMA.names)) == first
    assert len(reads) == 2
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert list(folder.iterdir()) == []
    rows.close()


def test_a_reading_that_was_left_off_is_not_taken_for_whole(table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]]) -> None:
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=700)
    source = read_parquet("x.parquet")
    (piece,) = plan(source, "s", pin(source, str(tmp_path)), 1 << 30)
    rows = DecodedRows(str(tmp_path), {})
    with rows.keeping():
        reading = rows.read(source, "s", piece, SCHEMA, ["a"])
        next(reading)
        reading.close()  # type: ignore[attr-defined]
    assert [row for _, row in _rows(rows.read(source, "s", piece, SCHEMA, ["a"]))] == table.select(["a"]).to_pylist()
    assert len(reads) == 2
    rows.close()


def test_a_file_that_changes_after_it_was_decoded_is_found_out(table: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(table, path)
    source = read_parquet("x.parquet")
    (piece,) = _pieces(source, tmp_path)
    rows = DecodedRows(str(tmp_path), {})
    with rows.keeping():
        _rows(rows.read(source, "s", piece, SCHEMA, ["a"]))
    os.utime(path, ns=(1, 1))
    with pytest.raises(SourceChangedError, match="written again"):
        _rows(rows.read(source, "s", piece, SCHEMA, ["a"]))
    rows.close()


def test_a_run_reads_its_files_once_and_leaves_the_same(
    table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=700)

    @fp.job(sources={"s": fp.read_parquet(str(tmp_path / "x.parquet"))}, split=fp.split(train=0.7, eval=0.3, by="row"))
    def small(s: fp.Table) -> fp.Table:
        s = s.filter(col("c") < 8, name="few")
        return s.features(a=T.standard_scale(T.impute("a", "median")), b=T.one_hot("b"), c3=T.bucketize("c", 3), keep=["c"])

    one = small.run(store=str(tmp_path / "one"))
    assert len(reads) == 1
    monkeypatch.setattr(decoded.DecodedRows.__init__, "__defaults__", (0,))
    two = small.run(store=str(tmp_path / "two"))
    assert len(reads) == 3
    assert one.dataset.fingerprint == two.dataset.fingerprint
    assert one.graph.fingerprint == two.graph.fingerprint
    assert one.report.statistics == two.report.statistics
    assert not list((tmp_path / "one").rglob("featureprep-decoded-*"))
