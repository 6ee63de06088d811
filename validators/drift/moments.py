"""Shift of the mean and change of the standard deviation: exact, from the moments."""

from __future__ import annotations

import math

import numpy as np

from featureprep.validators.drift.curves import scale_of
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.special import student_critical


def mean_shift(a: NumericShape, b: NumericShape) -> float:
    """|mean(b) - mean(a)| / std(a), a the baseline; infinite where std(a) is 0 and the means differ."""
    apart = _apart(a, b)
    return apart / _std(a) if _std(a) else math.copysign(math.inf, apart) if apart else 0.0


def mean_critical(a: NumericShape, b: NumericShape, alpha: float) -> float:
    """What the shift exceeds with a probability of about alpha where nothing drifts; infinite for fewer than two values.

    Welch's t test (Welch 1947, Biometrika 34): variances may differ, degrees of freedom by Satterthwaite. Where a column is
    constant, see `_may_be_constant`.
    """
    if min(a.n, b.n) < 2 or _may_be_constant(a, b, alpha):
        return math.inf
    if not _std(a):
        return 0.0
    largest = max(_std(a), _std(b))
    u, v = ((_std(shape) / largest) ** 2 / (shape.n - 1) for shape in (a, b))
    free = (u + v) ** 2 / (u * u / (a.n - 1) + v * v / (b.n - 1))
    return student_critical(alpha, free) * math.sqrt(u + v) * (largest / _std(a))


def std_change(a: NumericShape, b: NumericShape) -> float:
    """How much larger the larger standard deviation is: 0.25 where it is 1.25 times the smaller one; infinite where that is 0."""
    small, large = sorted((_std(a), _std(b)))
    if small == large:
        return 0.0
    return large / small - 1.0 if small else math.inf


def std_critical(a: NumericShape, b: NumericShape, alpha: float) -> float:
    """What the change exceeds with a probability of about alpha where nothing drifts; infinite for fewer than three values.

    The jackknife of ln std (Miller 1968, Ann. Math. Stat. 39), unseen values counting as the farther end of their gap. Its
    degrees of freedom are those of the squares it sums: few, and the bound wide, where a few values make up the variance.
    Where a column is constant, see `_may_be_constant`. A few rows without the outliers that their column has tell of none, so beside a
    long column they are above it more often than alpha; how often stands in SPEC.md.
    """
    if min(a.n, b.n) < 3 or _may_be_constant(a, b, alpha):
        return math.inf
    if not (_std(a) and _std(b)):
        return 0.0
    (u, u_free), (v, v_free) = _jackknife(a), _jackknife(b)
    if math.isinf(u + v):
        return math.inf
    if u + v == 0.0:
        return 0.0
    free = 1.0 / ((u / (u + v)) ** 2 / u_free + (v / (u + v)) ** 2 / v_free)
    bound = student_critical(alpha, free) * math.sqrt(u + v)
    return math.expm1(bound) if bound < 700.0 else math.inf


def _may_be_constant(a: NumericShape, b: NumericShape, alpha: float) -> bool:
    """Whether one column is constant, and that may be chance.

    Of k rows in both columns together that have another value, each is in the column of m rows, not in the constant one of n,
    with a probability of about m / (n + m).
    """
    for constant, other in ((a, b), (b, a)):
        if not _std(constant):
            value = constant.points[0]
            at = np.flatnonzero(other.points == value)
            same = int((other.upto - other.below)[at].sum())
            if 2.0 * (other.n / (a.n + b.n)) ** (other.n - same) > alpha:
                return True
    return False


def _jackknife(shape: NumericShape) -> tuple[float, float]:
    """The variance of ln std, and its degrees of freedom; infinite where one value makes up all of the variance."""
    n, scale = shape.n, scale_of(shape)
    with np.errstate(over="ignore"):
        squares = ((shape.points * scale - (shape.mean or 0.0) * scale) / (_std(shape) * scale)) ** 2
    weights = np.concatenate([shape.upto - shape.below, shape.unseen])
    squares = np.concatenate([squares, np.maximum(squares[1:], squares[:-1])])
    left = 1.0 - squares / (n - 1)  # of the variance without the value, by n^2 / (n - 1)^2 the same for all
    if left.min() <= 0.0:
        return math.inf, 1.0
    logs = np.log(left) / 2.0
    logs -= math.fsum((logs * weights).tolist()) / n
    parts = logs * logs
    total = math.fsum((parts * weights).tolist())
    if total == 0.0:
        return 0.0, float(n)
    shares = parts / total
    return total * (n - 1) / n, 1.0 / math.fsum((shares * shares * weights).tolist())


def _apart(a: NumericShape, b: NumericShape) -> float:
    return abs((b.mean or 0.0) - (a.mean or 0.0))


def _std(shape: NumericShape) -> float:
    return shape.std or 0.0
