"""examples/flights on the real files: DuckDB's windows and as-of joins, pandas' shifts, and the same prints however the files are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from tests.examples.harness import Example, cut_and_shuffle, example

FILES = {"flights": "flights_sample", "weather": "weather", "planes": "planes", "airlines": "airlines"}


@pytest.fixture(scope="module")
def flights(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Example:
    return example("flights", tmp_path_factory.mktemp("flights"))


@pytest.fixture(scope="module")
def trips(data_dir: Path) -> pd.DataFrame:
    """Flights with the moments at which they left and were due."""
    frame = pd.read_csv(data_dir / "nycflights13" / "flights_sample.csv", na_values=["NA"])
    day = pd.to_datetime(frame[["year", "month", "day"]])
    frame["departed"] = day + pd.to_timedelta(frame["hour"] * 60 + frame["minute"], unit="min")
    frame["due"] = frame["departed"] - pd.to_timedelta(frame["dep_delay"], unit="min")
    return frame


@pytest.fixture(scope="module")
def written(flights: Example) -> pd.DataFrame:
    parts = [flights.run.dataset.to_arrow(split).to_pandas().assign(split=split) for split in flights.run.dataset.splits]
    return pd.concat(parts).set_index("rownames").sort_index()


def scaled(written: pd.DataFrame, raw: pd.Series, *, fill: str) -> np.ndarray[Any, Any]:
    """What standard_scale of an imputed column gives: both learn from the part train."""
    train = written["split"] == "train"
    filled = raw.fillna(getattr(raw[train], fill)())
    values = filled.to_numpy(np.float64).reshape(-1, 1)
    return np.asarray(StandardScaler().fit(values[train.to_numpy()]).transform(values)[:, 0])


def test_the_plane_s_flight_before(trips: pd.DataFrame, written: pd.DataFrame) -> None:
    before = trips.sort_values(["due", "flight"]).groupby("tailnum")[["dep_delay", "due"]].shift(1).sort_index()
    np.testing.assert_allclose(
        written["last_delay"], scaled(written, before["dep_delay"].set_axis(written.index), fill="median"), atol=1e-12
    )
    hours = (trips["due"] - before["due"]).dt.total_seconds().div(3600).set_axis(written.index)
    np.testing.assert_allclose(written["hours_since_last"], hours.fillna(hours[written["split"] == "train"].median()), rtol=1e-12)


def test_delays_of_the_carrier_in_the_six_hours_before(trips: pd.DataFrame, written: pd.DataFrame) -> None:
    query = """
        with windows as (
            select carrier, origin, departed, avg(dep_delay) over w as mean, stddev_pop(dep_delay) over w as spread, count(*) over w as n
            from trips
            window w as (partition by carrier, origin order by departed
                         range between interval '5 hours 59 minutes 59.999999 seconds' preceding and current row)
        )
        select f.rownames, w.mean, w.spread, w.n, f.due - w.departed <= interval 6 hours as near
        from trips f asof left join windows w on f.carrier = w.carrier and f.origin = w.origin and f.due > w.departed
        order by f.rownames
    """
    with duckdb.connect() as connection:
        connection.register("trips", trips[["rownames", "carrier", "origin", "departed", "due", "dep_delay"]])
        found = connection.execute(query).df().set_index("rownames")
    near = found["near"].fillna(value=False).astype(bool)
    assert 0.5 < near.mean() < 1
    assert written["carrier_flights"].tolist() == found["n"].where(near, 0).astype(int).tolist()
    np.testing.assert_allclose(written["carrier_spread"], found["spread"].where(near, 0), atol=1e-9)
    np.testing.assert_allclose(written["carrier_delay"], scaled(written, found["mean"].where(near), fill="mean"), atol=1e-9)


def test_the_last_weather_report(trips: pd.DataFrame, written: pd.DataFrame, data_dir: Path) -> None:
    weather = pd.read_csv(data_dir / "nycflights13" / "weather.csv", na_values=["NA"])
    weather = weather[~(weather["wind_speed"] > 250)]
    weather["observed"] = pd.to_datetime(weather[["year", "month", "day", "hour"]])
    twice = weather[weather.duplicated(["origin", "observed"], keep=False)]
    assert 0 < len(twice) < 10
    found = pd.merge_asof(trips.sort_values("due"), weather.sort_values("observed"), left_on="due", right_on="observed", by="origin", tolerance=pd.Timedelta("3h"))  # fmt: skip
    found = found.set_index("rownames").sort_index()
    once = ~found["observed"].isin(twice["observed"]).to_numpy()
    np.testing.assert_allclose(written["temp"][once], scaled(written, found["temp"], fill="median")[once], atol=1e-9)
    wet = (found["precip"] > 0).astype(int)
    assert written["wet"][once].tolist() == wet[once].tolist()


def test_how_busy_the_airport_is(trips: pd.DataFrame, written: pd.DataFrame) -> None:
    hour = trips["due"].dt.floor("h")
    busy = trips.groupby(["origin", hour])["rownames"].transform("count").set_axis(written.index)
    np.testing.assert_allclose(written["busy"], scaled(written, busy, fill="mean"), atol=1e-12)


def test_the_ledger(flights: Example, trips: pd.DataFrame) -> None:
    lines = {line.step: line for line in flights.run.ledger.lines}
    joined = lines["asof join on carrier, origin, due"]
    assert (joined.rows_in, joined.out, joined.merged) == (2 * len(trips), len(trips), len(trips))
    assert joined.matches["left_matched"] + joined.matches["left_unmatched"] == len(trips)
    assert lines["shift last_delay, last_due"].out == lines["rolling carrier_delay, carrier_spread, carrier_flights"].out == len(trips)


def test_files_cut_and_shuffled_change_nothing(flights: Example, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 1 << 19)  # several buckets
    cut = {}
    for source, file in FILES.items():
        header, *lines = (data_dir / "nycflights13" / f"{file}.csv").read_text(encoding="utf-8").splitlines()
        cut[source] = cut_and_shuffle(lines, tmp_path / source, header=header + "\n")
    assert flights.prints(sources=cut, partitions=7) == (flights.run.dataset.fingerprint, flights.run.graph.fingerprint)


def test_explain_names_the_exchanges(flights: Example) -> None:
    shown = flights.job.explain().to_text()
    for title in ("shift last_delay, last_due", "rolling carrier_delay, carrier_spread, carrier_flights", "asof join on origin, due"):
        assert title in shown
    assert "made by left join on origin, due_hour" in shown
