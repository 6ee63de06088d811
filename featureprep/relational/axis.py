"""An order column as integers: what sequences are sorted by, and how far apart two of its values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.folds.codes import canonical_values
from featureprep.hashing.layout import fixed_values, null_mask, plain, whole
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import Indices
from featureprep.types import is_float, is_integer, is_temporal, logical

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, Any]

_SIGN: Final = np.int64(-(1 << 63))
_REST: Final = np.int64((1 << 63) - 1)


@dataclass(frozen=True)
class Axis:
    """Values of an order column.

    Attributes
    ----------
    keys : np.ndarray of int64, shape (n,)
        Ascend with the values; equal values, equal keys. -0.0 is 0.0. Anything where there is no place.
    placed : np.ndarray of bool, shape (n,)
        Where there is a value: null and NaN have no place.
    floats : np.ndarray of float64, shape (n,), or None
        The values of a float column.
    """

    keys: Indices
    placed: Mask
    floats: Numbers | None = None

    def gaps(self, later: Indices, earlier: Indices) -> Numbers:
        """How far the values at `earlier` lie before those at `later`: uint64, exact (microseconds, days, or the integers' own unit);
        of floats the difference in float64, 0.0 between equal ones.
        """
        if self.floats is None:
            words = self.keys.view(np.uint64)
            return words[later] - words[earlier]
        with np.errstate(invalid="ignore", over="ignore"):
            found = self.floats[later] - self.floats[earlier]
        return np.where(self.keys[later] == self.keys[earlier], 0.0, found)


def has_gaps(dtype: pa.DataType) -> bool:
    """Whether values of this type lie at a distance from each other that is a number: integers, floats, dates, timestamps."""
    return is_integer(dtype) or is_float(dtype) or is_temporal(dtype)


def axis_of(array: pa.Array | pa.ChunkedArray, owner: str) -> Axis:
    """The axis of an order column of any type but lists and structs; text and bytes go by their bytes, false before true.

    Raises
    ------
    TypeMismatchError
        For lists and structs, with `owner` named.
    """
    dtype = logical(array.type)
    if not (has_gaps(dtype) or pa.types.is_boolean(dtype)):
        found = ranked(array, owner)
        return Axis(found.ranks, found.ranks < len(found.values))
    array = plain(whole(array))
    nulls = null_mask(array)
    placed = np.ones(len(array), np.bool_) if nulls is None else ~nulls
    if is_float(dtype):
        wide = canonical_values(array.cast(pa.float64()))
        values = fixed_values(wide, "<f8")
        bits = values.view(np.int64)
        return Axis(bits ^ ((bits >> 63) & _REST), placed & (values == values), values)
    if pa.types.is_boolean(dtype):
        return Axis(array.fill_null(False).to_numpy(zero_copy_only=False).astype(np.int64), placed)
    kind = "i" if is_temporal(dtype) or not pa.types.is_unsigned_integer(dtype) else "u"
    values = fixed_values(array, f"<{kind}{dtype.bit_width // 8}")
    if dtype == pa.uint64():
        return Axis(values.view(np.int64) ^ _SIGN, placed)
    return Axis(values.astype(np.int64), placed)
