"""Month against month of yellow taxi rides, on the raw columns."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from featureprep.validators.drift import MEASURES, compare
from featureprep.validators.drift.cells import edges_of

stats = pytest.importorskip("scipy.stats")
spatial = pytest.importorskip("scipy.spatial.distance")

COLUMNS = ("trip_distance", "fare_amount", "tip_amount", "total_amount", "pickup_location_id", "passenger_count")
MONTHS = ("2019-01", "2019-06", "2020-01", "2020-04")
ALL = ("2018-01", *(f"2019-{n:02}" for n in (1, 2, *range(6, 13))), *(f"2020-{n:02}" for n in range(1, 6)))


@pytest.fixture(scope="module")
def months() -> dict[str, pa.Table]:
    root = os.environ.get("FEATUREPREP_DATA")
    if not root:
        pytest.skip("FEATUREPREP_DATA is not set: the taxi rides are not here")
    folder = Path(root) / "nyc-taxi-yellow"
    if not folder.is_dir():
        pytest.skip("FEATUREPREP_DATA has no nyc-taxi-yellow")
    return {month: pa.csv.read_csv(folder / f"yellow_tripdata_sample_{month}.csv") for month in ALL}


def found(measure: str, a: Any, b: Any) -> Any:
    return compare(measure, a, b)


def finite(table: pa.Table, column: str) -> Any:
    values = table[column].combine_chunks().drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    return values[np.isfinite(values)]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("points", [65, 1025])
def test_agrees_with_scipy(months: dict[str, pa.Table], numbers: Any, column: str, points: int) -> None:
    x = finite(months["2019-01"], column)
    a = numbers(x, points)
    for month in MONTHS[1:]:
        y = finite(months[month], column)
        b = numbers(y, points)
        ks, w, js = (found(measure, a, b) for measure in ("kolmogorov_smirnov", "wasserstein", "jensen_shannon"))
        expected = stats.ks_2samp(x, y, method="asymp")
        assert ks.low - 1e-12 <= expected.statistic <= ks.high + 1e-12
        assert ks.error <= 2 / (points - 1)
        assert w.low - 1e-9 <= stats.wasserstein_distance(x, y) <= w.high + 1e-9
        cuts = np.concatenate([[-np.inf], edges_of(a, b), [np.inf]])
        p, q = np.histogram(x, cuts)[0], np.histogram(y, cuts)[0]
        assert js.low - 1e-12 <= spatial.jensenshannon(p, q, base=2) ** 2 <= js.high + 1e-12


@pytest.mark.parametrize("column", COLUMNS)
def test_every_month_agrees_with_scipy_against_the_one_before(months: dict[str, pa.Table], numbers: Any, column: str) -> None:
    for before, after in pairwise(ALL):
        x, y = finite(months[before], column), finite(months[after], column)
        ks, w = (found(measure, numbers(x), numbers(y)) for measure in ("kolmogorov_smirnov", "wasserstein"))
        expected = stats.ks_2samp(x, y, method="asymp")
        assert ks.low - 1e-12 <= expected.statistic <= ks.high + 1e-12
        assert ks.value == pytest.approx(expected.statistic, abs=2 / 1024)
        assert (ks.p_value < 1e-3) == (expected.pvalue < 1e-3) or abs(ks.value - ks.critical) < 2 / 1024
        distance = stats.wasserstein_distance(x, y)
        assert w.low - 1e-9 <= distance <= w.high + 1e-9
        assert w.value == pytest.approx(distance, abs=w.error + 1e-9)


def test_the_surcharge_of_2019_is_drift_and_halves_of_a_month_are_not(months: dict[str, pa.Table], numbers: Any) -> None:
    before, after = (finite(months[month], "total_amount") for month in ("2019-01", "2019-06"))
    for measure in MEASURES:
        if measure == "std_change":  # a surcharge on all rides moves them, it does not spread them
            continue
        assert compare(measure, numbers(before), numbers(after)).verdict == "drift", measure
    for month, table in ((month, months[month]) for month in MONTHS):
        x = np.random.default_rng(0).permutation(finite(table, "total_amount"))
        for measure in MEASURES:
            halves = compare(measure, numbers(x[::2]), numbers(x[1::2]), alpha=1e-4)
            assert halves.verdict == "no drift", (month, halves.sentence)
