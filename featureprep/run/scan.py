"""A fold scan: the task that folds one piece at a time, taking from the cache what a former run has folded already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.plan.physical import Pipe
from featureprep.run.failures import Failures
from featureprep.run.judge import Judge, Judged, leave_rejected
from featureprep.run.levels import FoldItem
from featureprep.run.rows import RowBatch, SourceInput, StageInput
from featureprep.run.split import Split
from featureprep.store.states import StateCache

FAILURES = "$failures"


@dataclass(frozen=True)
class ScanSpec:
    """What is folded over one input.

    Attributes
    ----------
    every : sequence of FoldItem
        Over all rows as they are read (statistics, contract).
    fitting : sequence of FoldItem
        Over the rows that take part in the fit: they pass the rules, no `guard` rejects them, and they are in the part that is fitted.
    """

    pipe: Pipe
    every: Sequence[FoldItem]
    fitting: Sequence[FoldItem]
    guard: Sequence[Node]
    split: Split | None
    constants: Mapping[str, Mapping[str, Any]]
    malformed: str
    platform: str

    def columns(self) -> list[str]:
        """The input columns that are read."""
        nodes = [n for item in (*self.every, *self.fitting) for n in item.nodes] + list(self.guard)
        used = {name for node in nodes for name in node.columns()} | set(self.pipe.columns())
        if self.fits_a_part:
            assert self.split is not None  # noqa: S101
            used |= set(self.split.columns(self.own_schema()))
        return [name for name in self.pipe.schema.names if name in used]

    @property
    def fits_a_part(self) -> bool:
        """Whether only one part of the split is fitted."""
        return bool(self.fitting) and self.split is not None and self.split.fit != "all"

    def own_schema(self) -> pa.Schema:
        """The input's columns without the pseudo columns."""
        return pa.schema([field for field in self.pipe.schema if not field.name.startswith("$")])

    def keys(self, piece_key: str) -> dict[str, str]:
        """The cache key of each item's state for a piece of this content."""
        schema = [[f.name, str(f.type)] for f in self.pipe.schema if f.name in set(self.columns())]
        base = [piece_key, schema, self.malformed, self.platform]
        rows = [
            [[r.kind, r.node.key] for r in self.pipe.rules],
            [n.key for n in self.guard],
            self.split.spec() if self.fits_a_part and self.split else None,
        ]
        keys = {item.id: canonical.digest(["every", base, item.id]) for item in self.every}
        for item in self.fitting:
            used = {n.key: self.constants[n.key] for root in item.nodes for n in root.walk() if n.key in self.constants}
            keys[item.id] = canonical.digest(["fit", base, rows, item.id, _constants_digest(used)])
        if self.fitting:
            keys[FAILURES] = canonical.digest(["failures", base, rows])
        return keys


def _constants_digest(constants: Mapping[str, Mapping[str, Any]]) -> str:
    plain = {k: {n: v.to_pylist() if isinstance(v, pa.Array) else v for n, v in c.items()} for k, c in constants.items()}
    return canonical.digest(plain)


@dataclass
class ScanState:
    """States by item id, failures, and how many pieces were read or known."""

    states: dict[str, Any]
    failures: Failures
    read: int = 0
    known: int = 0
    rows: int = 0


class ScanMerger:
    """Merges the states of pieces."""

    def __init__(self, folds: Mapping[str, Fold]) -> None:
        self.folds = folds

    def init(self) -> ScanState:
        return ScanState({key: fold.init() for key, fold in self.folds.items()}, Failures())

    def update(self, state: ScanState, item: ScanState) -> ScanState:
        return self.merge(state, item)

    def merge(self, a: ScanState, b: ScanState) -> ScanState:
        states = {key: fold.merge(a.states[key], b.states[key]) for key, fold in self.folds.items()}
        return ScanState(states, a.failures.add(b.failures), a.read + b.read, a.known + b.known, a.rows + b.rows)


