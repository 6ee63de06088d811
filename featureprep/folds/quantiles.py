"""Exact quantiles from sorted runs, without ever putting the runs together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.numbers import present, split_finite
from featureprep.folds.selection import Floats, select, sort_floats

_SORT_AT: Final = 1 << 20
"""Values that wait unsorted, at most: runs of about this length serve batches of any length."""
_SHORT: Final = 1 << 16
_MANY: Final = 64


@dataclass(frozen=True)
class Quantiles:
    """Order statistics and quantiles of the finite values of a column.

    Attributes
    ----------
    runs : sequence of np.ndarray of float64
        Ascending.
    extra_values, extra_counts : np.ndarray of float64, of int64
        Ascending values with how often each occurs beside the runs.
    n : int
        Finite values. Nulls, NaNs and infinities are counted beside.
    """

    runs: Sequence[Floats]
    extra_values: Floats
    extra_counts: np.ndarray[Any, np.dtype[np.int64]]
    n: int
    nulls: int
    nans: int
    infs: int

    def order_statistic(self, k: int) -> float:
        """The value with exactly `k` values before it in ascending order, 0 <= k < n.

        Raises
        ------
        ArgumentError
            When there is none.
        """
        if not 0 <= k < self.n:
            raise ArgumentError.of("k", "order_statistic", f"in [0, {self.n})", k)
        return float(self._select([k])[0])

    def quantile(self, q: float) -> float | None:
        """The q-quantile, or None where n is 0; see `quantiles`."""
        return self.quantiles([q])[0]

    def quantiles(self, qs: Iterable[float]) -> list[float | None]:
        """Quantiles of type 7 (Hyndman and Fan 1996), with NumPy's rounding; finite even where NumPy's difference overflows.

        Raises
        ------
        ArgumentError
            For a q outside [0, 1].
        """
        wanted = [float(q) for q in qs]
        for q in wanted:
            if not 0.0 <= q <= 1.0:
                raise ArgumentError.of("q", "quantile", "in [0, 1]", q)
        if self.n == 0:
            return [None] * len(wanted)
        virtual = [(self.n - 1) * q for q in wanted]
        below = [min(math.floor(index), self.n - 1) for index in virtual]
        values = self._select([rank for k in below for rank in (k, min(k + 1, self.n - 1))])
        pairs = zip(virtual, below, values[::2].tolist(), values[1::2].tolist(), strict=True)
        return [_between(a, b, index - k) for index, k, a, b in pairs]

    def _select(self, ranks: Sequence[int]) -> Floats:
        return select(self.runs, self.extra_values, self.extra_counts, ranks)


def _between(a: float, b: float, t: float) -> float:
    """NumPy's two-sided interpolation."""
    width = b - a
    if math.isinf(width):  # of different signs, so this cannot overflow
        value = a * (1.0 - t) + b * t
    elif t >= 0.5:
        value = b - width * (1.0 - t)
    else:
        value = a + width * t
    return value + 0.0


@dataclass
class RunsState:
    """Sorted runs, values not sorted yet, and single values with counts."""

    nulls: int = 0
    nans: int = 0
    infs: int = 0
    runs: list[Floats] = field(default_factory=list)
    pending: list[Floats] = field(default_factory=list)
    waiting: int = 0
    extras: dict[float, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Sort what waits into a run."""
        if self.waiting:
            self.runs.append(sort_floats(self.pending[0] if len(self.pending) == 1 else np.concatenate(self.pending)))
        self.pending, self.waiting = [], 0


@dataclass(frozen=True)
class SortedRuns(Fold):
    """Of integers (rounded to the nearest double), floats, or bool as 0 and 1; -0.0 is 0.0."""

    name: ClassVar[str] = "sorted_runs"

    def init(self) -> RunsState:
        return RunsState()

    def update(self, state: RunsState, *columns: pa.Array) -> RunsState:
        (array,) = columns
        values, nulls = present(array, self.name)
        finite, nans, infs = split_finite(values.astype(np.float64, copy=False))
        state.nulls += nulls
        state.nans += nans
        state.infs += infs
        if len(finite):
            state.pending.append(finite + 0.0)  # a copy without -0.0
            state.waiting += len(finite)
        if state.waiting >= _SORT_AT:
            state.settle()
        return state

    def merge(self, a: RunsState, b: RunsState) -> RunsState:
        a.settle()
        b.settle()
        runs = a.runs + b.runs
        short = [run for run in runs if len(run) < _SHORT]
        if len(short) > _MANY:
            runs = [run for run in runs if len(run) >= _SHORT] + [sort_floats(np.concatenate(short))]
        extras = dict(a.extras)
        for value, count in b.extras.items():
            extras[value] = extras.get(value, 0) + count
        return RunsState(a.nulls + b.nulls, a.nans + b.nans, a.infs + b.infs, runs, extras=extras)

    def add_value(self, state: RunsState, value: Any, count: int) -> RunsState:
        if count == 0:
            return state
        if value is None:
            state.nulls += count
            return state
        if not isinstance(value, (int, float)) or (isinstance(value, int) and not -(1 << 63) <= value < 1 << 64):
            raise TypeMismatchError(f"{self.name} takes 64-bit numbers, not {type(value).__name__} {value!r}")
        number = float(value) + 0.0
        if math.isfinite(number):
            state.extras[number] = state.extras.get(number, 0) + count
        elif number != number:
            state.nans += count
        else:
            state.infs += count
        return state

    def finish(self, state: RunsState) -> Quantiles:
        state.settle()
        values = np.array(sorted(state.extras), np.float64)
        counts = np.array([state.extras[value] for value in sorted(state.extras)], np.int64)
        n = sum(len(run) for run in state.runs) + int(sum(state.extras.values()))
        return Quantiles(tuple(state.runs), values, counts, n, state.nulls, state.nans, state.infs)

    def encode(self, state: RunsState) -> bytes:
        state.settle()
        extras = [[value, count] for value, count in sorted(state.extras.items())]
        header = {"nulls": state.nulls, "nans": state.nans, "infs": state.infs, "extras": extras}
        return pack(header, [run.astype("<f8", copy=False).data for run in state.runs])

    def decode(self, data: bytes | memoryview) -> RunsState:
        header, buffers = unpack(data, self.name)
        counts = integers(header, ("nulls", "nans", "infs"), self.name)
        extras: dict[float, int] = {}
        items = header.get("extras")
        if not isinstance(items, list) or any(len(view) % 8 for view in buffers):
            raise corrupt(self.name)
        for item in items:
            match item:
                case [float(value), int(count)] if math.isfinite(value):
                    extras[value] = count
                case _:
                    raise corrupt(self.name)
        runs = [np.frombuffer(view, "<f8") for view in buffers if len(view)]
        return RunsState(**counts, runs=runs, pending=[], waiting=0, extras=extras)
