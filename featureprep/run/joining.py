"""Joins where their rows are: in a bucket that both sides were sent to, or beside every piece of the left, where the right is small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.plan.physical import Exchange
from featureprep.relational.bucket import from_blobs, to_blobs
from featureprep.relational.join import MAX_ROWS, JoinResult, TooManyRows, join
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import StagePart
from featureprep.run.stage import in_parts, store_part
from featureprep.run.standing import emitted
from featureprep.store.objects import ObjectStore

Found = np.ndarray[Any, np.dtype[np.bool_]]
BLOCK_ROWS = 1 << 18
"""Rows of the left that are joined beside a small right at once, at least, if their piece has them; as many as the right has, if these are more."""
SLICE_ROWS = 1 << 22
"""Rows that a join makes at once, at most."""


def meet_join(exchange: Exchange, lefts: Iterable[pa.Table], right: pa.Table, report: PieceReport) -> Iterator[pa.Table]:
    """The join of what met in one bucket: some left rows at a time beside all right ones, each in order of content."""
    matched: Found = np.zeros(right.num_rows, np.bool_)
    for left in lefts:
        for some, found in _in_slices(exchange, left, right, by_content=True):
            _count_left(exchange, found, report)
            matched |= found.right_found
            made = _rows(exchange, some, right, found)
            yield take_rows(made, content_order(made))
    count_right(exchange, matched, report)


def _in_slices(exchange: Exchange, left: pa.Table, right: pa.Table, *, by_content: bool) -> Iterator[tuple[pa.Table, JoinResult]]:
    """The left rows with what they find: all together, or cut (by content, or as they are) where that would be too many rows at once."""
    try:
        found = _matched(exchange, left, right, max_rows=SLICE_ROWS if left.num_rows > 1 else MAX_ROWS)
    except TooManyRows as error:
        if error.rows > MAX_ROWS:
            raise TooManyRows.of(error.rows, left.num_rows, right.num_rows, MAX_ROWS) from None
        order = content_order(left) if by_content else np.arange(left.num_rows)
        slices = np.array_split(order, min(left.num_rows, 2 * error.rows // SLICE_ROWS))
    else:
        yield left, found
        return
    for rows in slices:
        yield from _in_slices(exchange, take_rows(left, rows), right, by_content=by_content)


def _matched(exchange: Exchange, left: pa.Table, right: pa.Table, *, max_rows: int) -> JoinResult:
    keys = [[t.column(n) for n in names] for t, names in zip((left, right), exchange.keys, strict=True)]
    return join(left, right, keys[0], keys[1], exchange.params["how"], by_content=False, max_rows=max_rows)


def _rows(exchange: Exchange, left: pa.Table, right: pa.Table, found: JoinResult) -> pa.Table:
    if found.right_indices is None:
        return take_rows(left.select(exchange.schema.names), found.left_indices)
    columns = dict(zip(left.column_names, take_rows(left, found.left_indices).columns, strict=True))
    at = pa.array(found.right_indices, mask=found.right_indices < 0)
    columns |= {new: right.column(old).take(at) for old, new in exchange.params["right_names"].items()}
    return pa.table(columns).select(exchange.schema.names)


def _count_left(exchange: Exchange, found: JoinResult, report: PieceReport) -> None:
    counts, step = found.counts, exchange.step
    report.tally.created[step] += counts.created
    if counts.dropped:
        report.tally.dropped[step, exchange.params["rule"]] += counts.dropped
    report.tally.matches[step, "left_matched"] += counts.left_matched
    report.tally.matches[step, "left_unmatched"] += counts.left_unmatched


def count_right(exchange: Exchange, found: Found, report: PieceReport) -> None:
    """Count the right rows of a join: every one is merged, with a partner or without."""
    matched = int(np.count_nonzero(found))
    report.tally.merged[exchange.step] += len(found)
    report.tally.matches[exchange.step, "right_matched"] += matched
    report.tally.matches[exchange.step, "right_unmatched"] += len(found) - matched


@dataclass(frozen=True)
class Collect:
    """The sink that brings the rows of a small side to the driver: (blobs, report), or no blobs where they are more than `limit` bytes."""

    task: PipeTask
    limit: int

    def __call__(self, partition: int, items: Iterator[tuple[int, Any]]) -> Iterator[tuple[list[bytes] | None, PieceReport]]:
        report = PieceReport()
        blobs: list[bytes] = []
        size = 0
        for number, piece in items:
            for table in emitted(self.task, number, piece, report):
                blobs += [blob for _, blob in to_blobs(table, np.zeros(table.num_rows, np.int32))]
                size += len(blobs[-1])
                if size > self.limit:
                    yield None, report
                    return
        yield blobs, report


def collected(
    found: Sequence[tuple[list[bytes] | None, PieceReport]], schema: pa.Schema, limit: int
) -> tuple[pa.Table, PieceReport] | None:
    """The rows of a small side in order of content, and what the pipe reported; None where they are more than `limit` bytes."""
    report = PieceReport()
    blobs: list[bytes] = []
    for some, one in found:
        if some is None:
            return None
        blobs += some
        report = report.add(one)
    if sum(map(len, blobs)) > limit:
        return None
    table = from_blobs(blobs, schema)
    return take_rows(table, content_order(table)), report


@dataclass(frozen=True)
class JoinBeside:
    """The sink that joins every piece of the left with all of a small right: its stage parts, with the first one its report, and which right rows
    it found.

    Rows stay in the order of their piece. They are joined some at a time, so that a piece may have any number of them.
    """

    exchange: Exchange
    task: PipeTask
    schema: pa.Schema
    right: pa.Table
    store: ObjectStore
    run_id: str

    def __call__(self, partition: int, items: Iterator[tuple[int, Any]]) -> Iterator[tuple[StagePart, PieceReport, bytes]]:
        for number, piece in items:
            report = PieceReport()
            found: Found = np.zeros(self.right.num_rows, np.bool_)
            parts: list[StagePart] = []
            for made in in_parts(self._joined(emitted(self.task, number, piece, report), found, report), self.exchange.schema):
                parts.append(store_part(self.store, self.run_id, self.exchange.name, number, made, len(parts)))
            report.tally.out[self.exchange.step] += sum(part.rows for part in parts)
            yield parts[0], report, np.packbits(found).tobytes()
            yield from ((part, PieceReport(), b"") for part in parts[1:])

    def _joined(self, tables: Iterator[pa.Table], found: Found, report: PieceReport) -> Iterator[pa.Table]:
        """The joined rows; `found` and `report` are filled."""
        left_rows = rows = 0
        for left in _blocks(tables, max(BLOCK_ROWS, self.right.num_rows), self.schema):
            left_rows += left.num_rows
            for some, one in _in_slices(self.exchange, left, self.right, by_content=False):
                _count_left(self.exchange, one, report)
                found |= one.right_found
                rows += one.counts.out
                if rows > MAX_ROWS:
                    raise TooManyRows.of(rows, left_rows, self.right.num_rows, MAX_ROWS)
                yield _rows(self.exchange, some, self.right, one)


def _blocks(tables: Iterator[pa.Table], rows: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """The tables put together to so many rows at least, but for the last; one without rows where there are none."""
    waiting: list[pa.Table] = []
    empty = True
    for table in tables:
        empty = False
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= rows:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting or empty:
        yield pa.concat_tables(waiting or [schema.empty_table()])


def found_by_any(masks: Sequence[bytes], rows: int) -> Found:
    """Which of the right rows any piece of the left found."""
    found = np.zeros(-(-rows // 8), np.uint8)
    for mask in filter(None, masks):
        found |= np.frombuffer(mask, np.uint8)
    return np.unpackbits(found, count=rows).astype(np.bool_)
