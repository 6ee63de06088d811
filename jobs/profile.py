"""Folds over all rows of one source, as they are read: what statistics, contracts and their inference are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from featureprep import platform
from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.io.base import BadRecord, Fragment, Source
from featureprep.jobs.definition import Job
from featureprep.jobs.misfit_cells import MisfitCells, misfits_in
from featureprep.jobs.sources import BoundSource, partitioned, replaced
from featureprep.plan import steps
from featureprep.plan.physical import Input, Pipe
from featureprep.run.levels import FoldItem, finish_items, fold_item
from featureprep.run.rows import RowBatch, SourceInput
from featureprep.run.scan import FoldPieces, ScanMerger, ScanSpec, ScanState
from featureprep.run.shipping import ship
from featureprep.validators.contract import Contract, SourceContract
from featureprep.validators.statistics import column_folds, finish

FIRST = 5
"""Unparsable records that are shown of each source."""

Folds = Mapping[str, tuple[Fold, tuple[Node, ...]]]


@dataclass
class Unparsable:
    """Records that could not be parsed: how many by reason, and the first ones as (piece, row, "file:line")."""

    reasons: Counter[str] = field(default_factory=Counter)
    first: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.reasons.total()

    def note(self, piece: int, file: str, records: Sequence[BadRecord]) -> None:
        """Count the bad records of a batch."""
        self.reasons.update(record.reason for record in records)
        self.first = sorted(self.first + [(piece, record.row, f"{file}:{record.line}") for record in records[:FIRST]])[:FIRST]

    def add(self, other: Unparsable) -> Unparsable:
        """Those of both; order-free."""
        return Unparsable(self.reasons + other.reasons, sorted(self.first + other.first)[:FIRST])


@dataclass(frozen=True)
class Profile:
    """What a scan of a source found: finished folds by their ids, the number of rows, the records that are not among them.

    `misfits`: of the columns that were read, the cells that do not fit their type; to the folds they are null.
    """

    results: Mapping[str, Any]
    rows: int
    unparsable: Unparsable
    misfits: MisfitCells


def fold_rows(
    bound: BoundSource, schema: pa.Schema, folds: Folds, engine: Engine, *, partitions: int | None = None, label: str = ""
) -> Profile:
    """Fold over all rows of a source in one scan.

    Parameters
    ----------
    schema : pa.Schema
        What the folds' nodes are over: the source's own, pseudo columns among it where they are used.
    partitions : int, optional
        Changes no result.

    Raises
    ------
    ParseError
        For the first record that cannot be parsed, where the source's `on_error` is "fail".
    """
    items = {key: fold_item(fold, nodes) for key, (fold, nodes) in folds.items()}
    of_nodes: dict[tuple[str, ...], dict[str, FoldItem]] = {}
    for item in items.values():  # those of a column one after the other: a fold may use what the one before it found
        of_nodes.setdefault(tuple(node.key for node in item.nodes), {})[item.id] = item
    unique = {key: item for same in of_nodes.values() for key, item in same.items()}
    pipe = Pipe(Input("source", bound.name), schema, (), {}, (f"read {bound.name}",))
    spec = ScanSpec(pipe, list(unique.values()), [], [], None, {}, "null", platform.text())
    merger = _Merger(ScanMerger({item.id: item.fold for item in unique.values()}))
    work = engine.map(engine.scan(partitioned(bound.fragments, partitions)), ship(_Pieces(spec, bound), engine))
    state: _State = engine.fold(work, merger, label or f"rows of {bound.name}")
    return Profile(finish_items(items, state.scan.states), state.scan.rows, state.bad, state.misfits)


def statistics_of(
    bound: BoundSource, engine: Engine, *, partitions: int | None = None, sensitive: Collection[str] = (), shapes: bool = False
) -> dict[str, Any]:
    """The statistics section of a source, from one scan, with `shapes` where wanted; values of `sensitive` columns are left out.

    Cells that do not fit the type of their column count as null; where there are some, the column's `misfits` tell of them.

    Raises
    ------
    RequestError
        For a column whose name is empty.
    """
    refuse_unnamed(bound)
    folds = column_folds(bound.schema, shapes=shapes)
    profile = fold_rows(bound, bound.schema, folds, engine, partitions=partitions, label=f"statistics of {bound.name}")
    misfits = misfits_in(profile.misfits, bound, profile.rows)
    return finish(profile.results, bound.schema, sensitive=sensitive, shapes=shapes, misfits=misfits)


def refuse_unnamed(bound: BoundSource) -> None:
    """Refuse a column whose name is empty, as Parquet and JSON can have: nothing can be said of it.

    Raises
    ------
    RequestError
    """
    if "" in bound.schema.names:
        raise RequestError("a column has an empty name", where=bound.name or None, hint="name it, or leave it out")


def used_sources(job: Job, paths: Mapping[str, Any] | None = None) -> dict[str, Source]:
    """The sources that a job's plan reads, with those that a caller gives in place of its own.

    Raises
    ------
    RequestError
        For a source that the job does not have.
    """
    used = {step.source for step in job.step.walk() if isinstance(step, steps.Scan)}
    return {name: source for name, source in replaced(job.sources, paths).items() if name in used}


def contract_of(contract: Contract, name: str, sources: Collection[str]) -> SourceContract:
    """The contract of one of several sources.

    Raises
    ------
    RequestError
        When it has none, or the contract does not tell its sources apart.
    """
    if len(sources) > 1 and contract.names == [""]:
        raise RequestError(
            "the contract has one list of columns, but there are several sources",
            where=contract.file or None,
            hint="write sources: with a section for each",
        )
    return contract.source(name)


@dataclass
class _State:
    scan: ScanState
    bad: Unparsable
    misfits: MisfitCells


@dataclass(frozen=True)
class _Merger:
    inner: ScanMerger

    def init(self) -> _State:
        return _State(self.inner.init(), Unparsable(), MisfitCells())

    def update(self, state: _State, item: _State) -> _State:
        return self.merge(state, item)

    def merge(self, a: _State, b: _State) -> _State:
        return _State(self.inner.merge(a.scan, b.scan), a.bad.add(b.bad), a.misfits.add(b.misfits))


@dataclass(frozen=True)
class _Pieces:
    """The map function of the scan."""

    spec: ScanSpec
    bound: BoundSource

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Any]]) -> Iterator[_State]:
        for number, piece in pieces:
            bad, misfits = Unparsable(), MisfitCells()
            source = _NotingInput(self.bound.source, self.bound.name, self.bound.schema, number, bad, misfits)
            for state in FoldPieces(self.spec, source, None)(partition, iter([(number, piece)])):
                yield _State(state, bad, misfits)


@dataclass(frozen=True)
class _NotingInput(SourceInput):
    """Reads a fragment and notes the records that cannot be parsed, and the cells that do not fit their type."""

    number: int
    bad: Unparsable
    misfits: MisfitCells

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        for batch in super().read(piece, columns):
            if batch.bad:
                self.bad.note(self.number, piece.file.url, batch.bad)
            self.misfits.note(self.number, batch)
            yield batch
