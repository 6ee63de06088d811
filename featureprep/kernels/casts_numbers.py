"""Casts among bool, integers, floats and decimals: the value is kept, or rounded to nearest, or the cell is bad.

To an integer: the value must be whole and in range. To bool: 0 or 1. To a float: rounded to nearest; float32 by way of float64; too large is an infinity.
To a decimal: rounded half to even to the scale, a float by its shortest decimal spelling; NaN, infinities and values beyond the precision are bad.
"""

from __future__ import annotations

import ctypes
import decimal
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import build_checked, by_distinct, storage_dtype, valid_of, values_of
from featureprep.kernels.formatting import format_float32
from featureprep.kernels.ieee import as_float64
from featureprep.kernels.integers import limits
from featureprep.kernels.numbers_text import decimal_fitter
from featureprep.kernels.result import BAD, Batch

Row = Callable[[Any], Any]


def to_float32(x: float) -> float:
    """A float rounded to the nearest float32."""
    return ctypes.c_float(x).value


def bool_to_number(array: pa.Array, to: pa.DataType) -> Batch:
    return pc.cast(array, to), None


def number_to_bool(array: pa.Array, to: pa.DataType) -> Batch:
    values = values_of(array)
    true = values == 1
    return build_checked(true, to, valid_of(array), ~(true | (values == 0)))


def number_to_bool_row(value: Any) -> Any:
    return True if value == 1 else False if value == 0 else BAD


def int_to_int(array: pa.Array, to: pa.DataType) -> Batch:
    try:
        return pc.cast(array, to), None
    except pa.ArrowInvalid:  # some cell is out of range
        values = values_of(array)
        low, high = limits(to)
        wrong = (values < low) | (values > high)
        return build_checked(values.astype(storage_dtype(to)), to, valid_of(array), wrong)


def int_row(to: pa.DataType) -> Row:
    low, high = limits(to)
    return lambda value: value if low <= value <= high else BAD


def number_to_float(array: pa.Array, to: pa.DataType) -> Batch:
    return pc.cast(as_float64(array), to, safe=False), None


def float_to_int(array: pa.Array, to: pa.DataType) -> Batch:
    try:
        return pc.cast(array, to), None
    except pa.ArrowInvalid:  # some cell is not whole, or out of range
        values = values_of(array).astype(np.float64)
        low, high = limits(to)
        fits = (values == np.trunc(values)) & (values >= float(low)) & (values < float(high + 1))
        return build_checked(np.where(fits, values, 0.0).astype(storage_dtype(to)), to, valid_of(array), ~fits)


def float_to_int_row(to: pa.DataType) -> Row:
    low, high = limits(to)

    def whole(value: float) -> Any:
        if value - value != 0.0:  # NaN or infinite
            return BAD
        number = int(value)
        return number if number == value and low <= number <= high else BAD

    return whole


def decimal_to_bool(array: pa.Array, to: pa.DataType) -> Batch:
    return by_distinct(array, number_to_bool_row, to)


def decimal_to_int_row(to: pa.DataType) -> Row:
    low, high = limits(to)

    def whole(value: decimal.Decimal) -> Any:
        number = int(value)
        return number if number == value and low <= number <= high else BAD

    return whole


def decimal_to_int(array: pa.Array, to: pa.DataType) -> Batch:
    return by_distinct(array, decimal_to_int_row(to), to)


def decimal_to_float(array: pa.Array, to: pa.DataType) -> Batch:
    exact = pc.cast(pc.cast(array, pa.string()), pa.float64())  # Arrow's direct cast is not rounded to nearest
    return pc.cast(exact, to), None


def decimal_row(frm: pa.DataType, to: pa.DataType) -> Row:
    """From bool, integers, floats or decimals to a decimal."""
    fit = decimal_fitter(to)
    if frm == pa.float32():
        return lambda value: fit(decimal.Decimal(format_float32(value)))
    if pa.types.is_floating(frm):
        return lambda value: fit(decimal.Decimal(repr(value)))
    return lambda value: fit(decimal.Decimal(value))


def to_decimal(array: pa.Array, to: pa.DataType) -> Batch:
    return by_distinct(array, decimal_row(array.type, to), to)
