"""Tables as rows: rows taken by their indices with every bit of their values kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.hashing.layout import WIDE_BYTES, whole

Indices = np.ndarray[Any, np.dtype[np.int64]]


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
    rows = max(1, WIDE_BYTES // (array.nbytes // len(array) + 16))
    pieces = [array.take(chosen.slice(start, rows)) for start in range(0, len(chosen), rows)]
    return pa.chunked_array(pieces, array.type)
