"""Order statistics of many ranges of one sequence of whole numbers: a wavelet matrix (Claude and Navarro 2012, "The wavelet matrix").

Level by level from the highest bit, numbers whose bit is 0 go before those whose bit is 1, both in their old order, and a range becomes
one of either side. So each question is answered for all ranges at once, in one pass for each bit of the largest number.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from featureprep.relational.rows import Indices

Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Wavelet:
    """Whole numbers from 0, shape (n,)."""

    def __init__(self, numbers: Indices) -> None:
        self.numbers = numbers
        self.bits = max(1, int(numbers.max(initial=0)).bit_length())

    def _levels(self) -> Iterator[tuple[int, Indices, int]]:
        """Of each level: its bit, how many zeros stand before each place, and how many there are."""
        numbers = self.numbers
        zeros = np.zeros(len(numbers) + 1, np.int64)
        for bit in range(self.bits - 1, -1, -1):
            one = (numbers >> bit) & 1 == 1
            np.cumsum(~one, out=zeros[1:])
            yield bit, zeros, int(zeros[-1])
            numbers = np.concatenate([numbers[~one], numbers[one]])

    def select(self, low: Indices, high: Indices, ranks: Indices) -> Indices:
        """The number with `ranks` others before it in ascending order, of each range [low, high) that has more; shape (m,)."""
        found = np.zeros(len(low), np.int64)
        for bit, zeros, all_zeros in self._levels():
            a, b = zeros[low], zeros[high]
            right = ranks >= b - a
            ranks = np.where(right, ranks - (b - a), ranks)
            found |= right.astype(np.int64) << bit
            low, high = np.where(right, all_zeros + low - a, a), np.where(right, all_zeros + high - b, b)
        return found

    def below(self, low: Indices, high: Indices, bounds: Indices) -> Indices:
        """How many numbers of each range are less than its bound, shape (m,)."""
        beyond = bounds >> self.bits > 0
        count = np.where(beyond, high - low, 0)
        for bit, zeros, all_zeros in self._levels():
            a, b = zeros[low], zeros[high]
            right = (bounds >> bit) & 1 == 1
            count += np.where(right & ~beyond, b - a, 0)
            low, high = np.where(right, all_zeros + low - a, a), np.where(right, all_zeros + high - b, b)
        return count
