"""Rows as sequences: those of one key, in the order of their order columns, then of their content. Never of their arrival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from featureprep.relational.axis import Axis, axis_of
from featureprep.relational.keys import group_ids
from featureprep.relational.order import content_order
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices

Columns = Sequence[pa.Array | pa.ChunkedArray]


@dataclass(frozen=True)
class Sequences:
    """Sequences of the rows of a table, one after the other.

    Attributes
    ----------
    content : np.ndarray of int64, shape (n,)
        All rows, sorted by content.
    rows : np.ndarray of int64, shape (m,)
        The rows that have a place, sequence after sequence.
    starts, stops : np.ndarray of int64, shape (m,)
        Of each place, where its sequence begins and ends.
    axis : Axis
        Of the first order column, by row of the table.
    """

    content: Indices
    rows: Indices
    starts: Indices
    stops: Indices
    axis: Axis

    def runs(self) -> tuple[Indices, Indices]:
        """Of each place, where the run of equal values of the first order column that it is in begins and ends; shape (m,) each."""
        keys = self.axis.keys[self.rows]
        first = np.ones(len(keys), np.bool_)
        first[1:] = (keys[1:] != keys[:-1]) | (self.starts[1:] != self.starts[:-1])
        return spans(first)


def spans(first: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Indices, Indices]:
    """Where the run that each place is in begins and ends; `first` says where a run begins."""
    begins = np.flatnonzero(first)
    sizes = np.diff(np.append(begins, len(first)))
    starts = np.repeat(begins, sizes)
    return starts, starts + np.repeat(sizes, sizes)


def sequences(table: pa.Table, by: Columns, order_by: Columns, owner: str) -> Sequences:
    """The sequences of a table's rows.

    Parameters
    ----------
    table : pa.Table
        Its rows' content decides where all of `order_by` is equal.
    by : sequence of arrays
        The keys; null is a key of its own, NaN equals NaN. None of them: all rows are one sequence.
    order_by : sequence of arrays, at least one
        A row whose first one is null or NaN has no place in a sequence; in the others NaN is after all values, and null after NaN.

    Raises
    ------
    TypeMismatchError
        For an order column of lists or structs, with `owner` named.
    """
    content = content_order(table)
    axis = axis_of(order_by[0], owner)
    rows = content[axis.placed[content]]
    for array in reversed(order_by[1:]):
        rows = rows[np.argsort(ranked(array, owner).ranks[rows], kind="stable")]
    ids = group_ids(by)[0] if by else np.zeros(table.num_rows, np.int64)
    rows = rows[by_two(ids[rows], axis.keys[rows])]
    found = ids[rows]
    first = np.ones(len(rows), np.bool_)
    first[1:] = found[1:] != found[:-1]
    return Sequences(content, rows, *spans(first), axis)


def by_two(ids: Indices, keys: Indices) -> Indices:
    """The stable order by `ids` (from 0), then by `keys`, shape (n,)."""
    if len(ids) == 0:
        return np.zeros(0, np.int64)
    low, high = int(keys.min()), int(keys.max())
    span = high - low + 1
    if span * (int(ids.max()) + 1) < 1 << 62:
        return np.argsort(ids * span + (keys - low), kind="stable")
    order = np.argsort(keys, kind="stable")
    return order[np.argsort(ids[order], kind="stable")]
