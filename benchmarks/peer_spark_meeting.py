"""The peer of `benchmarks.meeting_job` in Spark's own DataFrame API, written as zstd Parquet.

Sums, means and deviations of doubles are rounded in the order that rows come in; all else is the jobs'. Spark's settings are its
defaults, adaptive execution among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def run(spark: Any, case: str, folder: Path | str, out: Path | str) -> None:
    """One of the cases of `comparisons.CASES`: read, join or group, write to `out`."""
    result(spark, case, folder).write.option("compression", "zstd").parquet(str(out))


def result(spark: Any, case: str, folder: Path | str) -> Any:
    """The DataFrame of a case."""
    facts = spark.read.parquet(f"{folder}/facts")
    if case == "small-join":
        return facts.join(spark.read.parquet(f"{folder}/things"), on="key")
    if case == "large-join":
        return facts.join(spark.read.parquet(f"{folder}/owners"), on="owner")
    return _summary(facts, {"keys": "key", "owners": "owner"}[case])


def _summary(facts: Any, key: str) -> Any:
    from pyspark.sql import functions as F

    return facts.groupBy(key).agg(
        F.count("*").alias("rows"),
        F.sum("amount").alias("total"),
        F.avg("amount").alias("mean"),
        F.min("amount").alias("least"),
        F.max("amount").alias("most"),
        F.stddev_pop("amount").alias("spread"),
        F.sum("units").alias("units"),
    )
