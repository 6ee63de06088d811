"""Tables in memory as a source: fragments are row ranges, known by the content of the whole table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.ipc

from featureprep.canonical import digest
from featureprep.errors import RequestError
from featureprep.io.base import Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.conform import CHUNK_ROWS, conform, logical_schema
from featureprep.kernels.encodings import joined
from featureprep.threads import each

_HASHED_ROWS = 65_536


class MemoryFormat:
    """See `featureprep.io.base.Format`. There is one "file", called "memory"."""

    version: ClassVar[int] = 1
    cut_by_content: ClassVar[bool] = False

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        table = _table(source)
        return PinnedFile(url=url, size=table.nbytes, version=_content(table), facts={"rows": table.num_rows})

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        table = _table(source)
        return PinnedFile(url=url, size=table.nbytes, version="", facts={"rows": table.num_rows})

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        return logical_schema(_table(source).schema, "memory")

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        return list(_table(source).schema.names)

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        table = _table(source)
        step = max(1, target_bytes * table.num_rows // max(table.nbytes, 1))
        if CHUNK_ROWS < step < table.num_rows:
            step -= step % CHUNK_ROWS  # whole batches, and of a data frame whole dictionaries
        pieces = []
        for index, start in enumerate(range(0, max(table.num_rows, 1), step)):
            stop = min(start + step, table.num_rows)
            key = digest({"format": "memory", "version": self.version, "content": file.version, "rows": [start, stop]})
            pieces.append(Fragment(name, file, index, start, stop, 0, key))
        return pieces

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        table = _table(source)
        batches = iter(table.slice(fragment.start, fragment.stop - fragment.start).to_batches())
        yield from conform(batches, schema, columns, table.schema.names, "memory")

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        return [Origin("memory", None, None, fragment.start + row) for row in rows]


def _table(source: Source) -> pa.Table:
    if source.table is None:
        raise RequestError("an in-memory source has lost its table", hint="tables do not survive storing a job: give the source again")
    return source.table


def _content(table: pa.Table) -> str:
    """sha256 over those of the rows in fixed steps, so that it does not depend on the table's chunks (but on the order of dictionaries)."""
    steps = each(lambda start: _step(table.slice(start, _HASHED_ROWS)), range(0, max(table.num_rows, 1), _HASHED_ROWS))
    return f"sha256:{hashlib.sha256(b''.join(steps)).hexdigest()}"


def _step(part: pa.Table) -> bytes:
    batch = pa.RecordBatch.from_arrays([_tight(column) for column in part.columns], names=part.schema.names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return hashlib.sha256(sink.getvalue()).digest()


def _tight(column: pa.ChunkedArray) -> pa.Array:
    """One array whose buffers hold the rows and nothing else; joining to an empty one copies, whatever the chunks."""
    array = joined(column)
    return pa.concat_arrays([array.slice(0, 0), array])
