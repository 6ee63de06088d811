"""Snapshots of native tables as a format: one "file" a partition, cut by record batches. See `featureprep.io.native`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.ipc

from featureprep.errors import RequestError
from featureprep.io.arrow import ArrowFormat, stated
from featureprep.io.base import Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.conform import conform
from featureprep.io.native import NativePart, Stored


class SnapshotFormat(ArrowFormat):
    """See `featureprep.io.base.Format`. A row's origin is its partition, by number and content, and its number there."""

    version: ClassVar[int] = 1

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        return next(file for file in parts(source) if file.url == url)

    glance = pin

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        available = list(stated(source, fragment.file).names)
        reader = _reader(source, fragment)
        batches = (reader.get_batch(index) for index in range(fragment.start, fragment.stop))
        yield from conform(batches, schema, columns, available, fragment.file.url)

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        reader = _reader(source, fragment)
        before = sum(reader.get_batch(index).num_rows for index in range(fragment.start))
        return [Origin(fragment.file.url, None, None, before + row) for row in rows]


def parts(source: Source) -> list[PinnedFile]:
    """All parts of a snapshot, in order of partition."""
    stored = _stored(source)
    return [_pinned(stored, part) for part in sorted(stored.parts, key=lambda part: part.partition)]


def _pinned(stored: Stored, part: NativePart) -> PinnedFile:
    url = f"{stored.kind} partition {part.partition} ({part.sha256[:12]})"
    return PinnedFile(
        url,
        part.size,
        f"sha256:{part.sha256}",
        facts={"batches": part.batches, "schema": part.schema, "path": part.path, "native": stored.kind},
    )


def _stored(source: Source) -> Stored:
    if source.native is None:
        raise RequestError("the snapshot of a source has lost its parts", hint="give the source again")
    stored: Stored = source.native
    return stored


def _reader(source: Source, fragment: Fragment) -> Any:
    data = _stored(source).open(fragment.file.facts["path"])
    return pa.ipc.open_file(pa.BufferReader(pa.py_buffer(data)))
