"""Histograms made of quantiles, as TFDV makes them: QUANTILES ones, and STANDARD ones that take values as evenly spread between quantiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.quantiles import Outlined

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import Histogram

_LARGE: Final = 2.0**1000


def quantiles_histogram(of: Outlined, *, nans: int = 0) -> Histogram:
    """A bucket between every two quantiles."""
    histogram = _empty("QUANTILES", nans)
    lows, highs, weights = _bins(of)
    _fill(histogram, lows, highs, weights)
    return histogram


def standard_histogram(of: Outlined, low: float, high: float, buckets: int, *, positive: float = 0.0, nans: int = 0) -> Histogram:
    """Equally wide buckets from `low` to `high`, the smallest and largest finite value (`low` above `high` where there is none).

    A bucket holds its upper edge, the first one its lower edge too. Infinities have a bucket each; `positive` is the weight of +inf.
    """
    histogram = _empty("STANDARD", nans)
    finite, negative = _without_infinities(of, high, positive)
    if negative:
        _fill(histogram, np.array([-np.inf]), np.array([-np.inf]), np.array([negative]))
    if low <= high:
        edges = np.array([low, high]) if low == high else _edges(low, high, buckets)
        _fill(histogram, edges[:-1], edges[1:], _spread(finite, edges))
    if positive:
        _fill(histogram, np.array([np.inf]), np.array([np.inf]), np.array([positive]))
    return histogram


def nan_histograms(nans: int) -> list[Histogram]:
    """What is said of values that are all NaN."""
    return [_empty("STANDARD", nans), _empty("QUANTILES", nans)]


def _empty(kind: str, nans: int) -> Histogram:
    from tensorflow_metadata.proto.v0.statistics_pb2 import Histogram

    return Histogram(type=kind, num_nan=nans)


def _fill(histogram: Histogram, lows: Floats, highs: Floats, weights: Floats) -> None:
    for low, high, weight in zip(lows.tolist(), highs.tolist(), weights.tolist(), strict=True):
        histogram.buckets.add(low_value=low, high_value=high, sample_count=weight)


def _bins(of: Outlined) -> tuple[Floats, Floats, Floats]:
    """Lower ends, upper ends and weights between quantiles.

    Bins with one upper end share their weight; the weight of the smallest value is shared by those that equal the first bin.
    """
    lows, highs = of.values[:-1], of.values[1:]
    if len(lows) == 0:
        return of.values, of.values, of.cumulative
    starts = np.flatnonzero(np.concatenate([[True], highs[1:] != highs[:-1]]))
    sizes = np.diff(np.append(starts, len(highs)))
    weights = np.repeat(np.add.reduceat(np.diff(of.cumulative), starts) / sizes, sizes)
    first = int(np.argmin(np.append((lows == lows[0]) & (highs == highs[0]), False)))
    weights[:first] += of.cumulative[0] / first
    return lows, highs, weights


def _without_infinities(of: Outlined, high: float, positive: float) -> tuple[Outlined, float]:
    """The quantiles that are finite, ending in the largest finite value, and the weight of -inf."""
    values, cumulative = of.values, of.cumulative
    skip = int(np.searchsorted(values, -np.inf, side="right"))
    negative = float(cumulative[skip - 1]) if skip else 0.0
    values, cumulative = values[skip:], cumulative[skip:] - negative
    if positive:
        last = float(cumulative[-1]) - positive if len(cumulative) else 0.0
        stop = int(np.searchsorted(values, np.inf, side="left"))
        values, cumulative = np.append(values[:stop], high), np.append(cumulative[:stop], last)
    return Outlined(values, cumulative), negative


def _edges(low: float, high: float, buckets: int) -> Floats:
    shares = np.arange(buckets + 1) / buckets
    edges = low * (1.0 - shares) + high * shares  # no difference is taken: it may overflow
    edges[0], edges[-1] = low, high
    return np.maximum.accumulate(edges)


def _spread(of: Outlined, edges: Floats) -> Floats:
    """The weight between each two edges."""
    if len(of.values) == 0:
        return np.zeros(len(edges) - 1)
    lows, highs, weights = _bins(of)
    starts = np.searchsorted(highs, edges[:-1], side="left")
    stops = np.searchsorted(lows, edges[1:], side="right")
    scale = 0.5 if max(-edges[0], edges[-1]) > _LARGE else 1.0  # the difference of two large doubles may overflow
    found = []
    for at, (left, right, start, stop) in enumerate(zip(edges[:-1], edges[1:], starts, stops, strict=True)):
        low, high = lows[start:stop], highs[start:stop]
        inside = (low > left) & (low <= right) | (low == left if at == 0 else False)
        widths = high * scale - low * scale
        overlaps = np.minimum(right, high) * scale - np.maximum(left, low) * scale
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            shares = np.clip(overlaps / widths, 0.0, 1.0)
        found.append(math.fsum((np.where(widths == 0.0, inside, shares) * weights[start:stop]).tolist()))
    return np.array(found)
