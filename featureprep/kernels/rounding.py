"""Rounding of numbers: `round` to a number of decimal places, `floor`, `ceil`, `trunc`.

Floats: `round(x, n)` is NumPy's algorithm: y = x * 10**n (x / 10**-n for n < 0) in float64, to the nearest whole number, halves to even, and back by the
inverse operation. Where |y| >= 2**52 x has no such decimals and is given back unchanged. Results are float64; NaN, infinities and the sign of zero stay.
Integers: unchanged for n >= 0; else to the nearest multiple of 10**-n, halves to even, bad where that does not fit the type. Types stay.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.kernels.arrays import build, build_checked, by_distinct, valid_of, values_of
from featureprep.kernels.ieee import as_float64
from featureprep.kernels.integers import limits
from featureprep.kernels.result import BAD, Bad, Batch

MAX_PLACES = 15
_WHOLE = 2.0**52


def check_places(places: int) -> int:
    """`places`, if it is within -15..15.

    Raises
    ------
    ArgumentError
    """
    if isinstance(places, bool) or not isinstance(places, int) or not -MAX_PLACES <= places <= MAX_PLACES:
        raise ArgumentError.of("places", "round", f"an integer from -{MAX_PLACES} to {MAX_PLACES}", places)
    return places


def round_batch(array: pa.Array, places: int) -> Batch:
    """Round an integer or float array; see the module for the rule."""
    check_places(places)
    if pa.types.is_integer(array.type):
        if places >= 0:
            return array, None
        return _round_integers(array, places)
    x = values_of(as_float64(array))
    power = 10.0 ** abs(places)  # exact up to 10**22
    with np.errstate(over="ignore", invalid="ignore"):
        y = x * power if places > 0 else x / power if places < 0 else x
        back = np.rint(y)
        back = back / power if places > 0 else back * power if places < 0 else back
        out = np.where(np.abs(y) < _WHOLE, back, x)
    return build(out, pa.float64(), valid_of(array)), None


def _round_integers(array: pa.Array, places: int) -> Batch:
    low, high = limits(array.type)
    step = 10**-places
    x = values_of(array)
    if step > high:  # every value is at most one step from 0
        return by_distinct(array, round_row(array.type, places), array.type)
    unit = x.dtype.type(step)
    floor = x // unit
    rest = x - floor * unit  # the product may wrap at the low end; the difference is right again
    half = x.dtype.type(step // 2)
    multiple = floor + ((rest > half) | ((rest == half) & (floor % x.dtype.type(2) == 1)))
    wrong = (multiple < -(-low // step)) | (multiple > high // step)
    return build_checked(multiple * unit, array.type, valid_of(array), wrong)


def round_row(dtype: pa.DataType, places: int) -> Callable[[Any], Any]:
    """The row form of `round_batch` for columns of a type."""
    check_places(places)
    power = 10.0 ** abs(places)
    if pa.types.is_integer(dtype):
        return _integer_row(dtype, places)

    def up(x: float) -> float:
        y = x * power
        return math.copysign(round(y) / power, x) if -_WHOLE < y < _WHOLE else x

    def down(x: float) -> float:
        y = x / power
        return math.copysign(round(y) * power, x) if -_WHOLE < y < _WHOLE else x

    return up if places > 0 else down


def _integer_row(dtype: pa.DataType, places: int) -> Callable[[Any], Any]:
    low, high = limits(dtype)

    def nearest(x: int) -> int | Bad:
        rounded = round(x, places)
        return rounded if low <= rounded <= high else BAD

    return (lambda x: x) if places >= 0 else nearest


def _whole(kernel: Callable[[pa.Array], pa.Array]) -> Callable[[pa.Array], Batch]:
    def inner(array: pa.Array) -> Batch:
        return (array if pa.types.is_integer(array.type) else kernel(as_float64(array))), None

    return inner


floor_batch, ceil_batch, trunc_batch = _whole(pc.floor), _whole(pc.ceil), _whole(pc.trunc)


def _whole_row(function: Callable[[float], int]) -> Callable[[Any], Any]:
    def inner(x: Any) -> Any:
        # beyond 2**52 every float is whole; NaN and infinities stay
        return math.copysign(function(x), x) if -_WHOLE < x < _WHOLE and type(x) is float else x

    return inner


floor_row, ceil_row, trunc_row = _whole_row(math.floor), _whole_row(math.ceil), _whole_row(math.trunc)

WHOLE: dict[str, tuple[Callable[[pa.Array], Batch], Callable[[Any], Any]]] = {
    "floor": (floor_batch, floor_row),
    "ceil": (ceil_batch, ceil_row),
    "trunc": (trunc_batch, trunc_row),
}
"""Batch and row form of rounding to whole numbers, by name."""
