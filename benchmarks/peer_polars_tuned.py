"""`benchmarks.peer_polars` made as fast as we could: the same two lazy passes on the streaming engine.

    python -m benchmarks.peer_polars_tuned FOLDER OUT

Pass 1 reads what has to be known of all rows: medians, moments, quantile edges and value counts, in one `collect_all`. Pass 2 scans
again, computes the features and sinks them as zstd Parquet. Of the ways that Polars has for a step the fastest one measured is taken:
the moments of an imputed column follow from those of the bare one, comparing with nine edges beats `bin_intervals` and `search_sorted`,
`replace_strict` beats a cast to `Enum` and a left join with the vocabulary, single int8 columns beat `concat_arr`. The codec's level is the
one that featureprep writes with, which costs less than Polars' default of 3.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES

BUCKETS = 10
TEXTS = (*ONE_HOT, *VOCABULARIES)
QUANTILES = [i / BUCKETS for i in range(1, BUCKETS)]
ZSTD_LEVEL = 1  # pyarrow's default


@dataclass(frozen=True)
class Fitted:
    """What pass 1 learned, by column."""

    medians: dict[str, float]
    means: dict[str, float]  # of the imputed column
    stds: dict[str, float]  # of the imputed column, population
    edges: dict[str, list[float]]  # ascending, the quantiles 0.1 to 0.9
    values: dict[str, pl.Series]  # by count descending, then value ascending


def run(folder: Path | str, out: Path | str) -> None:
    """Fit on the Parquet files of `folder`, and write their features as the one Parquet file `out`."""
    rows = pl.scan_parquet(f"{folder}/*.parquet")
    features(rows, fit(rows)).sink_parquet(out, compression="zstd", compression_level=ZSTD_LEVEL, engine="streaming")


def fit(rows: pl.LazyFrame) -> Fitted:
    """Pass 1."""
    scalars = rows.select(
        pl.len(),
        *(pl.col(name).count().alias(f"{name} count") for name in NUMERIC),
        *(pl.col(name).median().alias(f"{name} median") for name in NUMERIC),
        *(pl.col(name).mean().alias(f"{name} mean") for name in NUMERIC),
        *(pl.col(name).var(ddof=0).alias(f"{name} variance") for name in NUMERIC),
        *(pl.col(name).quantile(QUANTILES, "linear") for name in BUCKETIZED),
    )
    counts = [
        rows.select(name).drop_nulls().group_by(name).len(name="count").sort("count", name, descending=[True, False]) for name in TEXTS
    ]
    found, *counted = pl.collect_all([scalars, *counts], engine="streaming")
    known = found.row(0, named=True)
    medians, means, stds = {}, {}, {}
    for name in NUMERIC:
        # nulls become the median: a part of the rows with that mean and no variance
        mean, median, share = known[f"{name} mean"], known[f"{name} median"], known[f"{name} count"] / known["len"]
        medians[name] = median
        means[name] = share * mean + (1 - share) * median
        stds[name] = (share * known[f"{name} variance"] + share * (1 - share) * (mean - median) ** 2) ** 0.5
    edges = {name: known[name] for name in BUCKETIZED}
    return Fitted(medians, means, stds, edges, {name: table[name] for name, table in zip(TEXTS, counted, strict=True)})


def features(rows: pl.LazyFrame, fitted: Fitted) -> pl.LazyFrame:
    """Pass 2, lazily: float32, int64 buckets and ids (-1 for what the fit did not see), int8 one-hot columns and date parts."""
    scaled = [
        ((pl.col(name).fill_null(fitted.medians[name]) - fitted.means[name]) / fitted.stds[name]).cast(pl.Float32) for name in NUMERIC
    ]
    bucketized = [
        pl.sum_horizontal((pl.col(name) >= edge).cast(pl.Int8) for edge in fitted.edges[name]).cast(pl.Int64).alias(name)
        for name in BUCKETIZED
    ]
    one_hot = [
        (pl.col(name) == value).fill_null(value=False).cast(pl.Int8).alias(f"{name}={value}")
        for name in ONE_HOT
        for value in fitted.values[name]
    ]
    ids = [_ids(name, fitted.values[name]) for name in VOCABULARIES]
    at = pl.col(TIMESTAMP).dt
    dates = [at.month().alias("month"), (at.weekday() - 1).alias("weekday"), at.hour().alias("hour")]
    return rows.select(*scaled, *bucketized, *one_hot, *ids, *dates)


def _ids(name: str, values: pl.Series) -> pl.Expr:
    null = pl.Series([None], dtype=pl.Int64)  # stays null, where the default is for the unknown
    numbers = pl.concat([pl.int_range(len(values), dtype=pl.Int64, eager=True), null])
    return pl.col(name).replace_strict(pl.concat([values, null.cast(pl.String)]), numbers, default=-1, return_dtype=pl.Int64)


if __name__ == "__main__":
    run(*sys.argv[1:])
