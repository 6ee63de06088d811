"""Reading pieces: fragments of sources and parts of stages, as batches of columns with their row numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import UdfError
from featureprep.expr.op import Mask
from featureprep.io.base import BadRecord, Fragment, Origin, Source, SourceBatch
from featureprep.io.reader import locate, read_fragment
from featureprep.run.decoded import Decoded
from featureprep.store.objects import ObjectStore

MALFORMED = "$malformed:"
"""Prefix of the bool pseudo column that says which cells of a column did not fit its type."""
MALFORMED_TEXT = "$malformed_text:"
"""Prefix of the string pseudo column with the texts of those cells, null elsewhere."""
BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class StagePart:
    """One bucket of a stage: an Arrow IPC file in the run's staging area."""

    stage: str
    index: int
    path: str
    rows: int
    key: str
    bytes: int = 0
    """As it is stored."""


@dataclass(frozen=True)
class RowBatch:
    """Rows of one piece. `rows` numbers them within it; `columns` are plain or dictionary-encoded arrays of length `n`."""

    columns: Mapping[str, pa.Array]
    n: int
    rows: np.ndarray[Any, np.dtype[np.int64]]
    malformed: Mapping[str, Mask] = field(default_factory=dict)
    texts: Mapping[str, list[str]] = field(default_factory=dict)
    bad: Sequence[BadRecord] = ()
    skipped: Mapping[int, int] = field(default_factory=dict)
    """Rows between these and the last ones that were not read, as a rule (by its number in the pipe) drops them all."""


@dataclass(frozen=True)
class SourceInput:
    """How the fragments of a source are read. Columns of types that the file does not have are cast as cells."""

    source: Source
    name: str
    schema: pa.Schema
    decoded: Decoded | None = field(default=None, compare=False, kw_only=True)
    """Where rows that were read before may be; on the machine that read them only."""

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        """The rows of a fragment, of `columns` (pseudo columns among them) or all."""
        # one at least, so that rows can be counted
        wanted = None if columns is None else real_columns(columns) or self.schema.names[:1]
        for batch in self._batches(piece, wanted):
            n = len(batch.rows)
            arrays = dict(zip(batch.batch.schema.names, batch.batch.columns, strict=True))
            for name in columns or ():
                if name.startswith(MALFORMED):
                    at = batch.malformed.get(name.removeprefix(MALFORMED))
                    arrays[name] = pa.array(np.zeros(n, bool) if at is None else at[0])
                elif name.startswith(MALFORMED_TEXT):
                    arrays[name] = _texts(batch.malformed.get(name.removeprefix(MALFORMED_TEXT)), n)
            masks = {name: mask for name, (mask, _) in batch.malformed.items()}
            texts = {name: found for name, (_, found) in batch.malformed.items()}
            yield RowBatch(arrays, n, batch.rows, masks, texts, batch.bad_records)

    def _batches(self, piece: Fragment, columns: list[str] | None) -> Iterator[SourceBatch]:
        if self.decoded is None:
            return read_fragment(self.source, piece, self.schema, columns)
        return self.decoded.read(self.source, self.name, piece, self.schema, self.schema.names if columns is None else columns)

    def origins(self, piece: Fragment, rows: Sequence[int]) -> list[Origin]:
        """Where rows stand."""
        return locate(self.source, piece, rows) if rows else []


@dataclass(frozen=True)
class StageInput:
    """How the parts of a stage are read."""

    store: ObjectStore
    name: str
    schema: pa.Schema

    def read(self, piece: StagePart, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        """The rows of a part."""
        reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(self.store.open_local(piece.path))))
        start = 0
        for at in range(reader.num_record_batches):
            batch = reader.get_batch(at)
            names = batch.schema.names if columns is None else columns
            arrays = {name: batch.column(name) for name in names}
            rows = np.arange(start, start + batch.num_rows, dtype=np.int64)
            yield RowBatch(arrays, batch.num_rows, rows, _masks(batch))
            start += batch.num_rows

    def origins(self, piece: StagePart, rows: Sequence[int]) -> list[Origin]:
        """Where rows stand: the stage, its part and the number there (rows of a part are in order of content)."""
        return [Origin(f"stage {piece.stage} part {piece.index}", None, None, row) for row in rows]


@contextmanager
def naming_row(source: SourceInput | StageInput, piece: Any, batch: RowBatch) -> Iterator[None]:
    """Where a user's function raises for one row of a batch, say in the error where that row stands."""
    try:
        yield
    except UdfError as error:
        if error.row is None:
            raise
        (origin,) = source.origins(piece, [int(batch.rows[error.row])])
        raise UdfError(f"{error.what} for the row at {origin}", where=error.where, hint=error.hint) from error.__cause__


def _masks(batch: pa.RecordBatch) -> dict[str, Mask]:
    """The malformed cells that a stage's pseudo columns tell of."""
    names = [name for name in batch.schema.names if name.startswith(MALFORMED)]
    masks = {name.removeprefix(MALFORMED): batch.column(name).to_numpy(zero_copy_only=False) for name in names}
    return {name: mask for name, mask in masks.items() if mask.any()}


def real_columns(columns: Iterable[str]) -> list[str]:
    """The columns of the file that some columns, pseudo columns among them, need."""
    return list(dict.fromkeys(name.removeprefix(MALFORMED).removeprefix(MALFORMED_TEXT) for name in columns))


def _texts(misfits: tuple[Mask, list[str]] | None, n: int) -> pa.Array:
    if misfits is None:
        return pa.nulls(n, pa.string())
    at = np.cumsum(misfits[0]) - 1
    return pa.array(misfits[1], pa.string()).take(pa.array(at, mask=~misfits[0]))


def with_pseudo(schema: pa.Schema) -> pa.Schema:
    """A source's schema with its pseudo columns."""
    masks = [pa.field(MALFORMED + name, pa.bool_(), nullable=False) for name in schema.names]
    texts = [pa.field(MALFORMED_TEXT + name, pa.string()) for name in schema.names]
    return pa.schema([*schema, *masks, *texts])
