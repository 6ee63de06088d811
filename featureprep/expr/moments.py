"""Numbers given for moments, where no unit stands beside them.

An integer for a timestamp counts microseconds since 1970 (UTC), one for a date counts days. Nothing shows that a caller meant seconds, so
only those integers are taken that no other usual unit explains: for a timestamp 0 and 14 to 16 digits (1970-04-26 to 2286-11-20, and as
far before 1970; seconds of those years have up to 10 digits, milliseconds 11 to 13, nanoseconds 17 to 19), for a date up to 5 digits (1696
to 2243; 20240301 has 8). Any other moment is given as `datetime`, `date`, `numpy.datetime64` or text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.kernels.arrays import build_checked, valid_of, values_of
from featureprep.kernels.result import BAD, Batch

_FIRST_MICROS, _END_MICROS = 10**13, 10**16
_END_DAYS = 10**5
_PER_MICRO = {"ns": 10**3, "ps": 10**6, "fs": 10**9, "as": 10**12}
_MICROS = {"us": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6}
_CALENDAR = ("Y", "M", "W", "D")

TIMESTAMP_HINT = (
    "an integer for a timestamp counts microseconds since 1970, and has 14 to 16 digits or is 0 (fewer look like seconds or milliseconds, more "
    "like nanoseconds); give a datetime, or text such as 2024-02-29T12:30:00"
)
DATE_HINT = "an integer for a date counts days since 1970, and has up to 5 digits; give a date, or text such as 2024-02-29"


def micros_given(value: int) -> Any:
    """An integer given for a timestamp, or BAD."""
    return value if value == 0 or _FIRST_MICROS <= abs(value) < _END_MICROS else BAD


def days_given(value: int) -> Any:
    """An integer given for a date, or BAD."""
    return value if -_END_DAYS < value < _END_DAYS else BAD


def column_given(array: pa.Array, to: pa.DataType) -> Batch:
    """An integer column given for dates or timestamps, with the cells that are malformed."""
    numbers = values_of(array)
    if numbers.dtype == np.uint64:
        numbers = np.minimum(numbers, np.uint64(_END_MICROS))
    numbers = numbers.astype(np.int64)
    if pa.types.is_date32(to):
        wrong = (numbers <= -_END_DAYS) | (numbers >= _END_DAYS)
    else:
        sure = (numbers >= _FIRST_MICROS) & (numbers < _END_MICROS) | (numbers <= -_FIRST_MICROS) & (numbers > -_END_MICROS)
        wrong = ~sure & (numbers != 0)
    return build_checked(np.where(wrong, 0, numbers), to, valid_of(array), wrong)


def column_in_micros(array: pa.Array, to: pa.DataType) -> Batch:
    """A timestamp column of any unit in microseconds; cells with a part below that, or beyond its range, are malformed."""
    if array.type.unit == "us":
        return array.cast(to), None
    numbers = values_of(array)
    if array.type.unit == "ns":
        micros, rest = np.divmod(numbers, 1000)
        return build_checked(micros, to, valid_of(array), rest != 0)
    factor = _MICROS[array.type.unit]
    end = 2**63 // factor
    wrong = (numbers >= end) | (numbers < -end)
    return build_checked(np.where(wrong, 0, numbers) * factor, to, valid_of(array), wrong)


def of_numpy(value: np.datetime64) -> Any:
    """(type, row value) of a NumPy moment: a date where its unit is a day or more; None for NaT, BAD for a part below the microsecond."""
    if np.isnat(value):
        return None
    unit, count = np.datetime_data(value.dtype)
    if unit in _CALENDAR:
        day = value.astype("datetime64[D]")
        number = int(day.astype(np.int64))
        return (pa.date32(), number) if day.astype(value.dtype) == value and -(2**31) <= number < 2**31 else BAD
    number = int(value.astype(np.int64)) * count
    if unit in _MICROS:
        micros = number * _MICROS[unit]
    else:
        micros, rest = divmod(number, _PER_MICRO[unit])
        if rest:
            return BAD
    return (pa.timestamp("us"), micros) if -(2**63) <= micros < 2**63 else BAD


def items_of_numpy(value: Any) -> Any:
    """A list, tuple, dict or array with NumPy's moments in it as datetimes (dates where their unit is a day or more).

    Those with a part below the microsecond stay, and so fit no type.
    """
    if isinstance(value, np.ndarray):
        return items_of_numpy(list(value)) if value.dtype.kind == "M" else value.tolist()
    if isinstance(value, dict):
        return {key: items_of_numpy(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [items_of_numpy(item) for item in value]
    if not isinstance(value, np.datetime64):
        return value
    if np.isnat(value):
        return None
    unit, _ = np.datetime_data(value.dtype)
    coarse = value if unit in _CALENDAR else value.astype("datetime64[us]")
    item = coarse.item() if coarse == value else value
    return coarse if isinstance(item, int) else item  # beyond the years 1 to 9999


def hint_for(dtype: pa.DataType) -> str | None:
    """What to say of a moment that was not understood."""
    if pa.types.is_timestamp(dtype):
        return TIMESTAMP_HINT
    return DATE_HINT if pa.types.is_date32(dtype) else None
