"""Writing part files: Parquet whose bytes depend on the rows and their order, not on the batches in which they came."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from featureprep.cures import cure
from featureprep.errors import ArgumentError, RequestError, WorldError
from featureprep.io.partitions import by_partition, check_partition_columns
from featureprep.types import is_float, is_list

CODECS = ("zstd", "snappy", "gzip", "lz4", "brotli", "none")
MAX_FOLDERS = 512
"""Folders that one part may write into: each has a file open and rows waiting."""
_HELD_GROUPS = 16
_MANY_IDS = 1 << 14


@dataclass(frozen=True)
class WrittenFile:
    """A finished local file. `folder` is its hive path ("" without `partition_by`), `index` its number within the folder."""

    path: Path
    folder: str
    index: int
    rows: int
    bytes: int
    sha256: str


class PartWriter:
    """Collect rows and write them as Parquet files into a local directory.

    Rows are cut into row groups of exactly `row_group_rows` (the last of a file may be smaller), so that the same rows in the
    same order give the same bytes. Dictionary-encoded and chunked input is decoded first for the same reason.

    Parameters
    ----------
    schema : pa.Schema
        Of the rows; logical types. Field metadata is kept.
    directory : str or path
        Made if it is not there. Files are called 00000.parquet and so on.
    codec : {"zstd", "snappy", "gzip", "lz4", "brotli", "none"}
    target_bytes : int, optional
        A file that has reached this size (in bytes, on disk) after a row group is followed by another one.
    row_group_rows : int
    partition_by : sequence of str
        Columns whose values become folders (hive style, percent-escaped; null is __HIVE_DEFAULT_PARTITION__) instead of
        being stored. Allowed types: string, integers, bool, date.

    Raises
    ------
    ArgumentError
        When an argument is outside these limits.
    ColumnNotFoundError
        When `partition_by` names no column.
    WorldError
        When the disk does not take the bytes.

    Examples
    --------
    >>> with PartWriter(schema, "out") as writer:  # doctest: +SKIP
    ...     writer.write(batch)
    >>> writer.files  # doctest: +SKIP
    """

    def __init__(
        self,
        schema: pa.Schema,
        directory: str | os.PathLike[str],
        *,
        codec: str = "zstd",
        target_bytes: int | None = None,
        row_group_rows: int = 131_072,
        partition_by: Sequence[str] = (),
    ) -> None:
        if codec not in CODECS:
            raise ArgumentError.of("codec", "PartWriter", "one of " + ", ".join(CODECS), codec)
        if target_bytes is not None and target_bytes < 1:
            raise ArgumentError.of("target_bytes", "PartWriter", "a positive number of bytes or None", target_bytes)
        if row_group_rows < 1:
            raise ArgumentError.of("row_group_rows", "PartWriter", "a positive number of rows", row_group_rows)
        check_partition_columns(schema, partition_by)
        self.schema = schema
        self.files: list[WrittenFile] = []
        self._partition_by = tuple(partition_by)
        self._directory = Path(directory)
        self._stored = pa.schema([f for f in schema if f.name not in self._partition_by], schema.metadata)
        self._settings = (codec, target_bytes, row_group_rows)
        self._group = row_group_rows
        self._waiting = _Rows(schema)
        self._folders: dict[str, _Folder] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Add rows; their columns are taken by name."""
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        self._waiting.add(table)
        while self._waiting.count >= self._group:
            self._distribute(self._waiting.take(self._group))

    def close(self) -> list[WrittenFile]:
        """Write what is left and return all files, by folder and number. Without rows there is one file without rows."""
        try:
            if self._waiting.count:
                self._distribute(self._waiting.take(self._waiting.count))
            if not self._folders and not self._partition_by:
                self._folder("")
            for name in sorted(self._folders):
                self.files.extend(self._folders[name].close())
        except BaseException:
            self.abort()
            raise
        self._folders = {}
        return self.files

    def abort(self) -> None:
        """Close and remove the files that are not finished."""
        for folder in self._folders.values():
            folder.abort()
        self._folders = {}

    def _distribute(self, table: pa.Table) -> None:
        """Hand exactly one row group's worth of rows to the folders; called at the same rows however they came."""
        if not self._partition_by:
            self._folder("").add(table)
            return
        for name, part in by_partition(table, self._partition_by):
            self._folder(name).add(part)
        held = sum(folder.held for folder in self._folders.values())
        if held > _HELD_GROUPS * self._group:  # bounded memory, decided by row counts alone
            for folder in self._folders.values():
                folder.flush()

    def _folder(self, name: str) -> _Folder:
        if name not in self._folders:
            if len(self._folders) >= MAX_FOLDERS:
                raise RequestError(
                    f"partition_by={list(self._partition_by)} makes more than {MAX_FOLDERS} folders in one part",
                    hint="partition by a column with fewer values",
                )
            self._folders[name] = _Folder(self._directory, name, self._stored, *self._settings)
        return self._folders[name]


