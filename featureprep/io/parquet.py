"""The Parquet format: fragments by row groups, string columns as dictionaries where the file has them, checksums verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from featureprep.canonical import digest
from featureprep.errors import FeatureprepError, ParseError
from featureprep.fixed_lists import fixed_again, footer_without_arrow, has_fixed_lists
from featureprep.io.base import Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.conform import CHUNK_ROWS, agreed, conform, logical_schema
from featureprep.io.listing import pin_stat, pin_version
from featureprep.io.streams import open_seekable
from featureprep.threads import lent

_PROBE_ROWS = 1024
_PROBE_BUFFER = 1 << 16
_DICTIONARY_GIVEN_UP = 1_040_000  # bytes; the usual limit is 1 MiB, and writers look once in a thousand values


class ParquetFormat:
    """See `featureprep.io.base.Format`. INT96 timestamps are read in microseconds, cutting off what is below."""

    version: ClassVar[int] = 1
    cut_by_content: ClassVar[bool] = False

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        return self._described(source, pin_version(source, url, filesystem, path))

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        return self._described(source, pin_stat(source, url, filesystem, path))

    def _described(self, source: Source, file: PinnedFile) -> PinnedFile:
        url = file.url
        with _opened(source, url) as parquet:
            meta = parquet.metadata
            groups = [[meta.row_group(i).num_rows, meta.row_group(i).total_byte_size] for i in range(meta.num_row_groups)]
            schema = parquet.schema_arrow.remove_metadata()
        kept = logical_schema(schema, url, source.options.get("columns"))  # refuse now what cannot be read later
        encoded = _as_dictionaries(source, url, kept, len(groups))
        facts = {"groups": groups, "schema": schema.serialize().to_pybytes().hex(), "dictionaries": encoded}
        return replace(file, facts={**file.facts, **facts})

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        return agreed([(file.url, _stated(source, file)) for file in files])

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        return list(_stated(source, files[0]).names)

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        groups = file.facts["groups"]
        total = sum(size for _, size in groups) or 1
        bounds, held = [0], 0.0
        for index, (_, size) in enumerate(groups):
            held += size * file.size / total  # row groups state what they take uncompressed
            if held >= target_bytes and index + 1 < len(groups):
                bounds.append(index + 1)
                held = 0.0
        slim = replace(file, facts={key: value for key, value in file.facts.items() if key != "groups"})
        identity = {"format": "parquet", "version": self.version, "file": file.version, "columns": source.options.get("columns")}
        identity["partition"] = dict(file.partition)
        return [
            Fragment(name, slim, index, start, stop, 0, digest({**identity, "start": start, "stop": stop}))
            for index, (start, stop) in enumerate(zip(bounds, [*bounds[1:], len(groups)], strict=True))
        ]

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        file = fragment.file
        available = list(_stated(source, file).names)
        wanted = [n for n in available if (schema is None or n in schema.names) and (columns is None or n in columns)]

        stored = _stored(file)
        fixed = any(has_fixed_lists(stored.field(name).type) for name in wanted)
        skipped = 0

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal skipped
            with _opened(source, file.url, dictionaries=file.facts["dictionaries"], without_arrow=fixed) as parquet:
                for group in range(
                    fragment.start, fragment.stop
                ):  # together, a batch would end one group and begin the next, with a dictionary more
                    if group in fragment.skip:
                        skipped += fragment.skip[group]
                        continue
                    # Arrow's own threads decode columns side by side, where one of ours has nothing to do
                    for batch in parquet.iter_batches(CHUNK_ROWS, row_groups=[group], columns=wanted, use_threads=lent.any):
                        yield fixed_again(batch, stored) if fixed else batch

        for batch in conform(batches(), schema, columns, available, file.url):
            yield replace(batch, rows=batch.rows + skipped) if skipped else batch

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        with _opened(source, fragment.file.url) as parquet:
            before = sum(parquet.metadata.row_group(i).num_rows for i in range(fragment.start))
        return [Origin(fragment.file.url, None, None, before + row) for row in rows]


@dataclass(frozen=True)
class GroupRanges:
    """What a row group states of some columns: least and greatest value, and nulls. NaN is in none of them."""

    group: int
    rows: int
    columns: Mapping[str, tuple[Any, Any, int]]


def group_ranges(source: Source, fragment: Fragment, columns: Sequence[str]) -> list[GroupRanges]:
    """What the row groups of a fragment state, for those of `columns` whose types make it reliable: integers, floats, dates, microseconds."""
    file = fragment.file
    schema = _stored(file)
    known = [name for name in columns if name in schema.names and name not in file.partition and _is_ranged(schema.field(name).type)]
    if not known:
        return []
    with _opened(source, file.url, buffer_size=_PROBE_BUFFER) as parquet:
        meta = parquet.metadata
        filled = [group for group in range(fragment.start, fragment.stop) if meta.row_group(group).num_rows]
        # asking for the metadata of an encrypted column aborts the process; reading a value of it raises
        if not filled or next(parquet.iter_batches(1, row_groups=filled[:1], columns=known, use_threads=False), None) is None:
            return []
        places = {meta.schema.column(i).path: i for i in range(meta.num_columns)}
        found = []
        for group in filled:
            stated = {}
            for name in known:
                chunk = meta.row_group(group).column(places[name]).statistics
                if chunk is not None and chunk.has_min_max and chunk.has_null_count and chunk.min == chunk.min and chunk.max == chunk.max:
                    stated[name] = (chunk.min, chunk.max, chunk.null_count)
            found.append(GroupRanges(group, meta.row_group(group).num_rows, stated))
        return found


def _is_ranged(dtype: pa.DataType) -> bool:
    micro = pa.types.is_timestamp(dtype) and dtype.unit in ("ms", "us") and dtype.tz is None
    return bool(
        pa.types.is_integer(dtype) or pa.types.is_float32(dtype) or pa.types.is_float64(dtype) or pa.types.is_date32(dtype) or micro
    )


def _stated(source: Source, file: PinnedFile) -> pa.Schema:
    columns = source.options.get("columns")
    return _logical(file.facts["schema"], file.url, None if columns is None else tuple(columns))


@lru_cache(maxsize=1024)
def _logical(stored: str, url: str, columns: tuple[str, ...] | None) -> pa.Schema:
    return logical_schema(_read_schema(stored), url, columns)


def _stored(file: PinnedFile) -> pa.Schema:
    return _read_schema(file.facts["schema"])


def _read_schema(stored: str) -> pa.Schema:
    return pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(stored)))


@contextmanager
def _opened(
    source: Source, url: str, dictionaries: Sequence[str] = (), buffer_size: int = 0, *, without_arrow: bool = False
) -> Iterator[pq.ParquetFile]:
    """The file, with Arrow's errors named; whatever a damaged footer makes Arrow raise comes out as `ParseError`."""
    with open_seekable(url, source.options) as raw:
        try:
            with pq.ParquetFile(
                raw,
                metadata=footer_without_arrow(raw) if without_arrow else None,
                read_dictionary=list(dictionaries),
                buffer_size=buffer_size,
                coerce_int96_timestamp_unit="us",
                page_checksum_verification=True,
                arrow_extensions_enabled=False,
            ) as parquet:
                yield parquet
        except FeatureprepError:
            raise
        except (pa.ArrowException, OSError, ValueError, KeyError, UnicodeDecodeError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the file system's own error
            text = str(error).splitlines()[0] if str(error) else type(error).__name__
            if "ncrypt" in text or "ecrypt" in text:
                raise ParseError("the file is encrypted", where=url, hint="decrypt it first; keys are not taken here") from error
            hint = "is it a Parquet file, and complete?"
            raise ParseError(f"the Parquet file cannot be read: {text}", where=url, hint=hint) from error


def _as_dictionaries(source: Source, url: str, schema: pa.Schema, groups: int) -> list[str]:
    """Top-level string columns worth reading as dictionaries, judged by the first rows read so.

    Columns that repeat themselves are, and those whose dictionary is larger than the batch (so it comes from the file) but not near
    the size at which writers give up and go on with plain text. The column chunks' metadata would tell more, but asking for that
    of an encrypted column aborts the process.
    """
    names = [field.name for field in schema if pa.types.is_string(field.type)]
    if not names or not groups:
        return []
    with _opened(source, url, dictionaries=names, buffer_size=_PROBE_BUFFER) as parquet:
        batch = next(parquet.iter_batches(_PROBE_ROWS, row_groups=[0], columns=names, use_threads=False), None)
    if batch is None:
        return []
    return [name for name in names if name in batch.schema.names and _repeats(batch.column(name))]


def _repeats(column: pa.Array) -> bool:
    if not pa.types.is_dictionary(column.type):
        return False
    whole = len(column) < len(column.dictionary) and column.dictionary.nbytes < _DICTIONARY_GIVEN_UP
    return bool(whole or 2 * pc.count_distinct(column.indices).as_py() <= len(column))
