"""The peer of statistics and an inferred contract in TFDV, as its guide has one write it for each form of the data.

    parquet   TFDV reads no Parquet: its users read the files with pandas
    csv       a file
    frame     a data frame that is in memory

In TFDV it runs in a virtualenv of its own, so it imports nothing of featureprep. One process: with two (`n_jobs=2`) a data frame took three
times as long, as each row crosses to another process. Of data frames it takes no timestamps, and leaves that column out.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

FORMS = ("parquet", "csv", "frame")
_FEW = 10


def frame(folder: str) -> pd.DataFrame:
    """The rows of a folder of Parquet files."""
    return pd.concat([pd.read_parquet(path) for path in sorted(Path(folder).glob("*.parquet"))], ignore_index=True)


def few(form: str, path: str, out: str) -> Any:
    """A few of the rows in the same form, after which a clock may start: what is imported late, is. They are written below `out`."""
    target = Path(out)
    target.mkdir(parents=True)
    if form == "csv":
        with Path(path).open() as lines:
            (target / "few.csv").write_text("".join(islice(lines, 1 + _FEW)))
        return str(target / "few.csv")
    rows = pd.read_parquet(min(Path(path).glob("*.parquet"))).head(_FEW)
    if form == "frame":
        return rows
    rows.to_parquet(target / "few.parquet")
    return out


def run(form: str, rows: Any) -> Any:
    """The schema that TFDV infers from the statistics of all rows: those of a folder, of a file, or of a data frame."""
    import tensorflow_data_validation as tfdv

    if form == "csv":
        return tfdv.infer_schema(tfdv.generate_statistics_from_csv(rows))
    return tfdv.infer_schema(tfdv.generate_statistics_from_dataframe(frame(rows) if form == "parquet" else rows, n_jobs=1))