class FoldPieces:
    """The map function of a scan: (number of the piece, piece) in, one ScanState out."""

    def __init__(self, spec: ScanSpec, source: SourceInput | StageInput, cache: StateCache | None) -> None:
        self.spec = spec
        self.source = source
        self.cache = cache
        self.folds = {item.id: item.fold for item in (*spec.every, *spec.fitting)}

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[ScanState]:
        for number, piece in pieces:
            yield self._piece(number, piece)

    def _piece(self, number: int, piece: Any) -> ScanState:
        if self.cache is None:
            return _Work(self.spec, set(self.folds)).run(self.source, number, piece)
        keys = self.spec.keys(piece.key)
        known = {name: data for name, key in keys.items() if (data := self.cache.get(key)) is not None}
        missing = set(keys) - set(known)
        state = _Work(self.spec, missing).run(self.source, number, piece) if missing else ScanState({}, Failures(), known=1)
        for name in missing:
            made = canonical.dumps(state.failures.to_json()).encode() if name == FAILURES else self.folds[name].encode(state.states[name])
            self.cache.put(keys[name], made)
        for name, data in known.items():
            if name == FAILURES:
                state.failures = state.failures.add(Failures.from_json(canonical.loads(bytes(data)), number))
            else:
                state.states[name] = self.folds[name].decode(data)
        return state


class _Work:
    """Folds the missing items of one piece."""

    def __init__(self, spec: ScanSpec, missing: set[str]) -> None:
        self.spec = spec
        self.every = [item for item in spec.every if item.id in missing]
        self.fitting = [item for item in spec.fitting if item.id in missing]
        binder = Binder(spec.pipe.schema, spec.constants, spec.malformed)
        self.judge = Judge(spec.pipe.rules, binder)
        # statistics and contracts look at cells as they are: one that does not fit its type is null there
        lenient = Binder(spec.pipe.schema, spec.constants, "null")
        self.every_program = Program([lenient.bind(n) for item in self.every for n in item.nodes])
        self.guard_program = Program([binder.bind(n) for n in spec.guard])
        self.fit_program = Program([binder.bind(n) for item in self.fitting for n in item.nodes])
        self.judges = bool(spec.fitting)

    def run(self, source: SourceInput | StageInput, number: int, piece: Any) -> ScanState:
        states = {item.id: item.fold.init() for item in (*self.every, *self.fitting)}
        state = ScanState(states, Failures(), read=1)
        for batch in source.read(piece, self.spec.columns()):
            state.rows += batch.n
            if batch.n == 0:
                continue
            self._fold(self.every, self.every_program, batch, None, states)
            if self.judges:
                judged = self._judge(batch)
                state.failures.note(number, batch, judged.taken)
                self._fold(self.fitting, self.fit_program, batch, judged.alive, states)
        return state

    def _judge(self, batch: RowBatch) -> Judged:
        judged = self.judge.run(batch)
        alive = judged.alive
        if self.guard_program.roots:
            for column in self.guard_program.run(batch.columns, batch.n, batch.malformed):
                leave_rejected(self.spec.pipe.passes[-1], column.codes, self.guard_program.reasons, alive, judged.taken)
        if self.spec.fits_a_part:
            split = self.spec.split
            assert split is not None  # noqa: S101
            names = split.columns(self.spec.own_schema())
            alive = alive & (split.labels({name: batch.columns[name] for name in names}) == split.names.index("train"))
        return Judged(alive, judged.taken)

    def _fold(self, items: list[FoldItem], program: Program, batch: RowBatch, alive: Any, states: dict[str, Any]) -> None:
        if not items:
            return
        columns = iter(program.run(batch.columns, batch.n, batch.malformed))
        mask = None if alive is None or alive.all() else pa.array(alive)
        cut: dict[int, pa.Array] = {}
        for item in items:
            arrays = []
            for _ in item.nodes:
                column = next(columns)
                values = column.values
                if mask is not None:
                    values = cut.setdefault(id(values), values.filter(mask))
                if column.codes is not None and np.any(column.codes):
                    values = _without(values, column.codes if alive is None else column.codes[alive])
                arrays.append(values)
            states[item.id] = item.fold.update(states[item.id], *arrays)


def _without(values: pa.Array, codes: Any) -> pa.Array:
    """The values with rejected cells null."""
    positions = pa.array(np.arange(len(values)), mask=np.asarray(codes) != 0)
    return values.take(positions)
