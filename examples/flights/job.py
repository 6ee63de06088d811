"""Flights out of New York: will a flight leave late? Everything is looked up as it was known when the flight was due; see README.md.

To run it: FEATUREPREP_DATA=<folder> featureprep run examples/flights/job.py --store store
"""

from __future__ import annotations

import os
from pathlib import Path

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.errors import RequestError
from featureprep.io.base import Source


def data() -> Path:
    """The folder nycflights13 of $FEATUREPREP_DATA."""
    folder = os.environ.get("FEATUREPREP_DATA")
    if not folder:
        raise RequestError(
            "FEATUREPREP_DATA is not set, so there are no flights to read",
            hint="weather.csv, planes.csv and airlines.csv are published in the repository tidyverse/nycflights13, data-raw; flights_sample.csv "
            "is csv/openintro/nycflights.csv of vincentarelbundock/Rdatasets: put the files into <folder>/nycflights13 and set "
            "FEATUREPREP_DATA=<folder>. `make demo` needs no data",
        )
    return Path(folder).absolute() / "nycflights13"


def table(name: str) -> Source:
    """A file of the folder."""
    return fp.read_csv(data() / f"{name}.csv", null_values=["NA"])


def moment(minutes: fp.Expr) -> fp.Expr:
    """So many minutes after the midnight in which a row's day begins; local time, as the files have it."""
    day = (col("year") * 10_000 + col("month") * 100 + col("day")).cast("string").dt.parse("%Y%m%d")
    return (day.dt.to_epoch() + minutes * 60).dt.from_epoch()


@fp.job(
    sources={"flights": table("flights_sample"), "weather": table("weather"), "planes": table("planes"), "airlines": table("airlines")},
    contract="contract.yaml",
    split=fp.split(train=0.8, eval=0.2, by="tailnum"),
)
def flights(flights: fp.Table, weather: fp.Table, planes: fp.Table, airlines: fp.Table) -> fp.Table:
    """Features of a flight at the minute it is due, and whether it left more than a quarter of an hour late."""
    left = col("hour") * 60 + col("minute")
    flights = flights.with_columns(departed=moment(left), due=moment(left - col("dep_delay")))
    flights = flights.select("rownames", "origin", "dest", "carrier", "tailnum", "flight", "distance", "dep_delay", "departed", "due")

    # how late the carrier's flights left in the six hours before: of flights that have left, not of those that were due
    departures = flights.rolling("6h", by=["carrier", "origin"], order_by="departed").agg(
        carrier_delay=agg.mean("dep_delay"), carrier_spread=agg.std("dep_delay"), carrier_flights=agg.count()
    )
    departures = departures.select("carrier", "origin", "departed", "rownames", "carrier_delay", "carrier_spread", "carrier_flights")

    # how busy the airport is in that hour, by timetable
    busy = flights.with_columns(due_hour=col("due").dt.truncate("hour")).group_by("origin", "due_hour").agg(busy=agg.count())

    observed = weather.with_columns(observed=moment(col("hour") * 60)).select(
        "origin", "observed", "temp", "wind_speed", "precip", "pressure", "visib"
    )

    # the plane's flight before: how late it was, and when
    flights = flights.shift(last_delay="dep_delay", last_due="due", by="tailnum", order_by=["due", "flight"])
    flights = flights.join_asof(
        departures.rename(departed="known", rownames="by"),
        left_on="due",
        right_on="known",
        by=["carrier", "origin"],
        tolerance="6h",
        allow_exact_matches=False,
        order_by="by",
        descending=True,
    )
    flights = flights.join_asof(observed, left_on="due", right_on="observed", by="origin", tolerance="3h")
    flights = flights.with_columns(due_hour=col("due").dt.truncate("hour"))
    flights = flights.join(busy, on=["origin", "due_hour"], how="left")
    flights = flights.join(planes.select("tailnum", "seats", "engines"), on="tailnum", how="left", serve="embed")
    flights = flights.join(airlines, on="carrier", how="left", serve="embed")

    return flights.features(
        last_delay=T.standard_scale(T.impute("last_delay", "median")),
        hours_since_last=T.impute(T.elapsed("due", since="last_due", unit="hour"), "median"),
        carrier_delay=T.standard_scale(T.impute("carrier_delay", "mean")),
        carrier_spread=T.impute("carrier_spread", "constant", value=0),
        carrier_flights=T.impute("carrier_flights", "constant", value=0),
        temp=T.standard_scale(T.impute("temp", "median")),
        wind_speed=T.bucketize("wind_speed", 4, missing=0),
        wet=(col("precip") > 0).fill_null(value=False).cast("int8"),
        visib=T.min_max_scale("visib", missing=10),
        pressure=T.robust_scale(T.impute("pressure", "median")),
        busy=T.standard_scale("busy"),
        seats=T.impute("seats", "median"),
        airline=T.one_hot("name"),
        origin=T.one_hot("origin"),
        dest=T.vocabulary("dest", oov_buckets=2),
        distance=T.log1p("distance"),
        when=T.date_parts("due", ["month", "weekday", "hour"]),
        late=fp.label((col("dep_delay") > 15).cast("int8")),
        keep=["rownames", "tailnum"],
    )
