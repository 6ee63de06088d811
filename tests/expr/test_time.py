"""Dates and times against Python's datetime and zoneinfo, and figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import col
from tests.expr.harness import cells, micros

T = col("t")
U: Any = T  # to be called wrongly
EPOCH = dt.datetime(1970, 1, 1)
US = dt.timedelta(microseconds=1)
PARTS: dict[str, Callable[[dt.datetime], int]] = {
    "year": lambda t: t.year, "quarter": lambda t: (t.month + 2) // 3, "month": lambda t: t.month, "day": lambda t: t.day, "day_of_year": lambda t: t.timetuple().tm_yday,
    "weekday": lambda t: t.weekday(), "iso_week": lambda t: t.isocalendar().week, "hour": lambda t: t.hour, "minute": lambda t: t.minute, "second": lambda t: t.second,
    "microsecond": lambda t: t.microsecond,
}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
@given(moment=st.datetimes())
def test_parts_are_those_of_python(part: str, moment: dt.datetime) -> None:
    assert cells(T.dt.part(part), t=("timestamp", [(moment - EPOCH) // US, None])) == [PARTS[part](moment), None]


@given(day=st.dates())
def test_parts_of_dates(day: dt.date) -> None:
    t = ("date", [(day - EPOCH.date()).days])
    moment = dt.datetime(day.year, day.month, day.day)
    for part, of in PARTS.items():
        assert cells(T.dt.part(part), t=t) == [of(moment)]


def test_truncate() -> None:
    t = ("timestamp", [micros(2024, 2, 29, 13, 45, 59, 999), -1, None])
    expected = {
        "year": (2024, 1, 1), "quarter": (2024, 1, 1), "month": (2024, 2, 1), "week": (2024, 2, 26), "day": (2024, 2, 29), "hour": (2024, 2, 29, 13),
        "minute": (2024, 2, 29, 13, 45), "second": (2024, 2, 29, 13, 45, 59),
    }  # fmt: skip
    before = {"year": (1969, 1, 1), "quarter": (1969, 10, 1), "month": (1969, 12, 1), "week": (1969, 12, 29), "day": (1969, 12, 31)}
    for unit, when in expected.items():
        got = cells(T.dt.truncate(unit), t=t)
        assert got[0] == micros(*when)
        assert unit not in before or got[1] == micros(*before[unit])
        assert got[2] is None


def test_epochs() -> None:
    t = ("timestamp", [-1, 1_500_000, None])
    assert cells(T.dt.to_epoch("s"), t=t) == [-1, 1, None]
    assert cells(T.dt.to_epoch("ms"), t=t) == [-1, 1500, None]
    assert cells(T.dt.to_epoch("us"), t=t) == [-1, 1_500_000, None]
    assert cells(T.dt.from_epoch("s"), t=("int64", [-1, 0, 2**62])) == [-1_000_000, 0, None]
    assert cells(T.dt.to_epoch(), t=("date", [1, -1])) == [86400, -86400]


def test_differences() -> None:
    a, b = ("timestamp", [micros(2024, 3, 1), None]), ("date", [19782, 0])  # 2024-02-29
    assert cells(col("a").dt.diff(col("b"), "day"), a=a, b=b) == [1.0, None]
    assert cells(col("b").dt.diff(col("a"), "hour"), a=a, b=b) == [-24.0, None]
    assert cells(col("a").dt.diff(dt.datetime(2024, 3, 8), "week"), a=a) == [-1.0, None]
    assert cells(col("a").dt.diff(col("b"), "s"), a=("timestamp", [2**63 - 1]), b=("timestamp", [-1])) == [None]


def _clock(zone: str, *utc: int) -> int:
    local = dt.datetime(*utc, tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)  # type: ignore[misc,arg-type]
    return (local - EPOCH) // US


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_local_time_of_a_zone_summer_and_winter_and_long_after_2037(zone: str) -> None:
    moments = [
        (y, m, d, h, 30) for y in (1950, 1999, 2024, 2050, 2150) for m, d in ((1, 15), (3, 31), (7, 1), (10, 27)) for h in (0, 1, 2, 13)
    ]
    assert cells(T.dt.to_local(zone), t=("timestamp", [micros(*m) for m in moments])) == [_clock(zone, *m) for m in moments]


@given(
    moment=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2190, 1, 1)),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_utc_of_a_local_time_is_that_of_zoneinfo(moment: dt.datetime, zone: str) -> None:
    utc = moment.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(dt.UTC).replace(tzinfo=None)
    assert cells(T.dt.to_utc(zone), t=("timestamp", [(moment - EPOCH) // US])) == [(utc - EPOCH) // US]


def test_local_times_that_occur_twice_or_never() -> None:
    berlin = T.dt.to_utc("Europe/Berlin")
    twice, never = micros(2024, 10, 27, 2, 30), micros(2060, 3, 28, 2, 30)
    assert cells(berlin, t=("timestamp", [twice])) == [micros(2024, 10, 27, 0, 30)], "the earlier of two"
    assert cells(berlin, t=("timestamp", [never])) == [micros(2060, 3, 28, 1, 30)], "shifted forward, after 2037 too"
    assert cells(T.dt.to_local("Europe/Berlin"), t=("timestamp", cells(berlin, t=("timestamp", [never])))) == [micros(2060, 3, 28, 3, 30)]
    assert cells(T.dt.to_local("+05:30"), t=("timestamp", [0])) == [19_800_000_000]
    assert cells(T.dt.to_local("-00:45"), t=("timestamp", [-(2**63)])) == [None]


def test_parsing() -> None:
    day = T.dt.parse("%d.%m.%Y")
    assert cells(day, t=("string", ["29.02.2024", "30.02.2024", "1.1.2024x", "", None])) == [micros(2024, 2, 29), None, None, None, None]


@pytest.mark.parametrize(
    "make",
    [
        lambda: T.dt.part("eon"),
        lambda: T.dt.truncate("eon"),
        lambda: T.dt.to_epoch("d"),
        lambda: T.dt.to_local("Mars/Base"),
        lambda: U.dt.to_utc(5),
        lambda: T.dt.diff(T, "eon"),
    ],
)
def test_words_that_are_none(make: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()  # type: ignore[operator]
    assert "test_time.py:" in str(caught.value.where)


def test_types_that_are_no_times() -> None:
    for expr in (T.dt.year(), T.dt.truncate("day"), T.dt.to_local("UTC"), T.dt.diff(T)):
        with pytest.raises(TypeMismatchError, match="not string"):
            cells(expr, t=("string", ["2020-01-01"]))
    with pytest.raises(TypeMismatchError, match="a timestamp, not date"):
        cells(T.dt.to_local("UTC"), t=("date", [0]))
