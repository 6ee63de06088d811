"""rolling: aggregates of the window of each row, each computed from the window's values alone, whatever window came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds import exact_windows
from featureprep.folds.codes import canonical_values, codes
from featureprep.hashing.layout import fixed_values, null_mask, plain, whole
from featureprep.relational.aggregates import SUMMED, aggregate_type
from featureprep.relational.axis import has_gaps
from featureprep.relational.ranges import extremes
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices
from featureprep.relational.wavelet import Wavelet
from featureprep.relational.window_values import Ordered
from featureprep.relational.windows import Windows
from featureprep.types import format_type, is_float, is_integer, logical

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def rolling_type(function: str, dtype: pa.DataType | None) -> pa.DataType:
    """The type of an aggregate of windows over values of `dtype` (None: no column): that of the same aggregate of a group.

    Raises
    ------
    ArgumentError
        For another function, or one other than count without a column.
    TypeMismatchError
        For a type that the function does not take: as of a group, and decimals, where they would be added up.
    """
    found = None if dtype is None else logical(dtype)
    added = found is None or is_integer(found) or is_float(found) or pa.types.is_boolean(found) or pa.types.is_null(found)
    if function in SUMMED and not added:
        raise TypeMismatchError(f"{function} of windows takes integers, floats and bools, not {format_type(found)}", hint="cast to float64")
    return aggregate_type(function, found)


class Rolled:
    """A column and its windows; what several aggregates need is computed once.

    Parameters
    ----------
    array : pa.Array, shape (m,), or None
        The values in the order of the places; None for rows as such.
    windows : Windows
    """

    def __init__(self, array: pa.Array | pa.ChunkedArray | None, windows: Windows) -> None:
        self.array = None if array is None else whole(array)
        self.windows = windows

    def aggregate(
        self, function: str, params: Mapping[str, Any], min_periods: int, order: Sequence[pa.Array | pa.ChunkedArray] = ()
    ) -> tuple[pa.Array, Mask | None]:
        """One value for each window, null where fewer than `min_periods` values go into it (at least 1, but for sum, any, all and collect); and
        where a sum does not fit its type, if anywhere: null there. `order`: the aggregate's order columns, in the order of the places.

        Raises
        ------
        DataError
            For lists that would be too large.
        """
        if self.array is None:
            return pa.array(self.windows.high - self.windows.low), None
        dtype = rolling_type(function, self.array.type)
        match function:
            case "count":
                low, high = self._within(self._present)
                return pa.array(high - low), None
            case "n_unique":
                return self._n_unique(), None
            case "min" | "max":
                return self._extreme(max(min_periods, 1), largest=function == "max"), None
            case "any" | "all":
                return self._judged(function, min_periods), None
            case "first" | "last" | "collect":
                return self._chosen(function, params, min_periods, order), None
        values, low, high = self._numbers
        few = high - low < (min_periods if function == "sum" else max(min_periods, 1))
        if function == "sum" and dtype != pa.float64():
            return self._whole_sum(dtype, few)
        if function == "quantile":
            found = self._quantile(params["q"])
        elif function in ("std", "var"):
            ddof = params["ddof"]
            few |= high - low <= ddof
            found = exact_windows.window_variances(values, low, high, ddof=ddof, root=function == "std")
        else:
            work = exact_windows.window_sums if function == "sum" else exact_windows.window_means
            found = work(values, low, high)
        return pa.array(found, mask=few), None

    @cached_property
    def _present(self) -> Mask:
        array = plain(self.array)
        nulls = np.ones(len(array), np.bool_) if pa.types.is_null(array.type) else null_mask(array)
        return np.ones(len(array), np.bool_) if nulls is None else ~nulls

    def _within(self, taken: Mask) -> tuple[Indices, Indices]:
        """The windows as ranges of the places that are taken alone."""
        if taken.all():
            return self.windows.low, self.windows.high
        before = np.zeros(len(taken) + 1, np.int64)
        np.cumsum(taken, out=before[1:])
        return before[self.windows.low], before[self.windows.high]

    @cached_property
    def _numbers(self) -> tuple[np.ndarray[Any, Any], Indices, Indices]:
        """The finite values, and the windows among them."""
        array = plain(self.array)
        if pa.types.is_null(array.type):
            return np.zeros(0, np.int64), *self._within(self._present)
        taken = self._present
        if is_float(array.type):
            with np.errstate(invalid="ignore"):  # signalling NaNs
                values = array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
                taken = taken & np.isfinite(values)
        else:
            wide = pa.uint64() if pa.types.is_unsigned_integer(array.type) else pa.int64()
            values = array.cast(wide).fill_null(0).to_numpy(zero_copy_only=False)
        return (values if taken.all() else values[taken]), *self._within(taken)

    def _whole_sum(self, dtype: pa.DataType, few: Mask) -> tuple[pa.Array, Mask | None]:
        totals, bad = exact_windows.window_integers(*self._numbers)
        bad &= ~few
        return pa.array(totals, dtype, mask=few | bad), bad if bad.any() else None

    @cached_property
    def _sorted(self) -> tuple[np.ndarray[Any, np.dtype[np.float64]], Wavelet]:
        """The different finite values ascending, as doubles without -0.0, and their numbers place by place."""
        values = self._numbers[0].astype(np.float64) + 0.0
        different, numbers = np.unique(values, return_inverse=True)
        return different, Wavelet(numbers.astype(np.int64))

    def _quantile(self, q: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        _, low, high = self._numbers
        different, wavelet = self._sorted
        last = np.maximum(high - low - 1, 0)
        virtual = last * q
        below = np.minimum(np.floor(virtual).astype(np.int64), last)
        if len(different) == 0:
            return np.zeros(len(low))
        sound = np.where(high > low, below, 0)
        a = different[np.minimum(wavelet.select(low, high, sound), len(different) - 1)]
        b = different[np.minimum(wavelet.select(low, high, np.minimum(sound + 1, last)), len(different) - 1)]
        return _between(a, b, virtual - below)

    @cached_property
    def _ordered(self) -> tuple[np.ndarray[Any, Any], pa.Array | None, Mask]:
        """Numbers in the order of the values, the values that they are places of (None: they are values themselves), and where there is one."""
        array = plain(self.array)
        dtype = array.type
        if not has_gaps(dtype):
            found = ranked(array, "rolling")
            return found.ranks, found.values, found.ranks < len(found.values)
        taken = self._present
        if is_float(dtype):
            values = fixed_values(canonical_values(array), f"<f{dtype.bit_width // 8}")
            return values, None, taken & (values == values)
        kind = "u" if pa.types.is_unsigned_integer(dtype) else "i"
        return fixed_values(array, f"<{kind}{dtype.bit_width // 8}"), None, taken

    def _extreme(self, least: int, *, largest: bool) -> pa.Array:
        numbers, values, taken = self._ordered
        low, high = self._within(taken)
        numbers = numbers if taken.all() else numbers[taken]
        found = extremes(numbers, low, high, largest=largest)
        few = high - low < least
        if values is not None:
            return values.take(pa.array(found, mask=few))
        made = pa.array(found, mask=few)
        dtype = plain(self.array).type
        return made if made.type == dtype else made.view(dtype)

    def _judged(self, function: str, min_periods: int) -> pa.Array:
        """Whether one value is true, or none is false."""
        low, high = self._within(self._present)
        found = self._extreme(1, largest=function == "any").cast(pa.bool_()).fill_null(function == "all")
        return pc.if_else(pa.array(high - low < min_periods), pa.scalar(None, pa.bool_()), found)

    def _chosen(self, function: str, params: Mapping[str, Any], min_periods: int, order: Sequence[pa.Array | pa.ChunkedArray]) -> pa.Array:
        rows = self.windows.high - self.windows.low
        if function == "collect":
            return Ordered(self.array, order, self.windows, descending=params.get("descending", False)).lists(rows < min_periods)
        return Ordered(self.array, order, self.windows, descending=function == "last").first(rows < max(min_periods, 1))

    def _n_unique(self) -> pa.Array:
        low, high = self._within(self._present)
        found = codes(whole(self.array))[self._present]
        order = np.argsort(found, kind="stable")
        again = np.zeros(len(found), np.bool_)
        again[1:] = found[order[1:]] == found[order[:-1]]
        earlier = np.zeros(len(found), np.int64)  # one more than the place of the same value before, 0 where there is none
        earlier[order[1:]] = np.where(again[1:], order[:-1] + 1, 0)
        return pa.array(Wavelet(earlier).below(low, high, low + 1))


def _between(
    a: np.ndarray[Any, np.dtype[np.float64]], b: np.ndarray[Any, np.dtype[np.float64]], t: np.ndarray[Any, np.dtype[np.float64]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """As `featureprep.folds.quantiles.between`, of many."""
    with np.errstate(over="ignore", invalid="ignore"):
        width = b - a
        near = np.where(t >= 0.5, b - width * (1.0 - t), a + width * t)
    return np.where(np.isinf(width), a * (1.0 - t) + b * t, near) + 0.0
