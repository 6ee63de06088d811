"""Rows made in an exchange that hold a malformed cell: they leave, as the job's policy says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.plan.physical import Exchange
from featureprep.run.judge import Taken
from featureprep.run.pipe import PieceReport
from featureprep.run.quarantine import plain_rows
from featureprep.run.rows import RowBatch


def reject_rows(exchange: Exchange, made: pa.Table, malformed: Mapping[str, Any], report: PieceReport) -> pa.Table:
    """The rows without those that have a sum which does not fit its type; `malformed` says where, by column. A row counts once."""
    n = made.num_rows
    batch = RowBatch({name: made.column(name).combine_chunks() for name in made.column_names}, n, np.arange(n, dtype=np.int64))
    alive = np.ones(n, bool)
    reasons: dict[int, list[str]] = {}
    for name, bad in malformed.items():
        told = f"malformed: {name} overflows"
        at = np.flatnonzero(bad & alive)
        alive[at] = False
        if exchange.params["malformed"] == "error":
            report.failures.note(0, batch, [Taken(exchange.step, "failed", told, at)])
            continue
        report.tally.quarantined[exchange.step, told] += len(at)
        for row in np.flatnonzero(bad).tolist():
            reasons.setdefault(row, []).append(told)
    if reasons:
        at = np.array(sorted(reasons), np.int64)
        rows = plain_rows({name: column.take(pa.array(at)) for name, column in batch.columns.items()})
        report.quarantined.extend(
            {"step": exchange.step, "reasons": reasons[i], "source": exchange.name, "file": f"stage {exchange.name}", "offset": None,
             "line": None, "row": i, "data": json.dumps(row, ensure_ascii=False)} for i, row in zip(at.tolist(), rows, strict=True)
        )  # fmt: skip
    return made.filter(pa.array(alive))
