"""Rows that one scan has decoded, kept for the next: every run reads its sources twice at least, and decoding is most of a reading.

They are plain Arrow data in files that live as long as the run, so keeping them takes no memory but the page cache. What cannot be
kept (no room, cells that did not fit, records that could not be parsed) is read from its source again, with the same result.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from featureprep.io.base import Fragment, Source, SourceBatch
from featureprep.io.listing import verify
from featureprep.io.reader import read_fragment

DECODED_BYTES = 512 << 20
"""How much a run keeps; pieces beyond are read from their files every time."""


@dataclass
class _Piece:
    """A file of Arrow streams, one a batch, as batches may differ in what is dictionary-encoded."""

    path: Path
    columns: frozenset[str]
    batches: list[tuple[int, int, int]] = field(default_factory=list)
    """(first row, where its stream begins, where it ends)"""

    def read(self, columns: Collection[str]) -> Iterator[SourceBatch]:
        with pa.memory_map(str(self.path)) as file:
            for row, start, stop in self.batches:
                file.seek(start)
                with pa.ipc.open_stream(file.read_buffer(stop - start)) as stream:
                    batch = stream.read_next_batch()
                yield SourceBatch(_only(batch, columns), np.arange(row, row + batch.num_rows, dtype=np.int64))


class DecodedRows:
    """Decoded rows of the pieces of sources; safe to use from several threads, each with a piece of its own.

    Parameters
    ----------
    folder : str
        Where the files go, in a folder of their own.
    later : mapping of source name to names of columns
        What is kept beside the columns that a scan asks for, because a later one will.
    room : int
        Bytes to keep.
    """

    def __init__(self, folder: str, later: Mapping[str, Collection[str]], room: int = DECODED_BYTES) -> None:
        self.later = later
        self._folder = tempfile.TemporaryDirectory(prefix="featureprep-decoded-", dir=folder, ignore_cleanup_errors=True)
        self._room = room
        self._lock = threading.Lock()
        self._pieces: dict[tuple[str, str, int], _Piece] = {}
        self._numbers = itertools.count()
        self._keeping = False

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Pieces that are read within are kept; outside, only those that have been are read from here."""
        self._keeping = True
        try:
            yield
        finally:
            self._keeping = False

    def read(self, source: Source, name: str, piece: Fragment, schema: pa.Schema, columns: Sequence[str]) -> Iterator[SourceBatch]:
        """As `read_fragment`."""
        key = name, piece.key, piece.index
        known = self._pieces.get(key)
        if known is not None and known.columns.issuperset(columns):
            verify(source, piece.file)
            yield from known.read(columns)
        elif not self._keeping or known is not None or source.kind == "memory":
            yield from read_fragment(source, piece, schema, columns)
        else:
            more = [column for column in schema.names if column in columns or column in self.later.get(name, ())]
            made = _Piece(Path(self._folder.name) / str(next(self._numbers)), frozenset(more))
            batches = read_fragment(source, piece, schema, more)
            for batch in self._written(batches, made, key):
                kept = {column: misfit for column, misfit in batch.malformed.items() if column in columns}
                yield SourceBatch(_only(batch.batch, columns), batch.rows, kept, batch.bad_records)

    def has(self, name: str, piece: Fragment) -> bool:
        """Whether rows of a piece of that source are kept."""
        return (name, piece.key, piece.index) in self._pieces

    def close(self) -> None:
        """Take the files away."""
        self._pieces.clear()
        self._folder.cleanup()

    def _written(self, batches: Iterator[SourceBatch], made: _Piece, key: tuple[str, str, int]) -> Iterator[SourceBatch]:
        """The batches, each written as it passes; the piece is known once all have been."""
        with contextlib.ExitStack() as files:
            file: pa.NativeFile | None = None
            whole = True
            for batch in batches:
                if whole:
                    try:
                        if file is None:
                            file = files.enter_context(pa.OSFile(str(made.path), "wb"))
                        whole = self._write(batch, made, file)
                    except OSError:  # a full disk: the source is still there
                        whole = False
                yield batch
        if whole and file is not None:
            self._pieces[key] = made
        else:
            made.path.unlink(missing_ok=True)
            with self._lock:
                self._room += made.batches[-1][2] if made.batches else 0

    def _write(self, batch: SourceBatch, made: _Piece, file: pa.NativeFile) -> bool:
        rows = batch.rows
        if batch.malformed or batch.bad_records or not len(rows) or rows[-1] - rows[0] != len(rows) - 1:
            return False
        start = file.tell()
        with self._lock:
            if self._room < batch.batch.nbytes:
                return False
        with pa.ipc.new_stream(file, batch.batch.schema) as stream:
            stream.write_batch(batch.batch)
        stop = file.tell()
        made.batches.append((int(rows[0]), start, stop))
        with self._lock:
            self._room -= stop - start
        return True


def _only(batch: pa.RecordBatch, columns: Collection[str]) -> pa.RecordBatch:
    return batch.select([name for name in batch.schema.names if name in columns])
