"""holidays: dates held against a calendar that the job gives."""

from __future__ import annotations

import datetime as dt
import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NONE, Limit, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import build, values_of
from featureprep.kernels.calendar import DAY
from featureprep.transforms._columns import column as as_column
from featureprep.types import TIMESTAMP, format_type, is_temporal

_EPOCH = dt.date(1970, 1, 1).toordinal()
_MOST_DAYS, _MOST_BYTES = 20_000, 1 << 20
_HINT = "a calendar is a list of dates, a dict of date to name, or the path of a text file with one YYYY-MM-DD a line; none is known by a country's name"
_LINE = re.compile(r'"?([0-9]{4}-[0-9]{2}-[0-9]{2})"?\s*(?:,.*)?')


def holidays(
    column: str | Expr,
    calendar: Iterable[dt.date] | str | os.PathLike[str],
    *,
    what: str = "is",
    unknown: str | None = None,
    missing: Any = "keep",
) -> Expr:
    """Whether a date is a holiday, or how many days it is to the next one or since the last one.

    Parameters
    ----------
    column : str or Expr
        Dates, or timestamps (naive and zoned ones are taken in UTC), of which the day counts.
    calendar : list of date, dict of date to name, or path
        The holidays: 1 to 20,000 different days, in any order; no calendar is known by a country's name. A path, relative to the file that calls this, names a text file of at most 1 MiB with one
        `YYYY-MM-DD` a line, which a comma and anything may follow; empty lines, lines that begin with `#`, and a heading are left out. It is read when the
        job is defined; the days become a part of the expression, and of the graph.
    what : {"is", "days_to", "days_since"}
        "is": 1 on a holiday, else 0. "days_to": days until the next holiday, 0 on one. "days_since": days since the last one, 0 on one.
    unknown : {"null", "error", "quarantine"}, optional
        For "days_to" and "days_since": what is done with a date that has no holiday after it (before it) in the calendar. Null by default.
    missing : {"keep", "error", "quarantine"}, date or datetime
        For null. "keep" leaves null null. A value is put in first.

    Returns
    -------
    Expr
        int8 for "is"; int64, in days, for "days_to" and "days_since".

    Raises
    ------
    ArgumentError
        When the calendar holds anything but dates, or none, or its file cannot be read; when an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of dates or timestamps; text is cast first: `col("t").cast("date")`.

    Notes
    -----
    Days outside the calendar's years are no holidays: a calendar that has run out says 0. Nothing is learned: an empty, constant or all-null
    column is nothing special. There is no NaN, and nothing is malformed.

    References
    ----------
    GluonTS, `SPECIAL_DATE_FEATURES`; pandas, `USFederalHolidayCalendar().holidays()` and the package `holidays` give calendars that can be given here.

    Examples
    --------
    >>> holidays("day", {dt.date(2024, 12, 25): "Christmas Day"})
    holidays(day, days=[datetime.date(2024, 12, 25)], what='is')
    >>> holidays("day", [dt.date(2024, 12, 25)], what="days_to")
    holidays(day, days=[datetime.date(2024, 12, 25)], unknown='null', what='days_to')
    """
    node = as_column("holidays", column, missing)
    days = _read(Path(calendar)) if isinstance(calendar, (str, os.PathLike)) else _given(calendar)
    if unknown is None and what != "is":
        unknown = "null"
    return apply("holidays", node, days=days, what=what, unknown=unknown)


def _given(calendar: object) -> list[dt.date]:
    if isinstance(calendar, bytes) or not isinstance(calendar, Iterable):
        raise ArgumentError.of("calendar", "holidays", "a list of dates, a dict by date, or a path", calendar, where=site())
    return sorted({_day(value) for value in calendar})


def _day(value: object) -> dt.date:
    """A date; a datetime at midnight, as pandas' calendars hold them, is one."""
    plain = value.astype("datetime64[us]").item() if isinstance(value, np.datetime64) else value
    if isinstance(plain, dt.datetime) and plain == plain and plain.time() == dt.time() and plain.tzinfo is None:
        return dt.date(plain.year, plain.month, plain.day)
    if isinstance(plain, dt.date) and not isinstance(plain, dt.datetime):
        return dt.date(plain.year, plain.month, plain.day)
    raise ArgumentError.of("calendar", "holidays", "of dates", value, where=site())


