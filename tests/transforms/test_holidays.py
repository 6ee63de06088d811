"""holidays: by hand, and against pandas' calendar on real trips."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from tests.transforms.harness import Rejected, check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
LEAP = dt.date(2024, 2, 29)
CALENDAR = [dt.date(2024, 12, 25), LEAP, dt.date(2024, 12, 26), LEAP]
DAYS = [dt.date(2024, 2, 28), LEAP, dt.date(2024, 3, 1), None, dt.date(2024, 12, 26), dt.date(2024, 12, 27), dt.date(1, 1, 1)]


def test_by_hand() -> None:
    assert results(T.holidays("x", CALENDAR), x=DAYS) == [0, 1, 0, None, 1, 0, 0]
    assert results(T.holidays("x", CALENDAR, what="days_to"), x=DAYS) == [1, 0, 299, None, 0, None, 738944]
    assert results(T.holidays("x", CALENDAR, what="days_since"), x=DAYS) == [None, 0, 1, None, 0, 1, None]
    at_noon = [day and dt.datetime(day.year, day.month, day.day, 12) for day in DAYS]
    for what in ("is", "days_to", "days_since"):
        assert results(T.holidays("x", CALENDAR, what=what), x=at_noon) == results(T.holidays("x", CALENDAR, what=what), x=DAYS)


def test_bounds_of_days_and_years() -> None:
    moments = [
        dt.datetime(2024, 2, 29),
        dt.datetime(2024, 2, 29, 23, 59, 59, 999999),
        dt.datetime(2024, 3, 1),
        dt.datetime(2024, 2, 28, 23),
    ]
    assert results(T.holidays("x", [LEAP]), x=moments) == [1, 1, 0, 0]
    ends = [dt.date(1, 1, 1), dt.date(9999, 12, 31)]
    assert results(T.holidays("x", ends), x=ends) == [1, 1]
    assert results(T.holidays("x", ends, what="days_to"), x=[dt.date(1, 1, 2)]) == [3652057]
    before = pa.array([-1, 0]).cast(pa.timestamp("us"))  # the last microsecond of 1969
    assert results(T.holidays("x", [dt.date(1969, 12, 31)]), x=before) == [1, 0]
    vienna = pa.array([dt.datetime(2024, 2, 29, 23, 30)], pa.timestamp("us", "Europe/Vienna"))  # the 29th in UTC
    assert results(T.holidays("x", [LEAP]), x=vienna) == [1]
    far = pa.array([2**63 - 1, -(2**63)]).cast(pa.timestamp("us"))
    assert fit(T.holidays("x", [LEAP], what="days_since"), t := pa.table({"x": far})).batch(t)[0].to_pylist() == [106751991 - 19782, None]


@pytest.mark.parametrize("dtype", [pa.date32(), pa.timestamp("us"), pa.null()])
def test_nothing_in_gives_nothing_out(dtype: pa.DataType) -> None:
    for rows in ([], [None, None]):
        assert results(T.holidays("x", CALENDAR), x=pa.array(rows, dtype)) == rows
        assert results(T.holidays("x", CALENDAR, what="days_to", unknown="error"), x=pa.array(rows, dtype)) == rows


def test_dates_beyond_the_calendar_are_unknown() -> None:
    got = results(T.holidays("x", CALENDAR, what="days_to", unknown="quarantine"), x=DAYS)
    assert [isinstance(value, Rejected) for value in got] == [False] * 5 + [True, False]
    assert got[3] is None
    assert got[5].rule.startswith("unknown: holidays(x")


def test_types_of_results() -> None:
    table = pa.table({"x": DAYS})
    assert fit(T.holidays("x", CALENDAR), table).bound.type == pa.int8()
    assert fit(T.holidays("x", CALENDAR, what="days_to"), table).bound.type == pa.int64()


def test_calendars_in_other_forms_are_the_same_expression(tmp_path: Path) -> None:
    import pandas as pd

    one = T.holidays("x", CALENDAR).node
    assert one.params["days"] == (LEAP, dt.date(2024, 12, 25), dt.date(2024, 12, 26))
    assert T.holidays("x", dict.fromkeys(CALENDAR, "a name")).node == one
    assert T.holidays("x", set(CALENDAR)).node == one
    assert T.holidays("x", iter(CALENDAR)).node == one
    assert T.holidays("x", pd.DatetimeIndex(CALENDAR)).node == one
    assert T.holidays("x", np.array(CALENDAR, "datetime64[D]")).node == one
    file = tmp_path / "days.csv"
    file.write_text("\ufeffdate,name\n# a note\n2024-12-25,Christmas\n\n 2024-02-29 \n2024-12-26 , next\n2024-02-29\n", encoding="utf-8")
    assert T.holidays("x", file).node == one
    assert T.holidays("x", str(file)).node == one
    relative = os.path.relpath(file, Path(__file__).parent)
    assert T.holidays("x", relative).node == one, "relative to the file of the job"


@pytest.mark.parametrize(
    "text, says",
    [
        (b"2024-01-01\nsoon\n", "line 2 of the calendar"),
        (b"2024-02-30\n", "line 1 of the calendar"),
        (b"2024-01-01 a note\n", "line 1 of the calendar"),
        (b"20240101\n", "line 1 of the calendar"),
        (b"date\n", "'days' parameter of holidays must be 1 to 20000 dates"),
        (b"", "'days' parameter of holidays"),
        (b"\xff\xfe", "cannot be read"),
        (b"2024-01-01\n" * 100_000, "is larger than 1048576 bytes"),
    ],
)
def test_hostile_calendars_are_refused(tmp_path: Path, text: bytes, says: str) -> None:
    (tmp_path / "days").write_bytes(text)
    with pytest.raises(ArgumentError) as caught:
        T.holidays("x", tmp_path / "days")
    assert says in str(caught.value)
    assert "test_holidays.py:" in str(caught.value)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.holidays("x", "no such file"), "cannot be read"),
        (lambda: U.holidays("x", os.sep), "cannot be read"),
        (lambda: U.holidays("x", "a\0b"), "cannot be read"),
        (lambda: U.holidays("x", []), "'days' parameter of holidays must be 1 to 20000 dates"),
        (lambda: U.holidays("x", 3), "'calendar' parameter of holidays must be a list of dates"),
        (lambda: U.holidays("x", b"x"), "'calendar' parameter of holidays must be a list of dates"),
        (lambda: U.holidays("x", ["2024-01-01"]), "'calendar' parameter of holidays must be of dates"),
        (lambda: U.holidays("x", [None]), "'calendar' parameter of holidays must be of dates"),
        (lambda: U.holidays("x", [dt.datetime(2024, 1, 1, 1)]), "'calendar' parameter of holidays must be of dates"),
        (lambda: U.holidays("x", [__import__("pandas").NaT]), "'calendar' parameter of holidays must be of dates"),
        (lambda: U.holidays("x", [LEAP], what="name"), "'what' parameter of holidays must be one of 'is'"),
        (lambda: U.holidays("x", [LEAP], unknown="null"), "'unknown' parameter of holidays must be left out with what='is'"),
        (lambda: U.holidays("x", [LEAP], what="days_to", unknown="zeros"), "'unknown' parameter of holidays"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_holidays.py:" in str(caught.value)


def test_a_country_is_no_calendar() -> None:
    with pytest.raises(ArgumentError, match="cannot be read") as caught:
        T.holidays("x", "US")
    assert "a list of dates, a dict of date to name, or the path of a text file with one YYYY-MM-DD a line" in (caught.value.hint or "")


def test_other_columns_are_refused() -> None:
    with pytest.raises(TypeMismatchError, match="holidays takes dates and timestamps, not string"):
        fit(T.holidays("x", [LEAP]), pa.table({"x": ["2024-01-01"]}))


@given(day=st.dates(), calendar=st.lists(st.dates(), min_size=1, max_size=8))
@settings(max_examples=40)
def test_any_day_is_held_against_the_nearest_holidays(day: dt.date, calendar: list[dt.date]) -> None:
    assert results(T.holidays("x", calendar), x=[day]) == [int(day in calendar)]
    ahead = min(((one - day).days for one in calendar if one >= day), default=None)
    assert results(T.holidays("x", calendar, what="days_to"), x=[day]) == [ahead]
    behind = min(((day - one).days for one in calendar if one <= day), default=None)
    assert results(T.holidays("x", calendar, what="days_since"), x=[day]) == [behind]


def test_real_trips_as_pandas_holds_them_against_its_calendar(data_dir: Path) -> None:
    import pandas as pd
    from pandas.tseries.holiday import USFederalHolidayCalendar

    calendar = USFederalHolidayCalendar().holidays("2008-01-01", "2020-12-31")
    files = [data_dir / "nyc-taxi-yellow" / f"yellow_tripdata_sample_{month}.csv" for month in ("2019-01", "2019-07", "2019-08")]
    pickups = pd.concat([pd.read_csv(file, usecols=["pickup_datetime"], parse_dates=["pickup_datetime"]) for file in files])[
        "pickup_datetime"
    ]
    table = pa.table({"x": pa.array(pickups.to_numpy().astype("datetime64[us]"))})
    days = pickups.dt.normalize()
    is_holiday = fit(T.holidays("x", calendar), table)
    assert is_holiday.batch(table)[0].to_pylist() == days.isin(calendar).astype(int).tolist()
    assert 0 < days.isin(calendar).sum() < len(days)
    ahead = calendar[calendar.searchsorted(days)] - days.array
    assert fit(T.holidays("x", calendar, what="days_to"), table).batch(table)[0].to_pylist() == ahead.days.tolist()
    behind = days.array - calendar[calendar.searchsorted(days, side="right") - 1]
    since = fit(T.holidays("x", calendar, what="days_since"), table)
    assert since.batch(table)[0].to_pylist() == behind.days.tolist()
    check_rows_equal_batch(since, table.slice(0, 200))
