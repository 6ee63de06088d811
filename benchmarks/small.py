"""A job of two rows in two files, one for each worker: what an engine takes for any job."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import featureprep as fp
from featureprep import transforms as T


def small_job(folder: str) -> fp.Job:
    """The job; it has a fit and a write, as every job. Its rows are written to the folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for n in (1, 2):
        pq.write_table(pa.table({"x": [float(n)]}), f"{folder}/{n}.parquet")

    @fp.job(sources={"rows": fp.read_parquet(f"{folder}/*.parquet")})
    def small(rows: fp.Table) -> fp.Table:
        return rows.features(x=T.standard_scale("x"))

    return small
