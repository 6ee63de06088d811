"""Jobs for the suite; between them most of what a job can have."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featureprep.io.base import Source
    from featureprep.jobs.definition import Job
    from featureprep.plan.table import Table


def census(folder: Path, **options: Any) -> Job:
    """CSV with a contract that quarantines and drops; duplicates removed; two levels of transforms; a split by content."""
    import featureprep as fp
    from featureprep import col
    from featureprep import transforms as T

    def body(people: Table) -> Table:
        people = people.drop_duplicates().filter(col("id") > 3, name="not the first")
        return people.features(
            age=T.standard_scale(T.impute("age", "median")),
            hours=T.bucketize("hours", 5),
            work=T.one_hot("work"),
            education=T.vocabulary("education", top_k=5, oov_buckets=2),
            gain=col("gain").abs().log1p(),
            spread=T.robust_scale("gain"),
            label=fp.label((col("income") == ">50K").cast("int8")),
            keep=["id"],
        )

    source = fp.read_csv(str(folder / "people-*.csv"), null_values=["?"])
    split = fp.split(train=0.7, eval=0.3, by="row")
    given = {"contract": str(folder / "contract.yaml"), "split": split, "malformed": "quarantine", **options}
    return fp.job(sources={"people": source}, name="census", **given)(body)


def strict(folder: Path) -> Job:
    """People whose ages are read into a type that is too small for some of them: an error."""
    import featureprep as fp
    from featureprep import transforms as T

    types = {"id": "int64", "age": "int8", "work": "string", "education": "string", "gain": "float64", "hours": "int64", "income": "string"}
    source = fp.read_csv(str(folder / "people-*.csv"), null_values=["?"], schema=types)
    return fp.job(sources={"people": source}, name="strict")(lambda people: people.features(age=T.impute("age", "mean"), keep=["id"]))


def taxi(folder: Path, sources: Mapping[str, Source] | None = None, **options: Any) -> Job:
    """Parquet, no contract, learnt by groups and from text, a split by key."""
    import featureprep as fp
    from featureprep import col
    from featureprep import transforms as T

    def body(trips: Table) -> Table:
        trips = trips.quarantine(when=col("fare") < -2, reason="owed").drop_nulls("at")
        return trips.features(
            miles=T.standard_scale("miles", missing=0),
            by_zone=T.standard_scale(T.impute("fare", "mean"), by="payment"),
            quantile=T.quantile_transform("fare", 20),
            payment=T.vocabulary("payment", top_k=3, oov_buckets=4, hash="farm", missing=""),
            words=T.tf_idf(T.tokenize("note"), max_features=6),
            stops=T.multi_hot("stops"),
            hour=T.date_parts("at", "hour"),
            usual=T.count_encode("zone"),
            tip=fp.label((col("tip") > col("fare") * 0.2).cast("int8")),
            keep=["trip"],
        )

    given = {"split": fp.split(train=0.6, eval=0.4, by="driver"), "malformed": "null", **options}
    return fp.job(sources=sources or {"trips": fp.read_parquet(str(folder / "trips-*.parquet"))}, name="taxi", **given)(body)


def meeting(folder: Path, sources: Mapping[str, Source] | None = None, **options: Any) -> Job:
    """Joins of every kind, a group-by beside its rows, duplicates by key, a sample: rows that meet, several times over."""
    import featureprep as fp
    from featureprep import agg, col
    from featureprep import transforms as T

    def body(trips: Table, zones: Table) -> Table:
        known = zones.drop_duplicates("zone", order_by=["area"], descending=True)
        per = trips.group_by("zone").agg(
            n=agg.count(),
            mean=agg.mean("fare"),
            std=agg.std("miles"),
            total=agg.sum("driver"),
            first=agg.min("at"),
            kinds=agg.n_unique("payment"),
        )
        trips = trips.sample(0.8, by="driver", seed=2).join(known.filter(col("area") > 1, name="large"), on="zone", how="semi")
        trips = trips.join(zones.select("zone").filter(col("zone") == "z9", name="nine"), on="zone", how="anti")
        both = trips.join(per, on="zone").join(known, on="zone", how="left")
        return both.features(
            n="n", mean=T.standard_scale("mean"), std=T.impute("std", "median"), total="total", kinds="kinds", first=T.date_parts("first", "year"),
            name=T.vocabulary("name"), area=T.min_max_scale("area"), fare=col("fare") - col("mean"), keep=["trip", "zone"],
        )  # fmt: skip

    given = sources or {name: fp.read_parquet(str(folder / f"{name}-*.parquet")) for name in ("trips", "zones")}
    return fp.job(sources=given, name="meeting", malformed="null", **options)(body)


def in_order(folder: Path, sources: Mapping[str, Source] | None = None, **options: Any) -> Job:
    """What was known at a moment, rows before and after, windows of rows and of time: along orders with ties and nulls."""
    import featureprep as fp
    from featureprep import agg, col
    from featureprep import transforms as T

    def body(trips: Table, zones: Table) -> Table:
        trips = trips.drop("stops")
        known = trips.filter(col("payment") == "card", name="by card").select("zone", "at", "miles").rename(at="when", miles="known")
        table = trips.join_asof(known, left_on="at", right_on="when", by="zone", tolerance="200d", allow_exact_matches=False)
        table = table.with_columns(day=col("at").cast("date"))
        table = table.join_asof(zones, left_on="day", right_on="since", strategy="nearest", order_by="area", descending=True)
        table = table.shift(before="fare", was="payment", by="driver", order_by=["day", "trip"]).shift(
            after="fare", n=-2, by="zone", order_by="fare"
        )
        table = table.rolling("90d", by="zone", order_by="at", closed="left").agg(
            n=agg.count(), mean=agg.mean("miles"), std=agg.std("fare"), drivers=agg.n_unique("driver"), most=agg.max("payment")
        )
        table = table.rolling(5, order_by="tip", min_periods=2).agg(total=agg.sum("driver"), middle=agg.quantile("fare", 0.5))
        table = table.rolling("60d", by="driver", order_by="at").agg(
            far=agg.any(col("miles") > 9), first=agg.first("payment", order_by=["fare", "trip"]), fares=agg.collect("fare", order_by="at")
        )
        return table.features(
            known=T.standard_scale("known"), area=T.impute("area", "median"), before=T.standard_scale("before"), was=T.vocabulary("was"),
            after="after", n="n", mean=T.standard_scale("mean"), std="std", drivers="drivers", most=T.vocabulary("most"), total="total",
            middle="middle", far="far", first=T.vocabulary("first"), keep=["trip", "when", "fares"],
        )  # fmt: skip

    given = sources or {name: fp.read_parquet(str(folder / f"{name}-*.parquet")) for name in ("trips", "zones")}
    return fp.job(sources=given, name="in_order", malformed="null", **options)(body)


def ordered(folder: Path, **options: Any) -> Job:
    """Rows along an order: the one before, windows of rows and of time, the zone as it was known at the time; unions and lists."""
    import featureprep as fp
    from featureprep import agg, col
    from featureprep import transforms as T

    def body(trips: Table, zones: Table) -> Table:
        every = trips.union(trips.filter(col("miles") > 3, name="long ones"))
        every = every.shift({"before": "fare"}, by="zone", order_by=["at", "trip"])
        every = every.rolling("30d", by="driver", order_by="at").agg(late=agg.mean("fare"), n=agg.count())
        every = every.rolling(5, by="zone", order_by=["at", "trip"]).agg(usual=agg.quantile("miles", 0.5))
        known = every.with_columns(day=col("at").cast("date")).join_asof(
            zones, left_on="day", right_on="since", by="zone", tolerance="9000d"
        )
        return known.explode("stops", empty="null").features(
            before=T.impute("before", "median"), late=T.standard_scale("late"), n="n", usual="usual", area="area",
            name=T.one_hot("name"), stop=T.vocabulary("stops"), keep=["trip"],
        )  # fmt: skip

    given = {name: fp.read_parquet(str(folder / f"{name}-*.parquet")) for name in ("trips", "zones")}
    return fp.job(sources=given, name="ordered", malformed="null", **options)(body)


FILE = '''\
"""A job with functions of its own, in a file that no worker has."""
import threading

import pyarrow as pa
import pyarrow.compute as pc

import featureprep as fp
from featureprep import col

FACTOR = 3


def times(x):
    return x * FACTOR


class OwnError(Exception):
    """As many a class of errors: it cannot be pickled, and would not come back."""

    def __init__(self, what, which):
        super().__init__()
        self.text = f"{{what}} this {{which}}"
        self.held = threading.Lock()

    def __str__(self):
        return self.text


@fp.udf({{"x": "float64"}}, "float64", mode="row")
def tripled(x):
    if x == {bad}:
        raise OwnError("not", "one")
    return None if x is None else times(x)


@fp.udf({{"fare": "float64", "zone": "string"}}, "struct<zone: string, share: float64>")
def shares(fare, zone):
    total = pc.sum(fare).as_py() or 1.0
    return pa.StructArray.from_arrays([zone, pc.divide(pc.fill_null(fare, 0.0), total)], names=["zone", "share"])


@fp.job(sources={{"trips": fp.read_parquet({files!r})}}, malformed="null")
def own(trips: fp.Table) -> fp.Table:
    return trips.features(fare=tripled(col("fare")), keep=["trip"])


@fp.job(sources={{"trips": fp.read_parquet({files!r})}}, malformed="null")
def whole(trips: fp.Table) -> fp.Table:
    whole = trips.select("fare", "zone").map_batches(shares, needs="table")
    return whole.features(share="share", keep=["zone"])
'''


def from_file(folder: Path, name: str, bad: float | None = None) -> Job:
    """The job `own` or `whole` of a job file that is written here; a fare of `bad` makes the function of `own` raise."""
    from featureprep.jobs.loading import load_job

    file = folder / "own_job.py"
    file.write_text(FILE.format(files=str(folder / "trips-*.parquet"), bad="object()" if bad is None else repr(bad)), encoding="utf-8")
    return load_job(f"{file}:{name}")
