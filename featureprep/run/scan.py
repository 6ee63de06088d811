"""A fold scan: the task that folds one piece at a time, taking from the cache what a former run has folded already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep import canonical
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Column, Program
from featureprep.expr.node import Node
from featureprep.expr.op import find
from featureprep.folds.base import Fold
from featureprep.folds.multi import FoldSet
from featureprep.mapped import let_go
from featureprep.plan.physical import Pipe
from featureprep.run.failures import Failures
from featureprep.run.judge import Judge, Judged, leave_rejected
from featureprep.run.labels import PartLabels
from featureprep.run.levels import FoldItem, fold_item
from featureprep.run.rows import RowBatch, SourceInput, StageInput, naming_row
from featureprep.run.split import Labels, Split
from featureprep.store.states import StateCache
from featureprep.threads import share

FAILURES = "$failures"
BIG_STATE = 1 << 18
"""Bytes from which on a state is not held in memory beside the store."""
EVERY = "$every"
"""The states over every row are kept together, in one file a piece: they are asked for together."""


@dataclass(frozen=True)
class ScanSpec:
    """What is folded over one input.

    Attributes
    ----------
    every : sequence of FoldItem
        Over all rows as they are read (statistics, contract).
    fitting : sequence of FoldItem
        Over the rows that take part in the fit: they pass the rules, no `guard` rejects them, and they are in the part that is fitted.
    rest : sequence of FoldItem
        Over the other rows.
    """

    pipe: Pipe
    every: Sequence[FoldItem]
    fitting: Sequence[FoldItem]
    guard: Sequence[Node]
    split: Split | None
    constants: Mapping[str, Mapping[str, Any]]
    malformed: str
    platform: str
    rest: Sequence[FoldItem] = ()

    @property
    def folds(self) -> dict[str, Fold]:
        """By item id."""
        return {item.id: item.fold for item in (*self.every, *self.rest, *self.fitting)}

    def columns(self) -> list[str]:
        """The input columns that are read."""
        nodes = [n for item in (*self.every, *self.fitting, *self.rest) for n in item.nodes] + list(self.guard)
        used = {name for node in nodes for name in node.columns()} | set(self.pipe.columns())
        if self.fits_a_part:
            assert self.split is not None  # noqa: S101
            used |= set(self.split.columns(self.own_schema()))
        return [name for name in self.pipe.schema.names if name in used]

    @property
    def fits_a_part(self) -> bool:
        """Whether only one part of the split is fitted."""
        return bool(self.fitting) and self.split is not None and self.split.fit != "all"

    def halved(self) -> tuple[ScanSpec, list[Halves]]:
        """The same with no row folded twice: what is folded over every row and over those of the fit is folded over these and over the
        rest, and what it comes to over every row is merged of both. Columns only: of an expression the fit may see rejected cells.
        """
        every = {item.id: item for item in self.every}
        halves = []
        for item in self.fitting:
            whole = every.get(fold_item(item.fold, item.nodes).id)
            if whole is not None and all(node.op == "col" for node in item.nodes):
                halves.append(Halves(every.pop(whole.id), item, fold_item(item.fold, item.nodes, "rest")))
        return replace(self, every=list(every.values()), rest=[two.rest for two in halves]), halves

    def own_schema(self) -> pa.Schema:
        """The input's columns without the pseudo columns."""
        return pa.schema([field for field in self.pipe.schema if not field.name.startswith("$")])

    def keys(self, piece_key: str) -> dict[str, str]:
        """The cache keys of a piece of this content: of the states over every row together, and of each fitting item's state."""
        return {name: canonical.digest([piece_key, identity]) for name, identity in self._identities.items()}

    def of_the_fit(self) -> list[str]:
        """What the states of the fit depend on beside the piece."""
        return sorted(self._identities[name] for name in (*(item.id for item in self.fitting), FAILURES) if name in self._identities)

    @cached_property
    def _identities(self) -> dict[str, str]:
        """Of each item all that its states depend on beside the piece: what it folds, over which rows, and how these are computed."""
        same = [self.malformed, self.platform]
        found: dict[str, str] = {}
        rows = None
        if self.fitting:
            part = self.split.spec() if self.fits_a_part and self.split else None
            looked_at = self.split.columns(self.own_schema()) if self.fits_a_part and self.split else ()
            rules = [[r.kind, r.node.key, r.lenient] for r in self.pipe.rules]
            judges = self._about([*(r.node for r in self.pipe.rules), *self.guard], looked_at)
            rows = canonical.digest([same, rules, [n.key for n in self.guard], part, judges])
            found |= {item.id: canonical.digest(["fit", rows, item.id, self._about(item.nodes)]) for item in self.fitting}
            found[FAILURES] = canonical.digest(["failures", rows])
        if self.every or self.rest:
            together = sorted(canonical.digest([item.id, self._about(item.nodes)]) for item in (*self.every, *self.rest))
            found[EVERY] = canonical.digest(["every", same, together, rows if self.rest else None])
        return found

    @cached_property
    def _types(self) -> dict[str, tuple[int, str, str]]:
        """Place, name and type of each input column."""
        return {field.name: (place, field.name, str(field.type)) for place, field in enumerate(self.pipe.schema)}

    def _about(self, nodes: Sequence[Node], columns: Sequence[str] = ()) -> list[Any]:
        """The types of the columns that some expressions read, the versions of their operations, and their constants."""
        every = [node for root in nodes for node in root.walk()]
        read = {*columns, *(name for root in nodes for name in root.columns())}
        types = [[name, dtype] for _, name, dtype in sorted(self._types[name] for name in read if name in self._types)]
        versions = {node.op: find(node.op).version for node in every}
        constants = {node.key: self.constants[node.key] for node in every if node.key in self.constants}
        return [
            types,
            versions,
            {k: {n: v.to_pylist() if isinstance(v, pa.Array) else v for n, v in c.items()} for k, c in constants.items()},
        ]


