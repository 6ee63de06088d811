"""Kolmogorov-Smirnov: the largest difference of cumulative shares."""

from __future__ import annotations

import math

import numpy as np

from featureprep.validators.drift.curves import after, below, union, upto
from featureprep.validators.drift.distance import Distance
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.special import kolmogorov_critical, kolmogorov_tail


def distance(a: NumericShape, b: NumericShape) -> Distance:
    """sup |F - G| of the cumulative shares of the finite values, in [0, 1]; both columns have some.

    F and G are exact at their points and to the left of them, and between two points known to be between two counts: the
    bounds are the largest differences that these allow. The value takes F and G as linear between points.
    """
    xs, low, value, high = union(a, b), 0.0, 0.0, 0.0
    for f, g in ((below(a, xs), below(b, xs)), (upto(a, xs), upto(b, xs))):
        value = max(value, float(np.abs(f.value / a.n - g.value / b.n).max()))
        low, high = _wider(low, high, _apart((f.low, f.high), (g.low, g.high), a.n, b.n))
    low, high = _wider(low, high, _apart(after(a, xs), after(b, xs), a.n, b.n))
    return Distance.within(value, low, high)


def _apart(f: tuple[np.ndarray, np.ndarray], g: tuple[np.ndarray, np.ndarray], n: int, m: int) -> tuple[float, float]:
    """The least and the largest that the difference can be, at the place where that is most."""
    up, down = f[0] / n - g[1] / m, g[0] / m - f[1] / n
    return float(max(up.max(), down.max(), 0.0)), float(max((-down).max(), (-up).max(), 0.0))


def _wider(low: float, high: float, found: tuple[float, float]) -> tuple[float, float]:
    return max(low, found[0]), max(high, found[1])


def p_value(value: float, n: int, m: int) -> float:
    """The probability of so large a distance where nothing drifts, in large samples; smaller samples have a smaller one.

    Smirnov's limit law (Smirnov 1939); ties make it smaller as well.
    """
    return kolmogorov_tail(value * _root(n, m))


def critical(n: int, m: int, alpha: float) -> float:
    """What the distance exceeds with a probability of at most about alpha where nothing drifts."""
    return min(1.0, kolmogorov_critical(alpha) / _root(n, m))


def _root(n: int, m: int) -> float:
    return math.sqrt(n / (1.0 + n / m))
