"""What the tests of jobs share: generated rows, written as files cut in any way, and jobs that use most of what a job can have."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import featureprep as fp
from featureprep import agg, col
from featureprep import transforms as T
from featureprep.io.base import Source
from featureprep.jobs.definition import Job
from featureprep.jobs.result import Run

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("key", pa.string()),
        ("group", pa.string()),
        ("amount", pa.float64()),
        ("count", pa.int64()),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
        ("flag", pa.bool_()),
    ]
)
"""Of the main table."""
SIDE = pa.schema([("key", pa.string()), ("weight", pa.float64()), ("name", pa.string())])
"""Of the table that is joined."""


def memory_store() -> str:
    """The address of a new store in memory."""
    return f"memory://featureprep-tests-{uuid.uuid4().hex}"


def main_rows(n: int = 300, seed: int = 0) -> list[dict[str, Any]]:
    """Rows of the main table, about a tenth of them duplicates, with nulls everywhere but in `id`."""
    rng = random.Random(seed)

    def null(value: Any) -> Any:
        return None if rng.random() < 0.08 else value

    rows: list[dict[str, Any]] = []
    for i in range(n):
        if rows and rng.random() < 0.1:
            rows.append(dict(rng.choice(rows)))
            continue
        rows.append(
            {
                "id": i,
                "key": null(f"k{rng.randrange(12)}"),
                "group": null(rng.choice(["red", "green", "blue", "é à", "a,b", 'q"t', "two\nlines", "日本"])),
                "amount": null(rng.choice([rng.gauss(0, 1e3), rng.random() * 1e-9, float(rng.randrange(50)), -0.0, 1e17 * rng.random()])),
                "count": null(rng.randrange(-5, 40)),
                "day": null(dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(200))),
                "at": null(dt.datetime(2024, 1, 1) + dt.timedelta(microseconds=rng.randrange(10**13))),
                "flag": null(rng.random() < 0.4),
            }
        )
    return rows


def side_rows() -> list[dict[str, Any]]:
    """Rows of the side table: some keys absent, one of them twice."""
    rows: list[dict[str, Any]] = [{"key": f"k{i}", "weight": i / 7, "name": f"name {i % 3}"} for i in range(9)]
    return [*rows, {"key": "k3", "weight": 0.5, "name": None}, {"key": None, "weight": 2.0, "name": "nobody"}]


def unique_side() -> list[dict[str, Any]]:
    """The same with one row of each key."""
    return [row for row in side_rows() if row["weight"] != 0.5]


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """As CSV with a header; null is an empty cell, floats in their shortest form."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(schema.names)
        for row in rows:
            out.writerow(["" if row[name] is None else _cell(row[name]) for name in schema.names])


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema, group: int = 37) -> None:
    """As Parquet with small row groups."""
    pq.write_table(pa.Table.from_pylist(list(rows), schema), path, row_group_size=group)


