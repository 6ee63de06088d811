"""Quarantined rows as records: why, at which step, from where, and the row itself."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.rowvalues import from_arrow
from featureprep.io.base import BadRecord, Origin
from featureprep.kernels.formatting import formatter
from featureprep.run.judge import Taken
from featureprep.run.rows import RowBatch
from featureprep.types import logical

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
                    reasons = by_row.setdefault(at, (one.step, []))[1]
                    if one.name not in reasons:  # two features of one cell
                        reasons.append(one.name)
        if not by_row:
            return
        at = np.array(sorted(by_row), np.int64)
        names = [name for name in batch.columns if not name.startswith("$")]
        data = plain_rows({name: batch.columns[name].take(pa.array(at)) for name in names})
        texts = {
            name: dict(zip(np.flatnonzero(mask).tolist(), batch.texts.get(name, ()), strict=False))
            for name, mask in batch.malformed.items()
        }
        for i, position in enumerate(at.tolist()):
            step, reasons = by_row[position]
            raw = {name: found[position] for name, found in texts.items() if position in found}
            body = json.dumps({**data[i], **raw}, ensure_ascii=False, sort_keys=True)
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


def plain_rows(columns: Mapping[str, pa.Array]) -> list[dict[str, Any]]:
    """Rows for people to read, as JSON values: dates and timestamps in ISO 8601, decimals and infinities as text."""
    spelled = {name: [_spell(value, logical(values.type)) for value in from_arrow(values)] for name, values in columns.items()}
    return [dict(zip(spelled, row, strict=True)) for row in zip(*spelled.values(), strict=True)]


def _spell(value: Any, dtype: pa.DataType) -> Any:
    """A row value as a JSON value."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list):
        return [_spell(item, dtype.value_type) for item in value]
    if isinstance(value, dict):
        return {dtype.field(i).name: _spell(value.get(dtype.field(i).name), dtype.field(i).type) for i in range(dtype.num_fields)}
    if pa.types.is_integer(dtype) or (pa.types.is_floating(dtype) and math.isfinite(value)):
        return value
    return formatter(dtype)(value)
