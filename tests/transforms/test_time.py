"""cyclic, elapsed and holidays: by hand, and against pandas and scikit-learn's recipe on real trips."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, col
from tests.transforms.harness import Rejected, bits, check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
NAN, INF = math.nan, math.inf
DAYS = [dt.date(2024, 2, 28), dt.date(2024, 2, 29), None, dt.date(2024, 3, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31)]


@pytest.fixture(scope="module")
def trips(data_dir: Path) -> Any:
    """Pick-ups and drop-offs of two months as a pandas table."""
    import pandas as pd

    files = [data_dir / "nyc-taxi-yellow" / f"yellow_tripdata_sample_{month}.csv" for month in ("2019-08", "2020-02")]
    columns = ["pickup_datetime", "dropoff_datetime"]
    frame = pd.concat([pd.read_csv(file, usecols=columns, parse_dates=columns) for file in files])
    assert len(frame) == 20_000
    return frame


def times(series: Any) -> pa.Array:
    return pa.array(series.to_numpy().astype("datetime64[us]"))


def test_cyclic_by_hand() -> None:
    quarters = results(T.cyclic("x", period=4), x=[0, 1, 2, 3, 4, -1, None])
    wanted = [(0, 1), (1, 0), (0, -1), (-1, 0), (0, 1), (-1, 0)]
    np.testing.assert_allclose(quarters[:6], wanted, atol=1e-15)
    assert quarters[6] is None
    assert quarters[0] == quarters[4] == [0.0, 1.0]
    assert bits(results(T.cyclic("x", period=7), x=[NAN, None, 0.0])) == bits([[NAN, NAN], None, [0.0, 1.0]])
    assert results(T.cyclic("x", period=0.5), x=[True, False]) == [[0.0, 1.0], [0.0, 1.0]]
    assert results(T.cyclic("x", period=1), x=pa.nulls(2)) == [None, None]
    assert results(T.cyclic("x", period=1), x=pa.array([], pa.float64())) == []


def test_cyclic_keeps_the_place_of_large_numbers() -> None:
    a, b = results(T.cyclic("x", period=86400), x=[3600, 3600 + 86400 * 10**9])
    assert a == b
    assert a == pytest.approx([math.sin(math.pi / 12), math.cos(math.pi / 12)], abs=1e-15)


def test_cyclic_of_an_infinity_is_malformed() -> None:
    x = [INF, -INF, 1.0, NAN]
    assert bits(results(T.cyclic("x", period=7, malformed="null"), x=x))[:2] == bits([None, None])
    rejected = results(T.cyclic("x", period=7), x=x)
    assert all(isinstance(value, Rejected) and value.rule.startswith("malformed: cyclic(x") for value in rejected[:2])
    assert not any(isinstance(value, Rejected) for value in rejected[2:])


PERIODS = {"quarter": 4, "month": 12, "day": 31, "day_of_year": 366, "weekday": 7, "iso_week": 53, "hour": 24, "minute": 60, "second": 60}


@pytest.mark.parametrize("part", PERIODS)
def test_cyclic_parts_are_date_parts(part: str) -> None:
    moments = [dt.datetime(2024, 2, 29, 23, 59, 58, 7), None, dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 12)]
    made = fit(T.cyclic("x", part=part), table := pa.table({"x": moments}))
    assert made.bound.op.elements(made.bound.call) == ["sin", "cos"]
    assert made.bound.type == pa.list_(pa.float64(), 2)
    assert check_rows_equal_batch(made, table) == results(T.cyclic(T.date_parts("x", part), period=PERIODS[part]), x=moments)


def test_cyclic_hours_of_real_trips(trips: Any) -> None:
    """scikit-learn's user guide has them as np.sin(x / period * 2 * np.pi)."""
    for part, period in (("hour", 24), ("weekday", 7), ("month", 12)):
        x = getattr(trips["pickup_datetime"].dt, part).to_numpy()
        made = fit(T.cyclic("x", part=part), table := pa.table({"x": times(trips["pickup_datetime"])}))
        ours = made.batch(table)[0].flatten().to_numpy().reshape(-1, 2)
        turn = x / period * 2 * np.pi
        np.testing.assert_allclose(ours, np.stack([np.sin(turn), np.cos(turn)], axis=1), rtol=0, atol=1e-15)
        check_rows_equal_batch(made, table.slice(0, 200))


@given(x=st.floats(-1e9, 1e9), period=st.floats(1e-3, 1e6))
@settings(max_examples=50)
def test_cyclic_lies_on_the_circle(x: float, period: float) -> None:
    ((sin, cos),) = results(T.cyclic("x", period=period), x=[x])
    assert math.hypot(sin, cos) == pytest.approx(1, abs=1e-15)


