"""Exact sums, means and deviations of windows: ranges of a sequence that overlap in any way, each rounded once.

Every number is cut into lanes (`lanes.py`). The running sum of a lane may wrap around in int64, but the difference of two of them is
the lane's sum over a window, exactly. So a window's result depends on nothing outside of it: there is no drift of a running float.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from featureprep.folds import lanes_rounded
from featureprep.folds.codes import Ids
from featureprep.folds.lanes import Floats, Lanes, float_squares, float_sums, integer_squares, integer_sums

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Numbers = np.ndarray[Any, Any]
"""Finite float64, int64 or uint64."""

_BLOCK: Final = 1 << 16
"""Windows taken at a time: what is made of them stays within some tens of megabytes, whatever numbers they hold."""


def window_sums(values: Numbers, low: Ids, high: Ids) -> Floats:
    """The sum of each window [low, high) as a double, shape (m,); 0.0 of an empty one, infinite beyond the doubles.

    Parameters
    ----------
    values : np.ndarray, shape (n,)
    low, high : np.ndarray of int64, shape (m,)
        0 <= low <= high <= n.
    """
    return _blocks(values, low, high, lambda part, a, b: lanes_rounded.quotients(_sums(part, a, b), np.ones(len(a), np.int64)))


def window_means(values: Numbers, low: Ids, high: Ids) -> Floats:
    """The mean of each window; 0.0 stands for that of an empty one."""
    return _blocks(values, low, high, lambda part, a, b: lanes_rounded.quotients(_sums(part, a, b), np.maximum(b - a, 1)))


def window_variances(values: Numbers, low: Ids, high: Ids, *, ddof: int, root: bool) -> Floats:
    """The variance of each window (divided by n - `ddof`), or its root; 0.0 where n is not above `ddof`."""

    def work(part: Numbers, a: Ids, b: Ids) -> Floats:
        return lanes_rounded.variances(b - a, _sums(part, a, b), _squares(part, a, b), ddof=ddof, root=root)

    return _blocks(values, low, high, work)


def window_integers(values: Numbers, low: Ids, high: Ids) -> tuple[Numbers, Mask]:
    """The sum of each window of int64 or uint64 in the same type, and where it does not fit; 0 there."""
    limits = np.iinfo(values.dtype)
    totals, bad = np.zeros(len(low), values.dtype), np.zeros(len(low), np.bool_)
    for at, part, a, b in _pieces(values, low, high):
        found, wrong = lanes_rounded.integers(_sums(part, a, b), len(a), int(limits.min), int(limits.max))
        totals[at], bad[at] = np.asarray(found, values.dtype), wrong
    return totals, bad


def _blocks(values: Numbers, low: Ids, high: Ids, work: Callable[[Numbers, Ids, Ids], Floats]) -> Floats:
    out = np.zeros(len(low))
    for at, part, a, b in _pieces(values, low, high):
        out[at] = work(part, a, b)
    return out


def _pieces(values: Numbers, low: Ids, high: Ids) -> Any:
    """Windows block by block: where they are, the values that they lie in, and they among these."""
    for start in range(0, len(low), _BLOCK):
        at = slice(start, start + _BLOCK)
        first = int(low[at].min())
        yield at, values[first : int(high[at].max())], low[at] - first, high[at] - first


def _sums(values: Numbers, low: Ids, high: Ids) -> Lanes:
    cut = float_sums if values.dtype.kind == "f" else integer_sums
    return _differences(cut(values, np.arange(len(values)), len(values)), low, high)


def _squares(values: Numbers, low: Ids, high: Ids) -> Lanes:
    cut = float_squares if values.dtype.kind == "f" else integer_squares
    return _differences(cut(values, np.arange(len(values)), len(values)), low, high)


def _differences(lanes: Lanes, low: Ids, high: Ids) -> Lanes:
    """The lanes of the windows, from those of single numbers."""
    found: Lanes = {}
    for k, lane in lanes.items():
        running = np.zeros(len(lane) + 1, np.int64)
        np.cumsum(lane, out=running[1:])
        found[k] = running[high] - running[low]
    return found
