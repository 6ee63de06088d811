"""The Arrow IPC formats: files (Feather V2 among them) cut by record batches, and streams read in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.ipc

from featureprep.canonical import digest
from featureprep.errors import FeatureprepError, ParseError
from featureprep.io.base import Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.conform import agreed, conform, logical_schema
from featureprep.io.listing import pin_stat, pin_version
from featureprep.io.streams import open_seekable

_FILE_MAGIC = b"ARROW1"
_FEATHER_1 = b"FEA1"


class ArrowFormat:
    """See `featureprep.io.base.Format`."""

    version: ClassVar[int] = 1
    cut_by_content: ClassVar[bool] = False

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        return self._described(source, pin_version(source, url, filesystem, path))

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        return self._described(source, pin_stat(source, url, filesystem, path))

    def _described(self, source: Source, file: PinnedFile) -> PinnedFile:
        url = file.url
        with _opened(source, url) as reader:
            batches = getattr(reader, "num_record_batches", None)
            schema = reader.schema.remove_metadata()
        logical_schema(schema, url, source.options.get("columns"))  # refuse now what cannot be read later
        facts = {"batches": batches, "schema": schema.serialize().to_pybytes().hex()}
        return replace(file, facts={**file.facts, **facts})

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        return agreed([(file.url, stated(source, file)) for file in files])

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        return list(stated(source, files[0]).names)

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        count = file.facts["batches"]
        if not count:
            bounds = [(0, 0)]
        else:
            step = max(1, target_bytes * count // max(file.size, 1))
            bounds = [(start, min(start + step, count)) for start in range(0, count, step)]
        identity = {"format": "arrow", "version": self.version, "file": file.version, "columns": source.options.get("columns")}
        identity["partition"] = dict(file.partition)
        return [
            Fragment(name, file, index, start, stop, 0, digest({**identity, "start": start, "stop": stop}))
            for index, (start, stop) in enumerate(bounds)
        ]

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        available = list(stated(source, fragment.file).names)
        yield from conform(_batches(source, fragment), schema, columns, available, fragment.file.url)

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        before = 0
        if fragment.start:
            with _opened(source, fragment.file.url) as reader:
                before = sum(reader.get_batch(i).num_rows for i in range(fragment.start))
        return [Origin(fragment.file.url, None, None, before + row) for row in rows]


def _batches(source: Source, fragment: Fragment) -> Iterator[pa.RecordBatch]:
    with _opened(source, fragment.file.url) as reader:
        if fragment.file.facts["batches"] is None:
            yield from reader
            return
        for index in range(fragment.start, fragment.stop):
            yield reader.get_batch(index)


def stated(source: Source, file: PinnedFile) -> pa.Schema:
    """The logical types that a pinned file states."""
    stored = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(file.facts["schema"])))
    return logical_schema(stored, file.url, source.options.get("columns"))


@contextmanager
def _opened(source: Source, url: str) -> Iterator[Any]:
    with open_seekable(url, source.options) as raw:
        magic = raw.read(len(_FILE_MAGIC))
        raw.seek(0)
        if magic.startswith(_FEATHER_1):
            raise ParseError(
                "this is Feather version 1", where=url, hint="write it again as Feather V2: pyarrow.feather.write_feather(table, path)"
            )
        try:
            opened = pa.ipc.open_file(raw) if magic == _FILE_MAGIC else pa.ipc.open_stream(raw)
            with opened as reader:
                yield reader
        except FeatureprepError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the file system's own error
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ParseError(
                f"the Arrow file cannot be read: {text}", where=url, hint="is it an Arrow IPC file or stream, and complete?"
            ) from error
