"""Joins of two tables by equal keys, and the counts that the row ledger needs of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.hashing.layout import plain, whole
from featureprep.relational.keys import any_null, check_key, group_ids
from featureprep.relational.order import content_order
from featureprep.relational.rows import Indices
from featureprep.types import format_type, logical

KINDS: Final = ("inner", "left", "semi", "anti")
MAX_ROWS: Final = 1 << 28


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
    """

    left_indices: Indices
    right_indices: Indices | None
    counts: JoinCounts


def join(
    left: pa.Table,
    right: pa.Table,
    left_keys: Sequence[pa.Array | pa.ChunkedArray],
    right_keys: Sequence[pa.Array | pa.ChunkedArray],
    how: str,
    *,
    max_rows: int = MAX_ROWS,
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

    Raises
    ------
    ArgumentError
        For another `how`, or keys that do not pair up or are not as long as their table.
    TypeMismatchError
        For keys of different types, or of lists and structs.
    DataError
        When the result would have more than `max_rows` rows.
    """
    if how not in KINDS:
        raise ArgumentError.of("how", "join", f"one of {', '.join(KINDS)}", how)
    ids, absent = _match(left, right, left_keys, right_keys)
    left_ids, right_ids = ids[: left.num_rows], ids[left.num_rows :]
    left_null, right_null = absent[: left.num_rows], absent[left.num_rows :]
    groups = int(ids.max(initial=-1)) + 1
    partners = np.bincount(right_ids[~right_null], minlength=groups)
    matches = np.where(left_null, 0, partners[left_ids])
    in_left = np.zeros(groups, np.bool_)
    in_left[left_ids[~left_null]] = True
    left_matched = int(np.count_nonzero(matches))
    right_matched = int(np.count_nonzero(in_left[right_ids] & ~right_null))
    kept = {"inner": left_matched, "left": left.num_rows, "semi": left_matched, "anti": left.num_rows - left_matched}[how]
    pairs = sum(int(part.sum()) for part in np.array_split(matches, 1 + len(matches) // MAX_ROWS))
    out = {"inner": pairs, "left": pairs + left.num_rows - left_matched}.get(how, kept)
    if out > max_rows:
        raise DataError(
            f"the join would make {out} rows of {left.num_rows} left and {right.num_rows} right rows; the limit is {max_rows}",
            hint="a key that many rows share on both sides, perhaps a default value, multiplies them: filter it, or make one side unique",
        )
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
    order = content_order(left)
    matches = matches[order]
    if how in ("semi", "anti"):
        return JoinResult(order[(matches > 0) == (how == "semi")], None, counts)
    return JoinResult(*_pair(order, matches, left_ids, content_order(right), right_ids, right_null, partners, how), counts)


def _match(
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
        if logical(a.type) != logical(b.type):
            raise TypeMismatchError(f"a join has keys of {format_type(a.type)} and {format_type(b.type)}", hint="cast one of them")
        a, b = plain(whole(a)), plain(whole(b))
        if a.type != b.type:  # text beside large text
            wide = pa.large_string() if pa.types.is_string(logical(a.type)) else pa.large_binary()
            a, b = a.cast(wide), b.cast(wide)
        both.append(pa.chunked_array([a, b]))
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
