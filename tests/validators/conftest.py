"""A small harness: contracts and statistics over tables in memory, cut into batches and merged in any order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep.expr.bind import Binder
from featureprep.expr.evaluate import Program
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.outcome import Outcome
from featureprep.validators.statistics import column_folds, finish

Malformed = Mapping[str, Sequence[str | None]]
"""Texts of cells that did not fit, by column: one a row, None where the cell fits."""


def evaluate(
    folds: Mapping[str, tuple[Fold, tuple[Node, ...]]], table: pa.Table, cuts: Sequence[int] = (), *, merged: str = "left"
) -> dict[str, Any]:
    """The finished folds over a table cut before the rows `cuts`; every piece's state goes through its bytes."""
    bounds = [0, *sorted(cuts), table.num_rows]
    binder = Binder(table.schema, malformed="null")
    results = {}
    for key, (fold, nodes) in folds.items():
        program = Program([binder.bind(node) for node in nodes])
        states = []
        for start, stop in pairwise(bounds):
            piece = table.slice(start, stop - start).combine_chunks()
            columns = {name: _array(piece[name]) for name in piece.column_names}
            made = program.run(columns, piece.num_rows)
            states.append(fold.decode(fold.encode(fold.update(fold.init(), *(column.values for column in made)))))
        states = states[::-1] if merged == "right" else states
        state = fold.init()
        for other in states:
            state = fold.merge(state, other)
        results[key] = fold.finish(state)
    return results


def _array(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    )


def offered(table: pa.Table, malformed: Malformed) -> pa.Table:
    """The table with the pseudo columns that a runner offers."""
    for name in table.column_names:
        texts = malformed.get(name, [None] * table.num_rows)
        table = table.append_column(f"$malformed:{name}", pa.array(np.array([t is not None for t in texts], bool)))
        table = table.append_column(f"$malformed_text:{name}", pa.array(texts, pa.string()))
    return table


@pytest.fixture
def fold_over() -> Callable[..., dict[str, Any]]:
    return evaluate


@pytest.fixture
def judge() -> Callable[..., dict[str, Outcome]]:
    """judge(yaml, table, malformed=..., environment=..., cuts=..., typed=...) -> outcomes by id."""

    def run(
        contract: str, table: pa.Table, *, malformed: Malformed | None = None, environment: str | None = None, cuts: Sequence[int] = (),
        merged: str = "left", typed: bool = False, allow_not_evaluated: bool = False,
        now: dt.datetime | None = None,
    ) -> dict[str, Outcome]:  # fmt: skip
        source = load_contract(contract + "\n").source("any")
        whole = offered(table, malformed or {})
        results = evaluate(source.folds(environment, whole.schema), whole, cuts, merged=merged)
        outcomes = source.evaluate(
            results, environment=environment, present=set(table.column_names), schema=whole.schema if typed else None,
            allow_not_evaluated=allow_not_evaluated, now=now,
        )  # fmt: skip
        return {outcome.id: outcome for outcome in outcomes}

    return run


@pytest.fixture
def describe() -> Callable[..., dict[str, Any]]:
    """describe(table, cuts=..., sensitive=...) -> statistics section."""

    def run(table: pa.Table, *, cuts: Sequence[int] = (), merged: str = "left", sensitive: Sequence[str] = ()) -> dict[str, Any]:
        return finish(evaluate(column_folds(table.schema), table, cuts, merged=merged), table.schema, sensitive=sensitive)

    return run
