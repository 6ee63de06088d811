"""Stages that need no exchange: each piece's rows become a part of their own, whatever the other pieces hold. Union and explode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.hashing.layout import list_bounds, null_mask, plain, whole
from featureprep.plan.physical import Exchange
from featureprep.relational.rows import take_rows
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import StagePart
from featureprep.run.stage import in_parts, store_part
from featureprep.store.objects import ObjectStore

LOCAL: Final = ("explode", "union")
"""The kinds of exchange in which nothing is exchanged."""


@dataclass(frozen=True)
class Apart:
    """The sink of such a stage. Items are (side, number, piece), and `pieces` is how many there are in all."""

    exchange: Exchange
    tasks: Sequence[PipeTask]
    pieces: int
    store: ObjectStore
    run_id: str

    def __call__(self, partition: int, items: Iterator[tuple[int, int, Any]]) -> Iterator[tuple[StagePart, PieceReport]]:
        for side, number, piece in items:
            report = PieceReport()
            parts: list[StagePart] = []
            for table in in_parts(self._tables(side, number, piece, report), self.exchange.schema):
                report.tally.out[self.exchange.step] += table.num_rows
                index = number + len(parts) * self.pieces
                parts.append(store_part(self.store, self.run_id, self.exchange.name, index, table))
            yield parts[0], report
            yield from ((part, PieceReport()) for part in parts[1:])

    def _tables(self, side: int, number: int, piece: Any, report: PieceReport) -> Iterator[pa.Table]:
        for columns, rows in self.tasks[side].run(number, piece, report):
            if rows.n:
                yield self._made(columns, report)

    def _made(self, columns: dict[str, pa.Array], report: PieceReport) -> pa.Table:
        if self.exchange.kind == "union":
            return _conforming(columns, self.exchange.schema)
        return _exploded(self.exchange, columns, report)


def _conforming(columns: Mapping[str, pa.Array | pa.ChunkedArray], schema: pa.Schema) -> pa.Table:
    arrays = [plain(whole(columns[field.name])) for field in schema]
    return pa.table([a if a.type == field.type else a.cast(field.type) for a, field in zip(arrays, schema, strict=True)], schema=schema)


def _exploded(exchange: Exchange, columns: dict[str, pa.Array], report: PieceReport) -> pa.Table:
    params, step = exchange.params, exchange.step
    column, position = params["column"], params["position"]
    lists = plain(whole(columns[column]))
    n = len(lists)
    values, starts, stops = list_bounds(lists)
    counts = stops - starts
    nulls = null_mask(lists)
    empty = counts == 0
    if params["keep"]:
        repeats = np.maximum(counts, 1)
    else:
        repeats = counts
        null = np.zeros(n, np.bool_) if nulls is None else nulls
        for name, gone in (("null list", null), ("empty list", empty & ~null)):
            if gone.any():
                report.tally.dropped[step, f"{name} {params['rule']}"] += int(np.count_nonzero(gone))
    kept = n if params["keep"] else int(np.count_nonzero(~empty))
    rows = np.repeat(np.arange(n), repeats)
    report.tally.created[step] += len(rows) - kept
    place = np.arange(len(rows)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    nothing = empty[rows] if params["keep"] else None
    at = pa.array(starts[rows] + place, mask=nothing)
    others = {name: plain(whole(array)) for name, array in columns.items() if name != column}
    made = dict(zip(others, take_rows(pa.table(others), rows).columns, strict=True)) if others else {}
    made[column] = pa.nulls(len(rows), values.type) if len(values) == 0 else plain(values).take(at)
    if position is not None:
        made[position] = pa.array(place, mask=nothing)
    return _conforming(made, exchange.schema)
