"""The peer of `benchmarks.job` in Spark ML: a Pipeline as its guide has one write it, fitted, applied, written as zstd Parquet.

The features are the job's but for what Spark ML does otherwise: its medians and quantiles are approximate (relative error 0.001), its
standard deviation is that of a sample, ids are doubles, features that were scaled or encoded are vectors of doubles.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES

BUCKETS = 10


def session() -> Any:
    """A session on two cores of this machine."""
    from pyspark.sql import SparkSession

    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "6g")
        .config("spark.ui.showConsoleProgress", "false")
    )
    found = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    found.sparkContext.pythonExec = sys.executable  # of workers, where our engine is given this session
    return found


def run(spark: Any, folder: Path | str, out: Path | str) -> None:
    """Read the Parquet files of `folder`, fit on them, transform them, write them to `out`."""
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import (
        Imputer,
        OneHotEncoder,
        QuantileDiscretizer,
        SQLTransformer,
        StandardScaler,
        StringIndexer,
        VectorAssembler,
    )

    rows = spark.read.parquet(str(folder))
    filled = [f"{name}_filled" for name in NUMERIC]
    texts = [*ONE_HOT, *VOCABULARIES]
    at = TIMESTAMP
    pipeline = Pipeline(
        stages=[
            Imputer(strategy="median", inputCols=list(NUMERIC), outputCols=filled),
            VectorAssembler(inputCols=filled, outputCol="filled"),
            StandardScaler(inputCol="filled", outputCol="scaled", withMean=True),
            QuantileDiscretizer(
                numBucketsArray=[BUCKETS] * len(BUCKETIZED),
                inputCols=list(BUCKETIZED),
                outputCols=[f"{name}_bucket" for name in BUCKETIZED],
                handleInvalid="keep",
            ),
            StringIndexer(inputCols=texts, outputCols=[f"{name}_id" for name in texts], handleInvalid="keep"),
            OneHotEncoder(inputCols=[f"{name}_id" for name in ONE_HOT], outputCols=[f"{name}_hot" for name in ONE_HOT], dropLast=True),
            SQLTransformer(statement=f"SELECT *, month({at}) AS month, weekday({at}) AS weekday, hour({at}) AS hour FROM __THIS__"),
        ]
    )
    kept = [
        "scaled", *(f"{name}_bucket" for name in BUCKETIZED), *(f"{name}_hot" for name in ONE_HOT), *(f"{name}_id" for name in VOCABULARIES),
        "month", "weekday", "hour",
    ]  # fmt: skip
    pipeline.fit(rows).transform(rows).select(*kept).write.option("compression", "zstd").parquet(str(out))
