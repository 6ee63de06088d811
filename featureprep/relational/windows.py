"""Windows of sequences: for each row, the range of rows of its sequence that its aggregates look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from featureprep.relational.bisect import first_where
from featureprep.relational.rows import Indices
from featureprep.relational.sequences import Sequences

CLOSED: Final = ("right", "left", "both", "none")


@dataclass(frozen=True)
class Windows:
    """Ranges [low, high) of places of `Sequences.rows`, shape (m,) each; empty where high is not above low."""

    low: Indices
    high: Indices


def by_rows(found: Sequences, size: int, closed: str) -> Windows:
    """Of the place i: "right" has the places (i - size, i], "left" [i - size, i), "both" [i - size, i], "none" (i - size, i)."""
    here = np.arange(len(found.rows))
    low = np.maximum(here - size + (closed in ("right", "none")), found.starts)
    return Windows(low, np.maximum(here + (closed in ("right", "both")), low))


def by_range(found: Sequences, size: int, unit: int, closed: str) -> Windows:
    """Of a row at t: "right" has all rows of its sequence in (t - size, t], and so on, whatever their order among equals.

    Parameters
    ----------
    size : int
        At least 1, in microseconds for times, else in the integers' own unit.
    unit : int
        How much of that one step of the order column's integers is: a day's microseconds for dates, else 1.
    """
    inclusive = closed in ("left", "both")
    farthest = (size if inclusive else size - 1) // unit
    first, last = found.runs()
    high = last if closed in ("right", "both") else first
    low = _first_within(found, first, farthest)
    return Windows(low, np.maximum(high, low))


def _first_within(found: Sequences, first: Indices, farthest: int) -> Indices:
    """Of each place, the first of its sequence that is not farther before it; `first` is where its run of equals begins."""
    keys = found.axis.keys[found.rows]
    if len(keys) == 0:
        return found.starts
    number = np.cumsum(found.starts == np.arange(len(keys))) - 1
    low, high = int(keys.min()), int(keys.max())
    span = high - low + 1
    if span * (int(number[-1]) + 1) < 1 << 62:  # all sequences are one sorted array of numbers
        base = number * span
        line = base + (keys - low)
        begins: Indices = np.searchsorted(line, np.maximum(line - min(farthest, span), base))
        return begins
    rows, most = found.rows, np.uint64(farthest)
    return first_where(found.starts, first, lambda places: found.axis.gaps(rows, rows[places]) <= most)
