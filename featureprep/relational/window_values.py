"""first, last and collect of windows: values of their rows, in an order that the aggregate names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import DataError
from featureprep.folds.codes import canonical_values
from featureprep.hashing.layout import list_bounds, plain, whole
from featureprep.relational.least import in_order
from featureprep.relational.ranges import extremes
from featureprep.relational.rows import Indices
from featureprep.relational.windows import Windows
from featureprep.types import logical

Mask = np.ndarray[Any, np.dtype[np.bool_]]
LIST_BYTES: Final = 1 << 30
"""Bytes of values that `collect` may put into the lists of the windows of one part of a table, about."""
_BLOCK: Final = 1 << 20
"""Values that are put in order at once, but for a window that has more."""


class Ordered:
    """The values of windows in the order of an aggregate.

    Parameters
    ----------
    array : pa.Array, shape (m,)
        In the order of the places.
    order : sequence of arrays, shape (m,)
        What the rows are put in order by, before their values.
    descending : bool
        Whether the largest of `order` come first.
    windows : Windows
    """

    def __init__(self, array: pa.Array, order: Sequence[pa.Array | pa.ChunkedArray], windows: Windows, *, descending: bool) -> None:
        values = plain(whole(array))
        self.values = values if pa.types.is_nested(values.type) else canonical_values(values)
        self.windows = windows
        self.rows = in_order(order, values, descending=descending)
        self.ranks = np.empty(len(self.rows), np.int64)
        self.ranks[self.rows] = np.arange(len(self.rows))

    def first(self, few: Mask) -> pa.Array:
        """The value that comes first in each window; null where there are too few."""
        if not len(self.rows):
            return pa.nulls(len(few), logical(self.values.type))
        found = extremes(self.ranks, self.windows.low, self.windows.high, largest=False)
        return self.values.take(pa.array(self.rows[found], mask=few)).cast(logical(self.values.type))

    def lists(self, few: Mask) -> pa.Array:
        """All values of each window; null where there are too few.

        Raises
        ------
        DataError
            Where they are too many.
        """
        low, high = self.windows.low, np.where(few, self.windows.low, self.windows.high)
        before = np.append(0, np.cumsum(_sizes(self.values)))
        size = float((before[high] - before[low]).sum(dtype=np.float64))
        if size > LIST_BYTES:
            raise DataError(
                f"collect would put {size:,.0f} bytes into the lists of the windows of one part; the limit LIST_BYTES is {LIST_BYTES:,}",
                hint="use a shorter window; or filter the rows before",
            )
        offsets = np.append(0, np.cumsum(high - low))
        cuts = np.searchsorted(offsets, np.arange(_BLOCK, offsets[-1], _BLOCK))
        bounds = np.unique(np.concatenate([[0], cuts, [len(low)]])).tolist()
        taken = [self.values.take(pa.array(self._block(low[a:b], high[a:b]))) for a, b in pairwise(bounds)]
        made = pa.concat_arrays(taken) if taken else self.values.slice(0, 0)
        return pa.LargeListArray.from_arrays(pa.array(offsets), made, mask=pa.array(few)).cast(pa.list_(logical(self.values.type)))

    def _block(self, low: Indices, high: Indices) -> Indices:
        """The rows of some windows, one after the other."""
        counts = high - low
        window = np.repeat(np.arange(len(low)), counts)
        place = np.arange(len(window)) + np.repeat(low - (np.cumsum(counts) - counts), counts)
        n = max(len(self.rows), 1)
        line = window * n + self.ranks[place]
        line.sort()
        chosen: Indices = self.rows[line % n]
        return chosen


def _sizes(array: pa.Array) -> Indices:
    """About how many bytes each value has, shape (n,)."""
    dtype = array.type
    if pa.types.is_struct(dtype):
        return sum((_sizes(array.field(i)) for i in range(dtype.num_fields)), np.ones(len(array), np.int64))
    if pa.types.is_nested(dtype):
        elements, starts, stops = list_bounds(array)
        before = np.append(0, np.cumsum(_sizes(plain(elements))))
        sizes: Indices = before[stops] - before[starts] + 8
        return sizes
    if pa.types.is_string(logical(dtype)) or pa.types.is_binary(logical(dtype)):
        return np.asarray(pc.binary_length(array).fill_null(0).to_numpy(zero_copy_only=False), np.int64) + 8
    return np.full(len(array), 1 if pa.types.is_null(dtype) else max(1, dtype.bit_width // 8))
