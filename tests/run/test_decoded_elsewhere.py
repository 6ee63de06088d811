"""Rows that one worker process decodes are there for the others, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.errors import SourceChangedError
from featureprep.io.api import read_parquet
from featureprep.io.base import Fragment, Source, SourceBatch
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.reader import read_fragment
from featureprep.run import decoded
from featureprep.run.decoded_elsewhere import DecodedElsewhere

SCHEMA = pa.schema([("a", pa.float64()), ("b", pa.string()), ("c", pa.int64())])


@pytest.fixture
def table(tmp_path: Path) -> pa.Table:
    rng = np.random.default_rng(7)
    columns = [pa.array(rng.normal(size=3000)), pa.array(rng.choice(["x", "yy"], 3000)), pa.array(rng.integers(0, 9, 3000))]
    made = pa.table(columns, schema=SCHEMA)
    pq.write_table(made, tmp_path / "x.parquet", row_group_size=700)
    return made


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns of every reading of a fragment from its file."""
    seen: list[tuple[str, ...]] = []

    def noted(source: Source, piece: Fragment, schema: pa.Schema, columns: Sequence[str]) -> Iterator[SourceBatch]:
        seen.append(tuple(columns))
        return read_fragment(source, piece, schema, columns)

    monkeypatch.setattr(decoded, "read_fragment", noted)
    return seen


SOURCE = read_parquet("x.parquet")


def _pieces(folder: Path, size: int = 20_000) -> list[Fragment]:
    return plan(SOURCE, "s", pin(SOURCE, str(folder)), size)


def _worker(rows: DecodedElsewhere, *, keeping: bool) -> DecodedElsewhere:
    """What arrives in a worker of a function that was sent by one scan or by another."""
    if keeping:
        with rows.keeping():
            sent = cloudpickle.dumps(rows)
    else:
        sent = cloudpickle.dumps(rows)
    arrived: DecodedElsewhere = cloudpickle.loads(sent)
    return arrived


def _read(rows: DecodedElsewhere, piece: Fragment, columns: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    batches = rows.read(SOURCE, "s", piece, SCHEMA, columns)
    return [(int(at), row) for batch in batches for at, row in zip(batch.rows, batch.batch.to_pylist(), strict=True)]


def _kept(folder: Path) -> list[Path]:
    (own,) = folder.glob("featureprep-decoded-*")
    return list(own.iterdir())


def test_what_one_worker_reads_another_finds(table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]]) -> None:
    pieces = _pieces(tmp_path)
    assert len(pieces) > 1
    rows = DecodedElsewhere(str(tmp_path), {"s": {"c"}}, 2)
    first = [_read(_worker(rows, keeping=True), piece, ["a"]) for piece in pieces]
    assert [row for part in first for _, row in part] == table.select(["a"]).to_pylist()
    assert reads == [("a", "c")] * len(pieces)
    assert len(_kept(tmp_path)) == len(pieces)
    other = _worker(rows, keeping=False)
    assert all(other.has("s", piece) and not other.has("t", piece) for piece in pieces)
    for columns in (["a"], ["a", "c"], ["c"]):
        again = [_read(other, piece, columns) for piece in pieces]
        assert [row for part in again for _, row in part] == table.select(columns).to_pylist()
        assert [[at for at, _ in part] for part in again] == [[at for at, _ in part] for part in first]
    assert len(reads) == len(pieces)
    assert [row for piece in pieces for _, row in _read(other, piece, ["b"])] == table.select(["b"]).to_pylist()
    assert len(reads) == 2 * len(pieces)
    rows.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_attempts_at_one_piece_leave_one_file(table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]]) -> None:
    (piece,) = _pieces(tmp_path, 1 << 30)
    rows = DecodedElsewhere(str(tmp_path), {}, 2)
    twins = [_worker(rows, keeping=True).read(SOURCE, "s", piece, SCHEMA, ["a", "b"]) for _ in range(2)]
    both = [[row for batch in batches for row in batch.batch.to_pylist()] for batches in zip(*twins, strict=True)]
    expected = table.select(["a", "b"]).to_pylist()
    assert sum(len(part) for part in both) == 2 * len(expected)
    assert len(_kept(tmp_path)) == 1
    assert [row for _, row in _read(_worker(rows, keeping=False), piece, ["b", "a"])] == expected
    assert len(reads) == 2
    rows.close()


def test_what_is_kept_is_never_replaced(table: pa.Table, tmp_path: Path) -> None:
    (piece,) = _pieces(tmp_path, 1 << 30)
    rows = DecodedElsewhere(str(tmp_path), {}, 1)
    slow = _worker(rows, keeping=True).read(SOURCE, "s", piece, SCHEMA, ["a"])
    next(slow)
    _read(_worker(rows, keeping=True), piece, ["a", "c"])
    (kept,) = [path for path in _kept(tmp_path) if len(path.name) == 64]
    before = kept.read_bytes()
    assert len(list(slow)) > 0
    assert _kept(tmp_path) == [kept]
    assert kept.read_bytes() == before
    rows.close()


@pytest.mark.parametrize("why", ["no room", "outside", "left off", "run over"])
def test_what_is_not_kept_is_read_again(table: pa.Table, tmp_path: Path, reads: list[tuple[str, ...]], why: str) -> None:
    (piece,) = _pieces(tmp_path, 1 << 30)
    rows = DecodedElsewhere(str(tmp_path), {}, 2, room=2 * 5000) if why == "no room" else DecodedElsewhere(str(tmp_path), {}, 2)
    worker = _worker(rows, keeping=why != "outside")
    if why == "left off":
        reading = worker.read(SOURCE, "s", piece, SCHEMA, SCHEMA.names)
        next(reading)
        reading.close()  # type: ignore[attr-defined]
    elif why == "run over":
        rows.close()
        _read(worker, piece, SCHEMA.names)
    else:
        assert [row for _, row in _read(worker, piece, SCHEMA.names)] == table.to_pylist()
        assert _kept(tmp_path) == []
    assert [row for _, row in _read(_worker(rows, keeping=False), piece, SCHEMA.names)] == table.to_pylist()
    assert len(reads) == 2
    rows.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x.parquet"]


def test_a_file_that_changes_after_it_was_decoded_is_found_out(table: pa.Table, tmp_path: Path) -> None:
    (piece,) = _pieces(tmp_path, 1 << 30)
    rows = DecodedElsewhere(str(tmp_path), {}, 2)
    _read(_worker(rows, keeping=True), piece, ["a"])
    os.utime(tmp_path / "x.parquet", ns=(1, 1))
    with pytest.raises(SourceChangedError, match="written again"):
        _read(_worker(rows, keeping=False), piece, ["a"])
    rows.close()
