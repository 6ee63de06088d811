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
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.mapped import let_go

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
_COUNTED_AT: Final = 1 << 12
"""Arrow sorts whole numbers of a range up to this by counting them."""
AT_ONCE: Final = 1 << 19
"""So many values of one digit are looked at together, rather than in parts by one digit more."""


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
        if 0 < len(values) < _BINS:
            first = digit(values, level)
            order = np.argsort(first, kind="stable")
            ascending = first[order]
            stops = np.append(np.flatnonzero(ascending[1:] != ascending[:-1]) + 1, len(values))
            return Run(values[order], ascending[stops - 1], stops)
        stored = _stored(values, level).astype(np.int64)  # the type of indices
        counts = np.bincount(stored, minlength=_BINS)
        there = np.flatnonzero(counts)
        digits = _turned(there.astype(np.uint16), values, level)
        turn = np.argsort(digits)
        digits, there = digits[turn], there[turn]
        places = np.empty(_BINS, np.uint16)
        places[there] = np.arange(len(there))  # numbers without gaps take less time to sort
        return Run(values.take(_order(places.take(stored), len(there))), digits, np.cumsum(counts[there]))

    def group(self, low: int, high: int) -> Floats:
        """The values with a digit from `low` to `high`."""
        start, stop = np.searchsorted(self.digits, [low, high + 1])
        if start == stop:
            return self.values[:0]
        return self.values[self.stops[start - 1] if start else 0 : self.stops[stop - 1]]

    def let_go(self) -> None:
        """Have what lies in a mapped file leave the memory until it is looked at again."""
        for part in (self.values, self.digits, self.stops):
            let_go(part)


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
    return _turned(_stored(values, level), values, level)


def _stored(values: Floats, level: int) -> Digits:
    """The 16 bits of each value of which `_turned` makes its digit."""
    words: Digits = np.ascontiguousarray(values).view("<u2")[LEVELS - 1 - level :: LEVELS]
    return words


def _turned(words: Digits, values: Floats, level: int) -> Digits:
    """The digits of words of `values` as they are stored."""
    if level == 0:
        sign = (words.astype(np.uint16).view(np.int16) >> 15).view(np.uint16)  # all ones for negative values
        first: Digits = words ^ (sign | np.uint16(0x8000))
        return first
    negative = len(values) and values[0] < 0.0
    later: Digits = words ^ np.uint16(0xFFFF if negative else 0)
    return later


def _order(places: Digits, most: int) -> Ints:
    """The stable order of numbers below `most`; Arrow counts them where that is at most 4,096, in a third of the time."""
    if most > _COUNTED_AT:
        return np.argsort(places, kind="stable")
    order: Ints = pc.array_sort_indices(pa.array(places)).to_numpy().view(np.int64)
    return order


def different(values: Floats) -> int:
    """How many different values there are (finite, without -0.0).

    Each value writes its number to the place of a table that its hash names. Those whose number is found there afterwards are different;
    of the others, which lost their place, those that equal the value there are known, and the rest are looked at again with another
    hash. A sixth of the time of sorting them.
    """
    words = np.ascontiguousarray(values).view(np.uint64)
    found = 0
    for factor in _FACTORS:
        n = len(words)
        if n < _FEW:
            break
        bits = (2 * n).bit_length()
        hashes = words >> np.uint64(32)
        hashes ^= words
        hashes *= np.uint64(factor)
        hashes >>= np.uint64(64 - bits)
        places = hashes.view(np.int64)  # the type of indices
        numbers = np.arange(n, dtype=np.int32)
        table = np.empty(1 << bits, np.int32)  # what is not written is not read
        table[places] = numbers
        there = table[places]
        lost = np.flatnonzero(there != numbers)
        found += n - len(lost)
        again = words[lost]
        words = again[again != words[there[lost]]]
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
        return sum(part.count_different() for part in self.parts(most, AT_ONCE))

    def count_different(self) -> int:
        """How many different values there are; all of them in memory."""
        return different(np.concatenate([*self.arrays(), self.counted.values]))

    def parts(self, most: int, bear: int = 0) -> Iterator[Pool]:
        """The values in ascending parts of about `most`, equal ones never in two parts; `bear`: so many of one digit may be a part."""
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
            if stop == start + 1 and totals[start] - before > max(most, bear) and part.level < LEVELS:
                pieces = [Run.of(np.concatenate(part.arrays()), part.level)] if part.pieces else []  # cut once, not searched for every part
                yield from Pool(pieces, part.counted, part.level).parts(most, bear)
            else:
                yield part
            start = stop
