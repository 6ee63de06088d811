"""Rows that one scan has decoded, kept for the next: every run reads its sources twice at least, and decoding is most of a reading.

They are plain Arrow data in files that live as long as the run, so keeping them takes no memory but the page cache. What cannot be
kept (no room, cells that did not fit, records that could not be parsed) is read from its source again, with the same result.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from featureprep.io.base import Fragment, Source, SourceBatch
from featureprep.io.listing import verify
from featureprep.io.reader import read_fragment

DECODED_BYTES = 512 << 20
"""How much a run keeps; pieces beyond are read from their files every time."""


class Room:
    """Bytes that may still be kept; safe to use from several threads."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()

    def fits(self, size: int) -> bool:
        """Whether so many are left."""
        with self._lock:
            return size <= self._left

    def take(self, size: int) -> None:
        """So many fewer are left; more of a negative size."""
        with self._lock:
            self._left -= size


@dataclass
class KeptPiece:
    """A file of Arrow streams, one a batch, as batches may differ in what is dictionary-encoded."""

    path: Path
    columns: frozenset[str]
    batches: list[tuple[int, int, int]] = field(default_factory=list)
    """(first row, where its stream begins, where it ends)"""

    def read(self, columns: Collection[str]) -> Iterator[SourceBatch]:
        """The rows, of some of the columns."""
        with pa.memory_map(str(self.path)) as file:
            for row, start, stop in self.batches:
                file.seek(start)
                with pa.ipc.open_stream(file.read_buffer(stop - start)) as stream:
                    batch = stream.read_next_batch()
                yield SourceBatch(_only(batch, columns), np.arange(row, row + batch.num_rows, dtype=np.int64))

    def passing(
        self, batches: Iterator[SourceBatch], columns: Collection[str], room: Room, keep: Callable[[KeptPiece], None]
    ) -> Iterator[SourceBatch]:
        """The batches, of some of the columns, each written as it passes. After the last one `keep` is called, if all could be; else nothing is left."""
        with contextlib.ExitStack() as files:
            file: pa.NativeFile | None = None
            whole = True
            for batch in batches:
                if whole:
                    try:
                        if file is None:
                            file = files.enter_context(pa.OSFile(str(self.path), "wb"))
                        whole = self._write(batch, room, file)
                    except OSError:  # a full disk: the source is still there
                        whole = False
                kept = {column: misfit for column, misfit in batch.malformed.items() if column in columns}
                yield SourceBatch(_only(batch.batch, columns), batch.rows, kept, batch.bad_records)
        if whole and file is not None:
            keep(self)
        else:
            self.path.unlink(missing_ok=True)
            room.take(-self.batches[-1][2] if self.batches else 0)

    def _write(self, batch: SourceBatch, room: Room, file: pa.NativeFile) -> bool:
        rows = batch.rows
        if batch.malformed or batch.bad_records or not len(rows) or rows[-1] - rows[0] != len(rows) - 1:
            return False
        start = file.tell()
        if not room.fits(batch.batch.nbytes):
            return False
        with pa.ipc.new_stream(file, batch.batch.schema) as stream:
            stream.write_batch(batch.batch)
        stop = file.tell()
        self.batches.append((int(rows[0]), start, stop))
        room.take(stop - start)
        return True


class Decoded(ABC):
    """Decoded rows of the pieces of sources: when they are read from their source, when they are kept, when they are read from there.

    Parameters
    ----------
    folder : str
        Where the files go, in a folder of their own.
    later : mapping of source name to names of columns
        What is kept beside the columns that a scan asks for, because a later one will.
    """

    def __init__(self, folder: str, later: Mapping[str, Collection[str]]) -> None:
        self.later = later
        self._owned = tempfile.TemporaryDirectory(prefix="featureprep-decoded-", dir=folder, ignore_cleanup_errors=True)
        self._folder = self._owned.name
        self._keeping = False

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Pieces that are read within are kept; outside, only those that have been are read from here. A copy that is pickled stays as it was."""
        self._keeping = True
        try:
            yield
        finally:
            self._keeping = False

    def read(self, source: Source, name: str, piece: Fragment, schema: pa.Schema, columns: Sequence[str]) -> Iterator[SourceBatch]:
        """As `read_fragment`."""
        known = self._known(name, piece)
        if known is not None and known.columns.issuperset(columns):
            verify(source, piece.file)
            yield from known.read(columns)
        elif not self._keeping or known is not None or source.kind == "memory":
            yield from read_fragment(source, piece, schema, columns)
        else:
            later = self.later.get(name, ())
            more = [column for column in schema.names if column in columns or column in later]
            made = KeptPiece(Path(self._folder) / self._new(), frozenset(more))
            yield from made.passing(read_fragment(source, piece, schema, more), columns, self._left(), partial(self._keep, name, piece))

    def has(self, name: str, piece: Fragment) -> bool:
        """Whether rows of a piece of that source are kept."""
        return self._known(name, piece) is not None

    def close(self) -> None:
        """Take the files away; in the process that made their folder."""
        self._owned.cleanup()

    @abstractmethod
    def _known(self, name: str, piece: Fragment) -> KeptPiece | None:
        """A piece of the source of that name, if it is kept."""

    @abstractmethod
    def _new(self) -> str:
        """The name of a file that nobody else writes."""

    @abstractmethod
    def _left(self) -> Room:
        """What may still be kept."""

    @abstractmethod
    def _keep(self, name: str, piece: Fragment, made: KeptPiece) -> None:
        """Keep a piece that has been written whole."""


class DecodedRows(Decoded):
    """Those of this process; safe to use from several threads, each with a piece of its own. `room`: bytes to keep."""

    def __init__(self, folder: str, later: Mapping[str, Collection[str]], room: int = DECODED_BYTES) -> None:
        super().__init__(folder, later)
        self._room = Room(room)
        self._pieces: dict[tuple[str, str, int], KeptPiece] = {}
        self._numbers = itertools.count()

    def close(self) -> None:
        self._pieces.clear()
        super().close()

    def _known(self, name: str, piece: Fragment) -> KeptPiece | None:
        return self._pieces.get((name, piece.key, piece.index))

    def _new(self) -> str:
        return str(next(self._numbers))

    def _left(self) -> Room:
        return self._room

    def _keep(self, name: str, piece: Fragment, made: KeptPiece) -> None:
        self._pieces[name, piece.key, piece.index] = made


def _only(batch: pa.RecordBatch, columns: Collection[str]) -> pa.RecordBatch:
    return batch.select([name for name in batch.schema.names if name in columns])