class _Rows:
    """Rows that wait, in one chunk a column when taken."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._tables: list[pa.Table] = []
        self.count = 0

    def add(self, table: pa.Table) -> None:
        if table.num_rows:
            self._tables.append(_plain(table, self._schema))
            self.count += table.num_rows

    def take(self, rows: int) -> pa.Table:
        whole = pa.concat_tables(self._tables)
        self.count -= rows
        self._tables = [whole.slice(rows)] if self.count else []
        return whole.slice(0, rows).combine_chunks()


def _plain(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        column = table.column(field.name)
        columns.append(column if column.type == field.type else column.cast(field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def leaf_encodings(schema: pa.Schema) -> tuple[list[str], dict[str, str]]:
    """The Parquet paths of the leaves that are written with a dictionary, and the encodings of those that are not written plainly.

    Floats seldom repeat, and ids of a large vocabulary outgrow a dictionary; places of one-hot vectors take less time than in one, and no
    more room. Decided by the schema alone, as equal rows make equal files. DELTA_BINARY_PACKED is what every reader of the last years has.
    """
    repeating, packed = [], {}
    for field in schema:
        for path, dtype in _leaves(field.name, field.type):
            if _many_ids(field) or (dtype == pa.int8() and path != field.name):
                packed[path] = "DELTA_BINARY_PACKED"
            elif not is_float(dtype):
                repeating.append(path)
    return repeating, packed


def _leaves(path: str, dtype: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    if pa.types.is_struct(dtype):
        for child in dtype:
            yield from _leaves(f"{path}.{child.name}", child.type)
    elif is_list(dtype):
        yield from _leaves(f"{path}.list.element", dtype.value_type)
    else:
        yield path, dtype


def _many_ids(field: pa.Field) -> bool:
    facts = json.loads((field.metadata or {}).get(b"featureprep", b"{}"))
    return pa.types.is_integer(field.type) and int(facts.get("size") or 0) > _MANY_IDS


class _Folder:
    """The files of one folder, one after the other."""

    def __init__(self, root: Path, name: str, schema: pa.Schema, codec: str, target_bytes: int | None, group: int) -> None:
        self._directory = root / name if name else root
        self._name = name
        self._schema = schema
        self._codec = codec
        self._target = target_bytes
        self._group = group
        self._rows = _Rows(schema)
        self._files: list[WrittenFile] = []
        self._open: _File | None = None

    @property
    def held(self) -> int:
        return self._rows.count

    def add(self, table: pa.Table) -> None:
        self._rows.add(table)
        while self._rows.count >= self._group:
            self._write(self._rows.take(self._group))

    def flush(self) -> None:
        if self._rows.count:
            self._write(self._rows.take(self._rows.count))

    def close(self) -> list[WrittenFile]:
        self.flush()
        if self._open is None and not self._files:
            self._open = self._next()
        self._finish()
        return self._files

    def abort(self) -> None:
        if self._open is not None:
            self._open.abort()

    def _write(self, table: pa.Table) -> None:
        if self._open is None:
            self._open = self._next()
        self._open.write(table)
        if self._target is not None and self._open.size >= self._target:
            self._finish()

    def _next(self) -> _File:
        return _File(self._directory / f"{len(self._files):05d}.parquet", self._schema, self._codec)

    def _finish(self) -> None:
        if self._open is not None:
            path, rows, size, sha256 = self._open.close()
            self._files.append(WrittenFile(path, self._name, len(self._files), rows, size, sha256))
            self._open = None


class _File:
    """One Parquet file, digested as it is written."""

    def __init__(self, path: Path, schema: pa.Schema, codec: str) -> None:
        self._path = path
        self._rows = 0
        self._sink = _DigestSink(path)
        repeating, packed = leaf_encodings(schema)
        self._writer = pq.ParquetWriter(
            pa.PythonFile(self._sink, mode="w"),
            schema,
            compression=codec,
            version="2.6",
            write_page_checksum=True,
            use_dictionary=repeating,
            column_encoding=packed,
        )

    @property
    def size(self) -> int:
        return self._sink.size

    def write(self, table: pa.Table) -> None:
        try:
            self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
        except OSError as error:
            raise WorldError(
                f"the part file cannot be written: {error.strerror or error}", where=str(self._path), hint=cure(error)
            ) from error
        self._rows += table.num_rows

    def close(self) -> tuple[Path, int, int, str]:
        try:
            self._writer.close()
            self._sink.sync()
        except OSError as error:
            raise WorldError(
                f"the part file cannot be written: {error.strerror or error}", where=str(self._path), hint=cure(error)
            ) from error
        self._sink.close()
        return self._path, self._rows, self._sink.size, self._sink.sha256

    def abort(self) -> None:
        # what waits to be written may not fit the disk; it is not wanted any more
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
        self._writer.is_open = False  # or its finalizer tries again
        with suppress(OSError):
            self._sink.close()
        self._path.unlink(missing_ok=True)


class _DigestSink:
    """The file object that Arrow writes to; Parquet is written front to back, so the digest can be taken on the way."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("wb")
        except OSError as error:
            raise WorldError(f"the part file cannot be made: {error.strerror or error}", where=str(path)) from error
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._file.write(view)
        self._digest.update(view)
        self.size += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        return self.size

    def flush(self) -> None:
        """Nothing waits but in the file object itself; `sync` flushes that."""

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
