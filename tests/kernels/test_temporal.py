"""Dates and timestamps from text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels.result import BAD
from featureprep.kernels.temporal import parse_date, parse_date_row, parse_timestamp, parse_timestamp_row, time_format

FEW = settings(max_examples=settings().max_examples // 2)  # there are many parameters
EPOCH = dt.datetime(1970, 1, 1)


def micros(*args: int) -> int:
    return (dt.datetime(*args) - EPOCH) // dt.timedelta(microseconds=1)  # type: ignore[arg-type]


iso = st.datetimes().flatmap(
    lambda t: st.sampled_from(
        [
            t.isoformat(),
            t.isoformat(" "),
            t.date().isoformat(),
            t.isoformat(timespec="minutes"),
            t.isoformat(timespec="milliseconds") + "Z",
            t.isoformat() + "+05:30",
            t.isoformat(" ", timespec="seconds") + "-23:59",
            t.isoformat() + "000",
            t.isoformat() + "Z ",
        ]
    )
)
near = st.from_regex(
    r"[ \t]?[0-9]{3,5}-[0-9]{1,2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{0,9})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?)?", fullmatch=True
)
digits = st.tuples(*(st.integers(0, n) for n in (9999, 13, 32, 25, 61, 61))).map(
    lambda t: "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}".format(*t)
)
texts = st.lists(st.none() | iso | near | digits | st.text(max_size=10), max_size=12)


@given(texts=texts)
def test_batch_equals_row(texts: list[str | None], agree: Any) -> None:
    array = pa.array(texts, pa.string())
    agree(array, parse_timestamp, parse_timestamp_row)
    agree(array, parse_date, parse_date_row)


@given(moment=st.datetimes())
def test_isoformat_is_read_back(moment: dt.datetime) -> None:
    want = (moment - EPOCH) // dt.timedelta(microseconds=1)
    assert parse_timestamp_row(moment.isoformat()) == want
    assert parse_date_row(moment.date().isoformat()) == (moment.date() - EPOCH.date()).days


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2024-02-29", micros(2024, 2, 29)),
        (" 2024-02-29\t", micros(2024, 2, 29)),
        ("2024-02-29 12:30", micros(2024, 2, 29, 12, 30)),
        ("2024-02-29T12:30:15.5", micros(2024, 2, 29, 12, 30, 15, 500_000)),
        ("2024-02-29T12:30:15.123456000", micros(2024, 2, 29, 12, 30, 15, 123_456)),
        ("2024-02-29T12:30:15Z", micros(2024, 2, 29, 12, 30, 15)),
        ("2024-03-01T00:30+01:00", micros(2024, 2, 29, 23, 30)),
        ("0001-01-01", micros(1, 1, 1)),
        ("9999-12-31T23:59:59.999999", micros(9999, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_timestamps_by_example(text: str, want: int, batch_cells: Any) -> None:
    assert parse_timestamp_row(text) == want
    assert batch_cells(parse_timestamp(pa.array([text]))) == [want]


REFUSED = [
    "2023-02-29",
    "1900-02-29",
    "0000-01-01",
    "2024-13-01",
    "2024-00-01",
    "2024-01-00",
    "24-01-01",
    "2024-1-1",
    "2024/01/01",
    "20240101",
]
REFUSED += [
    "2024-01-01T24:00",
    "2024-01-01T12:60",
    "2024-01-01T12:00:60",
    "2024-01-01T12",
    "2024-01-01T12:00:00.",
    "2024-01-01T12:00:00.1234567",
]
REFUSED += [
    "2024-01-01Z",
    "2024-01-01t12:00",
    "2024-01-01T12:00z",
    "2024-01-01T12:00+24:00",
    "2024-01-01T12:00+01:60",
    "2024-01-01T12:00+0100",
]
REFUSED += ["", "now", "2024-01-01\n", "٢٠٢٤-01-01", "2024-01-01  12:00", "-2024-01-01", "10000-01-01"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_timestamp(text: str, batch_cells: Any) -> None:
    assert parse_timestamp_row(text) is BAD
    assert batch_cells(parse_timestamp(pa.array([text]))) == [BAD]


def test_a_date_has_no_time(batch_cells: Any) -> None:
    assert batch_cells(parse_date(pa.array(["2024-02-29", "2024-02-29T00:00:00"]))) == [19782, BAD]


FORMATS = ["%Y-%m-%d", "%d/%b/%Y:%H:%M:%S", "%m/%d/%y %H:%M", "%Y%m%d", "%Y-%m-%dT%H:%M:%S.%f", "%H:%M %d.%m.%Y %z", "100%% %Y", "é%Yü%m"]


@pytest.mark.parametrize("format", FORMATS)
@FEW
@given(data=st.data())
def test_formats(format: str, data: st.DataObject, agree: Any) -> None:
    written = st.datetimes().map(lambda t: t.replace(tzinfo=dt.UTC).strftime(format.replace("%Y", f"{t.year:04d}")))
    broken = st.tuples(written, st.integers(0, 9), st.sampled_from("0 9x:-")).map(lambda t: t[0][: t[1]] + t[2] + t[0][t[1] + 1 :])
    unpadded = written.map(lambda text: text.replace("0", "", 1))
    texts = data.draw(st.lists(st.none() | written | broken | unpadded, max_size=8))
    compiled = time_format(format)
    array = pa.array(texts, pa.string())
    agree(array, compiled.batch, compiled.row)
    agree(array, compiled.date_batch, compiled.date_row)


@given(moment=st.datetimes(dt.datetime(1969, 1, 1), dt.datetime(2068, 12, 31)))
def test_formats_read_what_strptime_reads(moment: dt.datetime) -> None:
    for spelling in ("%d/%b/%Y:%H:%M:%S.%f", "%y%m%d %H%M%S"):
        text = moment.strftime(spelling)
        assert time_format(spelling).row(text) == (dt.datetime.strptime(text, spelling) - EPOCH) // dt.timedelta(microseconds=1)


def test_formats_by_example() -> None:
    assert time_format("%Y-%m-%d %z").row("2024-3-1 +0100") == micros(2024, 2, 29, 23)
    assert time_format("%d %b %Y").row("1 JAN 2024") == micros(2024, 1, 1)
    assert time_format("%Y").row("2024") == micros(2024, 1, 1)
    assert time_format("%Y-%m-%d").row("2023-02-29") is BAD
    assert time_format("%d/%m/%Y").row("01/02/2024 ") == micros(2024, 2, 1)


@pytest.mark.parametrize("format", ["", "%H:%M", "%Y%Y", "%Y %y", "%Y %m %b", "%Y-%j", "%Y %", "%Y %q"])
def test_bad_formats(format: str) -> None:
    with pytest.raises(ArgumentError, match="text with a year"):
        time_format(format)
