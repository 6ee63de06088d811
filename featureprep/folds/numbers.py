"""Numeric columns as NumPy arrays, the nulls, NaNs and infinities counted apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.hashing.layout import fixed_values, plain
from featureprep.types import format_type

Numbers = np.ndarray[Any, Any]


def present(array: pa.Array, fold: str) -> tuple[Numbers, int]:
    """The values that are not null, and the number of nulls.

    Parameters
    ----------
    array : pa.Array
        Of integers, floats, or bool (as 0 and 1); dictionaries are decoded.
    fold : str
        Who asks, for the error.

    Returns
    -------
    values : np.ndarray, shape (n,)
        float64, or int64 or uint64 for integers; may be a view of the array's buffer.
    nulls : int

    Raises
    ------
    TypeMismatchError
        For any other type.
    """
    array = plain(array)
    dtype = array.type
    if pa.types.is_null(dtype):
        return np.empty(0, np.float64), len(array)
    if pa.types.is_boolean(dtype):
        array = array.cast(pa.uint8())
        dtype = array.type
    if not (pa.types.is_integer(dtype) or dtype in (pa.float32(), pa.float64())):
        raise TypeMismatchError(f"{fold} takes numbers, not {format_type(dtype)}", hint="cast the column to float64 or int64")
    nulls = array.null_count
    if nulls:
        array = array.drop_null()
    letter = "f" if pa.types.is_floating(dtype) else ("u" if pa.types.is_unsigned_integer(dtype) else "i")
    values = fixed_values(array, f"<{letter}{dtype.bit_width // 8}")
    with np.errstate(invalid="ignore"):  # a signalling NaN widened
        return values.astype(f"<{letter}8", copy=False), nulls


def split_finite(values: Numbers) -> tuple[Numbers, int, int]:
    """(finite values, number of NaNs, number of infinities) of a float64 array."""
    if len(values) == 0:
        return values, 0, 0
    with np.errstate(invalid="ignore"):
        clean = np.isfinite(np.min(values)) and np.isfinite(np.max(values))
    if clean:  # NaN goes through min and max
        return values, 0, 0
    finite = np.isfinite(values)
    kept = values[finite]
    nans = int(np.count_nonzero(np.isnan(values)))
    return kept, nans, len(values) - len(kept) - nans
