"""join_asof: beside each left row, the right row of the same keys that is the last one before it (or the next, or the nearest)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.relational.axis import Axis, Mask, axis_of
from featureprep.relational.bisect import first_where
from featureprep.relational.join import matched_ids
from featureprep.relational.keys import stacked
from featureprep.relational.order import content_order
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices
from featureprep.relational.sequences import by_two

STRATEGIES: Final = ("backward", "forward", "nearest")

Column: TypeAlias = "pa.Array | pa.ChunkedArray"


@dataclass(frozen=True)
class AsofResult:
    """Which left row stands beside which right row.

    Attributes
    ----------
    left_indices : np.ndarray of int64, shape (left rows,)
        All left rows, sorted by content.
    right_indices : np.ndarray of int64, shape (left rows,)
        -1 where a left row has no partner.
    """

    left_indices: Indices
    right_indices: Indices


def join_asof(
    left: pa.Table,
    right: pa.Table,
    left_by: Sequence[Column],
    right_by: Sequence[Column],
    left_on: Column,
    right_on: Column,
    *,
    strategy: str = "backward",
    tolerance: float | None = None,
    allow_exact_matches: bool = True,
    order_by: Sequence[Column] = (),
    descending: bool = False,
) -> AsofResult:
    """Match each left row with at most one right row. A null or NaN in `on`, and a null in `by`, matches nothing.

    Left rows come sorted by content. Of right rows with equal `by` and `on` only one can match: the first by `order_by` (NaN after values,
    null after NaN, in both directions), then by content.

    Parameters
    ----------
    left_by, right_by : sequences of arrays, equally many, of pairwise equal logical scalar types
        None of them: every right row can match.
    left_on, right_on : arrays of one logical type with an order
    strategy : {"backward", "forward", "nearest"}
        The last right row at or before; the first at or after; the nearer of the two, of equally near ones the one before.
    tolerance : int or float, optional
        The largest difference of a match, in the unit of `Axis.gaps`.
    allow_exact_matches : bool
        Whether a right row of the same moment can match.
    order_by : sequence of arrays
        Of the right rows.

    Raises
    ------
    ArgumentError, TypeMismatchError
        For another strategy, or for columns that do not pair up or have no order.
    """
    if strategy not in STRATEGIES:
        raise ArgumentError.of("strategy", "join_asof", f"one of {', '.join(STRATEGIES)}", strategy)
    axis = axis_of(stacked(left_on, right_on, "join_asof"), "join_asof")
    n = left.num_rows
    ids = np.zeros(n + right.num_rows, np.int64)
    placed = axis.placed
    if left_by or right_by:
        ids, absent = matched_ids(left, right, left_by, right_by)
        placed = placed & ~absent
    candidates = _candidates(right, n, ids, axis, placed, order_by, descending=descending)
    order = content_order(left)
    asked = order[placed[order]]
    low, high = _ranges(ids, asked, candidates)
    at = axis.keys[asked]
    there = axis.keys[candidates]
    not_before = first_where(low, high, lambda places: there[places] >= at) if len(candidates) else low
    after = not_before + ((not_before < high) & (_at(there, not_before) == at))
    back = (after if allow_exact_matches else not_before) - 1
    fore = not_before if allow_exact_matches else after
    chosen = _choose(axis, asked, candidates, (back, back >= low), (fore, fore < high), strategy, tolerance)
    partners = np.full(n, -1, np.int64)
    partners[asked] = chosen
    partners = partners[order]
    return AsofResult(order, np.where(partners >= 0, partners - n, -1))


def _at(values: Indices, places: Indices) -> Indices:
    """The values at `places`; anything beyond their end."""
    return values[np.minimum(places, len(values) - 1)] if len(values) else np.zeros(len(places), np.int64)


def _candidates(
    right: pa.Table, n_left: int, ids: Indices, axis: Axis, placed: Mask, order_by: Sequence[Column], *, descending: bool
) -> Indices:
    """The right rows that can match, as places after the left rows: by key, then moment, one of each."""
    rows = content_order(right)
    for array in reversed(order_by):
        rank = ranked(array, "join_asof(order_by=)").sort_key(descending=descending)
        rows = rows[np.argsort(rank[rows], kind="stable")]
    rows = rows[placed[rows + n_left]] + n_left
    rows = rows[by_two(ids[rows], axis.keys[rows])]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (ids[rows[1:]] != ids[rows[:-1]]) | (axis.keys[rows[1:]] != axis.keys[rows[:-1]])
    return rows[first]


def _ranges(ids: Indices, asked: Indices, candidates: Indices) -> tuple[Indices, Indices]:
    """Of each left row, where the candidates of its key begin and end."""
    counts = np.bincount(ids[candidates], minlength=int(ids.max(initial=-1)) + 1)
    stops = np.cumsum(counts)
    return (stops - counts)[ids[asked]], stops[ids[asked]]


def _choose(
    axis: Axis,
    asked: Indices,
    candidates: Indices,
    back: tuple[Indices, Mask],
    fore: tuple[Indices, Mask],
    strategy: str,
    tolerance: float | None,
) -> Indices:
    """The candidate of each left row, -1 for none. `back` and `fore`: its place on that side, and whether there is one."""
    sides: list[tuple[Indices, Mask, np.ndarray[Any, Any] | None]] = []
    for (places, there), before in ((back, True), (fore, False)):
        if strategy == ("forward" if before else "backward"):
            continue
        gaps = None
        if tolerance is not None or strategy == "nearest":
            rows = np.where(there, _at(candidates, np.where(there, places, 0)), asked)
            gaps = axis.gaps(asked, rows) if before else axis.gaps(rows, asked)
        if tolerance is not None and gaps is not None:
            there = there & (gaps <= gaps.dtype.type(tolerance))
        sides.append((places, there, gaps))
    places, there, gaps = sides[0]
    if len(sides) == 2:
        other, other_there, other_gaps = sides[1]
        turn = other_there & (~there | (np.asarray(other_gaps) < np.asarray(gaps)))
        places, there = np.where(turn, other, places), there | other_there
    return np.where(there, _at(candidates, np.where(there, places, 0)), -1)
