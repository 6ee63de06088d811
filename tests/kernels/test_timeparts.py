"""Parts, truncation, epochs and differences, against Python's datetime."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels import timeparts
from featureprep.kernels.arrays import from_rows
from featureprep.kernels.result import BAD

FEW = settings(max_examples=settings().max_examples // 2)  # there are many parameters
STAMP, DATE = pa.timestamp("us"), pa.date32()
EPOCH = dt.datetime(1970, 1, 1)
instants = st.lists(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-62135596800, 253402300799).map(lambda s: s * 10**6 + 7), max_size=9
)
days = st.lists(st.none() | st.integers(-(2**31), 2**31 - 1) | st.integers(-719162, 2932896), max_size=9)

ORACLE: dict[str, Any] = {
    "year": lambda t: t.year,
    "quarter": lambda t: (t.month + 2) // 3,
    "month": lambda t: t.month,
    "day": lambda t: t.day,
    "day_of_year": lambda t: t.timetuple().tm_yday,
    "weekday": lambda t: t.weekday(),
    "iso_week": lambda t: t.isocalendar().week,
    "hour": lambda t: t.hour,
    "minute": lambda t: t.minute,
    "second": lambda t: t.second,
    "microsecond": lambda t: t.microsecond,
}


@pytest.mark.parametrize("name", timeparts.PARTS)
@FEW
@given(stamps=instants, dates=days)
def test_parts(name: str, stamps: list[int | None], dates: list[int | None], agree: Any) -> None:
    for dtype, rows in ((STAMP, stamps), (DATE, dates)):
        agree(from_rows(rows, dtype)[0], lambda part: timeparts.part_batch(part, name), timeparts.part_row(dtype, name))


@given(moment=st.datetimes())
def test_parts_are_those_of_datetime(moment: dt.datetime) -> None:
    micros = (moment - EPOCH) // dt.timedelta(microseconds=1)
    midnight = dt.datetime.combine(moment.date(), dt.time())
    for name, oracle in ORACLE.items():
        assert timeparts.part_row(STAMP, name)(micros) == oracle(moment)
        assert timeparts.part_row(DATE, name)(micros // 86_400_000_000) == oracle(midnight)


@pytest.mark.parametrize("unit", timeparts.TRUNCATE_UNITS)
@FEW
@given(stamps=instants, dates=days)
def test_truncate(unit: str, stamps: list[int | None], dates: list[int | None], agree: Any) -> None:
    for dtype, rows in ((STAMP, stamps), (DATE, dates)):
        array = from_rows(rows, dtype)[0]
        agree(array, lambda part: timeparts.truncate_batch(part, unit), timeparts.truncate_row(dtype, unit))
        assert timeparts.truncate_batch(array, unit)[0].type == dtype


@given(moment=st.datetimes(dt.datetime(1, 1, 8)))
def test_truncate_is_what_a_calendar_says(moment: dt.datetime) -> None:
    micros = (moment - EPOCH) // dt.timedelta(microseconds=1)
    day = dt.datetime.combine(moment.date(), dt.time())
    want = {
        "year": day.replace(month=1, day=1),
        "quarter": day.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1),
        "month": day.replace(day=1),
        "week": day - dt.timedelta(days=moment.weekday()),
        "day": day,
        "hour": moment.replace(minute=0, second=0, microsecond=0),
        "minute": moment.replace(second=0, microsecond=0),
        "second": moment.replace(microsecond=0),
    }
    for unit in timeparts.TRUNCATE_UNITS:
        assert timeparts.truncate_row(STAMP, unit)(micros) == (want[unit] - EPOCH) // dt.timedelta(microseconds=1)


@pytest.mark.parametrize("unit", timeparts.EPOCH_UNITS)
@FEW
@given(stamps=instants, dates=days, floats=st.lists(st.none() | st.floats() | st.floats(-1e13, 1e13), max_size=9))
def test_epochs(unit: str, stamps: list[int | None], dates: list[int | None], floats: list[float | None], agree: Any) -> None:
    for dtype, rows in ((STAMP, stamps), (DATE, dates)):
        agree(from_rows(rows, dtype)[0], lambda part: timeparts.to_epoch_batch(part, unit), timeparts.to_epoch_row(dtype, unit))
    for array in (pa.array(stamps, pa.int64()), pa.array(dates, pa.int32()), pa.array(floats, pa.float64())):
        agree(array, lambda part: timeparts.from_epoch_batch(part, unit), timeparts.from_epoch_row(unit))
    high = pa.array([2**64 - 1, 2**63 // timeparts.EPOCH_UNITS[unit] - 1], pa.uint64())
    agree(high, lambda part: timeparts.from_epoch_batch(part, unit), timeparts.from_epoch_row(unit))


def test_epochs_by_example(batch_cells: Any) -> None:
    assert batch_cells(timeparts.to_epoch_batch(from_rows([-1, 1_500_000], STAMP)[0], "s")) == [-1, 1]
    assert batch_cells(timeparts.to_epoch_batch(from_rows([1, 2**31 - 1], DATE)[0], "s")) == [86_400, BAD]
    assert batch_cells(timeparts.from_epoch_batch(pa.array([1.5, 2**63 / 1e6, float("nan")]), "s")) == [1_500_000, BAD, BAD]


@pytest.mark.parametrize("unit", timeparts.DIFF_UNITS)
@FEW
@given(data=st.data())
def test_diff(unit: str, data: st.DataObject, batch_cells: Any) -> None:
    left, right = data.draw(st.tuples(*[st.sampled_from([STAMP, DATE])] * 2))
    a, b = (
        data.draw(st.lists(st.none() | st.integers(-(2**31), 2**31 - 1) | st.integers(-60_000, 60_000), min_size=6, max_size=6))
        for _ in "ab"
    )
    row = timeparts.diff_row(left, right, unit)
    want = [None if x is None or y is None else row(x, y) for x, y in zip(a, b, strict=True)]
    assert batch_cells(timeparts.diff_batch(from_rows(a, left)[0], from_rows(b, right)[0], unit)) == want


def test_diff_by_example(batch_cells: Any) -> None:
    a, b = from_rows([86_400_000_000, 2**63 - 1], STAMP)[0], from_rows([0, -1], STAMP)[0]
    assert batch_cells(timeparts.diff_batch(a, b, "hour")) == [24.0, BAD]
    assert timeparts.diff_row(DATE, STAMP, "day")(1, 43_200_000_000) == 0.5


def test_names_are_checked() -> None:
    stamps = from_rows([0], STAMP)[0]
    with pytest.raises(ArgumentError, match="one of year"):
        timeparts.part_batch(stamps, "century")
    with pytest.raises(ArgumentError, match="one of year"):
        timeparts.truncate_batch(stamps, "fortnight")
    with pytest.raises(ArgumentError, match="one of us"):
        timeparts.to_epoch_row(STAMP, "ns")
    with pytest.raises(ArgumentError, match="one of us"):
        timeparts.diff_row(STAMP, STAMP, "month")
