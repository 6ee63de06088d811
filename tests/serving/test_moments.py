"""Moments that a caller gives as numbers: in no other unit than the one they are read in, by row and by batch alike."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featureprep as fp
from featureprep import col
from featureprep.expr import moments
from featureprep.expr.rowvalues import input_converter
from featureprep.kernels.result import BAD
from featureprep.serving.batch import entry_columns
from tests.jobs.cases import make_job, memory_store

NOW = dt.datetime(2023, 11, 14, 22, 13, 20)
SECONDS = 1_700_000_000
SCHEMA = pa.schema([("at", pa.timestamp("us")), ("day", pa.date32())])
TIMES = st.datetimes(dt.datetime(1970, 4, 27), dt.datetime(2286, 11, 20)) | st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(1969, 9, 6))
NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-(10**17), 10**17)
    | st.integers(-(10**6), 10**6)
    | st.integers(0, 19).map(lambda n: 10**n)
)


@pytest.fixture(scope="module")
def graph() -> fp.TransformGraph:
    def features(main: fp.Table) -> fp.Table:
        return main.features(hour=col("at").dt.hour(), year=col("day").dt.year(), at="at", day="day")

    table = pa.table({"at": pa.array([NOW], pa.timestamp("us")), "day": pa.array([NOW.date()], pa.date32())})
    return make_job(features, fp.from_arrow(table)).run(store=memory_store()).graph


def moment(text: str, unit: str) -> Any:
    return np.array([text], f"M8[{unit}]")[0]


def test_microseconds_and_days_are_taken(graph: fp.TransformGraph) -> None:
    assert graph({"at": SECONDS * 10**6, "day": 19675}) == {"hour": 22, "year": 2023, "at": NOW, "day": NOW.date()}
    assert graph({"at": 0, "day": 0})["at"] == dt.datetime(1970, 1, 1)
    assert graph({"at": -(10**13), "day": -1})["day"] == dt.date(1969, 12, 31)


@pytest.mark.parametrize(
    "at", [SECONDS, -SECONDS, SECONDS * 1000, SECONDS * 10**9, 1, 10**13 - 1, 10**16, np.int64(SECONDS), float(SECONDS)]
)
def test_other_units_are_refused_with_what_to_do(at: Any, graph: fp.TransformGraph) -> None:
    with pytest.raises(fp.RowRejected, match="microseconds since 1970.*give a datetime"):
        graph({"at": at})
    with pytest.raises(fp.RowRejected):
        graph.transform(pa.table({"at": pa.array([at])}))


@pytest.mark.parametrize("day", [20231114, SECONDS, 10**5, -(10**5), SECONDS * 10**6])
def test_days_that_are_something_else_are_refused(day: int, graph: fp.TransformGraph) -> None:
    with pytest.raises(fp.RowRejected, match="days since 1970.*give a date"):
        graph({"day": day})


@given(TIMES)
def test_no_unit_is_taken_for_another(moment: dt.datetime) -> None:
    micros = (moment - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    assert moments.micros_given(micros) == micros
    seconds = micros // 10**6
    for other in (seconds, seconds * 1000, micros * 1000):
        assert moments.micros_given(other) is BAD
        assert abs(seconds) < 10**5 or moments.days_given(other) is BAD


@given(st.lists(st.none() | NUMBERS, max_size=20), st.sampled_from([pa.int64(), pa.uint64(), pa.int32()]), st.sampled_from(list(SCHEMA)))
def test_a_column_is_its_cells(numbers: list[int | None], kind: pa.DataType, field: pa.Field) -> None:
    numbers = [
        n if n is None or (0 if kind == pa.uint64() else -(2 ** (kind.bit_width - 1))) <= n < 2 ** (kind.bit_width - 1) else 2
        for n in numbers
    ]
    columns, malformed = entry_columns(pa.schema([field]), pa.table({field.name: pa.array(numbers, kind)}))
    cells = columns[field.name].cast(pa.int32() if field.name == "day" else pa.int64()).to_pylist()
    bad = malformed.get(field.name, [False] * len(numbers))
    one = input_converter(field.type)
    assert [BAD if wrong else cell for cell, wrong in zip(cells, bad, strict=True)] == [one(n) for n in numbers]


def test_numpy_moments_by_their_unit(graph: fp.TransformGraph) -> None:
    for unit in ("s", "ms", "us", "ns"):
        given = moment("2024-02-29T12:00:00", unit)
        assert graph({"at": given, "day": given}) == {
            "hour": 12,
            "year": 2024,
            "at": dt.datetime(2024, 2, 29, 12),
            "day": dt.date(2024, 2, 29),
        }
    for unit in ("D", "M", "Y", "W"):
        assert graph({"at": moment("2015-01-01", unit)})["at"] == dt.datetime(2015, 1, 1)
    assert graph({"at": np.datetime64(5 * 10**6, "ps")})["at"] == dt.datetime(1970, 1, 1, 0, 0, 0, 5)
    assert graph({"at": np.datetime64("NaT")})["at"] is None
    for bad in (np.datetime64(1, "ns"), np.datetime64(2**62, "s"), np.datetime64(2**40, "Y"), np.timedelta64(5, "ns")):
        with pytest.raises(fp.RowRejected):
            graph({"at": bad})
    assert input_converter(pa.string())(np.datetime64("2024-02-29", "ns")) == "2024-02-29T00:00:00"
    assert input_converter(pa.int64())(np.timedelta64(5, "ns")) is BAD


def test_numpy_moments_in_lists() -> None:
    of_days, of_times = input_converter(pa.list_(pa.date32())), input_converter(pa.list_(pa.timestamp("us")))
    for unit in ("s", "ns"):
        assert of_times(np.array(["2024-02-29", "NaT"], f"M8[{unit}]")) == [19782 * 86400 * 10**6, None]
        assert of_times([moment("2024-02-29", unit)]) == [19782 * 86400 * 10**6]
    assert of_days(np.array(["2024-02-29"], "M8[D]")) == [19782]
    assert of_times([np.datetime64(2**62, "us")]) == [2**62]
    assert of_times([np.datetime64(1, "ns")]) is BAD
    assert of_times([SECONDS]) is BAD
    assert of_days([SECONDS]) is BAD


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_columns_of_any_unit(unit: str, graph: fp.TransformGraph) -> None:
    made = graph.transform(pa.table({"at": pa.array([NOW, None], pa.timestamp(unit))}))
    assert made["at"].to_pylist() == [NOW, None]
    odd = {"ns": 1, "us": None, "ms": 2**60, "s": 2**60}[unit]
    if odd is not None:
        good, bad = graph.transform(pa.table({"at": pa.array([0, odd], pa.timestamp(unit))}), on_error="split")
        assert (good.num_rows, bad.num_rows) == (1, 1)


def test_pandas_nanoseconds_are_not_cut_off(graph: fp.TransformGraph) -> None:
    pd = pytest.importorskip("pandas")
    assert graph({"at": pd.Timestamp(NOW)})["at"] == NOW
    with pytest.raises(fp.RowRejected):
        graph({"at": pd.Timestamp("2024-01-01 00:00:00.000000001")})
    with pytest.raises(fp.RowRejected):
        graph.transform(pd.DataFrame({"at": [pd.Timestamp("2024-01-01 00:00:00.000000001")]}))


def test_parameters_are_held_to_it_too() -> None:
    def features(main: fp.Table) -> fp.Table:
        return main.features(since=T_elapsed())

    def T_elapsed() -> Any:
        return col("at") > fp.param("now", "timestamp")

    job = make_job(features, fp.from_arrow(pa.table({"at": pa.array([NOW], pa.timestamp("us"))})))
    with pytest.raises(fp.errors.RequestError, match="now"):
        job.run(store=memory_store(), params={"now": SECONDS})
