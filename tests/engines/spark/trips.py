"""A small job with all five verbs, as a file, with the data that it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

JOB = """
import featureprep as fp
from featureprep import col
from featureprep import transforms as T


@fp.job(sources={"trips": fp.read_parquet("trips-*.parquet")}, split=fp.split(train=0.7, eval=0.3, by="id"))
def trips(trips):
    trips = trips.drop_duplicates(["id"]).filter(col("miles") >= 0, name="forwards")
    return trips.features(
        miles=T.standard_scale(T.impute("miles", "median")),
        fare=T.bucketize("fare", 4),
        payment=T.one_hot("payment"),
        keep=["id"],
    )
"""


def write_trips(folder: Path, files: int = 4, rows: int = 500) -> Path:
    """The job's file beside its data."""
    random = np.random.default_rng(7)
    for number in range(files):
        miles = random.normal(3, 2, rows).round(2)
        table = pa.table(
            {
                "id": random.integers(0, files * rows // 2, rows),
                "miles": pa.array(miles, mask=random.random(rows) < 0.1),
                "fare": random.gamma(2.0, 5.0, rows),
                "payment": np.array(["card", "cash", None])[random.integers(0, 3, rows)],
            }
        )
        pq.write_table(table, folder / f"trips-{number}.parquet")
    path = folder / "job.py"
    path.write_text(JOB)
    return path


def outcome(run: Any) -> tuple[str, str, Any]:
    """What must be the same everywhere."""
    return run.dataset.fingerprint, run.graph.fingerprint, run.dataset.splits
