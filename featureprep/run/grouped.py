"""group_by on both sides of its exchange: groups of a piece before it, where that makes fewer rows; groups of a bucket after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from featureprep.plan.physical import Exchange
from featureprep.relational.group_by import Grouping
from featureprep.run.pipe import PieceReport
from featureprep.run.rejected import reject_rows

BLOCK_ROWS: Final = 1 << 18
"""Rows that are grouped together at least, if a piece or bucket has them."""
TRIED_ROWS: Final = 1 << 16
"""The first rows of a piece, by which it is seen whether groups are worth it."""
FEWER: Final = 4
"""Groups of a piece are sent in place of its rows if they are so many times fewer."""


@dataclass
class Partial:
    """The rows of one piece on their way to the exchange.

    Attributes
    ----------
    merged : int
        Rows that went into groups, less these groups.
    """

    grouping: Grouping
    merged: int = 0
    _waiting: list[pa.Table] = field(default_factory=list)
    _rows: int = 0
    _groups: list[pa.Table] = field(default_factory=list)
    _in_groups: int = 0
    _worth: bool = True

    def take(self, rows: pa.Table) -> Iterator[pa.Table]:
        """Some rows; what comes out is to be sent as rows."""
        if not self._worth:
            yield rows
            return
        self._waiting.append(rows)
        self._rows += rows.num_rows
        if self._rows >= (BLOCK_ROWS if self._groups else TRIED_ROWS):
            yield from self._group()

    def rest(self) -> Iterator[pa.Table]:
        """What is still to be sent as rows, when the piece is at its end."""
        if self._rows:
            yield from self._group()

    def groups(self) -> pa.Table | None:
        """What is to be sent as groups, after `rest`."""
        if not self._groups:
            return None
        made = self.grouping.merge(self._groups)
        self.merged += self._in_groups - made.num_rows
        return made

    def _group(self) -> Iterator[pa.Table]:
        waiting, self._waiting, n, self._rows = self._waiting, [], self._rows, 0
        made = self.grouping.start(pa.concat_tables(waiting))
        if made.num_rows * FEWER > n:
            self._worth = False  # nor will the piece's other rows be
            yield from waiting
        else:
            self._groups.append(made)
            self._in_groups += n


def meet_group_by(
    exchange: Exchange, schema: pa.Schema, rows: Iterable[pa.Table], groups: Iterable[pa.Table], report: PieceReport
) -> pa.Table:
    """The groups of one bucket, made of rows and of groups of pieces; a block at a time, so that rows of a few keys may be any number."""
    grouping: Grouping = exchange.params["grouping"]
    total = _Total(grouping)
    for table in rows:
        total.add_rows(table)
    for table in groups:
        total.add_groups(table)
    result = grouping.finish(total.all(schema))
    report.tally.merged[exchange.step] += total.taken - result.table.num_rows
    made = result.table.select(exchange.schema.names).cast(exchange.schema)
    if not result.malformed or exchange.params["malformed"] == "null":
        return made
    return reject_rows(exchange, made, result.malformed, report)


@dataclass
class _Total:
    """The groups so far, and what waits to be added to them."""

    grouping: Grouping
    taken: int = 0
    _waiting: list[pa.Table] = field(default_factory=list)
    _rows: int = 0
    _groups: list[pa.Table] = field(default_factory=list)
    _sizes: int = 0

    def add_rows(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._rows += rows.num_rows
        self.taken += rows.num_rows
        if self._rows >= BLOCK_ROWS:
            self._start()

    def add_groups(self, groups: pa.Table) -> None:
        self.taken += groups.num_rows
        self._put(groups)

    def all(self, schema: pa.Schema) -> pa.Table:
        """One row per group."""
        if self._waiting or not self._groups:
            self._waiting = self._waiting or [schema.empty_table()]
            self._start()
        return self.grouping.merge(self._groups)

    def _start(self) -> None:
        rows, self._waiting, self._rows = pa.concat_tables(self._waiting), [], 0
        self._put(self.grouping.start(rows))

    def _put(self, groups: pa.Table) -> None:
        self._groups.append(groups)
        self._sizes += groups.num_rows
        if self._sizes > 2 * max(BLOCK_ROWS, self._groups[0].num_rows):
            self._groups = [self.grouping.merge(self._groups)]
            self._sizes = self._groups[0].num_rows
