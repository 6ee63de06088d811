"""Where rows stand that break a contract: looked up once it is known that there are some, and of which rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.node import Node
from featureprep.io.base import Fragment
from featureprep.jobs.sources import BoundSource, partitioned
from featureprep.run.rows import SourceInput
from featureprep.run.shipping import ship
from featureprep.validators.checks.base import Scene
from featureprep.validators.contract import SourceContract
from featureprep.validators.outcome import Outcome

MOST: Final = 5
"""Rows that are looked up for each rule."""
_Found = dict[str, list[tuple[int, int]]]
"""By rule: number of the fragment and of the row in it, ascending."""


def with_rows(
    outcomes: Sequence[Outcome],
    contract: SourceContract,
    results: Mapping[str, Any],
    scene: Scene,
    bound: BoundSource,
    engine: Engine,
    partitions: int | None,
) -> list[Outcome]:
    """The outcomes of one source, those that rows break with the places of the first ones, in the order of the files.

    Reads the source again, each piece up to the last row that is wanted of it, if there is such an outcome.

    Parameters
    ----------
    results : mapping of id to result
        Of the contract's folds.
    scene : Scene
        What the rules were judged in.
    partitions : int, optional
        Changes no result.
    """
    wanted = contract.broken(outcomes, results, scene)
    if not wanted:
        return list(outcomes)
    used: set[str] = set().union(*(node.columns() for node in wanted.values()))
    columns = [name for name in scene.schema.names if name in used]
    work = engine.map(
        engine.scan(partitioned(bound.fragments, partitions)), ship(_Find(bound.input(), scene.schema, wanted, columns), engine)
    )
    found: _Found = engine.fold(work, _First(), f"rows of {bound.name} that break its contract")
    stand = bound.places(row for rows in found.values() for row in rows)
    places = {key: tuple(stand[row] for row in rows) for key, rows in found.items() if rows}
    return [replace(outcome, rows=places[outcome.id]) if outcome.id in places else outcome for outcome in outcomes]


@dataclass(frozen=True)
class _Find:
    """The map function: the first rows of each piece of which each expression is true."""

    source: SourceInput
    schema: pa.Schema
    wanted: Mapping[str, Node]
    columns: Sequence[str]

    def __call__(self, partition: int, pieces: Iterator[tuple[int, Fragment]]) -> Iterator[_Found]:
        binder = Binder(self.schema, malformed="null")
        program = Program([binder.bind(node) for node in self.wanted.values()])
        for number, piece in pieces:
            found: _Found = {key: [] for key in self.wanted}
            for batch in self.source.read(piece, self.columns):
                if batch.n == 0:
                    continue
                for key, column in zip(self.wanted, program.run(batch.columns, batch.n, batch.malformed), strict=True):
                    at = np.flatnonzero(column.values.cast(pa.bool_()).fill_null(False).to_numpy(zero_copy_only=False))
                    found[key] += [(number, int(row)) for row in batch.rows[at[: MOST - len(found[key])]]]
                if all(len(rows) == MOST for rows in found.values()):
                    break
            yield found


class _First:
    """Merges what was found in pieces: the first rows of all."""

    def init(self) -> _Found:
        return {}

    def update(self, state: _Found, item: _Found) -> _Found:
        return self.merge(state, item)

    def merge(self, a: _Found, b: _Found) -> _Found:
        return {key: sorted([*a.get(key, ()), *b.get(key, ())])[:MOST] for key in a.keys() | b.keys()}