@dataclass(frozen=True)
class Halves:
    """An item over every row, and those of the rows of the fit and of the others that make it up."""

    whole: FoldItem
    fit: FoldItem
    rest: FoldItem

    def merged(self, states: Mapping[str, Any]) -> Any:
        """The state over every row; those it is made of are left as they are."""
        fold = self.whole.fold
        return fold.merge(fold.merge(fold.init(), states[self.fit.id]), states[self.rest.id])


@dataclass
class ScanState:
    """States by item id, failures, and how many pieces were read or known."""

    states: dict[str, Any]
    failures: Failures
    read: int = 0
    known: int = 0
    rows: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    """Bytes that states of the fit take as they are stored, by item id; of states that are not stored, none."""


class ScanMerger:
    """Merges the states of pieces; an item that one of them does not have is as the other has it."""

    def __init__(self, folds: Mapping[str, Fold]) -> None:
        self.folds = folds

    def init(self) -> ScanState:
        return ScanState({key: fold.init() for key, fold in self.folds.items()}, Failures())

    def update(self, state: ScanState, item: ScanState) -> ScanState:
        return self.merge(state, item)

    def merge(self, a: ScanState, b: ScanState) -> ScanState:
        both = [key for key in a.states if key in b.states]
        merged = share(lambda key: self.folds[key].merge(a.states[key], b.states[key]), both)
        states = a.states | b.states | dict(zip(both, merged, strict=True))
        sizes = {key: a.sizes.get(key, 0) + b.sizes.get(key, 0) for key in a.sizes | b.sizes}
        return ScanState(states, a.failures.add(b.failures), a.read + b.read, a.known + b.known, a.rows + b.rows, sizes)


@dataclass(frozen=True)
class Watch:
    """Folds the batches of one piece: `add` takes each of them, and `keep` stores the states after the last."""

    add: Callable[[RowBatch], None]
    keep: Callable[[], None]


