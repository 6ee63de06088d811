"""Values as text: one spelling for each value of each type.

Integers in decimal; floats by the shortest text that reads back to the same value of their type, spelled as Python's `repr` (`1.0`, `1e-05`, `nan`, `inf`);
`true`, `false`; decimals with all digits of their scale and no exponent; dates `2024-02-29`; timestamps `2024-02-29T12:30:00`, with six
digits of fraction where there is one, and `Z` where the type has a zone. Years outside 0..9999 have a sign and at least four digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.kernels.arrays import build, by_distinct, patch, valid_of, values_of
from featureprep.kernels.calendar import DAY, civil
from featureprep.kernels.result import Batch

_FIRST, _LAST = -62135596800000000, 253402300799999999  # years 1 to 9999 in microseconds


def format_number(array: pa.Array) -> Batch:
    """The cells of a bool, number, decimal, date or timestamp array as text; never bad."""
    dtype = array.type
    if pa.types.is_boolean(dtype) or pa.types.is_integer(dtype):
        return pc.cast(array, pa.string()), None
    if pa.types.is_floating(dtype):
        return _floats(array)
    if pa.types.is_timestamp(dtype):
        return _timestamps(array)
    return by_distinct(array, formatter(dtype), pa.string())


def formatter(dtype: pa.DataType) -> Callable[[Any], str]:
    """The row form of `format_number` for columns of a type.

    Raises
    ------
    TypeMismatchError
        For a type without such a spelling (binary, lists, structs).
    """
    if pa.types.is_boolean(dtype):
        return lambda value: "true" if value else "false"
    if pa.types.is_integer(dtype):
        return str
    if dtype == pa.float64():
        return lambda value: repr(float(value))
    if dtype == pa.float32():
        return format_float32
    if pa.types.is_decimal(dtype):
        return lambda value: f"{value or 0:.{dtype.scale}f}"  # Arrow's decimals have no minus zero
    if pa.types.is_date32(dtype):
        return format_date
    if pa.types.is_timestamp(dtype):
        return format_timestamp if dtype.tz is None else lambda value: format_timestamp(value) + "Z"
    raise TypeMismatchError(f"{dtype} has no spelling as one text")


def format_float32(value: float) -> str:
    """The shortest text that reads back to the same float32, spelled as `repr`."""
    return repr(float(str(np.float32(value))))  # at most 9 digits, which a float64 keeps


def format_date(days: int) -> str:
    """Days since the epoch as ISO 8601."""
    year, month, day = civil(days)
    return f"{year:04d}-{month:02d}-{day:02d}" if 0 <= year <= 9999 else f"{year:+05d}-{month:02d}-{day:02d}"


def format_timestamp(micros: int) -> str:
    """Microseconds since the epoch as ISO 8601."""
    days, rest = divmod(micros, DAY)
    seconds, fraction = divmod(rest, 1_000_000)
    text = f"{format_date(days)}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}" if fraction else text


def _floats(array: pa.Array) -> Batch:
    """Arrow's digits are the shortest too, but it spells whole numbers, tiny and large ones differently."""
    values, valid = values_of(array), valid_of(array)
    size = np.abs(values)
    with np.errstate(invalid="ignore"):
        small = size < 2.0**24  # every whole number below is exact in both types, and its digits are the shortest
        whole = small & (values == np.trunc(values)) & ~((values == 0) & np.signbit(values))
        middle = small & ~whole & (size >= 1e-4)
    if valid is not None:
        whole, middle = whole & valid, middle | ~valid
    text = pc.cast(array, pa.string())
    if whole.any():
        digits = pc.cast(build(np.where(whole, values, 0).astype(np.int32), pa.int32()), pa.string())
        text = pc.if_else(pa.array(whole), pc.binary_join_element_wise(digits, ".0", ""), text)
    odd = ~(whole | middle)
    if not odd.any():
        return text, None
    return patch(text, odd, by_distinct(array.filter(pa.array(odd)), formatter(array.type), pa.string()))


def _timestamps(array: pa.Array) -> Batch:
    values, valid = values_of(array), valid_of(array)
    odd = (values < _FIRST) | (values > _LAST)
    if valid is not None:
        odd &= valid
    naive = array if array.type.tz is None else build(values, pa.timestamp("us"), valid)
    text = pc.replace_substring(pc.cast(naive, pa.string()), pattern=" ", replacement="T", max_replacements=1)
    fraction = values % 1_000_000 != 0
    if not fraction.all():
        text = pc.if_else(pa.array(fraction), text, pc.utf8_slice_codeunits(text, 0, -7))
    if array.type.tz is not None:
        text = pc.binary_join_element_wise(text, "Z", "")
    return patch(text, odd, by_distinct(array.filter(pa.array(odd)), formatter(array.type), pa.string())) if odd.any() else (text, None)
