"""Quarantined rows as records: why, at which step, from where, and the row itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.io.base import BadRecord, Origin
from featureprep.run.judge import Taken
from featureprep.run.rows import RowBatch

SCHEMA = pa.schema(
    [
        pa.field("step", pa.string(), nullable=False),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("file", pa.string(), nullable=False),
        pa.field("offset", pa.int64()),
        pa.field("line", pa.int64()),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("data", pa.string()),
    ]
)
"""`data` is the row (before any verb) as JSON, or the start of a record that cannot be parsed."""


class Quarantine:
    """Gathers quarantined rows of one task.

    Parameters
    ----------
    read : callable
        `origins(piece, rows)` of the input.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.records: list[dict[str, Any]] = []
        self._pending: list[tuple[dict[str, Any], int]] = []

    def take(self, batch: RowBatch, taken: Iterable[Taken]) -> None:
        """Keep the quarantined rows of a batch; a row with several reasons is kept once."""
        by_row: dict[int, tuple[str, list[str]]] = {}
        for one in taken:
            if one.kind == "quarantined":
                for at in one.at.tolist():
                    by_row.setdefault(at, (one.step, []))[1].append(one.name)
        if not by_row:
            return
        at = np.array(sorted(by_row), np.int64)
        names = [name for name in batch.columns if not name.startswith("$")]
        data = _as_json({name: batch.columns[name].take(pa.array(at)) for name in names})
        texts = {
            name: dict(zip(np.flatnonzero(mask).tolist(), batch.texts.get(name, ()), strict=False))
            for name, mask in batch.malformed.items()
        }
        for i, position in enumerate(at.tolist()):
            step, reasons = by_row[position]
            raw = {name: found[position] for name, found in texts.items() if position in found}
            body = json.dumps({**data[i], **raw}, ensure_ascii=False) if raw else canonical.dumps(data[i])
            record = {"step": step, "reasons": reasons, "source": self.source, "data": body}
            self._pending.append((record, int(batch.rows[position])))

    def take_bad(self, step: str, records: Sequence[BadRecord], file: str) -> None:
        """Keep records that could not be parsed."""
        for bad in records:
            text = bad.raw.decode("utf-8", "backslashreplace")
            self.records.append(
                {"step": step, "reasons": [f"unparsable: {bad.reason}"], "source": self.source, "file": file, "offset": bad.offset,
                 "line": bad.line, "row": bad.row, "data": text}
            )  # fmt: skip

    def pending_rows(self) -> list[int]:
        """Row numbers of the piece in work whose places are not known yet."""
        return [row for _, row in self._pending]

    def place(self, origins: Sequence[Origin]) -> None:
        """Give the pending rows their places, at the end of a piece."""
        for (record, row), origin in zip(self._pending, origins, strict=True):
            self.records.append({**record, "file": origin.file, "offset": origin.offset, "line": origin.line, "row": row})
        self._pending.clear()

    def table(self) -> pa.Table:
        """What was gathered."""
        return pa.Table.from_pylist(self.records, SCHEMA)


def _as_json(columns: dict[str, pa.Array]) -> list[dict[str, Any]]:
    from featureprep.expr.rowvalues import from_arrow

    plain = {name: from_arrow(values) for name, values in columns.items()}
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