class FoldPieces:
    """The map function of a scan: (number of the piece, piece) in, one ScanState out."""

    def __init__(self, spec: ScanSpec, source: SourceInput | StageInput, cache: StateCache | None) -> None:
        self.spec = spec
        self.source = source
        self.cache = cache
        self.folds = spec.folds
        self.together = FoldSet({item.id: (item.fold, ()) for item in (*spec.every, *spec.rest)})
        self._work: dict[frozenset[str], _Work] = {}

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[ScanState]:
        for number, piece in pieces:
            yield self._piece(number, piece)

    def _work_for(self, wanted: frozenset[str]) -> _Work:
        """What folds the wanted states; the programs are bound once for the same ones."""
        if wanted not in self._work:
            self._work[wanted] = _Work(self.spec, wanted, self.cache)
        return self._work[wanted]

    def _piece(self, number: int, piece: Any) -> ScanState:
        if self.cache is None:
            return self._work_for(frozenset({EVERY, *self.folds})).run(self.source, number, piece)
        keys = self.wanted(number, piece)
        known = {name: data for name, key in keys.items() if (data := self.cache.get(key)) is not None}
        missing = frozenset(keys) - frozenset(known)
        state = self._work_for(missing).run(self.source, number, piece) if missing else ScanState({}, Failures(), known=1)
        share(lambda name: self._keep(keys[name], name, state), sorted(missing - {FAILURES}))
        # failures are never looked up: the next run names the rules and places of its own job
        if FAILURES in missing and not state.failures.found:
            self.cache.put(keys[FAILURES], b"none")
        for name, data in known.items():
            if name != FAILURES:
                self._decode(name, data, state)
        return state

    def wanted(self, number: int, piece: Any) -> dict[str, str]:
        """The cache keys of the states of a piece that are asked for, by name."""
        return self.spec.keys(piece.key)

    def watch(self, piece: Any) -> Watch | None:
        """What folds the states over every row of a piece, while something else reads it; None where they are known."""
        key = self.spec.keys(piece.key)[EVERY]
        if self.cache is None or self.cache.get(key) is not None:
            return None
        work = self._work_for(frozenset({EVERY}))
        state = ScanState({item.id: item.fold.init() for item in self.spec.every}, Failures())
        return Watch(partial(work.every_rows, state.states), partial(self._keep, key, EVERY, state))

    def _keep(self, key: str, name: str, state: ScanState) -> None:
        """Store a state. A big one is looked at where it is stored from now on, and leaves the memory."""
        assert self.cache is not None  # noqa: S101
        if name == EVERY:
            if not all(fold.lasting(state.states[key]) for key, (fold, _) in self.together.folds.items()):
                return
            encoded = self.together.encode({key: state.states[key] for key in self.together.folds})
        else:
            encoded = self.folds[name].encode(state.states[name])
            state.sizes[name] = len(encoded)
        self.cache.put(key, encoded)
        if len(encoded) >= BIG_STATE and (stored := self.cache.get(key, trusted=True)) is not None:
            self._decode(name, stored, state)

    def _decode(self, name: str, data: memoryview, state: ScanState) -> None:
        if name == EVERY:
            state.states |= self.together.decode(data)
        else:
            state.states[name] = self.folds[name].decode(data)
            state.sizes[name] = len(data)
        let_go(data)


