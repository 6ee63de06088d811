"""Exact quantiles of all rows, from values that are grouped but never sorted."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.numbers import numbers
from featureprep.folds.outline import Asked, NotKeptError, Outline
from featureprep.folds.points import Points, points
from featureprep.folds.radix import AT_ONCE, Counted, Digits, Floats, Ints, Pool, Run

_GROUP_AT: Final = 1 << 20
"""Values that wait, at most: runs of about this length serve batches of any length."""
_SHORT: Final = 1 << 16
_MANY: Final = 64
_WHOLE: Final = 2.0**52
_COUNTS: Final = ("nulls", "nans", "infs")


@dataclass(frozen=True)
class Quantiles:
    """Order statistics, quantiles and distinct values of the finite values of a column.

    Attributes
    ----------
    runs : sequence of Run
    counted : Counted
        Values beside the runs.
    n : int
        Finite values. Nulls, NaNs and infinities are counted beside.
    outline : Outline, optional
        Stands for more values beside those of the runs; what takes more of them than it has raises `NotKeptError`.
    asked : Asked
        What was asked so far.
    """

    runs: Sequence[Run]
    counted: Counted
    n: int
    nulls: int
    nans: int
    infs: int
    outline: Outline | None = None
    asked: Asked = field(default_factory=Asked, compare=False, repr=False)

    def _select(self, ranks: Ints) -> Floats:
        self.asked.ranks.update(ranks.tolist())
        if self.outline is None:
            return Pool(self.runs, self.counted).select(ranks)
        if len(self.counted.values):
            raise NotKeptError
        return self.outline.select(ranks, _together(self.runs))

    def _whole(self) -> Pool:
        self.asked.whole = True
        if self.outline is not None:
            raise NotKeptError
        return Pool(self.runs, self.counted)

    def order_statistic(self, k: int) -> float:
        """The value with exactly `k` values before it in ascending order, 0 <= k < n.

        Raises
        ------
        ArgumentError
            When there is none.
        """
        if not 0 <= k < self.n:
            raise ArgumentError.of("k", "order_statistic", f"in [0, {self.n})", k)
        return float(self._select(np.array([k]))[0])

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
        ranks, where = np.unique([rank for k in below for rank in (k, min(k + 1, self.n - 1))], return_inverse=True)
        values = self._select(ranks)[where]
        pairs = zip(virtual, below, values[::2].tolist(), values[1::2].tolist(), strict=True)
        return [between(a, b, index - k) for index, k, a, b in pairs]

    def below(self, values: Floats, *, inclusive: bool = False) -> Ints:
        """How many finite values are less (or, `inclusive`, not more) than each of `values`, shape (len(values),)."""
        return self._whole().below(values, inclusive=inclusive)

    def distinct(self, most: int) -> Iterator[Counted]:
        """The different values with their counts, ascending, from about `most` values at a time."""
        return self._whole().slices(most)

    def points(self, ranks: Ints, most: int, seen: Callable[[Counted], None] | None = None) -> Points:
        """The values at ascending ranks with how many are less and not more, looking at about `most` values at a time.

        `seen` is given what `distinct` gives.
        """
        return points(self._whole().parts(most, AT_ONCE if seen is None else 0), ranks, seen)

    def n_unique(self, most: int) -> int:
        """How many different values there are, looking at about `most` at a time."""
        return self._whole().unique(most)

    def let_go(self) -> None:
        """Have the values that lie in mapped files leave the memory until they are looked at again."""
        for run in self.runs:
            run.let_go()


def _together(runs: Sequence[Run]) -> Floats:
    return np.concatenate([run.values for run in runs]) if runs else np.empty(0)


def between(a: float, b: float, t: float) -> float:
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
    """Runs, values that wait to be grouped, and values with counts; or an outline of values instead of them."""

    nulls: int = 0
    nans: int = 0
    infs: int = 0
    runs: list[Run] = field(default_factory=list)
    pending: list[Floats] = field(default_factory=list)
    waiting: int = 0
    counted: list[Counted] = field(default_factory=list)
    outline: Outline | None = None
    asked: Asked = field(default_factory=Asked)

    def settle(self) -> None:
        """Group what waits; whole numbers of a small range are counted."""
        if self.waiting:
            self._keep(self.pending[0] if len(self.pending) == 1 else np.concatenate(self.pending))
        self.pending, self.waiting = [], 0

    def _keep(self, values: Floats) -> None:
        counted = _whole(values)
        if counted is None:
            self.runs.append(Run.of(values))
        else:
            self.counted.append(counted)


def _whole(values: Floats) -> Counted | None:
    """The values counted, where they are whole numbers and that takes less room: of a range smaller than half their number."""
    low, high = float(values.min()), float(values.max())
    if 2.0 * (high - low) >= len(values) or low <= -_WHOLE or high >= _WHOLE or values[0] != math.floor(values[0]):
        return None
    whole = values.astype(np.int64)
    if not np.array_equal(whole, values):
        return None
    counts = np.bincount(whole - int(low))
    present = np.flatnonzero(counts)
    return Counted((present + int(low)).astype(np.float64), counts[present])


@dataclass(frozen=True)
class Runs(Fold):
    """Of integers (rounded to the nearest double), floats, or bool as 0 and 1; -0.0 is 0.0."""

    name: ClassVar[str] = "runs"

    def init(self) -> RunsState:
        return RunsState()

    def update(self, state: RunsState, *columns: pa.Array) -> RunsState:
        (array,) = columns
        found = numbers(array, self.name)
        state.nulls += found.nulls
        state.nans += found.nans
        state.infs += found.infs
        if len(found.values):
            state.pending.append(found.values.astype(np.float64, copy=False))
            state.waiting += len(found.values)
        if state.waiting >= _GROUP_AT:
            state.settle()
        return state

    def merge(self, a: RunsState, b: RunsState) -> RunsState:
        a.settle()
        b.settle()
        runs = a.runs + b.runs
        short = [run for run in runs if len(run.values) < _SHORT]
        if len(short) > _MANY:
            runs = [run for run in runs if len(run.values) >= _SHORT] + [Run.of(np.concatenate([run.values for run in short]))]
        counted = a.counted + b.counted
        if len(counted) > _MANY:
            counted = [Counted.of(counted)]
        if a.outline is not None and b.outline is not None:
            raise NotKeptError
        return RunsState(a.nulls + b.nulls, a.nans + b.nans, a.infs + b.infs, runs, counted=counted, outline=a.outline or b.outline)

    def shrinks(self, state: RunsState, size: int) -> bool:
        return not state.runs and not state.pending and state.outline is None

    def outline(self, state: RunsState) -> bytes | None:
        state.settle()
        asked, runs = state.asked, state.runs
        if state.outline is not None:
            made = None if state.counted else state.outline.later(_together(runs), asked)
        else:
            made = Outline.of(Pool(runs, Counted.of(state.counted)), sum(len(run.values) for run in runs), asked)
        for run in runs:
            run.let_go()
        return None if made is None else made.encode({name: getattr(state, name) for name in _COUNTS})

    def from_outline(self, data: bytes | memoryview) -> RunsState:
        outline, header = Outline.decode(data, self.name)
        counts = integers(header, _COUNTS, self.name)
        return RunsState(counts["nulls"], counts["nans"], counts["infs"], outline=outline)

    def fill_missing(self, state: RunsState, value: Any) -> RunsState:
        state.asked.whole = True  # what is asked is asked of other values
        filled: RunsState = super().fill_missing(state, value)
        return filled

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
            state.counted.append(Counted(np.array([number]), np.array([count], np.int64)))
        elif number != number:
            state.nans += count
        else:
            state.infs += count
        return state

    def finish(self, state: RunsState) -> Quantiles:
        state.settle()
        counted = Counted.of(state.counted)
        n = sum(len(run.values) for run in state.runs) + int(counted.counts.sum()) + (state.outline.n if state.outline else 0)
        return Quantiles(tuple(state.runs), counted, n, state.nulls, state.nans, state.infs, state.outline, state.asked)

    def encode(self, state: RunsState) -> bytes:
        if state.outline is not None:
            raise NotKeptError
        state.settle()
        header = {name: getattr(state, name) for name in _COUNTS}
        counted = Counted.of(state.counted)
        arrays: list[np.ndarray[Any, Any]] = [counted.values, counted.counts]
        for run in state.runs:
            arrays += [run.values, run.digits, run.stops]
        return pack(header, [array.astype(array.dtype.newbyteorder("<"), copy=False).data for array in arrays])

    def decode(self, data: bytes | memoryview) -> RunsState:
        header, buffers = unpack(data, self.name)
        counts = integers(header, _COUNTS, self.name)
        if len(buffers) % 3 != 2:
            raise corrupt(self.name)
        try:
            counted = Counted(np.frombuffer(buffers[0], "<f8"), np.frombuffer(buffers[1], "<i8"))
            cells = [np.frombuffer(view, kind) for view, kind in zip(buffers[2:], ("<f8", "<u2", "<i8") * (len(buffers) // 3), strict=True)]
        except ValueError as error:
            raise corrupt(self.name) from error
        runs = [Run(*cells[i : i + 3]) for i in range(0, len(cells), 3)]
        if len(counted.values) != len(counted.counts) or not all(_sound(run.digits, run.stops, len(run.values)) for run in runs):
            raise corrupt(self.name)
        return RunsState(counts["nulls"], counts["nans"], counts["infs"], runs, counted=[counted] if len(counted.values) else [])


def _sound(digits: Digits, stops: Ints, n: int) -> bool:
    return (
        len(digits) == len(stops) > 0
        and int(stops[0]) > 0
        and int(stops[-1]) == n
        and bool((stops[1:] > stops[:-1]).all() and (digits[1:] > digits[:-1]).all())
    )
