"""Dates and times of SQL: parts, truncation, differences by boundaries crossed, and intervals of fixed length."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from featureprep.expr.node import Node
from featureprep.query.values import NAMED, Values, says

MICROSECONDS = {"WEEK": 604_800_000_000, "DAY": 86_400_000_000, "HOUR": 3_600_000_000, "MINUTE": 60_000_000, "SECOND": 1_000_000,
                "MILLISECOND": 1000, "MICROSECOND": 1}  # fmt: skip
PARTS = {"YEAR": "year", "QUARTER": "quarter", "MONTH": "month", "DAY": "day", "DOY": "day_of_year", "DAYOFYEAR": "day_of_year",
         "HOUR": "hour", "MINUTE": "minute", "SECOND": "second", "WEEK": "iso_week", "WEEKOFYEAR": "iso_week"}  # fmt: skip
WEEKDAYS = {"DOW": (1, 7), "DAYOFWEEK": (1, 7), "ISODOW": (1, None)}
"""What is added to Monday = 0, and the modulus after it: Sunday is 0 in `dow`, Monday 1 in `isodow`."""
UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND")


def part_of(v: Values, at: exp.Expr, name: str, of: Node) -> Node:
    """`extract(name from of)`."""
    word = name.upper().removesuffix("S") if name.upper() not in PARTS else name.upper()
    if word in PARTS and not (word == "WEEK" and v.text.dialect == "bigquery"):
        return v.node(at, "dt_part", of, part=PARTS[word])
    if word in WEEKDAYS and v.text.dialect in ("duckdb", "postgres"):
        add, modulus = WEEKDAYS[word]
        counted = v.node(at, "add", v.node(at, "dt_part", of, part="weekday"), add)
        return counted if modulus is None else v.node(at, "mod", counted, modulus)
    if word == "EPOCH" and v.text.dialect in ("duckdb", "postgres"):
        return v.node(at, "div", v.node(at, "dt_to_epoch", of, unit="us"), 1_000_000)
    raise v.text.refuse(at, f"fp.sql does not take the part {name} of a time", f"parts: {', '.join(sorted({*PARTS, *WEEKDAYS, 'EPOCH'}))}")


@says(exp.Extract)
def _extract(v: Values, part: exp.Extract) -> Node:
    v.only(part, "this", "expression")
    return part_of(v, part, part.this.name, v(part.expression))


def _date_part(v: Values, part: exp.Anonymous) -> Node:
    if len(part.expressions) != 2:
        raise v.text.refuse(part, "date_part takes a part and a time")
    return part_of(v, part, v.constant(part.expressions[0], "the part"), v(part.expressions[1]))


NAMED["date_part"] = NAMED["datepart"] = _date_part
_FUNCTIONS = {exp.Year: "YEAR", exp.Quarter: "QUARTER", exp.Month: "MONTH", exp.Day: "DAY", exp.DayOfYear: "DOY", exp.Hour: "HOUR",
              exp.Minute: "MINUTE", exp.Second: "SECOND", exp.WeekOfYear: "WEEKOFYEAR", exp.DayOfWeek: "DOW", exp.DayOfWeekIso: "ISODOW",
              exp.DayOfMonth: "DAY", exp.Week: "WEEK"}  # fmt: skip


@says(*_FUNCTIONS)
def _function(v: Values, part: Any) -> Node:
    v.only(part, "this")
    return part_of(v, part, _FUNCTIONS[type(part)], v(part.this))


@says(exp.TimeToUnix)
def _epoch(v: Values, part: exp.TimeToUnix) -> Node:
    v.only(part, "this")
    return part_of(v, part, "EPOCH", v(part.this))


def _unit(v: Values, part: exp.Expr, among: Any) -> str:
    unit = part.args.get("unit")
    name = (unit.name if unit is not None else "").upper()
    name = name if name in among else name.removesuffix("S")
    if name not in among:
        raise v.text.refuse(part, f"fp.sql does not take the unit {name or 'that is left out'} here", f"units: {', '.join(among)}")
    return name


@says(exp.TimestampTrunc, exp.DateTrunc)
def _trunc(v: Values, part: Any) -> Node:
    v.only(part, "this", "unit")
    cut = v.node(part, "dt_truncate", v(part.this), unit=_unit(v, part, UNITS).lower())
    return cut if v.text.dialect == "bigquery" else v.node(part, "cast", cut, to="timestamp", malformed=None)


@says(exp.DateDiff)
def _diff(v: Values, part: exp.DateDiff) -> Node:
    """How many boundaries of the unit lie between."""
    v.only(part, "this", "expression", "unit", "date_part_boundary")
    if not part.args.get("date_part_boundary"):
        raise v.text.refuse(
            part, f"date_diff of {v.text.dialect} counts in a way of its own", "dialect='duckdb': date_diff('day', start, end)"
        )
    unit = _unit(v, part, [u for u in UNITS if u != "WEEK"])
    end, start = v(part.this), v(part.expression)
    if unit in ("YEAR", "QUARTER", "MONTH"):
        per = {"YEAR": 1, "QUARTER": 4, "MONTH": 12}[unit]

        def count(of: Node) -> Node:
            years = v.node(part, "mul", v.node(part, "dt_part", of, part="year"), per)
            return years if per == 1 else v.node(part, "add", years, v.node(part, "dt_part", of, part=unit.lower()))

        return v.node(part, "sub", count(end), count(start))
    cut = [v.node(part, "dt_truncate", of, unit=unit.lower()) for of in (end, start)]
    return v.node(part, "cast", v.node(part, "dt_diff", *cut, unit=unit.lower() if unit != "SECOND" else "s"), to="int64", malformed=None)


@says(exp.DateAdd, exp.DateSub)
def _date_add(v: Values, part: Any) -> Node:
    v.only(part, "this", "expression", "unit")
    if not isinstance(part.expression, exp.Interval):
        raise v.unknown(part)
    return shifted(v, part, part.this, part.expression, back=isinstance(part, exp.DateSub))


def shifted(v: Values, part: exp.Expr, of: exp.Expr, interval: exp.Interval, *, back: bool) -> Node:
    """A time plus or minus an interval of fixed length, as a timestamp."""
    v.only(interval, "this", "unit")
    count = interval.this.unnest() if interval.this is not None else None
    if not isinstance(count, exp.Literal) or not count.this.lstrip("-").isdigit():
        raise v.text.refuse(interval, "an interval is a whole number of one unit, written in the query", "interval 3 day")
    unit = _unit(v, interval, MICROSECONDS)
    if v.text.dialect == "bigquery":
        raise v.text.refuse(interval, "date arithmetic of bigquery keeps dates", "dialect='duckdb' makes timestamps of them")
    by = int(count.this) * MICROSECONDS[unit]
    moved = v.node(part, "sub" if back else "add", v.node(part, "dt_to_epoch", v(of), unit="us"), by)
    return v.node(part, "dt_from_epoch", moved, unit="us")


@says(exp.StrToTime)
def _parse(v: Values, part: exp.StrToTime) -> Node:
    v.only(part, "this", "format")
    if v.text.dialect != "duckdb":
        raise v.unknown(part)
    return v.node(part, "dt_parse", v(part.this), format=v.constant(part.args["format"], "the format"))
