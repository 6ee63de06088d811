"""A job over one CSV file with a contract, a split, and states that are kept: half of the corpus is made of it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa

import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.jobs.definition import Job

SCHEMA = pa.schema(
    [("id", pa.int64()), ("kind", pa.string()), ("amount", pa.float64()), ("count", pa.int64()), ("day", pa.date32()), ("flag", pa.bool_())]
)
CONTRACT = """\
version: 1
columns:
  id: {type: int64, unique: true, nullable: false}
  kind: {type: string, values: [red, green, blue]}
  amount: {type: float64, null_fraction: 0.5}
  count: {type: int64, range: {min: 0, max: 30, action: quarantine}}
  day: date
  flag: bool
expressions:
  - {name: plausible, expr: amount < 1000, severity: warn}
"""
ROWS: list[dict[str, Any]] = [
    {"id": i, "kind": ["red", "green", "blue"][i % 3], "amount": None if i % 7 == 0 else i / 8, "count": i % 33, "day": f"2024-01-{1 + i % 28:02d}",
     "flag": str(i % 2 == 0).lower()}
    for i in range(40)
]  # fmt: skip


def small(main: fp.Table) -> fp.Table:
    """The body."""
    table = main.filter(col("count") > 0, name="some")
    return table.features(
        amount=T.standard_scale(T.impute("amount")), kind=T.one_hot("kind"), label=fp.label(col("flag")), keep=["id", "day"]
    )


def small_job(folder: Path) -> Job:
    """The job over files that are written into `folder`."""
    with (folder / "main.csv").open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, SCHEMA.names)
        out.writeheader()
        out.writerows({name: "" if value is None else value for name, value in row.items()} for row in ROWS)
    (folder / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    source = fp.read_csv(str(folder / "main.csv"), null_values=[""], schema=SCHEMA)
    contract = str(folder / "contract.yaml")
    return fp.job(sources={"main": source}, contract=contract, split=fp.split(train=0.7, eval=0.3, by="id"))(small)
