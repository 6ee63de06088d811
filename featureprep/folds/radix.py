"""Doubles grouped by the first 16 bits of their order, and what can be read off many such groups without sorting them.

The order of doubles is that of their bits as unsigned words, once the sign is turned over (of all bits for negative ones). Cut into
four digits of 16 bits, values are grouped by the first digit in one counting sort (NumPy's radix sort of 16-bit keys, 4 times as
fast as sorting the values). A rank lies in one group, found by adding up counts; within it the second digit tells, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Digits = np.ndarray[Any, np.dtype[np.uint16]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

LEVELS: Final = 4
_BINS: Final = 1 << 16
_FEW: Final = 1 << 10
_FACTORS: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
_SORTED_AT: Final = 1 << 12
"""So many values for each wanted rank are sorted rather than looked at digit by digit."""
_PARTED_AT: Final = 1 << 18
"""So many values in all are parted at the wanted ranks."""


@dataclass(frozen=True)
class Run:
    """Values grouped by one digit (the first, unless said otherwise), in no order within a group.

    Attributes
    ----------
    values : np.ndarray of float64, shape (n,)
        Finite, without -0.0.
    digits : np.ndarray of uint16, shape (m,)
        The digits that occur, ascending.
    stops : np.ndarray of int64, shape (m,)
        Where the group of each ends in `values`.
    """

    values: Floats
    digits: Digits
    stops: Ints

    @staticmethod
    def of(values: Floats, level: int = 0) -> Run:
        """The run of finite values without -0.0, in any order."""
        first = digit(values, level)
        order = np.argsort(first, kind="stable")
        if 0 < len(values) < _BINS:
            ascending = first[order]
            stops = np.append(np.flatnonzero(ascending[1:] != ascending[:-1]) + 1, len(values))
            return Run(values[order], ascending[stops - 1], stops)
        counts = np.bincount(first, minlength=_BINS)
        present = np.flatnonzero(counts)
        return Run(values[order], present.astype(np.uint16), np.cumsum(counts[present]))

    def group(self, low: int, high: int) -> Floats:
        """The values with a digit from `low` to `high`."""
        start, stop = np.searchsorted(self.digits, [low, high + 1])
        if start == stop:
            return self.values[:0]
        return self.values[self.stops[start - 1] if start else 0 : self.stops[stop - 1]]


@dataclass(frozen=True)
class Counted:
    """Different values, ascending, with how often each occurs."""

    values: Floats
    counts: Ints

    @staticmethod
    def of(pieces: Sequence[Counted]) -> Counted:
        """All pieces together."""
        if len(pieces) == 1:
            return pieces[0]
        if not pieces:
            return Counted(np.empty(0), np.empty(0, np.int64))
        values, at = np.unique(np.concatenate([piece.values for piece in pieces]), return_inverse=True)
        counts = np.zeros(len(values), np.int64)
        np.add.at(counts, at, np.concatenate([piece.counts for piece in pieces]))
        return Counted(values, counts)

    def where(self, mask: np.ndarray[Any, np.dtype[np.bool_]]) -> Counted:
        return Counted(self.values[mask], self.counts[mask])


def digit(values: Floats, level: int) -> Digits:
    """The digit of each value, from level 0 (first) to 3 (last), shape (n,); beyond level 0 all values must be of one sign."""
    words = np.ascontiguousarray(values).view("<u2")[LEVELS - 1 - level :: LEVELS]
    if level == 0:
        sign = (words.astype(np.uint16).view(np.int16) >> 15).view(np.uint16)  # all ones for negative values
        first: Digits = words ^ (sign | np.uint16(0x8000))
        return first
    negative = len(values) and values[0] < 0.0
    later: Digits = words ^ np.uint16(0xFFFF if negative else 0)
    return later


def different(values: Floats) -> int:
    """How many different values there are (finite, without -0.0).

    Each value is written to the place of a table that its hash names; those that are found there afterwards are different, and the
    others, which lost their place to another value, are looked at again with another hash. A third of the time of sorting them.
    """
    words = np.ascontiguousarray(values).view(np.uint64)
    found = 0
    for factor in _FACTORS:
        if len(words) < _FEW:
            break
        bits = (4 * len(words)).bit_length()
        hashes = (words ^ (words >> np.uint64(32))) * np.uint64(factor) >> np.uint64(64 - bits)
        places = hashes.view(np.int64)  # the type of indices
        table = np.zeros(1 << bits, np.uint64)
        table[places] = words
        taken = np.zeros(1 << bits, np.bool_)
        taken[places] = True
        found += int(np.count_nonzero(taken))
        words = words[table[places] != words]
    return found + len(np.unique(words))


@dataclass(frozen=True)
class Pool:
    """Values that are alike in the digits before `level`, in pieces, some of them counted."""

    pieces: Sequence[Floats | Run]
    counted: Counted
    level: int = 0

    def arrays(self) -> list[Floats]:
        """The values of each piece."""
        return [piece.values if isinstance(piece, Run) else piece for piece in self.pieces]

    def held(self) -> int:
        """How many values are in memory, counted ones once."""
        return sum(map(len, self.arrays())) + len(self.counted.values)

    def counts(self) -> Ints:
        """How many values there are of each digit, shape (65536,)."""
        total = np.zeros(_BINS, np.int64)
        runs = [piece for piece in self.pieces if isinstance(piece, Run) and len(piece.stops)]
        if runs:
            stops = np.concatenate([run.stops for run in runs])
            sizes = np.diff(stops, prepend=0)
            sizes[np.cumsum([0, *(len(run.stops) for run in runs[:-1])])] = [run.stops[0] for run in runs]
            np.add.at(total, np.concatenate([run.digits for run in runs]), sizes)
        for piece in self.pieces:
            if isinstance(piece, Run):
                continue
            if len(piece) < _BINS:
                np.add.at(total, digit(piece, self.level), 1)
            else:
                total += np.bincount(digit(piece, self.level), minlength=_BINS)
        if len(self.counted.values):
            np.add.at(total, digit(self.counted.values, self.level), self.counted.counts)
        return total

    def narrowed(self, low: int, high: int) -> Pool:
        """The values with a digit from `low` to `high`; looked at by the next digit where these are one."""
        own = digit(self.counted.values, self.level)
        pieces = []
        for piece in self.pieces:
            if isinstance(piece, Run):
                pieces.append(piece.group(low, high))
            else:
                at = digit(piece, self.level)
                pieces.append(piece[at == low] if low == high else piece[(at >= low) & (at <= high)])
        level = self.level + 1 if low == high else self.level
        return Pool([piece for piece in pieces if len(piece)], self.counted.where((own >= low) & (own <= high)), level)

    def distinct(self) -> Counted:
        """The different values with their counts; all of them in memory."""
        pieces = self.arrays()
        values = np.sort(np.concatenate(pieces)) if pieces else np.empty(0)
        first = np.flatnonzero(np.concatenate([np.ones(min(len(values), 1), bool), values[1:] != values[:-1]]))
        own = Counted(values[first], np.diff(np.append(first, len(values))))
        return Counted.of([own, self.counted]) if len(self.counted.values) else own

    def select(self, ranks: Ints) -> Floats:
        """The values with so many values before them, for ascending ranks."""
        if self.held() <= _SORTED_AT * len(ranks) or self.level == LEVELS:
            found = self.distinct()
            return found.values[np.searchsorted(np.cumsum(found.counts), ranks, side="right")]
        if self.held() <= _PARTED_AT and not len(self.counted.values):
            return np.partition(np.concatenate(self.arrays()), ranks)[ranks]
        counts = self.counts()
        upto = np.cumsum(counts)
        where = np.searchsorted(upto, ranks, side="right")
        groups = ((at, ranks[where == at]) for at in np.unique(where).tolist())
        return np.concatenate([self.narrowed(at, at).select(mine - (upto[at] - counts[at])) for at, mine in groups])

    def below(self, values: Floats, *, inclusive: bool) -> Ints:
        """How many values are less (or, `inclusive`, not more) than each of `values`, shape (len(values),); `level` is 0."""
        values = values + 0.0  # no -0.0
        if self.held() <= _SORTED_AT:
            all_counts, side = self.distinct(), "right" if inclusive else "left"
            upto = np.concatenate([np.zeros(1, np.int64), np.cumsum(all_counts.counts)])
            return np.asarray(upto[np.searchsorted(all_counts.values, values, side)], np.int64)  # type: ignore[call-overload]
        counts = self.counts()
        before = np.cumsum(counts) - counts
        found = np.empty(len(values), np.int64)
        for i, (value, at) in enumerate(zip(values.tolist(), digit(values, 0).tolist(), strict=True)):
            found[i] = before[at]
            if counts[at]:
                group = self.narrowed(at, at)
                less = np.less_equal if inclusive else np.less
                found[i] += sum(int(np.count_nonzero(less(piece, value))) for piece in group.arrays())
                found[i] += int(group.counted.counts[less(group.counted.values, value)].sum())
        return found

    def slices(self, most: int) -> Iterator[Counted]:
        """The different values with their counts, ascending, from about `most` values at a time."""
        return (part.distinct() for part in self.parts(most))

    def unique(self, most: int) -> int:
        """How many different values there are, looking at about `most` at a time."""
        return sum(part.count_different() for part in self.parts(most))

    def count_different(self) -> int:
        """How many different values there are; all of them in memory."""
        return different(np.concatenate([*self.arrays(), self.counted.values]))

    def parts(self, most: int) -> Iterator[Pool]:
        """The values in ascending parts of about `most`, equal ones never in two parts."""
        if self.held() <= most:
            yield self
            return
        counts = self.counts()
        present = np.flatnonzero(counts)
        totals = np.cumsum(counts[present])
        start = 0
        while start < len(present):
            before = totals[start - 1] if start else 0
            stop = max(int(np.searchsorted(totals, before + most, side="right")), start + 1)
            part = self.narrowed(int(present[start]), int(present[stop - 1]))
            if stop == start + 1 and totals[start] - before > most and part.level < LEVELS:
                pieces = [Run.of(np.concatenate(part.arrays()), part.level)] if part.pieces else []  # cut once, not searched for every part
                yield from Pool(pieces, part.counted, part.level).parts(most)
            else:
                yield part
            start = stop
