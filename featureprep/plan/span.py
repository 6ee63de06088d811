"""Lengths: how many rows, how much time, or how far on an integer axis a window or a tolerance reaches."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any, Final, NamedTuple

import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.site import site
from featureprep.types import format_type, is_float, is_integer, is_temporal

_UNITS: Final = {"w": 604_800_000_000, "d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1}
_DURATION: Final = re.compile(r"(?:\d{1,18}(?:us|ms|[wdhms]))+", re.ASCII)
_MOST: Final = (1 << 63) - 1
DAY: Final = _UNITS["d"]
_GRAMMAR: Final = "a datetime.timedelta or a text such as '2h' or '1d12h', of w, d, h, m (minutes), s, ms, us"


class Span(NamedTuple):
    """A length: `size` of "rows", "us" (microseconds), "i" (of an integer column), or "number" (of a number column)."""

    unit: str
    size: int | float

    def fits(self, dtype: pa.DataType, owner: str, column: str) -> None:
        """Raise TypeMismatchError unless it can be laid along a column of this type."""
        if self.unit == "us" and not is_temporal(dtype):
            raise TypeMismatchError(
                f"{owner} is a length of time, and {column!r} is {format_type(dtype)}",
                hint="give a number, or cast the column to timestamp",
            )
        if self.unit == "i" and not is_integer(dtype):
            raise TypeMismatchError(
                f"{owner} is a length of integers, and {column!r} is {format_type(dtype)}", hint="'2h' is a length of time"
            )
        if self.unit == "number" and not (is_integer(dtype) or is_float(dtype)):
            raise TypeMismatchError(
                f"{owner} is a number, and {column!r} is {format_type(dtype)}",
                hint="for times it is a length of time: '2h', timedelta(hours=2)",
            )


ONE_ROW: Final = Span("rows", 1)


def window_span(value: Any) -> Span:
    """The length of a window: a number of rows, a length of time, or "10i", a length of integers.

    Raises
    ------
    ArgumentError
    """
    found = None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 1 << 31:
        found = Span("rows", value)
    elif isinstance(value, str) and re.fullmatch(r"\d{1,18}i", value, re.ASCII):
        found = Span("i", int(value[:-1]))
    elif (length := _microseconds(value)) is not None:
        found = Span("us", length)
    if found is None or found.size < 1:
        must = f"a number of rows from 1 on, {_GRAMMAR}, or '10i' for a column of integers"
        raise ArgumentError.of("window", "rolling", must, value, where=site())
    return found


def tolerance_span(value: Any) -> Span | None:
    """How far a match may be away: None for anything, a length of time, or a number.

    Raises
    ------
    ArgumentError
    """
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf and value < 1 << 64:
        return Span("number", value)
    length = _microseconds(value)
    if length is None or length < 0:
        raise ArgumentError.of("tolerance", "join_asof", f"a number from 0 on, or {_GRAMMAR}", value, where=site())
    return Span("us", length)


def _microseconds(value: Any) -> int | None:
    if isinstance(value, dt.timedelta) and value == value:  # pandas' NaT is no length
        length = value // dt.timedelta(microseconds=1)
    elif isinstance(value, str) and _DURATION.fullmatch(value):
        length = sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)(us|ms|[wdhms])", value))
    else:
        return None
    return length if length <= _MOST else None
