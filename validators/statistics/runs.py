"""What runs tell beside quantiles: counts below a value, histograms, distinct values. Bounded memory, however many rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from featureprep.folds.quantiles import Quantiles
from featureprep.folds.radix import Counted, Ints

EXACT: Final = 2.0**53
"""Whole numbers up to here are doubles; beyond, neighbours may fall together."""
_CHUNK: Final = 1 << 16
_HASHED: Final = 1 << 17
"""Values among which the different ones are counted: a table of them stays in the cache."""
_CAP: Final = 1 << 10


def histogram(runs: Quantiles, low: float, high: float, buckets: int) -> list[tuple[float, float, int]]:
    """(lower edge, upper edge, count) of equally wide buckets from the smallest to the largest value.

    A value at an edge belongs to the upper bucket, the largest one to the last. One bucket where all values are equal.
    """
    if low == high:
        return [(low, high, runs.n)]
    shares = np.arange(buckets + 1) / buckets
    # no difference is taken: it may overflow
    edges = low * (1.0 - shares) + high * shares
    edges[0], edges[-1] = low, high
    edges = np.maximum.accumulate(edges)
    below = runs.below(edges)
    below[-1] = runs.n
    return [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], np.diff(below), strict=True)]


def zeros(runs: Quantiles) -> int:
    """How many values are zero."""
    zero = np.zeros(1)
    return int(runs.below(zero, inclusive=True)[0] - runs.below(zero)[0])


@dataclass(frozen=True)
class Distinct:
    """`n_unique` distinct values, and the most frequent ones with their counts, equally frequent ones ascending."""

    n_unique: int
    top: list[tuple[float, int]]


class Different:
    """Counts distinct values that it is given in ascending parts, and keeps the `top` most frequent."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.n_unique = 0
        self._values, self._counts = np.empty(0), np.empty(0, np.int64)

    def add(self, part: Counted) -> None:
        """Values that come after all earlier ones, with their counts."""
        self.n_unique += len(part.values)
        if self.top:
            keep = _most_frequent(part.counts, self.top)
            values = np.concatenate([self._values, part.values[keep]])
            counts = np.concatenate([self._counts, part.counts[keep]])
            order = np.lexsort((values, -counts))[: self.top]
            self._values, self._counts = values[order], counts[order]

    def found(self) -> Distinct:
        return Distinct(self.n_unique, list(zip(self._values.tolist(), self._counts.tolist(), strict=True)))


def distinct(runs: Quantiles, top: int) -> Distinct:
    """Distinct values and the `top` most frequent, a slice of the values at a time."""
    if not top:
        return Distinct(runs.n_unique(_HASHED), [])
    different = Different(top)
    for part in runs.distinct(_CHUNK):
        different.add(part)
    return different.found()


def _most_frequent(counts: Ints, top: int) -> Ints:
    """Places of the `top` largest counts, the first ones among equals."""
    if len(counts) <= top:
        return np.arange(len(counts))
    # a histogram of the counts: partition takes thirty times as long where most of them are 1
    capped = np.minimum(counts, _CAP)
    at_least = np.cumsum(np.bincount(capped)[::-1])[::-1]
    least = int(np.flatnonzero(at_least >= top)[-1])
    if least == _CAP:
        large = counts[counts >= _CAP]
        least = int(np.partition(large, -top)[-top])
    more = np.flatnonzero(counts > least)
    return np.concatenate([more, np.flatnonzero(counts == least)[: top - len(more)]])
