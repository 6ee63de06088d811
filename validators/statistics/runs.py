"""What sorted runs tell beside quantiles: counts below a value, histograms, distinct values. Bounded memory, however many rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from featureprep.folds.quantiles import Quantiles

EXACT: Final = 2.0**53
"""Whole numbers up to here are doubles; beyond, neighbours may fall together."""
_CHUNK: Final = 1 << 21
_CAP: Final = 1 << 10

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


def counts_below(runs: Quantiles, values: Floats, *, inclusive: bool = False) -> Ints:
    """How many finite values are below (or, `inclusive`, at most) each of `values`, shape (len(values),)."""
    side = "right" if inclusive else "left"
    cumulative = np.concatenate([np.zeros(1, np.int64), np.cumsum(runs.extra_counts)])
    total = cumulative[np.searchsorted(runs.extra_values, values, side)]  # type: ignore[call-overload]
    for run in runs.runs:
        total = total + np.searchsorted(run, values, side)  # type: ignore[call-overload]
    return np.asarray(total, np.int64)


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
    below = counts_below(runs, edges)
    below[-1] = runs.n
    return [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], np.diff(below), strict=True)]


def zeros(runs: Quantiles) -> int:
    """How many values are zero."""
    zero = np.zeros(1)
    return int(counts_below(runs, zero, inclusive=True)[0] - counts_below(runs, zero)[0])


@dataclass(frozen=True)
class Distinct:
    """`n_unique` distinct values, and the most frequent ones with their counts, equally frequent ones ascending."""

    n_unique: int
    top: list[tuple[float, int]]


def distinct(runs: Quantiles, top: int) -> Distinct:
    """Distinct values and the `top` most frequent, a slice of the values at a time."""
    n_unique = 0
    best_values, best_counts = np.empty(0), np.empty(0, np.int64)
    for values, counts in _distinct_slices(runs):
        n_unique += len(values)
        if top and len(values):
            keep = _most_frequent(counts, top)
            best_values = np.concatenate([best_values, values[keep]])
            best_counts = np.concatenate([best_counts, counts[keep]])
            order = np.lexsort((best_values, -best_counts))[:top]
            best_values, best_counts = best_values[order], best_counts[order]
    return Distinct(n_unique, list(zip(best_values.tolist(), best_counts.tolist(), strict=True)))


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


def _distinct_slices(runs: Quantiles) -> Iterator[tuple[Floats, Ints]]:
    """(distinct values, counts), ascending, equal values never in two slices."""
    if runs.n == 0:
        return
    cuts = [runs.order_statistic(rank) for rank in range(_CHUNK, runs.n, _CHUNK)]
    bounds = [*sorted(set(cuts)), None]
    starts = [0] * len(runs.runs)
    extra_start = 0
    for bound in bounds:
        stops = [len(run) if bound is None else int(np.searchsorted(run, bound, "right")) for run in runs.runs]
        extra_stop = len(runs.extra_values) if bound is None else int(np.searchsorted(runs.extra_values, bound, "right"))
        parts = [run[a:b] for run, a, b in zip(runs.runs, starts, stops, strict=True)]
        values, counts = _count(np.concatenate(parts) if parts else np.empty(0))
        extra = slice(extra_start, extra_stop)
        if extra_stop > extra_start:
            values, counts = _add(values, counts, runs.extra_values[extra], runs.extra_counts[extra])
        yield values, counts
        starts, extra_start = stops, extra_stop


def _count(values: Floats) -> tuple[Floats, Ints]:
    if len(values) == 0:
        return values, np.empty(0, np.int64)
    values = np.sort(values, kind="stable")  # merges the sorted runs, twice to nine times as fast
    first = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    return values[first], np.diff(np.append(first, len(values)))


def _add(values: Floats, counts: Ints, more: Floats, more_counts: Ints) -> tuple[Floats, Ints]:
    together, at = np.unique(np.concatenate([values, more]), return_inverse=True)
    totals = np.zeros(len(together), np.int64)
    np.add.at(totals, at, np.concatenate([counts, more_counts]))
    return together, totals
