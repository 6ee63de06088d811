"""How the rows of an exchange come together in a run: where they lie, beside a small side, or by the engine's shuffle."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from featureprep.errors import FeatureprepError
from featureprep.io.base import Origin
from featureprep.jobs.prepare import Prepared
from featureprep.plan.physical import Exchange, Pipe
from featureprep.run.exchange import Meet, Send
from featureprep.run.joining import Collect, JoinBeside, collected, count_right, found_by_any
from featureprep.run.local_stage import LOCAL, Apart
from featureprep.run.pipe import PieceReport, PipeTask
from featureprep.run.rows import SourceInput, StageInput, StagePart
from featureprep.run.standing import Standing, nothing

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver

BROADCAST_FILES = 8 << 20
"""Bytes of files, or of stored parts, up to which a side of a join is looked at as a small one."""
BROADCAST_ROWS = 32 << 20
"""Bytes of its rows in memory up to which it is put beside every piece of the other side."""
BROADCAST_RATIO = 4
"""The other side is at least so many times as large."""


@dataclass(frozen=True)
class _Side:
    """One side of an exchange: its input, the pieces there, and the number of the first one among those of all sides."""

    task: PipeTask
    source: SourceInput | StageInput
    pieces: Sequence[Any]
    first: int


class Meeting:
    """One exchange of a run."""

    def __init__(self, driver: Driver, prepared: Prepared, exchange: Exchange) -> None:
        self.driver = driver
        self.prepared = prepared
        self.exchange = exchange
        self.buckets = prepared.buckets(exchange.pipes) if exchange.kind != "map_table" else 1
        self.placed = driver.placement.of(exchange, self.buckets)
        self.schemas = [driver.sent_schema(pipe) for pipe in exchange.pipes]
        self.sides: list[_Side] = []
        first = 0
        for pipe in exchange.pipes:
            source, pieces = driver.input_of(prepared, pipe.input, pipe.schema)
            task = driver.task(prepared, pipe, pipe.emit)
            if isinstance(source, SourceInput) and isinstance(task.source, SourceInput):
                task.source = driver.profiles.over(exchange, source, task.source)
            self.sides.append(_Side(task, source, pieces, first))
            first += len(pieces)

    def run(self) -> list[StagePart]:
        """The parts of the stage it leaves.

        Raises
        ------
        DataError, RequestError
            For the first row that a policy refuses; a contract that fails has the first word.
        """
        driver, step = self.driver, self.exchange.step
        try:
            parts, report = self._apart() or self._broadcast() or self._exchanged()
            driver.scans.append(driver.profiles.with_those_that_ride(step, self.exchange))
            driver.owned.add(step)  # counted where the rows met
            report.failures.raise_any(self._locate)
        except FeatureprepError:
            driver.profiles.settle()
            raise
        driver.count(report)
        return sorted(parts, key=lambda part: part.index)

    def _locate(self, at: tuple[int, int]) -> Origin:
        side = max((s for s in self.sides if s.first <= at[0] and s.pieces), key=lambda s: s.first)
        return side.source.origins(side.pieces[at[0] - side.first], [at[1]])[0]

    # Where they lie, each piece by itself.

    def _apart(self) -> tuple[list[StagePart], PieceReport] | None:
        """The stage of a union or explode; None for any other kind."""
        if self.exchange.kind not in LOCAL:
            return None
        pieces = sum(len(side.pieces) for side in self.sides)
        sink = Apart(self.exchange, [side.task for side in self.sides], pieces, self.driver.store, self.driver.run_id)
        return self._written(self.driver.engine.scan(self._numbered()), sink)

    def _numbered(self, without: Collection[int] = ()) -> list[list[Any]]:
        """Partitions of the pieces of all sides but some: (side, number of the piece among those of all sides, piece)."""
        return [
            [(i, side.first + number, piece) for number, piece in part]
            for i, side in enumerate(self.sides)
            if i not in without
            for part in self.driver.partitions(self.prepared, side.pieces)
        ]

    def _written(self, batches: Any, sink: Apart | Meet) -> tuple[list[StagePart], PieceReport]:
        """The parts that a sink leaves, and what it reports of them."""
        made = self.driver.engine.write(batches, self.driver.shipped(sink), self.exchange.step)
        report = PieceReport()
        parts: list[StagePart] = []
        for part, one in (pair for items in made for pair in items):
            parts.append(part)
            report = report.add(one)
        return parts, report

    # By the engine's shuffle, but for the sides that lie right.

    def _exchanged(self) -> tuple[list[StagePart], PieceReport]:
        engine, exchange, step, buckets = self.driver.engine, self.exchange, self.exchange.step, self.buckets
        standing = {i: Standing(side.task, side.first, side.pieces) for i, side in enumerate(self.sides) if self.placed.standing[i]}
        partitions = self._numbered(without=standing)
        if partitions:
            send = Send([side.task for side in self.sides], self.placed.by, buckets, exchange.params.get("grouping"), step)
            met = engine.exchange(engine.map(engine.scan(partitions), self.driver.shipped(send)), buckets, step)
        else:
            met = engine.scan(nothing(buckets))
        meet = Meet(exchange, self.schemas, self.driver.store, self.driver.run_id, standing)
        made = self._written(met, meet)
        self.driver.placement.note(exchange, self.placed, buckets)
        return made

    # Beside a small side.

    def _broadcast(self) -> tuple[list[StagePart], PieceReport] | None:
        """The join of every piece of the left with all rows of a small right; None where the right is not small."""
        if not self.is_small():
            return None
        engine, step = self.driver.engine, self.exchange.step
        left, right = self.sides
        numbered = [[(right.first + n, piece) for n, piece in part] for part in self.driver.partitions(self.prepared, right.pieces)]
        found = engine.write(engine.scan(numbered), self.driver.shipped(Collect(right.task, BROADCAST_ROWS)), step)
        small = collected([item for items in found for item in items], self.schemas[1], BROADCAST_ROWS)
        if small is None:
            return None
        rows, report = small
        sink = JoinBeside(self.exchange, left.task, self.schemas[0], rows, self.driver.store, self.driver.run_id)
        made = engine.write(engine.scan(self.driver.partitions(self.prepared, left.pieces)), self.driver.shipped(sink), step)
        parts: list[StagePart] = []
        masks: list[bytes] = []
        for part, one, mask in (item for items in made for item in items):
            parts.append(part)
            masks.append(mask)
            report = report.add(one)
        count_right(self.exchange, found_by_any(masks, rows.num_rows), report)
        return parts, report

    def is_small(self) -> bool:
        """Whether the right side of a join is small beside its left one, by their sizes as stored, and the left does not lie right."""
        if self.exchange.kind != "join" or self.placed.standing[0]:
            return False
        left, right = (_stored(self.prepared, pipe, side) for pipe, side in zip(self.exchange.pipes, self.sides, strict=True))
        return small_beside(left, right)


def small_beside(left: int, right: int) -> bool:
    """Whether the right side of a join is small, by the bytes of both as they are stored."""
    return right <= BROADCAST_FILES and left >= BROADCAST_RATIO * right


def _stored(prepared: Prepared, pipe: Pipe, side: _Side) -> int:
    if pipe.input.kind == "source":
        return prepared.sources[pipe.input.name].bytes
    return sum(part.bytes for part in side.pieces)
