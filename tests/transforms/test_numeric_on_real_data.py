"""The numeric transforms on taxi trips, bicycle hires and flights, against scikit-learn, SciPy and pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from featureprep import transforms as T
from featureprep.expr.expression import Expr, col
from tests.transforms.harness import Fitted, check_rows_equal_batch, fit

preprocessing = pytest.importorskip("sklearn.preprocessing")
stats = pytest.importorskip("scipy.stats")

Floats = np.ndarray[Any, np.dtype[np.float64]]
TRIP = ["fare", "trip_miles", "trip_seconds", "tips"]  # with nulls, zeros by the hundred, and outliers
HIRE = ["temp", "hum", "windspeed", "cnt"]


@pytest.fixture(scope="module")
def trips(data_dir: Path) -> pd.DataFrame:
    return _read(data_dir / "chicago-taxi" / "simple" / "data.csv", [*TRIP, "company", "trip_start_hour", "payment_type"])


@pytest.fixture(scope="module")
def hires(data_dir: Path) -> pd.DataFrame:
    return _read(data_dir / "bike-sharing" / "hour_train.csv", [*HIRE, "hr", "weathersit"])


@pytest.fixture(scope="module")
def flights(data_dir: Path) -> pd.DataFrame:
    return _read(data_dir / "nycflights13" / "flights_sample.csv", ["arr_delay", "air_time", "carrier", "origin", "month"])


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.exists():
        pytest.skip(f"{path.name} is not among the real data here")
    return pd.read_csv(path, usecols=columns)[columns]


def made(expr: Expr, frame: pd.DataFrame) -> tuple[Fitted, Any]:
    """Fitted over pieces in another order, their states stored and merged as some tree; some rows are held against the row form."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pieces = [table.slice(at, 2500) for at in range(0, table.num_rows, 2500)]
    fitted = fit(expr, pieces[::-1], seed=3)
    check_rows_equal_batch(fitted, table.slice(100, 200))
    return fitted, fitted.batch(table)[0]


def numbers(expr: Expr, frame: pd.DataFrame) -> Floats:
    """What comes out, NaN for null."""
    return np.asarray(made(expr, frame)[1].to_numpy(zero_copy_only=False), np.float64)


def close(ours: Floats, theirs: Any) -> None:
    np.testing.assert_allclose(ours, np.ravel(theirs), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", TRIP)
def test_robust_scale(trips: pd.DataFrame, name: str) -> None:
    for low, high in [(0.25, 0.75), (0.1, 0.95)]:
        scaler = preprocessing.RobustScaler(quantile_range=(100 * low, 100 * high))
        close(numbers(T.robust_scale(name, quantile_range=(low, high)), trips), scaler.fit_transform(trips[[name]].to_numpy(float)))


@pytest.mark.parametrize("name", TRIP)
def test_max_abs_scale(trips: pd.DataFrame, name: str) -> None:
    ours = numbers(T.max_abs_scale(name), trips)
    np.testing.assert_array_equal(ours, preprocessing.MaxAbsScaler().fit_transform(trips[[name]].to_numpy(float))[:, 0])


@pytest.mark.parametrize("name", TRIP)
def test_clip_outliers(trips: pd.DataFrame, name: str) -> None:
    x = trips[name]
    q1, q3 = x.quantile(0.25), x.quantile(0.75)
    close(numbers(T.clip_outliers(name), trips), x.clip(q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)))
    exact = numbers(T.clip_outliers(name, "quantile", quantile_range=(0.02, 0.97)), trips)
    np.testing.assert_array_equal(exact, x.clip(np.nanquantile(x, 0.02), np.nanquantile(x, 0.97)))
    close(numbers(T.clip_outliers(name, "z", factor=2), trips), x.where(np.abs(stats.zscore(x, nan_policy="omit")) < 2, x.clip(
        x.mean() - 2 * x.std(ddof=0), x.mean() + 2 * x.std(ddof=0))))  # fmt: skip


def test_binarize(hires: pd.DataFrame) -> None:
    for name, threshold in [("temp", 0.5), ("cnt", 100), ("hum", 0.0)]:
        ours = numbers(T.binarize(name, threshold), hires)
        np.testing.assert_array_equal(ours, preprocessing.Binarizer(threshold=threshold).transform(hires[[name]].to_numpy(float))[:, 0])


