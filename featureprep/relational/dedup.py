"""drop_duplicates: one row of each set of rows with equal keys, chosen by value and never by arrival."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.hashing.rows import row_hash128
from featureprep.relational.keys import group_ids
from featureprep.relational.least import comparable, tied_rows
from featureprep.relational.order import content_order, repeated
from featureprep.relational.rows import Indices, columns_of, take_rows


def drop_duplicates(
    table: pa.Table,
    keys: Sequence[str] | None = None,
    order_by: Sequence[pa.Array | pa.ChunkedArray] = (),
    *,
    descending: bool = False,
) -> Indices:
    """The indices of the rows that stay, sorted by content; the values of a row are kept bit for bit.

    Parameters
    ----------
    table : pa.Table
        Columns of any logical type.
    keys : sequence of str, optional
        Columns whose values must be equal; all by default. Null equals null, NaN equals NaN, -0.0 equals 0.0.
    order_by : sequence of pa.Array, shape (n,) each
        The row that stays is the first by these; NaN after all values and null after NaN, in both directions.
        Ties, and rows without an order, are decided by content (`order.py`).
    descending : bool
        The largest first.

    Raises
    ------
    ColumnNotFoundError
        For a key that the table does not have.
    TypeMismatchError
        For an `order_by` of lists or structs.
    """
    names = table.column_names
    if keys is not None and not set(keys) <= set(names):
        raise ColumnNotFoundError.of(set(keys) - set(names), names, where="drop_duplicates")
    if any(len(array) != table.num_rows for array in order_by):
        raise ArgumentError.of("order_by", "drop_duplicates", f"{table.num_rows} long", [len(array) for array in order_by])
    if not names:
        return np.arange(min(table.num_rows, 1))
    wanted = table.select(list(names if keys is None else keys))
    alone, rows = _apart(wanted)
    if len(rows):
        ids, groups = group_ids(take_rows(wanted, rows).columns if len(alone) else wanted.columns)
        order = [comparable(array, "drop_duplicates(order_by=)") for array in order_by]
        order = [key.descending() for key in order] if descending else order
        first = tied_rows([key.at(rows) for key in order] if len(alone) else order, ids, groups)
        tied = np.bincount(ids[first], minlength=groups)[ids[first]] > 1
        still = first[tied]
        still = still[content_order(take_rows(table, rows[still]))]
        best = np.full(groups, -1, np.int64)
        best[ids[still[::-1]]] = still[::-1]  # the last one assigned stays
        alone = np.concatenate([alone, rows[first[~tied]], rows[best[best >= 0]]])
    return alone[content_order(take_rows(table, alone))]


def _apart(keys: pa.Table) -> tuple[Indices, Indices]:
    """The rows whose keys no other row has, as their hashes tell; and the others, which may have equal keys."""
    if keys.num_columns == 1:  # equal keys are found as fast
        return np.empty(0, np.int64), np.arange(keys.num_rows)
    high, _ = row_hash128(columns_of(keys))
    order = np.argsort(high)
    tied = repeated(high[order])
    return order[~tied], np.sort(order[tied])
