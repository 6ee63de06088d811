"""Running a pipe over pieces: read, judge, compute, count, set aside. Shared by exchanges and the final write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.bind import Binder
from featureprep.expr.node import Node, walk
from featureprep.plan.physical import Pipe
from featureprep.run.failures import Failures
from featureprep.run.judge import Judge, Outputs, Taken, keep
from featureprep.run.ledger import Tally
from featureprep.run.quarantine import Quarantine
from featureprep.run.rows import RowBatch, SourceInput, StageInput, naming_row


@dataclass
class PieceReport:
    """What one piece left beside its rows."""

    tally: Tally = field(default_factory=Tally)
    failures: Failures = field(default_factory=Failures)
    quarantined: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: PieceReport) -> PieceReport:
        """Both."""
        return PieceReport(self.tally.add(other.tally), self.failures.add(other.failures), self.quarantined + other.quarantined)


class PipeTask:
    """A pipe with its outputs bound, ready for pieces.

    Parameters
    ----------
    pipe : Pipe
    emit : mapping of name to Node
        What is computed of the rows that stay.
    owned : set of str
        The ledger steps that this pipe counts; the others are counted by another pipe that reads the same rows.
    on_error : str
        The source's, for records that cannot be parsed.
    """

    def __init__(
        self,
        pipe: Pipe,
        source: SourceInput | StageInput,
        emit: Mapping[str, Node],
        constants: Mapping[str, Mapping[str, Any]],
        malformed: str,
        owned: frozenset[str],
        on_error: str = "fail",
    ) -> None:
        binder = Binder(pipe.schema, constants, malformed)
        self._given = (emit, malformed, on_error)
        self._constants = constants
        self.pipe = pipe
        self.source = source
        self.owned = owned
        self.on_error = on_error
        self.judge = Judge(pipe.rules, binder)
        self.outputs = Outputs({name: binder.bind(node) for name, node in emit.items()}, pipe.rejects or pipe.passes[-1])
        used = {name for node in emit.values() for name in node.columns()} | set(pipe.columns())
        self.columns = [name for name in pipe.schema.names if name in used]

    def __reduce__(self) -> tuple[Any, ...]:
        # bound again where it arrives: programs are deep, and full of what can be made again
        emit, malformed, on_error = self._given
        roots = [*emit.values(), *(rule.node for rule in self.pipe.rules)]
        constants = {node.key: self._constants[node.key] for node in walk(roots) if node.key in self._constants}
        return _bound, (self.pipe, self.source, emit, constants, malformed, self.owned, on_error, self.columns)

    def run(self, number: int, piece: Any, report: PieceReport) -> Iterator[tuple[dict[str, pa.Array], RowBatch]]:
        """The computed columns of a piece's rows, batch by batch, with the rows they come from; `report` is filled on the way."""
        aside = Quarantine(self.source.name)
        emitted = 0
        for batch in self.source.read(piece, self._columns_read()):
            self._count_read(batch, piece, report, aside)
            if batch.n == 0:
                continue
            with naming_row(self.source, piece, batch):
                judged = self.judge.run(batch)
            self._take(number, batch, judged.taken, report, aside)
            rows = keep(batch, judged.alive)
            with naming_row(self.source, piece, rows):
                values, left = self.outputs.run(rows)
            positions = np.flatnonzero(judged.alive)
            moved = [Taken(t.step, t.kind, t.name, positions[t.at], t.site) for t in left.taken]
            self._take(number, batch, moved, report, aside)
            rows = keep(rows, left.alive)
            emitted += rows.n
            handed = {name: rows.columns[name] for name in self.pipe.handed_on()} if self.pipe.whole else {}
            yield handed | values, rows
        aside.place(self.source.origins(piece, aside.pending_rows()))
        report.quarantined.extend(aside.records)
        last = self.pipe.passes[-1]
        if last in self.owned and not last.startswith("fork after "):
            report.tally.out[last] += emitted

    def _columns_read(self) -> list[str] | None:
        if not self._can_quarantine():
            return self.columns
        own = [name for name in self.pipe.schema.names if not name.startswith("$")]  # a row that is set aside is kept whole
        return own + [name for name in self.columns if name.startswith("$")]

    def _can_quarantine(self) -> bool:
        reasons = (*self.judge.reasons, *self.outputs.program.reasons)
        return any(r.kind == "quarantine" for r in self.pipe.rules) or any(r.policy == "quarantine" for r in reasons)

    def _count_read(self, batch: RowBatch, piece: Any, report: PieceReport, aside: Quarantine) -> None:
        first = self.pipe.passes[0]
        for number, rows in batch.skipped.items():
            rule = self.pipe.rules[number]
            if first in self.owned:
                report.tally.read[first] += rows
            if rule.step in self.owned:
                report.tally.dropped[rule.step, rule.name] += rows
        if first not in self.owned:
            return
        if isinstance(self.source, SourceInput):
            report.tally.read[first] += batch.n + len(batch.bad)
        if batch.bad:
            if self.on_error == "quarantine":
                for bad in batch.bad:
                    report.tally.quarantined[first, f"unparsable: {bad.reason}"] += 1
                aside.take_bad(first, batch.bad, piece.file.url)
            else:
                report.tally.dropped[first, "unparsable"] += len(batch.bad)

    def _take(self, number: int, batch: RowBatch, taken: Sequence[Taken], report: PieceReport, aside: Quarantine) -> None:
        report.failures.note(number, batch, taken)
        owned = [t for t in taken if t.step in self.owned]
        for one in owned:
            if one.kind == "dropped":
                report.tally.dropped[one.step, one.name] += len(one.at)
        self._count_quarantined(owned, report)
        aside.take(batch, owned)

    def _count_quarantined(self, taken: Sequence[Taken], report: PieceReport) -> None:
        """A row counts once, under its first reason."""
        seen: set[int] = set()
        for one in taken:
            if one.kind == "quarantined":
                new = [at for at in one.at.tolist() if at not in seen]
                seen.update(new)
                if new:
                    report.tally.quarantined[one.step, one.name] += len(new)


def _bound(
    pipe: Pipe, source: SourceInput | StageInput, emit: Mapping[str, Node], constants: Mapping[str, Mapping[str, Any]], malformed: str,
    owned: frozenset[str], on_error: str, columns: list[str],
) -> PipeTask:  # fmt: skip
    task = PipeTask(pipe, source, emit, constants, malformed, owned, on_error)
    task.columns = columns
    return task
