"""Parts, truncation, epochs and differences of dates and timestamps, by whole-number arithmetic alone (UTC, proleptic Gregorian).

Every function takes timestamps or dates; a date is its midnight. Parts are int64; weekday: Monday is 0. Truncation keeps the type; weeks begin on Monday.
`to_epoch` counts whole units, rounded down (int64). `from_epoch` takes integers, or floats rounded to the nearest microsecond, halves to even. `diff` is
a - b in float64: exact microseconds, converted and divided by the unit's. What does not fit its type is bad.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.kernels.arrays import Vector, both_valid, build, build_checked, valid_of, values_of
from featureprep.kernels.calendar import DAY, HOUR, MINUTE, SECOND, civil, days_of, iso_week
from featureprep.kernels.result import BAD, Batch, Mask
from featureprep.types import TIMESTAMP

Row = Callable[[Any], Any]

_LOW, _HIGH = -(2**63), 2**63 - 1
_LOW_DAY, _HIGH_DAY = -(_HIGH // DAY), _HIGH // DAY
_LOW_DATE = -(2**31)

_OF_DAYS: dict[str, Callable[[Any], Any]] = {
    "year": lambda days: civil(days)[0],
    "quarter": lambda days: (civil(days)[1] + 2) // 3,
    "month": lambda days: civil(days)[1],
    "day": lambda days: civil(days)[2],
    "day_of_year": lambda days: days - days_of(civil(days)[0], 1, 1) + 1,
    "weekday": lambda days: (days + 3) % 7,
    "iso_week": lambda days: iso_week(days, lambda other: civil(other)[0]),
}
_OF_CLOCK: dict[str, Callable[[Any], Any]] = {
    "hour": lambda micros: micros % DAY // HOUR,
    "minute": lambda micros: micros % HOUR // MINUTE,
    "second": lambda micros: micros % MINUTE // SECOND,
    "microsecond": lambda micros: micros % SECOND,
}
PARTS = (*_OF_DAYS, *_OF_CLOCK)
"""The parts of a moment, by name."""

_CALENDAR: dict[str, Callable[[Any], Any]] = {
    "year": lambda days: days_of(civil(days)[0], 1, 1),
    "quarter": lambda days: days_of(civil(days)[0], (civil(days)[1] - 1) // 3 * 3 + 1, 1),
    "month": lambda days: days_of(*civil(days)[:2], 1),
    "week": lambda days: days - (days + 3) % 7,
    "day": lambda days: days,
}
_CLOCK = {"hour": HOUR, "minute": MINUTE, "second": SECOND}
TRUNCATE_UNITS = (*_CALENDAR, *_CLOCK)
"""The units to truncate to."""

EPOCH_UNITS: Mapping[str, int] = {"us": 1, "ms": 1000, "s": SECOND}
"""Microseconds in each unit of `to_epoch` and `from_epoch`."""

DIFF_UNITS: Mapping[str, int] = {**EPOCH_UNITS, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
"""Microseconds in each unit of `diff`."""


def check_name(param: str, owner: str, name: str, known: tuple[str, ...] | Mapping[str, Any]) -> str:
    """`name`, if it is known.

    Raises
    ------
    ArgumentError
    """
    if name not in known:
        raise ArgumentError.of(param, owner, f"one of {', '.join(known)}", name)
    return name


def _is_date(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_date32(dtype))


def part_batch(array: pa.Array, name: str) -> Batch:
    """A part (of `PARTS`) of each cell."""
    check_name("part", "dt", name, PARTS)
    values, valid = values_of(array).astype(np.int64), valid_of(array)
    if name in _OF_DAYS:
        out = _OF_DAYS[name](values if _is_date(array.type) else _days(values))
    else:
        out = np.zeros(len(values), np.int64) if _is_date(array.type) else _OF_CLOCK[name](values)
    return build(out, pa.int64(), valid), None


def part_row(dtype: pa.DataType, name: str) -> Row:
    """The row form of `part_batch` for columns of a type."""
    check_name("part", "dt", name, PARTS)
    if name in _OF_CLOCK:
        return (lambda days: 0) if _is_date(dtype) else _OF_CLOCK[name]
    of_days = _OF_DAYS[name]
    return of_days if _is_date(dtype) else lambda micros: of_days(micros // DAY)


def _days(micros: Vector) -> Vector:
    """Days of microseconds; they and all of the calendar's intermediate figures fit 32 bits, which are faster."""
    days: Vector = (micros // DAY).astype(np.int32)
    return days


def truncate_batch(array: pa.Array, unit: str) -> Batch:
    """The beginning of the unit (of `TRUNCATE_UNITS`) that each cell lies in."""
    check_name("unit", "truncate", unit, TRUNCATE_UNITS)
    values, valid = values_of(array).astype(np.int64), valid_of(array)
    if _is_date(array.type):
        days = values if unit in _CLOCK else _CALENDAR[unit](values)
        return build_checked(days, array.type, valid, days < _LOW_DATE)
    if unit in _CLOCK:
        rest = values % _CLOCK[unit]
        return build_checked(values - rest, array.type, valid, values < _LOW + rest)
    days = _CALENDAR[unit](_days(values)).astype(np.int64)
    return build_checked(days * DAY, array.type, valid, days < _LOW_DAY)


def truncate_row(dtype: pa.DataType, unit: str) -> Row:
    """The row form of `truncate_batch` for columns of a type."""
    check_name("unit", "truncate", unit, TRUNCATE_UNITS)
    if unit in _CLOCK:
        size = _CLOCK[unit]
        return (lambda days: days) if _is_date(dtype) else lambda micros: _at_least(micros - micros % size, _LOW)
    first = _CALENDAR[unit]
    if _is_date(dtype):
        return lambda days: _at_least(first(days), _LOW_DATE)
    return lambda micros: _at_least(first(micros // DAY) * DAY, _LOW)


def _at_least(value: int, low: int) -> Any:
    return value if value >= low else BAD


def _micros(array: pa.Array) -> tuple[Vector, Mask | None]:
    """Microseconds of each cell, and which dates are too far away for that."""
    values = values_of(array).astype(np.int64)
    if not _is_date(array.type):
        return values, None
    return values * DAY, (values < _LOW_DAY) | (values > _HIGH_DAY)


def micros_row(dtype: pa.DataType) -> Row:
    """A date or timestamp as microseconds; bad for dates too far away for that."""
    if _is_date(dtype):
        return lambda days: days * DAY if _LOW_DAY <= days <= _HIGH_DAY else BAD
    return lambda micros: micros


def to_epoch_batch(array: pa.Array, unit: str) -> Batch:
    """Whole units (of `EPOCH_UNITS`) since the epoch."""
    size = EPOCH_UNITS[check_name("unit", "to_epoch", unit, EPOCH_UNITS)]
    micros, far = _micros(array)
    if far is None:
        return build(micros // size, pa.int64(), valid_of(array)), None
    return build_checked(micros // size, pa.int64(), valid_of(array), far)


def to_epoch_row(dtype: pa.DataType, unit: str) -> Row:
    """The row form of `to_epoch_batch` for columns of a type."""
    size = EPOCH_UNITS[check_name("unit", "to_epoch", unit, EPOCH_UNITS)]
    micros = micros_row(dtype)
    return lambda value: BAD if (us := micros(value)) is BAD else us // size


def from_epoch_batch(array: pa.Array, unit: str) -> Batch:
    """Timestamps from integers or floats that count units (of `EPOCH_UNITS`) since the epoch."""
    size = EPOCH_UNITS[check_name("unit", "from_epoch", unit, EPOCH_UNITS)]
    values, valid = values_of(array), valid_of(array)
    if values.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            micros = np.rint(values.astype(np.float64) * float(size))
            fits = np.abs(micros) < 2.0**63
        return build_checked(np.where(fits, micros, 0.0).astype(np.int64), TIMESTAMP, valid, ~fits)
    wrong = (values > _HIGH // size) | (values < _LOW // size + (_LOW % size > 0))
    with np.errstate(over="ignore"):
        return build_checked(values.astype(np.int64) * size, TIMESTAMP, valid, wrong)


def from_epoch_row(unit: str) -> Row:
    """The row form of `from_epoch_batch`."""
    size = EPOCH_UNITS[check_name("unit", "from_epoch", unit, EPOCH_UNITS)]

    def moment(value: float) -> Any:
        if isinstance(value, float):
            micros = value * float(size)
            return round(micros) if -(2.0**63) < micros < 2.0**63 else BAD
        return value * size if _LOW <= value * size <= _HIGH else BAD

    return moment


def diff_batch(a: pa.Array, b: pa.Array, unit: str) -> Batch:
    """a - b in units of `DIFF_UNITS`, float64."""
    size = DIFF_UNITS[check_name("unit", "diff", unit, DIFF_UNITS)]
    (x, far), (y, farther) = _micros(a), _micros(b)
    gap = x - y
    wrong = ((x ^ y) & (x ^ gap)) < 0
    for mask in (far, farther):
        if mask is not None:
            wrong |= mask
    return build_checked(gap.astype(np.float64) / float(size), pa.float64(), both_valid(a, b), wrong)


def diff_row(left: pa.DataType, right: pa.DataType, unit: str) -> Callable[[Any, Any], Any]:
    """The row form of `diff_batch` for columns of these types."""
    size = float(DIFF_UNITS[check_name("unit", "diff", unit, DIFF_UNITS)])
    first, second = micros_row(left), micros_row(right)

    def diff(a: Any, b: Any) -> Any:
        x, y = first(a), second(b)
        if x is BAD or y is BAD:
            return BAD
        gap = x - y
        return float(gap) / size if _LOW <= gap <= _HIGH else BAD

    return diff
