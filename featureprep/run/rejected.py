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
    """The rows without those that have a sum which does not fit its type; `malformed` says where, by column."""
    n = made.num_rows
    batch = RowBatch({name: made.column(name).combine_chunks() for name in made.column_names}, n, np.arange(n, dtype=np.int64))
    alive = np.ones(n, bool)
    for name, bad in malformed.items():
        at = np.flatnonzero(bad & alive)
        alive[at] = False
        kind = "failed" if exchange.params["malformed"] == "error" else "quarantined"
        taken = Taken(exchange.step, kind, f"malformed: {name} overflows", at)
        report.failures.note(0, batch, [taken])
        if kind == "quarantined":
            report.tally.quarantined[exchange.step, taken.name] += len(at)
            rows = plain_rows(batch.columns)
            report.quarantined.extend(
                {"step": exchange.step, "reasons": [taken.name], "source": exchange.name, "file": f"stage {exchange.name}", "offset": None,
                 "line": None, "row": int(i), "data": json.dumps(rows[i], ensure_ascii=False)} for i in at
            )  # fmt: skip
    return made.filter(pa.array(alive))
