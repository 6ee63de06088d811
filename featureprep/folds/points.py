"""Points of a distribution: the values at given ranks with how many values are less and how many not more, without sorting them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from featureprep.folds.radix import Counted, Floats, Ints, Pool

_BINS: Final = 1 << 13
_SORTED_TO: Final = 1 << 11
"""So few values are sorted."""


@dataclass(frozen=True)
class Points:
    """Different values, ascending, and how many of all values are less than each (`below`) and not more (`upto`); shape (k,) each."""

    values: Floats
    below: Ints
    upto: Ints


def points(parts: Iterable[Pool], ranks: Ints, seen: Callable[[Counted], None] | None = None) -> Points:
    """The values at ascending ranks, equal ones once.

    Parameters
    ----------
    parts : iterable of Pool
        All values, ascending, equal ones in one part; each is in memory in turn.
    ranks : np.ndarray of int64, shape (r,)
    seen : callable, optional
        Is given the different values of each part with their counts, for which they are sorted.
    """
    found = [Points(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))]
    before = 0
    for part in parts:
        n = sum(map(len, part.arrays())) + int(part.counted.counts.sum())
        mine = ranks[slice(*np.searchsorted(ranks, [before, before + n]))] - before
        if seen is not None:
            seen(counted := part.distinct())
            one = _of_counted(counted, mine)
        else:
            one = _of(part, mine)
        found.append(Points(one.values, one.below + before, one.upto + before))
        before += n
    return Points(*(np.concatenate([getattr(one, name) for one in found]) for name in ("values", "below", "upto")))


def _of_counted(counted: Counted, ranks: Ints) -> Points:
    upto = np.cumsum(counted.counts)
    at = np.unique(np.searchsorted(upto, ranks, side="right"))
    return Points(counted.values[at], upto[at] - counted.counts[at], upto[at])


def _of(part: Pool, ranks: Ints) -> Points:
    values = np.concatenate([np.empty(0), *part.arrays()])
    if len(part.counted.values) or len(values) <= _SORTED_TO:
        return _of_counted(part.distinct(), ranks)
    low, high = float(values.min()), float(values.max())
    width = high - low
    scale = (_BINS - 1) / width if width > 0.0 else 0.0
    if not 0.0 < scale < np.inf:
        return _of_counted(part.distinct(), ranks)
    # each step rounds a larger value to no smaller one: what lies in the bins is as ascending as they are, and equal values lie in one
    bins = ((values - low) * scale).astype(np.int64)
    counts = np.bincount(bins, minlength=_BINS)
    upto = np.cumsum(counts)
    at = np.searchsorted(upto, ranks, side="right")
    wanted = np.zeros(len(counts), bool)
    wanted[at] = True
    few = np.sort(values[wanted[bins]])
    aside = (upto - np.cumsum(np.where(wanted, counts, 0)))[at]  # of the values before each rank those that are not among the few
    picked = few[ranks - aside]
    once = np.flatnonzero(np.append(True, picked[1:] != picked[:-1])[: len(picked)])
    picked, aside = picked[once], aside[once]
    return Points(picked, np.searchsorted(few, picked, side="left") + aside, np.searchsorted(few, picked, side="right") + aside)
