"""drop_duplicates: one row of each set of rows with equal keys, chosen by value and never by arrival."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.relational.keys import group_ids
from featureprep.relational.order import content_order_and_ties
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices, take_rows


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
    order, tied = content_order_and_ties(table)
    keep = np.ones(table.num_rows, np.bool_)
    # rows of equal content have equal hashes: over all columns, only these can be duplicates
    rows = order if keys is not None else order[tied]
    if len(rows) == 0 or not names:
        return order[:1] if not names else order
    wanted = table.select(list(names if keys is None else keys))
    if keys is None:
        wanted = take_rows(wanted, rows)
        ids, groups = group_ids(wanted.columns)
    else:
        ids, groups = group_ids(wanted.columns)
        ids = ids[rows]
    for array in reversed(order_by):
        by = np.argsort(ranked(array, "drop_duplicates(order_by=)").sort_key(descending=descending)[rows], kind="stable")
        rows, ids = rows[by], ids[by]
    first = np.empty(groups, np.int64)
    first[ids[::-1]] = rows[::-1]  # the last one assigned stays
    keep[rows] = False
    keep[first] = True
    return order[keep[order]]
