"""Dates and timestamps from text, by one grammar or by an explicit format.

    date      = YYYY-MM-DD                                  years 0001 to 9999
    timestamp = date [(T | blank) HH:MM [:SS [. digits]] [Z | (+ | -) HH:MM]]

with up to six digits of fraction (up to nine if the last three are zeros), surrounded by ASCII spaces and tabs. An offset is taken off, so that the
result is UTC; without one the time is read as UTC. Hour 24 and second 60 are bad, as is whatever else does not fit.

Formats have the directives of C's strptime, English and with no locale: %Y four digits, %y two (69 to 99 are 19xx), %m %d %H %M %S one or two
digits, %b Jan to Dec in any case, %f one to six digits of fraction, %z Z or +HH:MM or +HHMM, %% a percent sign; all else stands for itself.
A year is needed; a missing month or day is 1, a missing time 0.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.kernels.arrays import build, by_distinct, data_of, offsets_of, patch, valid_of, values_of
from featureprep.kernels.calendar import DAY, HOUR, MINUTE, SECOND
from featureprep.kernels.layouts import MONTHS, Layout
from featureprep.kernels.numbers_text import BLANKS, trimmed
from featureprep.kernels.result import BAD, Batch
from featureprep.types import TIMESTAMP

_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_OFFSET = r"(Z|[+-][0-9]{2}:[0-9]{2})"
_TIME = rf"[T ]([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}})(?:\.([0-9]{{1,6}})0{{0,3}})?)?{_OFFSET}?"
_ISO_DATE = re.compile(_DATE).fullmatch
_ISO_TIMESTAMP = re.compile(rf"{_DATE}(?:{_TIME})?").fullmatch
_ORDINAL = dt.date(1970, 1, 1).toordinal()
_SECONDS = "YYYY-mm-ddTHH:MM:SS"
_PICTURES = (_SECONDS[:10], _SECONDS[:16], _SECONDS, f"{_SECONDS}.fff", f"{_SECONDS}.ffffff")
_ISO_LAYOUTS = tuple(
    Layout.of_picture(picture + zone) for picture in _PICTURES for zone in ("", "Z", "zzzzzz") if not (zone and len(picture) == 10)
)
_DIRECTIVES = {
    "Y": ("[0-9]{4}", 4),
    "y": ("[0-9]{2}", 2),
    "m": ("[0-9]{1,2}", 2),
    "d": ("[0-9]{1,2}", 2),
    "H": ("[0-9]{1,2}", 2),
    "M": ("[0-9]{1,2}", 2),
    "S": ("[0-9]{1,2}", 2),
    "f": ("[0-9]{1,6}", 6),
    "b": ("(?i:" + "|".join(MONTHS) + ")", 3),
    "z": ("(?:Z|[+-][0-9]{2}:?[0-9]{2})", 6),
}


def parse_timestamp_row(text: str) -> Any:
    """Text to microseconds since the epoch, by the ISO grammar."""
    match = _ISO_TIMESTAMP(text.strip(BLANKS))
    return BAD if match is None else _moment(match.groups())


def parse_date_row(text: str) -> Any:
    """Text to days since the epoch, by the ISO grammar."""
    match = _ISO_DATE(text.strip(BLANKS))
    if match is None:
        return BAD
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3])).toordinal() - _ORDINAL
    except ValueError:  # no such day
        return BAD


def parse_timestamp(array: pa.Array) -> Batch:
    """Text to timestamps, by the ISO grammar."""
    return _read(array, _ISO_LAYOUTS, parse_timestamp_row)


def parse_date(array: pa.Array) -> Batch:
    """Text to dates, by the ISO grammar."""
    return _dates(_read(array, _ISO_LAYOUTS[:1], lambda text: _micros(parse_date_row(text))))


@dataclass(frozen=True)
class TimeFormat:
    """An explicit format, checked and compiled; `time_format` makes it."""

    pattern: re.Pattern[str]
    layout: Layout | None

    def row(self, text: str) -> Any:
        """Text to microseconds since the epoch."""
        match = self.pattern.fullmatch(text.strip(BLANKS))
        return BAD if match is None else _moment(_named(match.groupdict()))

    def batch(self, array: pa.Array) -> Batch:
        """Text to timestamps."""
        return _read(array, () if self.layout is None else (self.layout,), self.row)

    def date_row(self, text: str) -> Any:
        """Text to days since the epoch."""
        return _days(self.row(text))

    def date_batch(self, array: pa.Array) -> Batch:
        """Text to dates."""
        return _dates(self.batch(array))


@lru_cache(maxsize=256)
def time_format(text: str) -> TimeFormat:
    """Compile a format such as `%d/%b/%Y %H:%M`.

    Raises
    ------
    ArgumentError
        For an unknown or repeated directive, or a format without a year.
    """
    must = "text with a year (%Y or %y) and each of %Y %y %m %b %d %H %M %S %f %z at most once"
    pattern, size = "", 0
    fields: dict[str, tuple[int, int]] = {}
    letters: dict[int, bytes] = {}
    for piece in re.findall(r"%.?|[^%]", text, re.DOTALL):
        name = piece[1:]
        if piece[0] != "%" or name == "%":
            pattern += re.escape(piece[-1])
            for byte in piece[-1].encode("utf-8", "replace"):
                letters[size] = bytes([byte])
                size += 1
            continue
        if name not in _DIRECTIVES or name in fields:
            raise ArgumentError.of("format", "to_timestamp", must, text)
        spelling, width = _DIRECTIVES[name]
        pattern += f"(?P<{name}>{spelling})"
        fields[name] = (size, width)
        size += width
    if len({"Y", "y"} & set(fields)) != 1 or len({"m", "b"} & set(fields)) == 2:
        raise ArgumentError.of("format", "to_timestamp", must, text)
    return TimeFormat(re.compile(pattern), None if "z" in fields else Layout(size, fields, letters))


def _moment(groups: Sequence[str | None]) -> Any:
    """Microseconds since the epoch of matched year, month, day, hour, minute, second, fraction and offset; missing ones have their least value."""
    year, month, day, hour, minute, second, fraction, zone = groups
    try:
        micros = (dt.date(int(year or 0), int(month or 1), int(day or 1)).toordinal() - _ORDINAL) * DAY
    except ValueError:  # no such day
        return BAD
    if hour is not None or minute is not None or second is not None:
        hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
        if hours > 23 or minutes > 59 or seconds > 59:
            return BAD
        micros += hours * HOUR + minutes * MINUTE + seconds * SECOND
    if fraction is not None:
        micros += int(fraction.ljust(6, "0"))
    if zone is None or zone == "Z":
        return micros
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 23 or minutes > 59:
        return BAD
    offset = hours * HOUR + minutes * MINUTE
    return micros + offset if zone[0] == "-" else micros - offset


def _named(found: dict[str, str]) -> list[str | None]:
    """The matched directives in the order that `_moment` takes, %y and %b spelled as %Y and %m."""
    if "y" in found:
        found["Y"] = f"{'20' if int(found['y']) < 69 else '19'}{found['y']}"
    if "b" in found:
        found["m"] = str(MONTHS.index(found["b"].lower()) + 1)
    return [found.get(name) for name in "YmdHMSfz"]


def _days(micros: Any) -> Any:
    return BAD if micros is BAD else micros // DAY


def _micros(days: Any) -> Any:
    return BAD if days is BAD else days * DAY


def _dates(batch: Batch) -> Batch:
    array, bad = batch
    return build(values_of(array) // DAY, pa.date32(), valid_of(array)), bad


def _read(array: pa.Array, layouts: Sequence[Layout], row: Callable[[str], Any]) -> Batch:
    """The cells that fit a layout all at once; the others by the row function, once per distinct text."""
    text = trimmed(array)
    ends, data, valid = offsets_of(text), data_of(text), valid_of(text)
    lengths = np.diff(ends)
    micros = np.zeros(len(text), np.int64)
    done = np.zeros(len(text), dtype=bool) if valid is None else ~valid
    for layout in layouts:
        rows = np.flatnonzero(~done & (lengths == layout.size))
        if len(rows):
            values, fits = layout.read(data, ends[:-1][rows])
            micros[rows], done[rows] = values, fits
    column = build(micros, TIMESTAMP, valid)
    if done.all():
        return column, None
    rest = ~done
    return patch(column, rest, by_distinct(text.filter(pa.array(rest)), row, TIMESTAMP))