class _Work:
    """Folds missing states of pieces: those of `fitting` by id, those of `every` and `rest` together."""

    def __init__(self, spec: ScanSpec, missing: frozenset[str], cache: StateCache | None) -> None:
        self.spec = spec
        self.labels = None
        if spec.fits_a_part and spec.split is not None:
            self.labels = PartLabels(spec.split, spec.own_schema(), cache, spec.platform)
        self.every = list(spec.every) if EVERY in missing else []
        self.rest = list(spec.rest) if EVERY in missing else []
        self.fitting = [item for item in spec.fitting if item.id in missing]
        binder = Binder(spec.pipe.schema, spec.constants, spec.malformed)
        self.judge = Judge(spec.pipe.rules, binder)
        # statistics and contracts look at cells as they are: one that does not fit its type is null there
        lenient = Binder(spec.pipe.schema, spec.constants, "null")
        self.every_program = Program([lenient.bind(n) for item in self.every for n in item.nodes])
        self.guard_program = Program([binder.bind(n) for n in spec.guard])
        self.fit_program = Program([binder.bind(n) for item in self.fitting for n in item.nodes])
        self.rest_program = Program([lenient.bind(n) for item in self.rest for n in item.nodes])
        self.judges = bool(self.fitting or self.rest) or FAILURES in missing

    def run(self, source: SourceInput | StageInput, number: int, piece: Any) -> ScanState:
        states = {item.id: item.fold.init() for item in (*self.every, *self.rest, *self.fitting)}
        state = ScanState(states, Failures(), read=1)
        found: list[tuple[Any, Labels]] = []
        for batch in source.read(piece, self.spec.columns()):
            state.rows += batch.n
            if batch.n == 0:
                continue
            self.every_rows(states, batch)
            if self.judges:
                with naming_row(source, piece, batch):
                    judged = self._judge(batch, found)
                    self._fold(self.fitting, self.fit_program, batch, judged.alive, states)
                if not judged.alive.all():
                    self._fold(self.rest, self.rest_program, batch, ~judged.alive, states)
                state.failures.note(number, batch, judged.taken)
        if self.labels is not None:
            self.labels.keep(piece, found)
        return state

    def every_rows(self, states: dict[str, Any], batch: RowBatch) -> None:
        """Fold all rows of a batch."""
        if batch.n:
            self._fold(self.every, self.every_program, batch, None, states)

    def _judge(self, batch: RowBatch, found: list[tuple[Any, Labels]]) -> Judged:
        judged = self.judge.run(batch)
        alive = judged.alive
        if self.guard_program.roots:
            for column in self.guard_program.run(batch.columns, batch.n, batch.malformed, alive):
                leave_rejected(self.spec.pipe.passes[-1], column.codes, self.guard_program.reasons, alive, judged.taken)
        if self.labels is not None:
            labels = self.labels.of(batch)
            found.append((batch.rows, labels))
            alive = alive & (labels == self.labels.split.names.index("train"))
        return Judged(alive, judged.taken)

    def _fold(self, items: list[FoldItem], program: Program, batch: RowBatch, alive: Any, states: dict[str, Any]) -> None:
        if not items:
            return
        columns = iter(program.run(batch.columns, batch.n, batch.malformed, alive))
        mask = None if alive is None or alive.all() else pa.array(alive)
        cut: dict[int, pa.Array] = {}
        alike: dict[tuple[int, ...], list[tuple[FoldItem, list[Column]]]] = {}
        for item in items:
            given = [next(columns) for _ in item.nodes]
            alike.setdefault(tuple(id(column.values) for column in given), []).append((item, given))

        def fold(same: list[tuple[FoldItem, list[Column]]]) -> None:
            """Items that are given the same values, one after the other: they begin with the same work."""
            for item, given in same:
                arrays = []
                for column in given:
                    values = column.values
                    if mask is not None:
                        if id(values) not in cut:
                            cut[id(values)] = values.filter(mask)
                        values = cut[id(values)]
                    if column.codes is not None and np.any(column.codes):
                        values = _without(values, column.codes if alive is None else column.codes[alive])
                    arrays.append(values)
                states[item.id] = item.fold.update(states[item.id], *arrays)

        share(fold, alike.values())


def _without(values: pa.Array, codes: Any) -> pa.Array:
    """The values with rejected cells null."""
    positions = pa.array(np.arange(len(values)), mask=np.asarray(codes) != 0)
    return values.take(positions)
