"""Exchanges: the task that sends rows to buckets, and what is done with the rows that meet in one.

What crosses an exchange is (bucket number, bytes). The bytes are a kind (rows of a side, or a report), then an Arrow IPC blob or JSON.
Reports travel with bucket 0, so that engines need know nothing of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.errors import DataError
from featureprep.expr.udf import run_batch
from featureprep.plan.physical import Exchange
from featureprep.relational.bucket import bucket_of, to_blobs
from featureprep.relational.group_by import Grouping
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from featureprep.run.distinct import meet_distinct
from featureprep.run.failures import Failures
from featureprep.run.gathered import BUCKET_BYTES, GROUPS, Gathered, Part
from featureprep.run.grouped import Partial, meet_group_by
from featureprep.run.joining import meet_join
from featureprep.run.ledger import Tally
from featureprep.run.ordered import meet_along, meet_asof, meet_large_asof
from featureprep.run.ordered_slices import can_be_cut, meet_slices
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import StagePart
from featureprep.run.stage import store_part
from featureprep.run.standing import NOTHING, StandingSides
from featureprep.store.objects import ObjectStore
from featureprep.types import logical

REPORT = 255
KEY_BYTES = 1 << 30
"""Rows of one key (or of a verb without keys) that a verb which must see them together may be given."""


@dataclass(frozen=True)
class Send:
    """The map function before an exchange. Items are (side, number, piece). With a `grouping`, groups are sent where they are fewer than rows."""

    tasks: Sequence[PipeTask]
    keys: Sequence[Sequence[str]]
    buckets: int
    grouping: Grouping | None = None
    step: str = ""

    def __call__(self, partition: int, items: Iterator[tuple[int, int, Any]]) -> Iterator[tuple[int, bytes]]:
        for side, number, piece in items:
            report = PieceReport()
            made = (pa.table(columns) for columns, rows in self.tasks[side].run(number, piece, report) if rows.n)
            for kind, table in ((side, table) for table in made) if self.grouping is None else self._grouped(self.grouping, made, report):
                yield from self._rows(kind, table)
            yield 0, bytes([REPORT]) + _encode(number, report)

    def _grouped(self, grouping: Grouping, tables: Iterator[pa.Table], report: PieceReport) -> Iterator[tuple[int, pa.Table]]:
        partial = Partial(grouping)
        for table in tables:
            yield from ((0, rows) for rows in partial.take(table))
        yield from ((0, rows) for rows in partial.rest())
        groups = partial.groups()
        if groups is not None:
            yield GROUPS, groups
        report.tally.merged[self.step] += partial.merged

    def _rows(self, side: int, table: pa.Table) -> Iterator[tuple[int, bytes]]:
        keys = [table.column(name) for name in self.keys[0 if side == GROUPS else side]]
        where = bucket_of(keys, self.buckets) if keys else np.zeros(table.num_rows, np.int32)
        for bucket, blob in to_blobs(table, where):
            yield bucket, bytes([side]) + blob


def _encode(number: int, report: PieceReport) -> bytes:
    body = {"number": number, "tally": report.tally.to_json(), "failures": report.failures.to_json(), "quarantined": report.quarantined}
    return canonical.dumps(body).encode()


def _decode(data: bytes) -> PieceReport:
    body = canonical.loads(data)
    return PieceReport(Tally.from_json(body["tally"]), Failures.from_json(body["failures"], body["number"]), body["quarantined"])


@dataclass(frozen=True)
class Meet:
    """The sink after an exchange: the blobs of one bucket in; its stage part and report out."""

    exchange: Exchange
    schemas: Sequence[pa.Schema]
    store: ObjectStore
    run_id: str
    standing: StandingSides = field(default_factory=dict)

    def __call__(self, bucket: int, blobs: Iterator[bytes]) -> Iterator[tuple[StagePart, PieceReport]]:
        gathered = Gathered(self.exchange.keys)
        reports: list[tuple[bytes, PieceReport]] = []
        for blob in blobs:
            if blob[0] == NOTHING:
                continue
            if blob[0] == REPORT:
                reports.append((blob, _decode(blob[1:])))
            else:
                gathered.add(blob[0], blob[1:])
        report = PieceReport()
        for _, one in sorted(reports, key=lambda pair: pair[0]):
            report = report.add(one)
        for side, standing in self.standing.items():
            gathered.add_table(side, standing.rows(bucket, self.schemas[side], report))
        stored: list[StagePart] = []
        for part in gathered.parts():
            for made in self._made(part, report):
                report.tally.out[self.exchange.step] += made.num_rows
                stored.append(store_part(self.store, self.run_id, self.exchange.name, bucket, made, len(stored)))
        yield stored[0], report
        yield from ((one, PieceReport()) for one in stored[1:])

    def _made(self, part: Part, report: PieceReport) -> Iterator[pa.Table]:
        exchange, kind = self.exchange, self.exchange.kind
        if kind == "group_by":
            yield meet_group_by(exchange, self.schemas[0], part.tables(0), part.tables(GROUPS), report)
            return
        if kind == "drop_duplicates":
            yield meet_distinct(exchange, self.schemas[0], part.tables(0), report)
            return
        if part.size > BUCKET_BYTES and can_be_cut(exchange, self.schemas[0]):
            yield from meet_slices(exchange, self.schemas[0], part, report, BUCKET_BYTES, KEY_BYTES)
            return
        together = part.sized(1) if kind in LARGE else part.size
        if together > KEY_BYTES:
            raise _too_large(exchange, together)
        if kind == "join" or (kind in LARGE and part.size > BUCKET_BYTES):
            lefts = _by_content(part, self.schemas[0]) if part.size > BUCKET_BYTES else iter([part.table(0, self.schemas[0])])
            yield from LARGE[kind](exchange, lefts, part.table(1, self.schemas[1]), report)
            return
        yield _LOCAL[kind](exchange, [part.table(side, schema) for side, schema in enumerate(self.schemas)], report)


def _by_content(part: Part, schema: pa.Schema) -> Iterator[pa.Table]:
    """The left rows of a join cut by their content, whatever their keys."""
    rows = Gathered([schema.names])
    for table in part.tables(0):
        rows.add_table(0, table)
    return (some.table(0, schema) for some in rows.parts())


def _too_large(exchange: Exchange, size: int) -> DataError:
    what = f"rows that must be looked at together have {size:,} bytes; the limit KEY_BYTES is {KEY_BYTES:,}"
    if not exchange.keys[0]:
        hint = (
            'map_batches(..., needs="rows") takes any number of rows'
            if exchange.kind == "map_table"
            else "name a key by by=: rows meet by key"
        )
        return DataError(f"{exchange.step}: {what}", hint=hint)
    hint = "one key has most of the rows, perhaps a default value: filter it, put it into a table of its own, or use more keys"
    return DataError(f"{exchange.step}: {what}", hint=hint)


def _map_table(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    (table,) = tables
    table = take_rows(table, content_order(table))
    columns = [column.combine_chunks() for column in table.columns]
    made = run_batch(exchange.params["udf"], columns, any_length=True, where=exchange.params["site"])
    out = pa.Table.from_arrays(made.flatten(), schema=exchange.schema)
    difference = out.num_rows - table.num_rows
    if difference > 0:
        report.tally.created[exchange.step] += difference
    elif difference < 0:
        report.tally.merged[exchange.step] -= difference
    return out


def _gather(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    table = tables[0].select(exchange.schema.names)
    return take_rows(table, content_order(table))


LARGE = {"join": meet_join, "join_asof": meet_large_asof}
"""Kinds whose left rows need not be looked at together."""
_LOCAL = {
    "gather": _gather,
    "join_asof": meet_asof,
    "map_table": _map_table,
    "rolling": meet_along,
    "shift": meet_along,
}


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of what crosses an exchange: logical types."""
    return pa.schema([pa.field(field.name, logical(field.type)) for field in schema])
