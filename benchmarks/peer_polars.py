"""The peer of `benchmarks.job` in Polars, as its documentation would have one write it: two lazy passes on the streaming engine.

    python -m benchmarks.peer_polars FOLDER OUT

Pass 1 collects medians, moments of the imputed columns, quantile edges and value counts; pass 2 scans again, computes the features and
sinks them as zstd Parquet. `benchmarks.peer_polars_tuned` is the same with every step replaced by the fastest way that was found.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES

BUCKETS = 10


def run(folder: Path | str, out: Path | str) -> None:
    """Fit on the Parquet files of `folder`, and write their features as the one Parquet file `out`."""
    rows = pl.scan_parquet(f"{folder}/*.parquet")
    features(rows, *fit(rows)).sink_parquet(out, compression="zstd", engine="streaming")


def fit(rows: pl.LazyFrame) -> tuple[dict[str, Any], dict[str, pl.Series]]:
    """Pass 1: numbers by name, and the values of each text column by count descending, then value ascending."""
    learnt = []
    for name in NUMERIC:
        median = pl.col(name).median()
        imputed = pl.col(name).fill_null(median)
        learnt += [median.alias(f"{name} median"), imputed.mean().alias(f"{name} mean"), imputed.std(ddof=0).alias(f"{name} std")]
    quantiles = [i / BUCKETS for i in range(1, BUCKETS)]
    learnt += [pl.col(name).quantile(quantiles, "linear").alias(f"{name} edges") for name in BUCKETIZED]
    texts = (*ONE_HOT, *VOCABULARIES)
    counts = [rows.drop_nulls(name).group_by(name).len(name="n").sort("n", name, descending=[True, False]) for name in texts]
    numbers, *counted = pl.collect_all([rows.select(learnt), *counts], engine="streaming")
    return numbers.row(0, named=True), {name: table[name] for name, table in zip(texts, counted, strict=True)}


def features(rows: pl.LazyFrame, numbers: dict[str, Any], values: dict[str, pl.Series]) -> pl.LazyFrame:
    """Pass 2, lazily: float32, int64 buckets and ids (-1 for what the fit did not see), int8 one-hot columns and date parts."""
    made = []
    for name in NUMERIC:
        median, mean, std = (numbers[f"{name} {part}"] for part in ("median", "mean", "std"))
        made.append(((pl.col(name).fill_null(median) - mean) / std).cast(pl.Float32))
    made += [pl.col(name).bin_intervals(numbers[f"{name} edges"], labels=False).cast(pl.Int64) for name in BUCKETIZED]
    for name in ONE_HOT:
        made += [(pl.col(name) == value).fill_null(value=False).cast(pl.Int8).alias(f"{name}={value}") for value in values[name]]
    for name in VOCABULARIES:
        null = pl.Series([None], dtype=pl.Int64)  # stays null, where the default is for the unknown
        ids = pl.concat([pl.int_range(len(values[name]), dtype=pl.Int64, eager=True), null])
        known = pl.concat([values[name], null.cast(pl.String)])
        made.append(pl.col(name).replace_strict(known, ids, default=-1, return_dtype=pl.Int64))
    at = pl.col(TIMESTAMP).dt
    return rows.select(*made, at.month().alias("month"), (at.weekday() - 1).alias("weekday"), at.hour().alias("hour"))


if __name__ == "__main__":
    run(*sys.argv[1:])
