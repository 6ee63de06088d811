"""Exchanges: the task that sends rows to buckets, and what is done with the rows that meet in one.

What crosses an exchange is (bucket number, bytes). The bytes are a kind (rows of a side, or a report), then an Arrow IPC blob or JSON.
Reports travel with bucket 0, so that engines need know nothing of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.expr.udf import run_batch
from featureprep.plan.physical import Exchange
from featureprep.relational.bucket import bucket_of, from_blobs, to_blobs
from featureprep.relational.dedup import drop_duplicates
from featureprep.relational.group_by import group_by
from featureprep.relational.join import join
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from featureprep.run.failures import Failures
from featureprep.run.judge import Taken
from featureprep.run.ledger import Tally
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.quarantine import plain_rows
from featureprep.run.rows import BATCH_ROWS, RowBatch, StagePart
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import put_part
from featureprep.types import logical

REPORT = 255


@dataclass(frozen=True)
class Send:
    """The map function before an exchange. Items are (side, number, piece)."""

    tasks: Sequence[PipeTask]
    keys: Sequence[Sequence[str]]
    buckets: int

    def __call__(self, partition: int, items: Iterator[tuple[int, int, Any]]) -> Iterator[tuple[int, bytes]]:
        for side, number, piece in items:
            report = PieceReport()
            for columns, rows in self.tasks[side].run(number, piece, report):
                if rows.n:
                    yield from self._rows(side, pa.table(columns))
            yield 0, bytes([REPORT]) + _encode(number, report)

    def _rows(self, side: int, table: pa.Table) -> Iterator[tuple[int, bytes]]:
        keys = [table.column(name) for name in self.keys[side]]
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

    def __call__(self, bucket: int, blobs: Iterator[bytes]) -> Iterator[tuple[StagePart, PieceReport]]:
        sides: list[list[bytes]] = [[] for _ in self.schemas]
        reports: list[tuple[bytes, PieceReport]] = []
        for blob in blobs:
            if blob[0] == REPORT:
                reports.append((blob, _decode(blob[1:])))
            else:
                sides[blob[0]].append(blob[1:])
        report = PieceReport()
        for _, one in sorted(reports, key=lambda pair: pair[0]):
            report = report.add(one)
        tables = [from_blobs(side, schema) for side, schema in zip(sides, self.schemas, strict=True)]
        made = _LOCAL[self.exchange.kind](self.exchange, tables, report)
        report.tally.out[self.exchange.step] += made.num_rows
        yield self._store(bucket, made), report

    def _store(self, bucket: int, table: pa.Table) -> StagePart:
        sink = pa.BufferOutputStream()
        arrays = [
            pa.array([], f.type) if table.num_rows == 0 else c.combine_chunks() for f, c in zip(table.schema, table.columns, strict=True)
        ]
        whole = pa.Table.from_arrays(arrays, schema=table.schema)
        with pa.ipc.new_file(sink, whole.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
            writer.write_table(whole, max_chunksize=BATCH_ROWS)
        path = paths.staging_part(self.run_id, f"{self.exchange.name}/part-{bucket:06d}.arrow")
        part = put_part(self.store, path, sink.getvalue().to_pybytes())
        return StagePart(self.exchange.name, bucket, path, table.num_rows, part.sha256)


def _drop_duplicates(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    (table,) = tables
    keys = [name for name in table.column_names if name.startswith("$key")]
    order = [table.column(name) for name in table.column_names if name.startswith("$order")]
    kept = drop_duplicates(table, keys, order, descending=exchange.params["descending"])
    if len(kept) < table.num_rows:
        report.tally.dropped[exchange.step, exchange.params["rule"]] += table.num_rows - len(kept)
    return take_rows(table.select(exchange.schema.names), kept)


def _join(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    left, right = tables
    how, step = exchange.params["how"], exchange.step
    keys = [[t.column(n) for n in names] for t, names in zip(tables, exchange.keys, strict=True)]
    found = join(left, right, keys[0], keys[1], how)
    counts = found.counts
    report.tally.created[step] += counts.created
    report.tally.merged[step] += counts.merged
    if counts.dropped:
        report.tally.dropped[step, exchange.params["rule"]] += counts.dropped
    for name in ("left_matched", "left_unmatched", "right_matched", "right_unmatched"):
        report.tally.matches[step, name] += getattr(counts, name)
    if how in ("semi", "anti"):
        made = take_rows(left.select(exchange.schema.names), found.left_indices)
    else:
        names = exchange.params["right_names"]
        columns = dict(zip(left.column_names, take_rows(left, found.left_indices).columns, strict=True))
        other = found.right_indices
        assert other is not None  # noqa: S101  (only semi and anti joins have none)
        at = pa.array(other, mask=other < 0)
        columns |= {new: right.column(old).take(at) for old, new in names.items()}
        made = pa.table(columns).select(exchange.schema.names)
    return take_rows(made, content_order(made))


def _group_by(exchange: Exchange, tables: list[pa.Table], report: PieceReport) -> pa.Table:
    (table,) = tables
    aggregates = {
        name: (function, None if column is None else table.column(column))
        for name, (function, column) in exchange.params["aggregates"].items()
    }
    result = group_by(table, exchange.keys[0], aggregates)
    report.tally.merged[exchange.step] += table.num_rows - result.table.num_rows
    made = result.table.select(exchange.schema.names)
    if not result.malformed or exchange.params["malformed"] == "null":
        return made
    return _reject_groups(exchange, made, result.malformed, report)


def _reject_groups(exchange: Exchange, made: pa.Table, malformed: Any, report: PieceReport) -> pa.Table:
    """Groups whose sum does not fit its type leave, as the job's policy says."""
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


_LOCAL = {"gather": _gather, "drop_duplicates": _drop_duplicates, "join": _join, "group_by": _group_by, "map_table": _map_table}


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of what crosses an exchange: logical types."""
    return pa.schema([pa.field(field.name, logical(field.type)) for field in schema])
