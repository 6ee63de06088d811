"""Real data on every engine: the taxi example in 1, 7 and 64 partitions, and a job of all relational verbs over flights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.engines.base import Engine
from featureprep.jobs.driver import run
from featureprep.jobs.loading import load_job
from featureprep.testing.compare import outcome
from featureprep.testing.host import EngineHost

EXAMPLES = Path(__file__).parents[2] / "examples"
TAXI = ("d35dc3b73495a6d8486a2e36b2de698f", "1acefbd977177e0edca85b57f327b2d9")
# a minute each on a cluster, where there are as many tasks as partitions at each of a dozen passes
PARTITIONS = [pytest.param(1, marks=pytest.mark.soak), 7, pytest.param(64, marks=pytest.mark.soak)]
_flights: dict[str, Any] = {}


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_the_taxi_example(partitions: int, engine: Engine, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEATUREPREP_DATA", str(data_dir))
    job = load_job(str(EXAMPLES / "taxi" / "job.py"))
    done = run(job, engine=engine, store=str(tmp_path / "store"), partitions=partitions, progress=False)
    assert (done.dataset.fingerprint, done.graph.fingerprint) == TAXI


def flights_job(folder: Path) -> fp.Job:
    """Joins, an as-of join with the weather, windows and group-bys over flights."""

    def read(name: str) -> Any:
        return fp.read_csv(str(folder / f"{name}.csv"), null_values=["", "NA"])

    def minute(table: fp.Table, minutes: Any) -> fp.Table:
        days = (col("month") * 31 + col("day")) * 24
        return table.with_columns(at=(days + col("hour")) * 60 + minutes)

    def body(flights: fp.Table, airlines: fp.Table, planes: fp.Table, weather: fp.Table) -> fp.Table:
        flights = minute(flights, col("minute")).drop_duplicates("rownames").filter(col("distance") > 100, name="far")
        skies = minute(weather.drop_duplicates(["origin", "month", "day", "hour"]), 0).select("origin", "at", "temp", "wind_speed", "visib")
        per = flights.group_by("carrier").agg(
            flown=agg.count(), miles=agg.sum("distance"), late=agg.mean("dep_delay"), spread=agg.std("arr_delay"), places=agg.n_unique("dest"),
            usual=agg.quantile("air_time", 0.5), first=agg.first("dest", order_by=["at", "rownames"]),
        )  # fmt: skip
        flights = flights.shift(before="arr_delay", by="tailnum", order_by=["at", "rownames"])
        flights = flights.rolling(20, by="origin", order_by=["at", "rownames"], closed="left").agg(lately=agg.mean("dep_delay"))
        flights = flights.rolling("600i", by="carrier", order_by="at").agg(busy=agg.count())
        every = flights.join_asof(skies, on="at", by="origin", tolerance=120)
        every = every.join(planes.rename(year="built"), on="tailnum", how="left").join(per, on="carrier")
        every = every.join(airlines.filter(col("carrier") != "OO", name="known"), on="carrier", how="semi")
        return every.features(
            before=T.impute("before", "median"), lately=T.standard_scale("lately"), busy=T.bucketize("busy", 4), temp=T.impute("temp", "mean"),
            wind=T.min_max_scale("wind_speed"), built=T.impute("built", "most_frequent"), flown="flown", late="late", spread="spread",
            places="places", usual="usual", first=T.vocabulary("first"), miles=col("miles").cast("float64").log1p(),
            carrier=T.one_hot("carrier"), label=fp.label((col("arr_delay") > 15).cast("int8")), keep=["rownames"],
        )  # fmt: skip

    sources = {"flights": read("flights_sample"), **{name: read(name) for name in ("airlines", "planes", "weather")}}
    return fp.job(sources=sources, name="flights", malformed="null", split=fp.split(train=0.8, eval=0.2, by="tailnum"))(body)


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_flights(
    partitions: int, engine: Engine, host: EngineHost, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 1 << 20)  # several buckets
    job = flights_job(data_dir / "nycflights13")
    if not _flights:
        _flights.update(outcome(job, "pandas", str(tmp_path / "own"), statistics=False))
    found = outcome(job, engine, str(tmp_path / "store"), partitions=partitions, statistics=False)
    assert "dataset" in found, found
    assert found == _flights
