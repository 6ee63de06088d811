"""The order of rows by their content: what every table has after an exchange, whatever order its rows arrived in.

Rows are sorted by their canonical 128-bit hash. Rows with equal hashes (duplicates; and rows that differ only in the sign of
a zero or the bits of a NaN) are sorted by a second hash, of the bits as they are. Rows equal in both are the same row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.hashing.layout import plain
from featureprep.hashing.rows import row_hash128
from featureprep.relational.rows import Indices, columns_of, take_rows


def content_order(table: pa.Table) -> Indices:
    """The indices that sort the rows by content, shape (n,)."""
    return content_order_and_ties(table)[0]


def content_order_and_ties(table: pa.Table) -> tuple[Indices, np.ndarray[Any, np.dtype[np.bool_]]]:
    """The content order, and which places of it hold a row whose hash another row has too; both of shape (n,).

    A row that is not tied differs from all others.
    """
    if table.num_columns == 0:
        return np.arange(table.num_rows), np.full(table.num_rows, table.num_rows > 1)
    high, low = row_hash128(columns_of(table))
    order = np.argsort(high)
    tied = _tied(high[order])
    if not tied.any():
        return order, tied
    places = np.flatnonzero(tied)
    rows = order[places]
    fine_high, fine_low = _bits_hash(take_rows(table, rows))
    order[places] = rows[np.lexsort((fine_low, fine_high, low[rows], high[rows]))]
    rows = order[places]
    tied[places] = _tied(high[rows], low[rows])
    return order, tied


def _tied(*ordered: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    same = np.ones(max(len(ordered[0]) - 1, 0), np.bool_)
    for words in ordered:
        same &= words[1:] == words[:-1]
    tied = np.zeros(len(ordered[0]), np.bool_)
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
