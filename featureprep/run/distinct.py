"""drop_duplicates of a bucket, some rows at a time: what stays of some is held against the next, so that equal keys may be any number."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from featureprep.plan.physical import Exchange
from featureprep.relational.dedup import drop_duplicates
from featureprep.relational.rows import take_rows
from featureprep.run.pipe import PieceReport

BLOCK_BYTES = 32 << 20
"""Bytes of rows that are taken together at least, if there are so many."""


def meet_distinct(exchange: Exchange, schema: pa.Schema, tables: Iterable[pa.Table], report: PieceReport) -> pa.Table:
    """The rows that stay, in order of content."""
    waiting: list[pa.Table] = []
    kept = taken = size = 0
    for table in tables:
        waiting.append(table)
        taken += table.num_rows
        size += table.nbytes
        if size > max(BLOCK_BYTES, 2 * kept):
            waiting = [_staying(exchange, pa.concat_tables(waiting))]
            kept = size = waiting[0].nbytes
    made = _staying(exchange, pa.concat_tables(waiting) if waiting else schema.empty_table())
    if made.num_rows < taken:
        report.tally.dropped[exchange.step, exchange.params["rule"]] += taken - made.num_rows
    return made.select(exchange.schema.names)


def _staying(exchange: Exchange, table: pa.Table) -> pa.Table:
    names = [name for name in table.column_names if name.startswith("$key")]
    order = [table.column(name) for name in table.column_names if name.startswith("$order")]
    return take_rows(table, drop_duplicates(table, names, order, descending=exchange.params["descending"]))
