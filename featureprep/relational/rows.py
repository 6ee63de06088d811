"""Tables as rows: columns in one piece, and rows taken by their indices with every bit of their values kept."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.hashing.layout import plain

Indices = np.ndarray[Any, np.dtype[np.int64]]

_WIDE_BYTES: Final = 1 << 30


def whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column in one piece, of an encoding that rows can be taken from: views and run-ends are made plain.

    Text and binary of more than 1 GiB in several chunks become `large_string` and `large_binary`.
    """
    if isinstance(column, pa.Array):
        return plain(column) if _is_untakeable(column.type) else column
    if _is_untakeable(column.type):
        column = pa.chunked_array([plain(chunk) for chunk in column.chunks] or [plain(pa.array([], column.type))])
    if column.num_chunks == 1:
        return column.chunk(0)
    large = {pa.string(): pa.large_string(), pa.binary(): pa.large_binary()}.get(column.type)
    if large is not None and column.nbytes > _WIDE_BYTES:
        column = column.cast(large)
    elif pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _is_untakeable(dtype: pa.DataType) -> bool:
    views = pa.types.is_string_view(dtype) or pa.types.is_binary_view(dtype) or pa.types.is_list_view(dtype)
    return bool(views or pa.types.is_run_end_encoded(dtype))


def columns_of(table: pa.Table) -> dict[str, pa.Array]:
    """The columns in one piece, by name.

    Raises
    ------
    ArgumentError
        When two columns have one name.
    """
    names = table.column_names
    if len(set(names)) != len(names):
        raise ArgumentError(f"two columns have the name {min({n for n in names if names.count(n) > 1})!r}", hint="rename one")
    return {name: whole(column) for name, column in zip(names, table.columns, strict=True)}


def take_rows(table: pa.Table, indices: Indices) -> pa.Table:
    """The rows at `indices`, in that order, bit for bit; -1 gives a row of nulls. All fields of the result are nullable.

    The result may come in several chunks, so that text repeated by a join is not limited to 2 GiB.
    """
    absent = indices < 0
    chosen = pa.array(indices, mask=absent) if absent.any() else pa.array(indices)
    columns = [_take(whole(column), chosen, repeats=len(indices) > table.num_rows) for column in table.columns]
    # whether -1 occurs is the data's affair: the schema is the same either way
    schema = pa.schema([field.with_type(c.type).with_nullable(True) for field, c in zip(table.schema, columns, strict=True)])
    return pa.table(columns, schema=schema)


def _take(array: pa.Array, chosen: pa.Array, *, repeats: bool) -> pa.Array | pa.ChunkedArray:
    if len(array) == 0:
        return pa.nulls(len(chosen), array.type)
    if not repeats:
        return array.take(chosen)
    rows = max(1, _WIDE_BYTES // (array.nbytes // len(array) + 16))
    pieces = [array.take(chosen.slice(start, rows)) for start in range(0, len(chosen), rows)]
    return pa.chunked_array(pieces, array.type)
