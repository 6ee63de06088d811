"""Zones as tables, against zoneinfo."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.canonical import dumps, loads
from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.kernels.arrays import from_rows
from featureprep.kernels.result import BAD
from featureprep.kernels.zones import ZoneTable, local_to_utc, local_to_utc_row, offset_table, utc_to_local, utc_to_local_row

FEW = settings(max_examples=settings().max_examples // 3)  # there are many parameters
ZONES = ["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Apia", "UTC"]
EPOCH = dt.datetime(1970, 1, 1)
MICRO = dt.timedelta(microseconds=1)
STAMP = pa.timestamp("us")


def micros(text: str) -> int:
    return (dt.datetime.fromisoformat(text) - EPOCH) // MICRO


@pytest.mark.parametrize("zone", ZONES)
@FEW
@given(moments=st.lists(st.datetimes(dt.datetime(1850, 1, 1), dt.datetime(2199, 12, 1)), max_size=20), near=st.data())
def test_as_zoneinfo(zone: str, moments: list[dt.datetime], near: st.DataObject) -> None:
    table, info = offset_table(zone), zoneinfo.ZoneInfo(zone)
    rows = [(moment - EPOCH) // MICRO for moment in moments]
    if table.instants:
        edge = st.tuples(st.sampled_from(table.instants), st.integers(-(9 * 10**9), 9 * 10**9)).map(sum)
        rows += near.draw(st.lists(edge, max_size=20))
    array = from_rows(rows, STAMP)[0]
    shown, taken = utc_to_local(array, table)[0].cast(pa.int64()).to_pylist(), local_to_utc(array, table)[0].cast(pa.int64()).to_pylist()
    for row, local, utc in zip(rows, shown, taken, strict=True):
        moment = EPOCH + row * MICRO
        assert local == (moment.replace(tzinfo=dt.UTC).astimezone(info).replace(tzinfo=None) - EPOCH) // MICRO
        assert utc == (moment.replace(tzinfo=info, fold=0).astimezone(dt.UTC).replace(tzinfo=None) - EPOCH) // MICRO


@given(rows=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), max_size=9))
def test_batch_equals_row(rows: list[int | None], agree: Any) -> None:
    array = from_rows(rows, STAMP)[0]
    for zone in ("America/New_York", "+05:30", "-12:00"):
        table = offset_table(zone)
        agree(array, lambda part: utc_to_local(part, table), utc_to_local_row(table))  # noqa: B023
        agree(array, lambda part: local_to_utc(part, table), local_to_utc_row(table))  # noqa: B023


def test_clock_changes_by_example() -> None:
    berlin = local_to_utc_row(offset_table("Europe/Berlin"))
    assert berlin(micros("2024-10-27T02:30")) == micros("2024-10-27T00:30")  # occurs twice: the earlier
    assert berlin(micros("2024-03-31T02:30")) == micros("2024-03-31T01:30")  # does not occur: as 03:30
    assert utc_to_local_row(offset_table("Europe/Berlin"))(micros("2150-07-01T12:00")) == micros("2150-07-01T14:00")


def test_the_ends_of_time(batch_cells: Any) -> None:
    array = from_rows([2**63 - 1, -(2**63), 0, None], STAMP)[0]
    assert batch_cells(utc_to_local(array, offset_table("+01:00"))) == [BAD, -(2**63) + 3_600_000_000, 3_600_000_000, None]


def test_tables_are_data() -> None:
    table = offset_table("Europe/Dublin")
    assert ZoneTable.from_json(loads(dumps(table.to_json()))) == table
    assert len(table.instants) > 400


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../../etc/passwd", "/etc/passwd", "+25:00", "a\0b", "Europe", "é"])
def test_unknown_zones(zone: str) -> None:
    with pytest.raises(ArgumentError, match="an IANA zone"):
        offset_table(zone)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "X", "instants": [1], "offsets": [0]},
        {"name": "X", "instants": [2, 1], "offsets": [0, 1, 2]},
        {"name": "X", "instants": [], "offsets": [90_000]},
        {"name": "X", "instants": [], "offsets": ["0"]},
        {"name": "X", "instants": None, "offsets": [0]},
        {"name": "X", "instants": [2**63], "offsets": [0, 1]},
    ],
)
def test_broken_tables(data: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtefactError, match="zone"):
        ZoneTable.from_json(data)
