"""Exact quantiles of a numeric column for each key, from values that are grouped by key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, pack, pack_table, unpack, unpack_table
from featureprep.folds.codes import Ids
from featureprep.folds.count_parts import COUNT, key_names
from featureprep.folds.keys import Floats, Keyed, ascending, finite_rows, join
from featureprep.folds.quantiles import Quantiles, between
from featureprep.folds.radix import Counted, Run

_GROUP_AT: Final = 1 << 20
"""Values that wait, at most."""
_SHORT: Final = 1 << 16
_MANY: Final = 64
_BLOCK: Final = 1 << 20
"""Values that are sorted at a time for their quantiles; those of a larger key are grouped instead."""


@dataclass(frozen=True)
class KeyedRun:
    """Values by key.

    Attributes
    ----------
    keys : sequence of pa.Array of length k
        Different keys, column by column.
    counts : np.ndarray of int64, shape (k,)
        How many values each has.
    values : np.ndarray of float64
        Those of the first key, then those of the second, ...; in no order within a key.
    """

    keys: Sequence[pa.Array]
    counts: Ids
    values: Floats

    def ids(self) -> Ids:
        """For each value the position of its key."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


@dataclass(frozen=True)
class KeyedQuantiles(Keyed):
    """Quantiles of the finite values of each key; a key without any is not among them.

    Attributes
    ----------
    runs : sequence of (np.ndarray of int64, KeyedRun)
        Each with the numbers of its keys among those of `columns`.
    """

    runs: Sequence[tuple[Ids, KeyedRun]]

    def quantiles(self, qs: Sequence[float]) -> list[list[float | None]]:
        """For each key its quantiles, as `Quantiles.quantiles` gives them.

        Raises
        ------
        ArgumentError
            For a q outside [0, 1].
        """
        for q in qs:
            if not 0.0 <= q <= 1.0:
                raise ArgumentError.of("q", "quantile", "in [0, 1]", q)
        if not self.columns:
            return []
        sizes = np.zeros(len(self.columns[0]), np.int64)
        for ids, run in self.runs:
            sizes[ids] += run.counts
        pieces = [_Pieces.of(ids, run) for ids, run in self.runs]
        ends = np.cumsum(sizes)
        found: list[list[float | None]] = []
        while len(found) < len(sizes):
            first = len(found)
            before = int(ends[first] - sizes[first])
            last = max(first + 1, int(np.searchsorted(ends, before + _BLOCK, side="right")))
            if sizes[first] > _BLOCK:
                runs = [Run.of(piece.gather(first, last)[1]) for piece in pieces]
                found.append(Quantiles(runs, Counted.of([]), int(sizes[first]), 0, 0, 0).quantiles(qs))
            else:
                found += _of_block([piece.gather(first, last) for piece in pieces], sizes[first:last], qs)
        return found


@dataclass(frozen=True)
class _Pieces:
    """A run's values, found by the number of their key."""

    numbers: Ids
    """Ascending."""
    starts: Ids
    counts: Ids
    values: Floats

    @classmethod
    def of(cls, ids: Ids, run: KeyedRun) -> _Pieces:
        order = np.argsort(ids)
        return cls(ids[order], (np.cumsum(run.counts) - run.counts)[order], run.counts[order], run.values)

    def gather(self, first: int, last: int) -> tuple[Ids, Floats]:
        """The numbers and values of the keys from `first` up to, not including, `last`."""
        a, b = np.searchsorted(self.numbers, [first, last])
        if b - a == 1:  # a view
            start = int(self.starts[a])
            return np.repeat(self.numbers[a:b], self.counts[a:b]), self.values[start : start + int(self.counts[a])]
        counts = self.counts[a:b]
        places = np.arange(int(counts.sum())) + np.repeat(self.starts[a:b] - (np.cumsum(counts) - counts), counts)
        return np.repeat(self.numbers[a:b], counts), self.values[places]


