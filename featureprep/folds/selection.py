"""Sorting, and the k-th smallest of many sorted arrays by bisection over the doubles: no copy, a few pages of each are touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
_SIGN = np.uint64(1 << 63)
_WHOLE = 2.0**52


def sort_floats(values: Floats) -> Floats:
    """Finite values without -0.0, ascending; may sort in place. Whole numbers of a small range are counted, ten times faster."""
    if len(values):
        low, high = float(values.min()), float(values.max())
        if high - low < len(values) and low > -_WHOLE and high < _WHOLE:
            whole = values.astype(np.int64)
            if np.array_equal(whole, values):
                counts = np.bincount(whole - int(low))
                return np.repeat(np.arange(len(counts)) + low, counts)
    values.sort()
    return values


def select(runs: Sequence[Floats], values: Floats, counts: np.ndarray[Any, np.dtype[np.int64]], ranks: Sequence[int]) -> Floats:
    """Order statistics of finite values.

    Parameters
    ----------
    runs : sequence of np.ndarray of float64
        Each ascending, without NaN.
    values, counts : np.ndarray of float64, of int64, shape (m,)
        More values, ascending, each with its multiplicity.
    ranks : sequence of int
        From 0, each less than the number of all values.

    Returns
    -------
    np.ndarray of float64, shape (len(ranks),)
    """
    wanted = np.asarray(ranks, np.int64) + 1
    cumulative = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    ends = [run[[0, -1]] for run in runs if len(run)]
    if len(values):
        ends.append(values[[0, -1]])
    # invariant: low <= the wanted value's key <= high
    low = np.full(len(wanted), _keys(np.array([min(end[0] for end in ends)]))[0])
    high = np.full(len(wanted), _keys(np.array([max(end[1] for end in ends)]))[0])
    while (low < high).any():
        middle = low + (high - low) // np.uint64(2)
        candidates = _floats(middle)
        upto = cumulative[np.searchsorted(values, candidates, side="right")]
        for run in runs:
            upto = upto + np.searchsorted(run, candidates, side="right")
        enough = upto >= wanted
        high = np.where(enough, middle, high)
        low = np.where(enough, low, middle + np.uint64(1))
    return _floats(low)


def _keys(floats: Floats) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Unsigned words in the order of the doubles."""
    bits = floats.view(np.uint64)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


def _floats(keys: np.ndarray[Any, np.dtype[np.uint64]]) -> Floats:
    return np.where(keys & _SIGN, keys ^ _SIGN, ~keys).view(np.float64)
