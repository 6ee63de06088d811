"""Judging rows: rules in order, then what the expressions themselves reject."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.bind import Binder, Bound
from featureprep.expr.evaluate import Column, Program, Reason
from featureprep.expr.op import Mask
from featureprep.plan.physical import Rule
from featureprep.run.rows import RowBatch

Indices = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Taken:
    """Rows that leave at a step: dropped by a rule, quarantined for a reason, or failed (a policy says "error").

    `at` are positions in the batch, ascending. Rows that are quarantined for several reasons of one step are in one of these for each;
    the first one is that under which they are counted.
    """

    step: str
    kind: str
    name: str
    at: Indices
    site: str | None = None


@dataclass(frozen=True)
class Judged:
    """What is left of a batch, and what left it."""

    alive: Mask
    taken: list[Taken]


class Judge:
    """The rules of a pipe, ready for batches."""

    def __init__(self, rules: Sequence[Rule], binder: Binder) -> None:
        self.rules = list(rules)
        lenient = Binder(binder.schema, binder.constants, "null")
        bound = [binder.bind(rule.node) for rule in self.rules if not rule.lenient]
        whole = Program(bound)
        self.strict = [Program([rule]) for rule in bound] if whole.guarded else [whole]
        self.lenient = Program([lenient.bind(rule.node) for rule in self.rules if rule.lenient])

    def _columns(self, batch: RowBatch, alive: Mask) -> Iterator[tuple[Column, Sequence[Reason]]]:
        """Each rule's condition, and what its codes stand for. `alive` is changed meanwhile: guarded rules see the rows that are left."""
        strict = ((c, p.reasons) for p in self.strict for c in p.run(batch.columns, batch.n, batch.malformed, alive))
        lenient = ((c, ()) for c in self.lenient.run(batch.columns, batch.n, batch.malformed, alive))
        for rule in self.rules:
            yield next(lenient) if rule.lenient else next(strict)

    @property
    def reasons(self) -> list[Reason]:
        """What the rules' own expressions can reject."""
        return [reason for program in self.strict for reason in program.reasons]

    def run(self, batch: RowBatch) -> Judged:
        """Judge every row; one that a rule takes is not looked at by the next, but for the other rules of its step that quarantine it."""
        alive = np.ones(batch.n, dtype=bool)
        taken: list[Taken] = []
        if not self.rules:
            return Judged(alive, taken)
        step, aside = "", np.zeros(batch.n, dtype=bool)
        for rule, (column, reasons) in zip(self.rules, self._columns(batch, alive), strict=True):
            leave_rejected(rule.step, None if rule.lenient else column.codes, reasons, alive, taken)
            values = column.values.cast(pa.bool_())  # a condition that is null whatever the row has no type
            true = np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
            if rule.step != step:
                step, aside = rule.step, np.zeros(batch.n, dtype=bool)
            gone = alive & ~true if rule.kind == "drop" else (alive | aside) & true
            if gone.any():
                kind = "dropped" if rule.kind == "drop" else "quarantined"
                taken.append(Taken(rule.step, kind, rule.name, np.flatnonzero(gone), rule.origin))
                alive &= ~gone
                if kind == "quarantined":
                    aside |= gone
        return Judged(alive, taken)


def leave_rejected(step: str, codes: Any, reasons: Sequence[Reason], alive: Mask, taken: list[Taken], aside: Mask | None = None) -> None:
    """Take the living rows out that a column's codes reject, each by its reason.

    Parameters
    ----------
    aside : bool mask, optional
        The rows that other columns of the step have quarantined, which have this reason too; changed as `alive` is.
    """
    if codes is None:
        return
    live = np.where(alive if aside is None else alive | aside, codes, 0)
    for code in np.unique(live[live != 0]):
        reason = reasons[code - 1]
        at = np.flatnonzero(live == code)
        if reason.policy == "error":
            at = at[alive[at]]
        elif aside is not None:
            aside[at] = True
        if len(at):
            taken.append(Taken(step, "failed" if reason.policy == "error" else "quarantined", reason.rule, at, reason.site))
            alive[at] = False


class Outputs:
    """Named expressions over the living rows of a batch; rows that one of them rejects leave at `step`."""

    def __init__(self, nodes: Mapping[str, Bound], step: str) -> None:
        self.names = list(nodes)
        self.program = Program(list(nodes.values()))
        self.step = step

    def run(self, batch: RowBatch) -> tuple[dict[str, pa.Array], Judged]:
        """The columns of the rows that stay, and which of the batch's rows those are."""
        columns = self.program.run(batch.columns, batch.n, batch.malformed)
        alive = np.ones(batch.n, dtype=bool)
        aside = np.zeros(batch.n, dtype=bool)
        taken: list[Taken] = []
        for column in columns:
            leave_rejected(self.step, column.codes, self.program.reasons, alive, taken, aside)
        values = {name: _kept(column, alive) for name, column in zip(self.names, columns, strict=True)}
        return values, Judged(alive, taken)


def _kept(column: Column, alive: Mask) -> pa.Array:
    return column.values if alive.all() else column.values.filter(pa.array(alive))


def keep(batch: RowBatch, alive: Mask) -> RowBatch:
    """The living rows of a batch."""
    if alive.all():
        return batch
    mask = pa.array(alive)
    malformed = {name: m[alive] for name, m in batch.malformed.items() if m[alive].any()}
    columns = {name: values.filter(mask) for name, values in batch.columns.items()}
    return RowBatch(columns, int(alive.sum()), batch.rows[alive], malformed)
