"""Presence and valency: how many lists there are at a level of nesting, and how long they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from featureprep.validators.tfmd.generators.exact import ExactSum, Floats
from featureprep.validators.tfmd.generators.paths import Ints, Level
from featureprep.validators.tfmd.generators.quantiles import Outlined, outlined

_COUNTED: Final = 1 << 16
"""Lengths below this are counted in a table, longer ones are sorted."""


@dataclass
class LevelTotals:
    """What is known of one level.

    Attributes
    ----------
    lengths : Counter
        How often each length occurs.
    weight, weighted_total : ExactSum
        Of the rows' weights over the lists, and over the values in them.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    weight: ExactSum = field(default_factory=ExactSum)
    weighted_total: ExactSum = field(default_factory=ExactSum)

    def add(self, level: Level, weights: Floats | None) -> None:
        """The lists of one batch, with the weights of its rows."""
        for length, count in _counts(level.lengths):
            self.lengths[length] += count
        if weights is not None:
            mine = weights[level.owners]
            self.weight.add(mine)
            self.weighted_total.add(np.repeat(mine, level.lengths))

    @property
    def non_missing(self) -> int:
        """Lists that are not null."""
        return self.lengths.total()

    @property
    def total(self) -> int:
        """Values in all lists."""
        return sum(length * count for length, count in self.lengths.items())

    @property
    def least(self) -> int:
        """The shortest length, 0 where there are no lists."""
        return min(self.lengths, default=0)

    @property
    def most(self) -> int:
        """The longest length, 0 where there are no lists."""
        return max(self.lengths, default=0)

    def quantiles(self, buckets: int) -> Outlined:
        """Of the lengths; there must be lists."""
        lengths = sorted(self.lengths)
        counts = np.array([self.lengths[length] for length in lengths], np.float64)
        return outlined(np.array(lengths, np.float64), np.cumsum(counts), buckets)


def _counts(lengths: Ints) -> Iterator[tuple[int, int]]:
    if len(lengths) == 0:
        return
    if int(lengths.max()) < _COUNTED:
        counts = np.bincount(lengths)
        found = np.flatnonzero(counts)
        counts = counts[found]
    else:
        found, counts = np.unique(lengths, return_counts=True)
    yield from zip(found.tolist(), counts.tolist(), strict=True)
