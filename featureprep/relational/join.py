"""Joins of two tables by equal keys, and the counts that the row ledger needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, DataError
from featureprep.relational.keys import any_null, check_key, group_ids, stacked
from featureprep.relational.order import content_order
from featureprep.relational.rows import Indices

KINDS: Final = ("inner", "left", "semi", "anti")
MAX_ROWS: Final = 1 << 28


class TooManyRows(DataError):
    """A join would make more rows than it may.

    Attributes
    ----------
    rows : int
        How many.
    """

    def __init__(self, what: str, *, where: str | None = None, hint: str | None = None, rows: int = 0) -> None:
        super().__init__(what, where=where, hint=hint)
        self.rows = rows

    @classmethod
    def of(cls, rows: int, left: int, right: int, limit: int) -> Self:
        """The error of a join of so many left and right rows."""
        return cls(
            f"the join would make {rows} rows of {left} left and {right} right rows in one bucket; the limit MAX_ROWS is {limit}",
            hint="a key that many rows share on both sides, perhaps a default value, multiplies them: filter it, or make one side unique",
            rows=rows,
        )


@dataclass(frozen=True)
class JoinCounts:
    """What became of the rows: `left_rows + right_rows + created = out + dropped + merged`, and `merged` is `right_rows`.

    Attributes
    ----------
    left_matched, left_unmatched, right_matched, right_unmatched : int
        Rows of each side that have, or lack, a partner, whatever the kind of join.
    created : int
        Rows of the result beyond one for each left row in it.
    dropped : int
        Left rows with no place in the result.
    """

    left_rows: int
    right_rows: int
    left_matched: int
    left_unmatched: int
    right_matched: int
    right_unmatched: int
    created: int
    dropped: int

    @property
    def out(self) -> int:
        return self.left_rows - self.dropped + self.created

    @property
    def merged(self) -> int:
        return self.right_rows


@dataclass(frozen=True)
class JoinResult:
    """Which left row stands beside which right row.

    Attributes
    ----------
    left_indices : np.ndarray of int64, shape (out,)
    right_indices : np.ndarray of int64, shape (out,), or None
        -1 where a left row has no partner; None for semi and anti joins, which add no columns.
    right_found : np.ndarray of bool, shape (right rows,)
        Which right rows have a partner.
    """

    left_indices: Indices
    right_indices: Indices | None
    counts: JoinCounts
    right_found: np.ndarray[Any, np.dtype[np.bool_]]


def join(
    left: pa.Table,
    right: pa.Table,
    left_keys: Sequence[pa.Array | pa.ChunkedArray],
    right_keys: Sequence[pa.Array | pa.ChunkedArray],
    how: str,
    *,
    max_rows: int = MAX_ROWS,
    by_content: bool = True,
) -> JoinResult:
    """Match rows whose keys are all equal. A null key matches nothing, NaN matches NaN, -0.0 matches 0.0.

    The result is sorted by the content of the left row, then of the right one, over all columns of `left` and `right`.

    Parameters
    ----------
    left_keys, right_keys : sequences of arrays, equally many, of pairwise equal logical scalar types
        Computed from their own table's rows alone.
    how : {"inner", "left", "semi", "anti"}
        semi and anti keep the left rows that have, or lack, a partner.
    max_rows : int
        The most rows that one call may make.
    by_content : bool
        False leaves the left rows in the order they have, for a table whose order is its own.

    Raises
    ------
    ArgumentError
        For another `how`, or keys that do not pair up or are not as long as their table.
    TypeMismatchError
        For keys of different types, or of lists and structs.
    TooManyRows
        When the result would have more than `max_rows` rows.
    """
    if how not in KINDS:
        raise ArgumentError.of("how", "join", f"one of {', '.join(KINDS)}", how)
    ids, absent = matched_ids(left, right, left_keys, right_keys)
    left_ids, right_ids = ids[: left.num_rows], ids[left.num_rows :]
    left_null, right_null = absent[: left.num_rows], absent[left.num_rows :]
    groups = int(ids.max(initial=-1)) + 1
    partners = np.bincount(right_ids[~right_null], minlength=groups)
    matches = np.where(left_null, 0, partners[left_ids])
    in_left = np.zeros(groups, np.bool_)
    in_left[left_ids[~left_null]] = True
    left_matched = int(np.count_nonzero(matches))
    right_found = in_left[right_ids] & ~right_null
    right_matched = int(np.count_nonzero(right_found))
    kept = {"inner": left_matched, "left": left.num_rows, "semi": left_matched, "anti": left.num_rows - left_matched}[how]
    pairs = sum(int(part.sum()) for part in np.array_split(matches, 1 + len(matches) // MAX_ROWS))
    out = {"inner": pairs, "left": pairs + left.num_rows - left_matched}.get(how, kept)
    if out > max_rows:
        raise TooManyRows.of(out, left.num_rows, right.num_rows, max_rows)
    counts = JoinCounts(
        left.num_rows,
        right.num_rows,
        left_matched,
        left.num_rows - left_matched,
        right_matched,
        right.num_rows - right_matched,
        created=out - kept,
        dropped=left.num_rows - kept,
    )
    order = content_order(left) if by_content else np.arange(left.num_rows, dtype=np.int64)
    matches = matches[order]
    if how in ("semi", "anti"):
        return JoinResult(order[(matches > 0) == (how == "semi")], None, counts, right_found)
    pairs_of = _pair(order, matches, left_ids, content_order(right), right_ids, right_null, partners, how)
    return JoinResult(*pairs_of, counts, right_found)


def matched_ids(
    left: pa.Table, right: pa.Table, left_keys: Sequence[pa.Array | pa.ChunkedArray], right_keys: Sequence[pa.Array | pa.ChunkedArray]
) -> tuple[Indices, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """The key group of the left rows and then the right rows, and which of them have a null key."""
    if len(left_keys) != len(right_keys) or not left_keys:
        raise ArgumentError(f"join has {len(left_keys)} left keys and {len(right_keys)} right keys")
    both = []
    for a, b in zip(left_keys, right_keys, strict=True):
        if len(a) != left.num_rows or len(b) != right.num_rows:
            raise ArgumentError("the keys of a join are not as long as their tables")
        check_key(a.type, "join")
        both.append(stacked(a, b, "join"))
    return group_ids(both)[0], any_null(both)


def _pair(
    order: Indices,
    matches: Indices,
    left_ids: Indices,
    right_order: Indices,
    right_ids: Indices,
    right_null: np.ndarray[tuple[int], np.dtype[np.bool_]],
    partners: Indices,
    how: str,
) -> tuple[Indices, Indices]:
    right_order = right_order[~right_null[right_order]]
    right_order = right_order[np.argsort(right_ids[right_order], kind="stable")]  # by key, then content
    starts = np.cumsum(partners) - partners
    repeats = np.maximum(matches, 1) if how == "left" else matches
    ends = np.cumsum(repeats)
    place = np.arange(int(repeats.sum()), dtype=np.int64) - np.repeat(ends - repeats, repeats)
    place += np.repeat(starts[left_ids[order]], repeats)
    if how == "left":
        alone = np.repeat(matches == 0, repeats)
        place[alone] = len(right_order)
        right_order = np.append(right_order, np.int64(-1))
    return np.repeat(order, repeats), right_order[place]