def cut(rows: Sequence[Any], parts: int) -> list[list[Any]]:
    """In consecutive parts of uneven sizes, one of them empty."""
    edges = sorted(len(rows) * i * i // (parts * parts) for i in range(parts + 1))
    return [list(rows[a:b]) for a, b in itertools.pairwise(edges)]


def as_source(folder: Path, kind: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema, files: int = 1) -> Source:
    """The rows as a source: "csv" or "parquet" files in `folder`, or "memory"."""
    if kind == "memory":
        return fp.from_arrow(pa.Table.from_pylist(list(rows), schema))
    folder.mkdir(parents=True, exist_ok=True)
    write = write_csv if kind == "csv" else write_parquet
    for i, part in enumerate(cut(rows, files)):
        write(folder / f"part-{i:03d}.{kind}", part, schema)
    pattern = str(folder / f"*.{kind}")
    return fp.read_csv(pattern, null_values=[""], schema=schema) if kind == "csv" else fp.read_parquet(pattern)


def make_job(body: Callable[..., Any], main: Source, side: Source | None = None, **options: Any) -> Job:
    """A job called `case` over the table `main` and, where the body takes it, `side`."""
    sources = {"main": main} if side is None else {"main": main, "side": side}
    return fp.job(sources=sources, name="case", **options)(body)


def prints(run: Run) -> tuple[str, str]:
    """The two fingerprints."""
    return run.dataset.fingerprint, run.graph.fingerprint


def some_features(table: fp.Table, **more: Any) -> fp.Table:
    """Features that learn on one and on two levels."""
    return table.features(
        amount=T.standard_scale(T.impute("amount", "median")),
        count=T.bucketize("count", 4),
        group=T.one_hot("group"),
        key=T.vocabulary("key", oov_buckets=1, top_k=5),
        weekday=T.date_parts("day", "weekday"),
        mean=T.impute("amount", "mean"),
        label=fp.label(col("flag").cast("int8")),
        keep=["id"],
        **more,
    )


def plain(main: fp.Table) -> fp.Table:
    """Row-wise only."""
    return some_features(main.filter(col("count") > -4, name="not too low"))


def everywhere(main: fp.Table) -> fp.Table:
    """All duplicates removed."""
    return some_features(main.drop_duplicates())


def by_key(main: fp.Table) -> fp.Table:
    """One row of each key, content decides."""
    return some_features(main.drop_duplicates("key"))


def by_order(main: fp.Table) -> fp.Table:
    """One row of each key and flag, the latest."""
    return some_features(main.drop_duplicates(["key", "flag"], order_by=["at", "amount"], descending=True))


def inner(main: fp.Table, side: fp.Table) -> fp.Table:
    """Rows made by a join."""
    return some_features(main.join(side, on="key"), weight=T.min_max_scale("weight"), name=T.vocabulary("name"))


def left(main: fp.Table, side: fp.Table) -> fp.Table:
    """As `inner`, with unmatched rows."""
    return some_features(main.join(side, on="key", how="left"), weight=T.impute("weight", "mean"), name=T.vocabulary("name"))


def semi(main: fp.Table, side: fp.Table) -> fp.Table:
    """Rows chosen by a join."""
    return some_features(main.join(side, on="key", how="semi"))


def anti(main: fp.Table, side: fp.Table) -> fp.Table:
    """The others."""
    return some_features(main.join(side, on="key", how="anti"))


def embedded(main: fp.Table, side: fp.Table) -> fp.Table:
    """A look-up that is part of the graph."""
    unique = side.drop_duplicates("key")
    return some_features(main.join(unique, on="key", how="left", serve="embed"), weight=T.standard_scale("weight"), name=T.one_hot("name"))


def embedded_inner(main: fp.Table, side: fp.Table) -> fp.Table:
    """The same, where unmatched rows leave."""
    unique = side.drop_duplicates("key")
    return some_features(main.join(unique, on="key", how="inner", serve="embed"), weight=T.standard_scale("weight"))


def grouped(main: fp.Table) -> fp.Table:
    """Aggregates beside the rows that they are of: a table used twice."""
    made = main.group_by("key").agg(
        n=agg.count(), total=agg.sum("count"), mean=agg.mean("amount"), std=agg.std("amount"), low=agg.min("day"), high=agg.max("at"),
        kinds=agg.n_unique("group"),
    )  # fmt: skip
    joined = main.join(made, on="key", how="left")
    return joined.features(
        n="n", total=T.standard_scale("total"), mean_of=T.impute("mean", "median"), std="std", kinds="kinds",
        low=T.date_parts("low", "month"), high=col("high").dt.to_epoch(), amount=col("amount") - col("mean"), keep=["id", "key"],
    )  # fmt: skip


def grouped_more(main: fp.Table) -> fp.Table:
    """The other aggregates, in which order and lists matter."""
    made = main.group_by("key", "flag").agg(
        {"the id": agg.first("id", order_by=["day", "at"])},
        id=agg.last("id", order_by=["count", "id"]), spread=agg.var("amount", ddof=1), middle=agg.median("amount"),
        high=agg.quantile("count", 0.9), days=agg.collect("day", order_by="amount"), groups=agg.n_unique("group"),
        some=agg.any(col("count") > 30), every=agg.all(col("amount") > 0), std=agg.std("count", ddof=1),
    )  # fmt: skip
    return made.features(
        spread=T.standard_scale("spread"), middle=T.impute("middle", "median"), high="high", days=col("days").list.len(),
        some="some", every="every", std="std", groups="groups", keep=["id", "key", "the id"],
    )  # fmt: skip


def put_together(main: fp.Table) -> fp.Table:
    """A table three times over, with columns of other types and without some, and its words one by one."""
    days = main.filter(col("count") > 20).with_columns(count=col("count").cast("float64"), at=col("day")).drop("amount")
    every = main.union(days, main.drop("flag"), missing="null")
    words = every.with_columns(word=col("group").str.split(" ")).explode("word", position="place")
    return some_features(words, word=T.vocabulary("word"), place="place", scaled=T.standard_scale("count"))


def in_order(main: fp.Table) -> fp.Table:
    """What was known at a moment, the row before, and windows: along orders with many ties and nulls."""
    known = main.filter(col("flag")).select("key", "day", "amount", "group").rename(amount="known", group="kind")
    table = main.join_asof(known, on="day", by="key", tolerance="30d", allow_exact_matches=False)
    table = table.shift(before="amount", was="group", by=["key", "flag"], order_by=["day", "count"])
    table = table.rolling("20d", by="group", order_by="at", closed="left").agg(
        n=agg.count(), mean=agg.mean("amount"), std=agg.std("amount"), kinds=agg.n_unique("key")
    )
    table = table.rolling(4, order_by="count").agg(total=agg.sum("count"), high=agg.max("at"), middle=agg.quantile("amount", 0.4))
    return some_features(
        table, known=T.impute("known", "median"), kind=T.vocabulary("kind"), before=T.standard_scale("before"), was=T.one_hot("was"),
        n="n", rolled=T.standard_scale("mean"), spread="std", kinds="kinds", total="total", high=col("high").dt.to_epoch(), middle="middle",
    )  # fmt: skip


def sampled(main: fp.Table) -> fp.Table:
    """A sample by key, and one of rows."""
    return some_features(main.sample(0.7, by="key", seed=3).sample(0.9))


def set_aside(main: fp.Table) -> fp.Table:
    """Rows quarantined by a condition and by policies."""
    table = main.quarantine(when=col("count") > 30, reason="too many").drop_nulls("day")
    return some_features(
        table, known=T.vocabulary("group", top_k=4, unknown="quarantine"), root=col("amount").log1p(malformed="quarantine")
    )


_EVERY = (
    plain, everywhere, by_key, by_order, inner, left, semi, anti, embedded, embedded_inner, grouped, grouped_more, in_order, put_together,
    sampled, set_aside,
)  # fmt: skip
BODIES: dict[str, Callable[..., Any]] = {body.__name__: body for body in _EVERY}
WITH_SIDE = {"inner", "left", "semi", "anti", "embedded", "embedded_inner"}
SPLITS = {
    "none": None,
    "row": fp.split(train=0.6, test=0.4),
    "key": fp.split(train=0.7, eval=0.2, test=0.1, by="key"),
    "time": fp.split(train=dt.date(2024, 3, 1), eval=dt.date(2024, 6, 1), test=None, by="day"),
    "all": fp.split(train=0.5, eval=0.5, by=["key", "flag"], fit="all", seed=4),
}
