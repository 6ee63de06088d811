"""The least or largest number of many ranges of one sequence of numbers, by ranges of powers of two."""

from __future__ import annotations

from typing import Any

import numpy as np

from featureprep.relational.rows import Indices


def extremes(numbers: np.ndarray[Any, Any], low: Indices, high: Indices, *, largest: bool) -> np.ndarray[Any, Any]:
    """The least or largest number of each range [low, high), anything for an empty one; shape (m,)."""
    better = np.maximum if largest else np.minimum
    size = high - low
    out = np.zeros(len(low), numbers.dtype)
    length, best = 1, numbers
    while len(best) and bool((size >= length).any()):
        at = np.flatnonzero((size >= length) & (size < 2 * length))
        out[at] = better(best[low[at]], best[high[at] - length])
        best = better(best[:-length], best[length:])
        length *= 2
    return out
