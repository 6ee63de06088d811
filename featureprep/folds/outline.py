"""What of a column's values answers the same quantiles again when few rows have come: the values around the ranks that were asked for.

A window holds every value between two bounds, and how many values there are before it. So ranks within it are as exact as with all
values at hand, however many rows have come; a rank that has left its window is not answered at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.radix import Floats, Ints, Pool

_FROM: Final = 1 << 14
"""Fewer values are kept whole."""
_ASIDE: Final = 256
"""On each side of a rank a window holds about one value of so many."""
_SAMPLE: Final = 1 << 12


class NotKeptError(LookupError):
    """What was asked takes values that are not in an outline."""


@dataclass
class Asked:
    """What was asked of a column's order: the ranks, or something that takes all values."""

    ranks: set[int] = field(default_factory=set)
    whole: bool = False


@dataclass(frozen=True)
class Window:
    """Every value from `low` to `high`, in any order, and how many values there are before `low`."""

    low: float
    high: float
    before: int
    values: Floats

    def joined(self, more: Floats) -> Window:
        """The same of these values and more."""
        inside = more[(more >= self.low) & (more <= self.high)]
        before = self.before + int(np.count_nonzero(more < self.low))
        return Window(self.low, self.high, before, np.concatenate([self.values, inside]))

    def cut(self, first: int, last: int, aside: int) -> Window:
        """About `aside` values on each side of the ranks from `first` to `last`, which are ranks among all values."""
        n = len(self.values)
        if n <= 2 * (last - first + 2 * aside):
            return self
        sample = np.sort(self.values[:: max(1, n // _SAMPLE)])
        share = len(sample) / n
        start = int((first - aside - self.before) * share) - 1
        stop = int((last + aside - self.before) * share) + 1
        low = float(sample[start]) if start > 0 else self.low
        high = float(sample[stop]) if stop < len(sample) else self.high
        before = self.before + int(np.count_nonzero(self.values < low))
        return Window(low, high, before, self.values[(self.values >= low) & (self.values <= high)])


@dataclass(frozen=True)
class Outline:
    """Windows on the order of `n` finite values."""

    n: int
    windows: tuple[Window, ...]

    @staticmethod
    def of(pool: Pool, n: int, asked: Asked) -> Outline | None:
        """Windows around the ranks that were asked of all `n` values; None where they would hold too much of them to be worth it."""
        if asked.whole or len(pool.counted.values) or n < _FROM:
            return None
        aside, clusters = _clusters(asked, n)
        if not clusters:
            return None
        counts = pool.counts()
        upto = np.cumsum(counts)
        windows = []
        for first, last in clusters:
            ends = np.array([max(first - aside, 0), min(last + aside, n - 1)])
            start, stop = np.searchsorted(upto, ends, side="right").tolist()
            values = np.concatenate(pool.narrowed(start, stop).arrays())
            before = int(upto[start] - counts[start])
            low = float(values.min()) if before else -np.inf  # at the ends whatever comes is within
            high = float(values.max()) if upto[stop] < n else np.inf
            windows.append(Window(low, high, before, values).cut(first, last, aside))
        return Outline(n, tuple(windows))

    def later(self, more: Floats, asked: Asked) -> Outline | None:
        """Windows around the ranks that were asked of these values and more, within the windows that there are."""
        n = self.n + len(more)
        aside, clusters = _clusters(asked, n)
        wider = [window.joined(more) for window in self.windows]
        found = []
        for first, last in clusters:
            window = next((one for one in wider if one.before <= first and last < one.before + len(one.values)), None)
            if window is None:
                return None
            found.append(window.cut(first, last, aside))
        return Outline(n, tuple(found)) if found and not asked.whole else None

    def select(self, ranks: Ints, more: Floats) -> Floats:
        """The values with so many before them among these and `more`.

        Raises
        ------
        NotKeptError
            Where one is in no window.
        """
        found = np.empty(len(ranks))
        missing = np.ones(len(ranks), np.bool_)
        for window in self.windows:
            wider = window.joined(more)
            at = ranks - wider.before
            mine = missing & (at >= 0) & (at < len(wider.values))
            if mine.any():
                found[mine] = np.partition(wider.values, np.unique(at[mine]))[at[mine]]
                missing &= ~mine
        if missing.any():
            raise NotKeptError
        return found

    def encode(self, header: dict[str, Any]) -> bytes:
        """The bytes, with some more for the header."""
        header |= {"n": self.n, "before": [window.before for window in self.windows]}
        ends = np.array([[window.low, window.high] for window in self.windows], "<f8")
        return pack(header, [ends.data, *(window.values.astype("<f8", copy=False).data for window in self.windows)])

    @staticmethod
    def decode(data: bytes | memoryview, fold: str) -> tuple[Outline, dict[str, Any]]:
        """The outline, and the header.

        Raises
        ------
        CorruptArtefactError
        """
        header, buffers = unpack(data, fold)
        n = integers(header, ["n"], fold)["n"]
        before = header.get("before")
        try:
            ends, *values = [np.frombuffer(view, "<f8") for view in buffers]
        except ValueError as error:
            raise corrupt(fold) from error
        if (
            not isinstance(before, list)
            or not all(type(one) is int for one in before)
            or not 2 * len(before) == 2 * len(values) == len(ends)
        ):
            raise corrupt(fold)
        windows = zip(ends[::2].tolist(), ends[1::2].tolist(), before, values, strict=True)
        return Outline(n, tuple(Window(*window) for window in windows)), header


def _clusters(asked: Asked, n: int) -> tuple[int, Sequence[tuple[int, int]]]:
    """How many values to keep on each side, and the first and last of the ranks that share a window; none where that is most values."""
    aside = max(n // _ASIDE, 1)
    clusters: list[tuple[int, int]] = []
    for rank in sorted(asked.ranks):
        if clusters and rank - clusters[-1][1] <= 2 * aside:
            clusters[-1] = clusters[-1][0], rank
        else:
            clusters.append((rank, rank))
    held = sum(last - first + 2 * aside for first, last in clusters)
    return aside, clusters if 2 * held <= n else []
