"""Arrow data from a stranger made into columns of logical types: validated, unit and encoding folded, cast where a schema asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, ParseError, TypeMismatchError
from featureprep.io.base import SourceBatch
from featureprep.io.cells import Misfits, typed
from featureprep.io.unlike import LackingColumnError, UnlikeDataError, UnlikeFilesError, UnsupportedTypeError
from featureprep.kernels.encodings import settled
from featureprep.types import format_type, logical

CHUNK_ROWS = 131_072


def logical_schema(schema: pa.Schema, where: str, columns: Sequence[str] | None = None) -> pa.Schema:
    """The logical types of a file's columns, `columns` only where given.

    Raises
    ------
    UnsupportedTypeError
        For columns whose types have no place here.
    ParseError
        When two columns have one name.
    ColumnNotFoundError
        When one of `columns` is not in the file.
    """
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1}) if len(set(schema.names)) < len(schema.names) else []
    if twice:
        raise ParseError(f"the file has more than one column {twice[0]!r}", where=where)
    if columns is not None:
        missing = set(columns) - set(schema.names)
        if missing:
            raise ColumnNotFoundError.of(missing, schema.names, where=where)
    fields = []
    refused: dict[str, TypeMismatchError] = {}
    for field in schema:
        if columns is not None and field.name not in columns:
            continue
        try:
            fields.append(pa.field(field.name, logical(field.type)))
        except TypeMismatchError as error:
            refused[field.name] = error
    if refused:
        first = next(iter(refused.values()))
        raise UnsupportedTypeError.of(first.what, where, tuple(refused), tuple(field.name for field in fields)) from first
    return pa.schema(fields)


def agreed(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """The schema of several files, in the first one's order; a column that is all null in one file takes its type from another.

    Raises
    ------
    UnlikeFilesError
        When two files give a column different types, or different columns.
    """
    url, first = schemas[0]
    types = {field.name: (url, field.type) for field in first}
    for other, schema in schemas[1:]:
        check_same_columns(url, first.names, other, schema.names)
        for field in schema:
            where, dtype = types[field.name]
            if dtype == pa.null():
                types[field.name] = (other, field.type)
            elif field.type not in (dtype, pa.null()):
                raise UnlikeFilesError(
                    f"column {field.name!r} is {format_type(dtype)} in {where} and {format_type(field.type)} in {other}",
                    hint="give schema= with the type to read it as",
                )
    return pa.schema([pa.field(name, dtype) for name, (_, dtype) in types.items()])


def check_same_columns(url: str, names: Sequence[str], other: str, own: Sequence[str]) -> None:
    """Raise `LackingColumnError`, naming both files, unless they have the same columns (in any order)."""
    odd = sorted(set(names) ^ set(own))
    if odd:
        having, lacking = (url, other) if odd[0] in names else (other, url)
        raise LackingColumnError(f"{having} has the column {odd[0]!r}, {lacking} does not", hint="give schema= with the columns to read")


def columns_to_read(schema: pa.Schema | None, columns: Sequence[str] | None, available: Sequence[str], where: str) -> list[str]:
    """The names of the columns to read of a file that has `available`: those of the schema, and of them `columns` only where given.

    Raises
    ------
    ColumnNotFoundError
        When the file lacks one.
    """
    wanted = list(schema.names if schema is not None else available)
    if columns is not None:
        chosen = set(columns)
        wanted = [name for name in wanted if name in chosen]
    missing = set(wanted) - set(available)
    if missing:
        raise ColumnNotFoundError.of(missing, available, where=where)
    return wanted


def conform(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema | None, columns: Sequence[str] | None, available: Sequence[str], where: str
) -> Iterator[SourceBatch]:
    """Validated source batches of at most 131,072 rows, numbered from 0, cast to `schema` (None: to their logical types).

    Raises
    ------
    ParseError
        When the data is not what its types say (offsets outside the buffers, text that is not UTF-8).
    UnlikeDataError
        When a timestamp has a part below the microsecond.
    """
    row = 0
    wanted = columns_to_read(schema, columns, available, where)
    for whole in batches:
        try:
            whole.validate(full=True)
        except pa.ArrowInvalid as error:
            raise ParseError(f"the file's data is damaged: {error}", where=where) from error
        for start in range(0, whole.num_rows, CHUNK_ROWS):
            batch = whole.slice(start, CHUNK_ROWS)
            yield _conformed(batch, wanted, schema, row, where)
            row += batch.num_rows


def _conformed(batch: pa.RecordBatch, wanted: list[str], schema: pa.Schema | None, row: int, where: str) -> SourceBatch:
    arrays: list[pa.Array] = []
    malformed: dict[str, Misfits] = {}
    for name in wanted:
        column = batch.column(name)
        target = None if schema is None else schema.field(name).type
        try:
            array = _normal(column, target)
        except pa.ArrowInvalid as error:
            hint = "give schema= with int64 to read the nanoseconds, or round the column where the file is made"
            raise UnlikeDataError(f"not all values fit microseconds: {error}", where=f"{where}, column {name!r}", hint=hint) from error
        if target is not None:
            array, misfit = typed(array, target)
            if misfit is not None:
                malformed[name] = misfit
        arrays.append(array)
    fields = [pa.field(name, array.type) for name, array in zip(wanted, arrays, strict=True)]
    rows = np.arange(row, row + batch.num_rows, dtype=np.int64)
    made = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)) if arrays else batch.select([])
    return SourceBatch(made, rows, malformed)


def _normal(column: pa.Array, target: pa.DataType | None) -> pa.Array:
    """A column in its logical type; string dictionaries are kept, any other encoding is folded."""
    dtype = column.type
    if target == pa.int64() and pa.types.is_timestamp(dtype):
        return column.cast(pa.int64())
    to = logical(dtype)
    column = settled(column)
    if pa.types.is_dictionary(column.type) and to == pa.string():
        return column if column.type.value_type == to else column.cast(pa.dictionary(pa.int32(), to))
    return column if column.type == to else column.cast(to)
