"""Wasserstein-1, the earth mover's distance: how far a value moves on average, in the column's unit."""

from __future__ import annotations

import math

import numpy as np

from featureprep.folds.radix import Floats
from featureprep.validators.drift.curves import below, scale_of, union, upto
from featureprep.validators.drift.distance import Distance
from featureprep.validators.drift.numeric import NumericShape


def distance(a: NumericShape, b: NumericShape) -> Distance:
    """The integral of |F - G| over the cumulative shares of the finite values, at least 0; both columns have some.

    F and G are taken as linear between their points. In a gap of width w with a share c of unseen values, the area between that
    line and any rising curve is at most w c / 2; the triangle inequality adds these up to the error. It is never less than the
    difference of the means, which is exact. Infinite where it is beyond the doubles.
    """
    xs = union(a, b)
    scale = scale_of(a, b)
    widths = np.diff(xs * scale)
    left = upto(a, xs).value[:-1] / a.n - upto(b, xs).value[:-1] / b.n
    right = below(a, xs).value[1:] / a.n - below(b, xs).value[1:] / b.n
    size = np.abs(left) + np.abs(right)
    crossing = np.divide(left * left + right * right, size, out=np.zeros(len(size)), where=size > 0.0)
    heights = np.where(left * right < 0.0, crossing, size) / 2.0
    error = _unseen(a, scale) + _unseen(b, scale)
    # the means are rounded once
    means = [(shape.mean or 0.0) * scale for shape in (a, b)]
    apart = max(0.0, abs(means[0] - means[1]) - math.ulp(means[0]) - math.ulp(means[1]))
    value = max(math.fsum((heights * widths).tolist()), apart)
    return Distance(*(each / scale for each in (value, max(value - error, apart), value + error)))


def _unseen(shape: NumericShape, scale: float) -> float:
    if shape.parts:
        return math.fsum(_unseen(part, scale) * (part.n / shape.n) for part in shape.parts)
    return math.fsum((np.diff(shape.points * scale) * (shape.unseen / shape.n)).tolist()) / 2.0


def critical(a: NumericShape, b: NumericShape, alpha: float) -> float:
    """What the distance exceeds with a probability of at most about alpha where nothing drifts.

    Times sqrt(nm / (n + m)) it tends to the integral of |B(F)|, B a Brownian bridge (del Barrio, Gine and Matran 1999, Ann.
    Probab. 27). Its expectation is at most the integral of sqrt(F(1 - F)) (Bobkov and Ledoux 2019, Mem. AMS 261), here with
    the pooled F, and it exceeds that as a Gaussian of the variance of a value does (Borell-TIS inequality: integrals of B
    against +-1 are those of a function that is 1-Lipschitz, whose variance is not more).
    """
    xs = union(a, b)
    scale = scale_of(a, b)
    pooled = (_middle(a, xs) * a.n + _middle(b, xs) * b.n) / (a.n + b.n)
    spread = np.sqrt(np.clip(pooled * (1.0 - pooled), 0.0, None)) * np.diff(xs * scale)
    std = _pooled_std(a, b, scale)
    noise = math.sqrt(1.0 / a.n + 1.0 / b.n)
    return noise * (math.fsum(spread.tolist()) + std * math.sqrt(2.0 * math.log(1.0 / alpha))) / scale


def _middle(shape: NumericShape, xs: Floats) -> Floats:
    middle: Floats = (upto(shape, xs).value[:-1] + below(shape, xs).value[1:]) / (2.0 * shape.n)
    return middle


def _pooled_std(a: NumericShape, b: NumericShape, scale: float) -> float:
    p, q = a.n / (a.n + b.n), b.n / (a.n + b.n)
    apart = ((a.mean or 0.0) * scale - (b.mean or 0.0) * scale) * math.sqrt(p * q)
    return math.hypot((a.std or 0.0) * scale * math.sqrt(p), (b.std or 0.0) * scale * math.sqrt(q), apart)
