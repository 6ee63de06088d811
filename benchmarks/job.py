"""The benchmark's job: 15 columns of every common kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import featureprep as fp
from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES
from featureprep import transforms as T
from featureprep.run.split import Split


def make_job(folder: Path | str, *, contract: str | None = None, split: Split | None = None) -> fp.Job:
    """The job over the Parquet files of a folder, as `benchmarks.data` writes them."""

    @fp.job(sources={"rows": fp.read_parquet(f"{folder}/*.parquet")}, contract=contract, split=split)
    def bench(rows: fp.Table) -> fp.Table:
        features: dict[str, Any] = {name: T.standard_scale(T.impute(name, "median")) for name in NUMERIC}
        features |= {name: T.bucketize(name, 10) for name in BUCKETIZED}
        features |= {name: T.one_hot(name) for name in ONE_HOT}
        features |= {name: T.vocabulary(name) for name in VOCABULARIES}
        features[TIMESTAMP] = T.date_parts(TIMESTAMP, ["month", "weekday", "hour"])
        return rows.features(dtype="float32", **features)

    return bench
