"""A job of two rows: what an engine takes for any job."""

from __future__ import annotations

import pyarrow as pa

import featureprep as fp
from featureprep import transforms as T


def small_job() -> fp.Job:
    """The job; it has a fit and a write, as every job."""

    @fp.job(sources={"rows": fp.from_arrow(pa.table({"x": [1.0, 2.0]}))})
    def small(rows: fp.Table) -> fp.Table:
        return rows.features(x=T.standard_scale("x"))

    return small
