"""How far the values of two sets of statistics are from each other (TFDV: metrics.cc)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import statistics_pb2


class Farthest(NamedTuple):
    """The greatest difference between two sets of counts.

    Attributes
    ----------
    value : str
        The value whose counts differ most; of several the last in order, "" where nothing was counted.
    distance : float
        In [0, 1].
    """

    value: str
    distance: float


def l_infinity(a: Mapping[str, float], b: Mapping[str, float]) -> Farthest:
    """The greatest difference of a value's shares: each set of counts is divided by its own sum."""
    return _farthest(a, b, sum(a.values()), sum(b.values()))


def normalized_absolute_difference(a: Mapping[str, float], b: Mapping[str, float]) -> Farthest:
    """The greatest difference of a value's counts, divided by the sum of all counts of both."""
    total = sum(a.values()) + sum(b.values())
    return _farthest(a, b, total, total)


def jensen_shannon_of_counts(a: Mapping[str, float], b: Mapping[str, float]) -> float | None:
    """The divergence of the values' shares, to base 2, in [0, 1]; None where one has none, or counts that are not positive."""
    if not a or not b or min(*a.values(), *b.values()) <= 0:
        return None
    values = sorted(a.keys() | b.keys())
    return _jensen_shannon(np.array([a.get(value, 0.0) for value in values]), np.array([b.get(value, 0.0) for value in values]))


def jensen_shannon_of_histograms(a: statistics_pb2.Histogram, b: statistics_pb2.Histogram) -> float | None:
    """The divergence of two histograms of numbers over the bounds of both, to base 2, in [0, 1]; None where one is empty or holds what is no count.

    Within a bucket values are taken as evenly spread; buckets of no width are single values. Infinite buckets and NaN of one
    are taken as unlike those of the other, as TFDV does.
    """
    left, right = _parts(a), _parts(b)
    bounds = np.unique(np.array([end for part in (left, right) for bucket in part.wide for end in bucket[:2]]))
    points = sorted(left.points.keys() | right.points.keys())
    masses = [np.concatenate([_spread(part.wide, bounds), [part.points.get(point, 0.0) for point in points]]) for part in (left, right)]
    return _jensen_shannon(
        np.concatenate([masses[0], [left.elsewhere, left.nan, 0.0, 0.0]]),
        np.concatenate([masses[1], [0.0, 0.0, right.elsewhere, right.nan]]),
    )


class _Parts(NamedTuple):
    wide: list[tuple[float, float, float]]
    points: dict[float, float]
    elsewhere: float
    nan: float


def _parts(histogram: statistics_pb2.Histogram) -> _Parts:
    wide, points, elsewhere = [], dict[float, float](), 0.0
    for bucket in histogram.buckets:
        low, high, count = bucket.low_value, bucket.high_value, bucket.sample_count
        if not math.isfinite(high - low):
            elsewhere += count
        elif low >= high:
            points[low] = points.get(low, 0.0) + count
        else:
            wide.append((low, high, count))
    return _Parts(wide, points, elsewhere, float(histogram.num_nan))


def _spread(buckets: Iterable[tuple[float, float, float]], bounds: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # between buckets, where nothing is
        widths = np.diff(bounds)
    mass = np.zeros(len(widths))
    for low, high, count in buckets:
        first, last = np.searchsorted(bounds, (low, high))
        mass[first:last] += widths[first:last] / (high - low) * count
    return mass


def _jensen_shannon(a: np.ndarray, b: np.ndarray) -> float | None:
    a, b = np.maximum(a, 0.0), np.maximum(b, 0.0)
    if not (0 < a.sum() < math.inf and 0 < b.sum() < math.inf):
        return None
    p, q = a / a.sum(), b / b.sum()
    middle = (p + q) / 2
    divergence = sum(float(np.sum(part[part > 0] * np.log2(part[part > 0] / middle[part > 0]))) for part in (p, q)) / 2
    return min(max(divergence, 0.0), 1.0)


def _farthest(a: Mapping[str, float], b: Mapping[str, float], scale_a: float, scale_b: float) -> Farthest:
    found = Farthest("", 0.0)
    for value in sorted(a.keys() | b.keys()):
        distance = abs(a.get(value, 0.0) / (scale_a or 1.0) - b.get(value, 0.0) / (scale_b or 1.0))
        if distance >= found.distance:
            found = Farthest(value, distance)
    return found
