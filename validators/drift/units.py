"""What the numbers of a shape stand for, where its column holds none: days, seconds, lengths. And how they are shown."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.expr.node import Node
from featureprep.types import logical

DATE: Final = "date"
"""Days since 1970-01-01."""
TIMESTAMP: Final = "timestamp"
"""Seconds since 1970-01-01, UTC, with their fraction: microseconds divided in float64."""
LENGTH: Final = "length"
"""Items of lists."""
UNITS: Final = ("", DATE, TIMESTAMP, LENGTH)
"""Those that a shape can have; "" is the column's own."""
_WORDS: Final = {DATE: "days", TIMESTAMP: "seconds", LENGTH: "items"}
_HELD: Final = {DATE: "dates", TIMESTAMP: "times", LENGTH: "lengths of lists", "": "numbers"}


def unit_of(dtype: pa.DataType) -> str:
    """The unit of the numbers that values of a type become."""
    dtype = logical(dtype)
    return DATE if pa.types.is_date(dtype) else TIMESTAMP if pa.types.is_timestamp(dtype) else ""


def as_number(column: Node, dtype: pa.DataType) -> Node:
    """A column of dates, times or decimals as numbers in its unit; other columns as they are. Bind it with malformed="null"."""
    dtype = logical(dtype)
    if pa.types.is_decimal(dtype):
        return Node("cast", (column,), {"to": "float64", "malformed": None})
    if pa.types.is_date(dtype):
        seconds = Node("dt_to_epoch", (column,), {"unit": "s"})
        return Node("floordiv", (seconds, _whole(86_400)))
    if pa.types.is_timestamp(dtype):
        return Node("div", (Node("dt_to_epoch", (column,), {"unit": "us"}), _whole(1_000_000)))
    return column


def _whole(value: int) -> Node:
    return Node("lit", (), {"value": value, "type": "int64"})


def counted_in(unit: str) -> str:
    """The unit of a difference, for people; "" where it is the column's own."""
    return _WORDS.get(unit, "")


def held(unit: str) -> str:
    """What a column of such numbers holds, for people."""
    return _HELD[unit]


def shown(value: float, unit: str) -> str:
    """A number of a shape for people: as the date or time that it stands for, where there is one."""
    try:
        if unit == DATE and value == int(value):
            return (EPOCH_DATE + dt.timedelta(days=int(value))).isoformat()
        if unit == TIMESTAMP:
            return (EPOCH + dt.timedelta(microseconds=round(value * 1e6))).replace(tzinfo=None).isoformat(sep=" ")
    except OverflowError:  # beyond the year 9999
        pass
    return f"{value:.15g}"
