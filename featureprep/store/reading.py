"""Reading one Parquet file of a version, checked against what the log entry says of it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep.errors import CorruptArtefactError
from featureprep.fixed_lists import fixed_again, footer_without_arrow, has_fixed_lists
from featureprep.store.log_entry import FileRecord
from featureprep.store.objects import ObjectNotFoundError, ObjectStore
from featureprep.store.staging import sha256_of
from featureprep.types import logical


def check_file(store: ObjectStore, path: str, record: FileRecord, *, verify: bool) -> memoryview:
    """The file's bytes (mapped where the store is local).

    Raises
    ------
    CorruptArtefactError
        When it is missing, has another size, or, with `verify`, another sha256.
    """
    where = store.locate(path)
    try:
        data = store.open_local(path)
    except ObjectNotFoundError:
        raise CorruptArtefactError(
            "this file of a committed version is missing", where=where, hint="Restore it, or run the job again."
        ) from None
    if len(data) != record.size:
        raise CorruptArtefactError(f"this file has {len(data)} bytes, the log entry says {record.size}", where=where)
    if verify and sha256_of(data) != record.sha256:
        raise CorruptArtefactError("this file was altered: its sha256 is not the one in the log entry", where=where)
    return data


def read_rows(store: ObjectStore, path: str, record: FileRecord, schema: pa.Schema, *, verify: bool) -> pa.Table:
    """The columns of `schema`, in its order and types, of one file.

    Raises
    ------
    CorruptArtefactError
        As `check_file`, or when it is not Parquet, lacks a column, or holds other rows or types than the log entry says.
    """
    import pyarrow.parquet as pq

    where = store.locate(path)
    data = check_file(store, path, record, verify=verify)
    stored = [name for name in schema.names if name not in record.partition]
    try:
        raw = pa.BufferReader(pa.py_buffer(data))
        fixed = any(has_fixed_lists(field.type) for field in schema)
        with pq.ParquetFile(raw, metadata=footer_without_arrow(raw) if fixed else None, page_checksum_verification=True) as file:
            there = file.schema_arrow
            if any(len(there.get_all_field_indices(name)) != 1 for name in stored):
                raise CorruptArtefactError(f"this file has not one column each of {', '.join(stored)}", where=where)
            table = _read_columns(file, stored)
            table = fixed_again(table, schema) if fixed else table
        if table.num_rows != record.rows:
            raise CorruptArtefactError(f"this file has {table.num_rows} rows, the log entry says {record.rows}", where=where)
        return pa.table([_column(table, field, record.partition) for field in schema], schema=schema)
    except CorruptArtefactError as error:
        raise error.at(where) from None
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        raise CorruptArtefactError(f"this file cannot be read as the log entry describes it: {error}", where=where) from error


def _read_columns(file: Any, names: list[str]) -> pa.Table:
    # Parquet's `columns=` takes "a.b" for a field of a struct as well as for a column of that name: pick by name afterwards
    table = file.read(columns=names) if names else file.read(columns=[]).select([])
    return table.select(names)


def _column(table: pa.Table, field: pa.Field, partition: Any) -> pa.ChunkedArray:
    if field.name in partition:
        return pa.chunked_array([pa.repeat(pa.scalar(partition[field.name], field.type), table.num_rows)])
    column = table.column(field.name)
    if column.type == field.type:
        return column
    if logical(column.type) != field.type:
        raise CorruptArtefactError(f"column {field.name!r} is {column.type}, the log entry says {field.type}")
    return column.cast(field.type)