def test_elapsed_by_hand() -> None:
    moment = dt.datetime(2024, 2, 28, 12)
    assert results(T.elapsed("x", since=moment), x=DAYS)[:4] == [-0.5, 0.5, None, 1.5]
    assert results(T.elapsed("x", since=dt.date(2024, 2, 28), unit="hour"), x=DAYS)[:4] == [0.0, 24.0, None, 48.0]
    assert results(T.elapsed("x", since=dt.date(1, 1, 1)), x=DAYS)[4:] == [0.0, 3652058.0]
    zoned = dt.datetime(2024, 2, 28, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert results(T.elapsed("x", since=zoned, unit="minute"), x=[moment]) == [120.0]
    other = [moment, None, moment, dt.datetime(2024, 3, 1, 0, 0, 0, 1), None, None]
    assert results(T.elapsed("x", since="y", unit="us"), x=DAYS, y=other) == [-43_200_000_000.0, None, None, -1.0, None, None]
    assert results(T.elapsed("x", since="y", missing=dt.date(2024, 2, 28)), x=DAYS[:3], y=[None, DAYS[1], DAYS[0]]) == [0.0, 0.0, 0.0]
    assert results(T.elapsed("x", since=col("x").dt.truncate("month")), x=DAYS[:2]) == [27.0, 28.0]
    assert results(T.elapsed("x", since=moment), x=pa.nulls(2)) == [None, None]
    assert results(T.elapsed("x", since=moment), x=pa.array([], pa.date32())) == []


def test_elapsed_missing_in_either_column() -> None:
    got = results(T.elapsed("x", since="y", missing="quarantine"), x=[None, DAYS[0], DAYS[0]], y=[DAYS[0], None, DAYS[0]])
    assert [isinstance(value, Rejected) for value in got] == [True, True, False]


def test_elapsed_beyond_64_bits_is_malformed() -> None:
    far = pa.array([2**63 - 1, 1 - 2**63, 0]).cast(pa.timestamp("us"))
    assert results(T.elapsed("x", since=dt.datetime(1969, 12, 31), malformed="null", unit="us"), x=far)[0] is None
    got = results(T.elapsed("x", since=dt.datetime(1970, 1, 2), unit="us"), x=far)
    assert isinstance(got[1], Rejected)
    assert got[2] == -86_400_000_000.0


def test_elapsed_of_real_trips_is_pandas(trips: Any) -> None:
    table = pa.table({"up": times(trips["pickup_datetime"]), "off": times(trips["dropoff_datetime"])})
    gap = trips["dropoff_datetime"] - trips["pickup_datetime"]
    made = fit(T.elapsed("off", since="up", unit="minute"), table)
    np.testing.assert_allclose(made.batch(table)[0].to_numpy(), gap.dt.total_seconds().to_numpy() / 60, rtol=1e-15)
    since = fit(T.elapsed("up", since=dt.date(2020, 1, 1)), table).batch(table)[0].to_numpy()
    wanted = (trips["pickup_datetime"] - np.datetime64("2020-01-01")).dt.total_seconds().to_numpy() / 86400
    np.testing.assert_allclose(since, wanted, rtol=1e-15)
    assert since.min() < 0 < since.max()
    check_rows_equal_batch(made, table.slice(0, 200))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.cyclic("x"), "cyclic takes either period= or part="),
        (lambda: U.cyclic("x", period=1, part="hour"), "cyclic takes either period= or part="),
        (lambda: U.cyclic("x", period=0), "'period' parameter of cyclic must be a finite number above 0"),
        (lambda: U.cyclic("x", period=INF), "'period' parameter of cyclic"),
        (lambda: U.cyclic("x", period="day"), "'period' parameter of cyclic"),
        (lambda: U.cyclic("x", part="year"), "'part' parameter of cyclic must be one of 'quarter'"),
        (lambda: U.cyclic("x", period=1, malformed="drop"), "'malformed' parameter of cyclic"),
        (lambda: U.elapsed("x", since=None), "'since' parameter of elapsed must be a date"),
        (lambda: U.elapsed("x", since=3), "'since' parameter of elapsed"),
        (lambda: U.elapsed("x", since="y", unit="month"), "'unit' parameter of elapsed must be one of 'us'"),
        (lambda: U.elapsed("x", since=__import__("pandas").NaT), "cannot be a literal"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_time.py:" in str(caught.value)


@pytest.mark.parametrize(
    "expr, dtype, says",
    [
        (T.cyclic("x", period=1), pa.string(), "cyclic takes numbers, not string"),
        (T.cyclic("x", part="hour"), pa.int64(), "takes a date or timestamp, not int64"),
        (T.elapsed("x", since=dt.date(2024, 1, 1)), pa.string(), "elapsed takes dates and timestamps, not string"),
        (T.elapsed("x", since="x"), pa.int64(), "elapsed takes dates and timestamps, not int64"),
    ],
    ids=str,
)
def test_types_are_held_against_what_is_taken(expr: Expr, dtype: pa.DataType, says: str) -> None:
    with pytest.raises(TypeMismatchError, match=says):
        fit(expr, pa.table({"x": pa.array([], dtype)}))
