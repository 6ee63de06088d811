"""The order of rows by their content: what every table has after an exchange, whatever order its rows arrived in.

Rows are sorted by their canonical 128-bit hash. Rows with equal hashes (duplicates; and rows that differ only in the sign of
a zero or the bits of a NaN) are sorted by a second hash, of the bits as they are. Rows equal in both are the same row.

What is known of malformed cells goes into the second hash alone: whether a source can have such cells is its format's affair.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.hashing.layout import plain
from featureprep.hashing.rows import row_hash128
from featureprep.relational.rows import Indices, columns_of, take_rows

_OF_THE_FORMAT = "$malformed:"


def content_order(table: pa.Table) -> Indices:
    """The indices that sort the rows by content, shape (n,)."""
    if table.num_columns == 0:
        return np.arange(table.num_rows)
    columns = columns_of(table)
    high, low = row_hash128({name: array for name, array in columns.items() if not name.startswith(_OF_THE_FORMAT)} or columns)
    order = np.argsort(high)
    places = np.flatnonzero(repeated(high[order]))
    if len(places):
        rows = order[places]
        fine_high, fine_low = _bits_hash(take_rows(table, rows))
        order[places] = rows[np.lexsort((fine_low, fine_high, low[rows], high[rows]))]
    return order


def repeated(ordered: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which places of sorted numbers hold one that another place has too."""
    same = ordered[1:] == ordered[:-1]
    tied = np.zeros(len(ordered), np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    return tied


def _bits_hash(table: pa.Table) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    # other names, other seeds: text that collides under one is told apart by the other
    return row_hash128({f"bits of {name}": _as_bits(array) for name, array in columns_of(table).items()})


def _as_bits(array: pa.Array) -> pa.Array:
    """Floats, at any depth, as integers with the same bits."""
    array = plain(array)
    target = _bits_type(array.type)
    return array if target == array.type else array.view(target)


def _bits_type(dtype: pa.DataType) -> pa.DataType:
    if dtype == pa.float64():
        return pa.int64()
    if dtype == pa.float32():
        return pa.int32()
    if pa.types.is_struct(dtype):
        return pa.struct([dtype.field(i).with_type(_bits_type(dtype.field(i).type)) for i in range(dtype.num_fields)])
    if pa.types.is_fixed_size_list(dtype):
        return pa.list_(dtype.value_field.with_type(_bits_type(dtype.value_type)), dtype.list_size)
    if pa.types.is_large_list(dtype):
        return pa.large_list(dtype.value_field.with_type(_bits_type(dtype.value_type)))
    if pa.types.is_list(dtype):
        return pa.list_(dtype.value_field.with_type(_bits_type(dtype.value_type)))
    return dtype