@pytest.mark.parametrize("n", [1000, 37])
@pytest.mark.parametrize("name", [*TRIP, *HIRE])
def test_quantile_transform(trips: pd.DataFrame, hires: pd.DataFrame, name: str, n: int) -> None:
    frame = (trips if name in TRIP else hires)[[name]].astype(float)
    uniform = preprocessing.QuantileTransformer(n_quantiles=n, subsample=None)
    theirs = uniform.fit_transform(frame.to_numpy())
    ours = numbers(T.quantile_transform(name, n), frame)
    close(ours, theirs)
    normal = preprocessing.QuantileTransformer(n_quantiles=n, subsample=None, output_distribution="normal")
    wanted = normal.fit_transform(frame.to_numpy())[:, 0]
    got = numbers(T.quantile_transform(name, n, output="normal"), frame)
    # in the tails a last bit of the part is many of the quantile
    np.testing.assert_array_less(np.abs(got - wanted)[~np.isnan(got)], (1e-12 + 4e-16 / stats.norm.pdf(wanted))[~np.isnan(got)])
    np.testing.assert_allclose(got, stats.norm.ppf(np.clip(ours, 1e-7 - 2.0**-52, 1 - (1e-7 - 2.0**-52))), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("options", [{}, {"degree": 4, "include_bias": True}, {"degree": 3, "interaction_only": True}])
def test_polynomial(hires: pd.DataFrame, options: dict[str, Any]) -> None:
    fitted, ours = made(T.polynomial(*HIRE, **options), hires)
    theirs = preprocessing.PolynomialFeatures(**{"include_bias": False, **options})
    wanted = theirs.fit_transform(hires[HIRE].astype(float))
    assert fitted.bound.op.elements(fitted.bound.call) == theirs.get_feature_names_out().tolist()
    np.testing.assert_allclose(np.asarray(ours.values).reshape(wanted.shape), wanted, rtol=1e-14)  # it multiplies from right to left


BY = {"company": "fare", "trip_start_hour": "trip_seconds"}


@pytest.mark.parametrize("key", BY)
def test_scaling_by_a_key(trips: pd.DataFrame, key: str) -> None:
    name = BY[key]
    _check_by(trips, name, [key])


def test_scaling_by_two_keys(flights: pd.DataFrame) -> None:
    _check_by(flights, "arr_delay", ["carrier", "origin"])


def _check_by(frame: pd.DataFrame, name: str, by: list[str]) -> None:
    """Against pandas, whose groupby gives NaN for a null key too."""
    x = frame[name].astype(float)
    groups = x.groupby([frame[key] for key in by])

    def of(what: Any) -> Any:
        return groups.transform(what)

    scale = of(lambda g: g.std(ddof=0)).replace(0, 1)
    close(numbers(T.standard_scale(name, by=by), frame), (x - of("mean")) / scale)
    span = (of("max") - of("min")).replace(0, 1)
    close(numbers(T.min_max_scale(name, by=by), frame), (x - of("min")) / span)
    close(numbers(T.max_abs_scale(name, by=by), frame), x / of(lambda g: g.abs().max()).replace(0, 1))
    width = (of(lambda g: g.quantile(0.9)) - of(lambda g: g.quantile(0.2))).replace(0, 1)
    close(numbers(T.robust_scale(name, quantile_range=(0.2, 0.9), by=by), frame), (x - of("median")) / width)


def test_each_key_has_the_bits_of_a_fit_of_its_rows(flights: pd.DataFrame) -> None:
    scaled = numbers(T.standard_scale("air_time", by="carrier"), flights)
    robust = numbers(T.robust_scale("air_time", by="carrier"), flights)
    for carrier, rows in flights.groupby("carrier"):
        here = (flights["carrier"] == carrier).to_numpy()
        np.testing.assert_array_equal(scaled[here], numbers(T.standard_scale("air_time"), rows))
        np.testing.assert_array_equal(robust[here], numbers(T.robust_scale("air_time"), rows))


def test_a_key_that_is_new(flights: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(flights, preserve_index=False)
    new = table.filter(pa.array(flights["month"] == 12))
    old = flights[(flights["month"] < 12) & (flights["carrier"] != "UA")]
    made_of = {policy: fit(T.standard_scale("arr_delay", by="carrier", unknown=policy), pa.Table.from_pandas(old, preserve_index=False))
               for policy in ("null", "overall")}  # fmt: skip
    ours = {policy: check_rows_equal_batch(fitted, new) for policy, fitted in made_of.items()}
    mean, std = old["arr_delay"].mean(), old["arr_delay"].std(ddof=0)
    carriers, delays = new["carrier"].to_pylist(), new["arr_delay"].to_pylist()
    assert {c for c, v, d in zip(carriers, ours["null"], delays, strict=True) if v is None and d is not None} == {"UA"}
    for carrier, delay, value, other in zip(carriers, delays, ours["overall"], ours["null"], strict=True):
        wanted = (delay - mean) / std if carrier == "UA" and delay is not None else other
        assert value == wanted if wanted is None else value == pytest.approx(wanted, rel=1e-12)


def test_null_keys_as_a_key_of_their_own(trips: pd.DataFrame) -> None:
    filled = trips.assign(company=trips["company"].fillna("none"))
    key = T.impute(col("company"), "constant", value="none")
    np.testing.assert_array_equal(numbers(T.standard_scale("fare", by=key), trips), numbers(T.standard_scale("fare", by="company"), filled))
    assert trips["company"].isna().any()