def _read(path: Path) -> list[dt.date]:
    """The days of a calendar file."""
    at = site()
    job = Path((at or "").rpartition(":")[0])
    file = path if path.is_absolute() or not job.is_file() else job.resolve().parent / path
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        lines = data.decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise ArgumentError(f"the calendar {str(file)[:300]!r} cannot be read: {error}", where=at, hint=_HINT) from error
    if len(data) > _MOST_BYTES:
        raise ArgumentError(f"the calendar {file} is larger than {_MOST_BYTES} bytes", where=at)
    days = set()
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#") or (number == 1 and not re.match('"?[0-9]', line)):
            continue
        found = _LINE.fullmatch(line)
        try:
            days.add(dt.date.fromisoformat(found[1] if found else line[:0]))
        except ValueError:
            what = f"line {number} of the calendar {file} does not begin with a date: {line[:40]!r}"
            raise ArgumentError(what, where=at, hint="one YYYY-MM-DD a line") from None
    return sorted(days)


def _is_calendar(value: Any) -> bool:
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= _MOST_DAYS or any(type(day) is not dt.date for day in value):
        return False
    return all(a < b for a, b in pairwise(value))


@register
class Holidays(Op):
    """Dates held against sorted days."""

    name = "holidays"
    limits = {
        "days": Limit(f"1 to {_MOST_DAYS} dates", _is_calendar),
        "what": one_of("is", "days_to", "days_since"),
        "unknown": one_of("null", "error", "quarantine") | NONE,
    }
    kinds = ("unknown",)
    distinct = True

    def check(self, node: Node) -> None:
        super().check(node)
        if (node.params["unknown"] is None) != (node.params["what"] == "is"):
            raise ArgumentError.of("unknown", self.name, "left out with what='is'", node.params["unknown"], where=node.site)

    def bind(self, call: Call) -> Signature:
        dtype = TIMESTAMP if call.in_types[0] == pa.null() else call.in_types[0]
        if not is_temporal(dtype):
            raise TypeMismatchError(f"holidays takes dates and timestamps, not {format_type(dtype)}", hint='cast it first: .cast("date")')
        nullable = True if call.params["unknown"] == "null" else None
        return Signature(pa.int8() if call.params["what"] == "is" else pa.int64(), (dtype,), nullable)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), what, calendar = args, call.params["what"], np.array(_days(call))
        days = values_of(x).astype(np.int64)
        if not pa.types.is_date32(x.type):
            days //= DAY
        valid = np.asarray(x.is_valid())
        after = np.searchsorted(calendar, days)  # of the first holiday that is not before
        here = calendar[np.minimum(after, len(calendar) - 1)] == days
        if what == "is":
            return build(here, pa.int8(), valid)
        at = after if what == "days_to" else after - ~here
        known = (at >= 0) & (at < len(calendar))
        if call.params["unknown"] != "null":
            issues.add("unknown", valid & ~known)
        return build(np.abs(calendar[np.where(known, at, 0)] - days), pa.int64(), valid & known)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        size = 1 if pa.types.is_date32(args[0].type) else DAY
        function = code.const(_row(_days(call), size, call.params["what"]))
        out = code.strict(args, f"{function}({args[0]})")
        if call.params["unknown"] in ("error", "quarantine"):
            with code.block(f"if {out} is None and {args[0]} is not None:"):
                code.fail(call, "unknown", out)
        return out


def _days(call: Call) -> list[int]:
    """The calendar in days since the epoch."""
    return [day.toordinal() - _EPOCH for day in call.params["days"]]


def _row(calendar: list[int], size: int, what: str) -> Callable[[int], int | None]:
    """The function of one date or timestamp, `size` of whose units are a day."""
    known = frozenset(calendar)
    if what == "is":
        return lambda value: int(value // size in known)

    def distance(value: int) -> int | None:
        day = value // size
        at = bisect_left(calendar, day)
        if what == "days_since" and day not in known:
            at -= 1
        return abs(calendar[at] - day) if 0 <= at < len(calendar) else None

    return distance
