"""Which row of each group is the least: what min, max, first and last, and drop_duplicates ask; and the order that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.folds.codes import canonical_values
from featureprep.hashing.layout import fixed_values, null_mask, plain, whole
from featureprep.relational.order import content_order
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices
from featureprep.types import logical

_LATE = 3


@dataclass(frozen=True)
class Comparable:
    """A column as numbers that compare as its values do.

    Attributes
    ----------
    numbers : np.ndarray of integers or floats, shape (n,)
        Equal for equal canonical values; 0 for NaN and null.
    late : np.ndarray of int8, shape (n,), or None
        1 for NaN, 2 for null, which stand after all values in both directions; None where there is neither.
    """

    numbers: np.ndarray[Any, Any]
    late: np.ndarray[Any, np.dtype[np.int8]] | None

    def at(self, rows: Indices) -> Comparable:
        """Those of some rows."""
        return Comparable(self.numbers[rows], None if self.late is None else self.late[rows])

    def descending(self) -> Comparable:
        """The largest value first."""
        return Comparable(-self.numbers if self.numbers.dtype.kind == "f" else ~self.numbers, self.late)


def comparable(array: pa.Array | pa.ChunkedArray, owner: str, *, nested: bool = False) -> Comparable:
    """A column's order: ascending, text and bytes by bytes, false before true.

    Raises
    ------
    TypeMismatchError
        For lists and structs, with `owner` named; unless `nested`: then they are in order of content.
    """
    dtype = logical(array.type)
    if nested and pa.types.is_nested(dtype):
        return _by_content(whole(array))
    if pa.types.is_boolean(dtype):
        array = plain(whole(array)).cast(pa.uint8())
    elif pa.types.is_floating(dtype):
        array = canonical_values(array)
    elif not (pa.types.is_integer(dtype) or pa.types.is_date32(dtype) or pa.types.is_timestamp(dtype)):
        found = ranked(array, owner)
        beyond = found.ranks - (len(found.values) - 1)
        return _late(found.ranks, np.maximum(beyond, 0).astype(np.int8))
    else:
        array = plain(whole(array))
    kind = "f" if pa.types.is_floating(array.type) else "u" if pa.types.is_unsigned_integer(array.type) else "i"
    numbers = fixed_values(array, f"<{kind}{array.type.bit_width // 8}")
    nulls = null_mask(array)
    late = np.zeros(len(array), np.int8)
    if kind == "f":
        late[np.isnan(numbers)] = 1
    if nulls is not None:
        late[nulls] = 2
    return _late(numbers, late)


def ordering(order: Sequence[pa.Array | pa.ChunkedArray], values: pa.Array | pa.ChunkedArray, *, descending: bool) -> list[Comparable]:
    """What first, last and collect put rows in order by: their order columns, from the largest on if `descending`, then their values, which ascend
    (lists and structs by content). NaN and then null stand last in each.
    """
    keys = [comparable(one, "order_by") for one in order]
    keys = [key.descending() for key in keys] if descending else keys
    return [*keys, comparable(values, "aggregates", nested=True)]


def sort_columns(keys: Sequence[Comparable]) -> list[np.ndarray[Any, Any]]:
    """The same order as columns of numbers, the first one first."""
    return [part for key in keys for part in ((key.numbers,) if key.late is None else (key.late, key.numbers))]


def in_order(order: Sequence[pa.Array | pa.ChunkedArray], values: pa.Array, *, descending: bool) -> Indices:
    """The indices that put rows in the order of `ordering`, shape (n,)."""
    return np.lexsort(sort_columns(ordering(order, values, descending=descending))[::-1])


def least_rows(keys: Sequence[Comparable], ids: Indices, groups: int) -> Indices:
    """The row of each group that comes first by these, one after the other; one of them where they do not decide. -1 for a group without rows."""
    rows = tied_rows(keys, ids, groups)
    found = np.full(groups, -1, np.int64)
    found[ids[rows[::-1]]] = rows[::-1]
    return found


def tied_rows(keys: Sequence[Comparable], ids: Indices, groups: int) -> Indices:
    """The rows that are first in their group by these, all that are equal there; ascending."""
    rows: Indices = np.arange(len(ids))
    for key in keys:
        key, of = (key, ids) if len(rows) == len(ids) else (key.at(rows), ids[rows])
        keep: np.ndarray[Any, np.dtype[np.bool_]] = np.ones(len(of), np.bool_)
        if key.late is not None:
            least = np.full(groups, _LATE, np.int8)
            np.minimum.at(least, of, key.late)
            keep &= key.late == least[of]
        numbers = key.numbers
        top = np.inf if numbers.dtype.kind == "f" else np.iinfo(numbers.dtype).max
        best = np.full(groups, top, numbers.dtype)
        np.minimum.at(best, of[keep], numbers[keep])
        keep &= numbers == best[of]
        rows = rows[keep]
    return rows


def _late(numbers: np.ndarray[Any, Any], late: np.ndarray[Any, np.dtype[np.int8]]) -> Comparable:
    if not late.any():
        return Comparable(numbers, None)
    return Comparable(np.where(late > 0, numbers.dtype.type(0), numbers), late)


def _by_content(array: pa.Array) -> Comparable:
    order = content_order(pa.table({"": array}))
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    nulls = null_mask(array)
    return _late(ranks, np.zeros(len(array), np.int8) if nulls is None else nulls.astype(np.int8) * np.int8(2))
