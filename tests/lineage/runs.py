"""A run to tell of, and the events of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from featureprep.io.base import PinnedFile
from featureprep.lineage.columns import ColumnLineage
from featureprep.lineage.events import InputDataset, OutputDataset, ParentRun, RunFacts, RunInfo
from featureprep.run.ledger import Tally, settle
from tests.lineage.plans import SCHEMAS, Planned

NOW = dt.datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=dt.timezone(dt.timedelta(hours=2)))
RUN_ID = "r20260304t030607000-0123456789"
STATISTICS: dict[str, Any] = {
    "format": 1,
    "rows": 3,
    "columns": [
        {"name": "age", "type": "int64", "kind": "number", "n": 2, "nulls": 1, "nans": 0, "n_unique": 2, "min": 17, "max": 39,
         "sum": 56.0, "mean": 28.0, "std": 11.0, "quantiles": [[0.0, 17.0], [0.5, 28.0], [1.0, 39.0]], "top": [[17, 1], [39, 1]]},
        {"name": "name", "type": "string", "kind": "string", "n": 3, "nulls": 0, "nans": 0, "n_unique": 3, "top": [["ann", 1]]},
        {"name": "born", "type": "date32", "kind": "ordered", "n": 3, "nulls": 0, "nans": 0, "min": "2001-01-01", "max": "2002-01-01"},
        {"name": "income", "type": "float64", "kind": "number", "n": 0, "nulls": 3, "nans": 0, "n_unique": 0, "min": None, "max": None,
         "sum": None, "quantiles": []},
    ],
}  # fmt: skip
OUTCOMES: list[dict[str, Any]] = [
    {"id": "age.range", "rule": "age is at least 0", "column": "age", "check": "range", "reason": "OUT_OF_RANGE", "status": "passed",
     "severity": "error", "action": "fail", "blocking": False, "message": "", "count": 0, "total": 3, "examples": [], "file": "c.yaml", "line": 4},
    {"id": "name.unique", "rule": "name is unique", "column": "name", "check": "unique", "reason": "NOT_UNIQUE", "status": "failed",
     "severity": "warn", "action": "fail", "blocking": False, "message": "", "count": 2, "total": 3, "examples": ["ann"], "line": None},
    {"id": "rows", "rule": "at least 1 row", "column": None, "check": "rows", "reason": "FEW_ROWS", "status": "not evaluated",
     "severity": "error", "action": "fail", "blocking": True, "message": "the scan was cut short", "count": None, "total": None, "examples": []},
]  # fmt: skip


def info(**more: Any) -> RunInfo:
    fields: dict[str, Any] = {
        "run_id": RUN_ID,
        "job": "census",
        "started": NOW,
        "engine": "pandas",
        "engine_version": "2.3.3",
        "python_version": "3.11.9",
        "featureprep_version": "0.1.0",
    }
    return RunInfo(**{**fields, **more})


def full_info() -> RunInfo:
    parent = ParentRun("0176a8c2-fe01-7439-87e6-56a1a1b4029f", "airflow", "daily.features")
    nominal = (NOW, NOW + dt.timedelta(days=1))
    params = {"day": dt.date(2026, 3, 4), "n": 3, "text": "a\u202eb"}
    return info(parent=parent, nominal=nominal, params=params, source_code="import featureprep as fp\n", source_path="job.py")


def pinned(url: str, size: int = 10, version: str = "sha256:" + "ab" * 32) -> PinnedFile:
    return PinnedFile(url, size, version)


def inputs(**more: Any) -> list[InputDataset]:
    files = (pinned("/data/people/a b.csv"), pinned("/data/people/é.csv", 20, "etag:xyz"))
    people = InputDataset("people", files, SCHEMAS["people"], rows=3, statistics=STATISTICS, outcomes=OUTCOMES, **more)
    return [people, InputDataset("regions", (pinned("s3://bucket/regions.parquet", 5),), SCHEMAS["regions"])]


def output(lineage: ColumnLineage, **more: Any) -> OutputDataset:
    schema = SCHEMAS["people"]
    fields: dict[str, Any] = {"store": "/data/store", "dataset": "census", "run_id": RUN_ID, "rows": 3, "size": 99, "files": 2}
    return OutputDataset(**{**fields, **more}, schema=schema, lineage=lineage)


def facts(made: Planned) -> RunFacts:
    read = {step.id: 3 for step in made.physical.ledger if not step.inputs}
    tally = Tally()
    tally.read.update(read)
    for step in made.physical.ledger:
        if step.title.startswith("filter"):
            tally.dropped[step.id, "of age"] += 1
    ledger = settle(made.physical.ledger, tally)
    prints = {"dataset": "0" * 32, "graph": "f" * 32}
    return RunFacts(ledger.to_json(), prints, scans=3, seconds=1.25, splits={"train": 2, "eval": 1}, status="COMPLETE")