def _of_block(pieces: Sequence[tuple[Ids, Floats]], sizes: Ids, qs: Sequence[float]) -> list[list[float | None]]:
    """The quantiles of keys with `sizes` values each."""
    values = np.concatenate([values for _, values in pieces])
    values = values[np.lexsort((values, np.concatenate([ids for ids, _ in pieces])))]
    starts = np.cumsum(sizes) - sizes
    columns = []
    for q in qs:
        virtual = (sizes - 1) * q
        below = np.minimum(np.floor(virtual).astype(np.int64), sizes - 1)
        a, b = values[starts + below], values[starts + np.minimum(below + 1, sizes - 1)]
        columns.append([between(*one) for one in zip(a.tolist(), b.tolist(), (virtual - below).tolist(), strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


@dataclass
class KeyedRunsState:
    """Runs, and batches that wait: their keys, the position of each value's key, and the values."""

    runs: list[KeyedRun] = field(default_factory=list)
    pending: list[tuple[Sequence[pa.Array], Ids, Floats]] = field(default_factory=list)
    waiting: int = 0

    def settle(self) -> None:
        """Group what waits into a run."""
        if self.pending:
            self.runs.append(_run(self.pending))
        self.pending, self.waiting = [], 0


@dataclass(frozen=True)
class KeyedRuns(Fold):
    """Of a column of numbers, as float64, by the columns after it.

    Rows whose number is null, NaN or infinite, or whose key has a null or NaN, are left out. At most `keys.MAX_KEYS` keys.

    Attributes
    ----------
    width : int
        Columns of a key.
    """

    name: ClassVar[str] = "keyed_runs"
    width: int = 1

    def init(self) -> KeyedRunsState:
        return KeyedRunsState()

    def update(self, state: KeyedRunsState, *columns: pa.Array) -> KeyedRunsState:
        rows = finite_rows(columns)
        if len(rows[1]):
            state.pending.append(rows)
            state.waiting += len(rows[1])
        if state.waiting >= _GROUP_AT:
            state.settle()
        return state

    def merge(self, a: KeyedRunsState, b: KeyedRunsState) -> KeyedRunsState:
        a.settle()
        b.settle()
        runs = a.runs + b.runs
        short = [run for run in runs if len(run.values) < _SHORT]
        if len(short) > _MANY:
            joined = _run([(run.keys, run.ids(), run.values) for run in short])
            runs = [*(run for run in runs if len(run.values) >= _SHORT), joined]
        return KeyedRunsState(runs)

    def shrinks(self, state: KeyedRunsState, size: int) -> bool:
        return False

    def finish(self, state: KeyedRunsState) -> KeyedQuantiles:
        state.settle()
        if not state.runs:
            return KeyedQuantiles((), ())
        every, keys = join([run.keys for run in state.runs])
        order = ascending(keys)
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        columns = tuple(key.take(pa.array(order)) for key in keys)
        return KeyedQuantiles(columns, tuple((number[ids], run) for ids, run in zip(every, state.runs, strict=True)))

    def encode(self, state: KeyedRunsState) -> bytes:
        state.settle()
        buffers: list[bytes | memoryview] = []
        for run in state.runs:
            table = pa.table([*run.keys, pa.array(run.counts)], names=[*key_names(self.width), COUNT])
            buffers += [pack_table(table), run.values.astype("<f8", copy=False).data]
        return pack({"width": self.width}, buffers)

    def decode(self, data: bytes | memoryview) -> KeyedRunsState:
        header, buffers = unpack(data, self.name)
        if header != {"width": self.width} or len(buffers) % 2:
            raise corrupt(self.name)
        names, state = key_names(self.width), self.init()
        for head, body in zip(buffers[::2], buffers[1::2], strict=True):
            table = unpack_table(head, self.name)
            if table.column_names != [*names, COUNT] or table.schema.field(COUNT).type != pa.int64() or len(body) % 8:
                raise corrupt(self.name)
            counts, values = table[COUNT].to_numpy(), np.frombuffer(body, "<f8")
            if (counts < 1).any() or math.fsum(counts.tolist()) != len(values):
                raise corrupt(self.name)
            state.runs.append(KeyedRun([table[name].combine_chunks() for name in names], counts, values))
        return state


def _run(pieces: Sequence[tuple[Sequence[pa.Array], Ids, Floats]]) -> KeyedRun:
    numbers, keys = join([keys for keys, _, _ in pieces])
    ids = np.concatenate([mine[ids] for mine, (_, ids, _) in zip(numbers, pieces, strict=True)])
    values = np.concatenate([values for _, _, values in pieces])
    short = ids.astype(np.uint16) if len(keys[0]) <= 1 << 16 else ids  # NumPy's radix sort takes 16 bits
    return KeyedRun(keys, np.bincount(ids, minlength=len(keys[0])).astype(np.int64), values[np.argsort(short, kind="stable")])
