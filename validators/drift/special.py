"""Tail probabilities of the distributions that distances have where nothing drifts, and the values they are inverse to."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import NormalDist
from typing import Final

_TINY: Final = 1e-300
_CLOSE: Final = 1e-15
_STEPS: Final = 100_000
_NORMAL: Final = 1e9
_FAR: Final = 1e150
_MANY: Final = 5000


def kolmogorov_tail(x: float) -> float:
    """P(sup |B| > x) of a Brownian bridge B: the limit law of the scaled two-sample Kolmogorov-Smirnov statistic.

    Both of Kolmogorov's series (Marsaglia, Tsang and Wang 2003, J. Stat. Softw. 8(18)), each where it converges fast.
    """
    if x < 0.1:  # 1 - 1e-52
        return 1.0
    if x < 1.0:
        power = -(math.pi**2) / (8.0 * x * x)
        return 1.0 - math.sqrt(2.0 * math.pi) / x * math.fsum(math.exp(power * (2 * k - 1) ** 2) for k in range(1, 6))
    return min(1.0, max(0.0, 2.0 * math.fsum((-1) ** (k - 1) * math.exp(-2.0 * (k * x) ** 2) for k in range(1, 9))))


def gamma_tail(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x), a > 0.

    By its series below a + 1, by Lentz's continued fraction above (Press et al., Numerical Recipes, 3rd ed., 6.2).
    """
    if x <= 0.0:
        return 1.0
    if math.isinf(x):
        return 0.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        for k in range(1, _STEPS):
            term *= x / (a + k)
            total += term
            if term < total * _CLOSE:
                break
        return max(0.0, 1.0 - total * front)
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    h = d
    for k in range(1, _STEPS):
        factor = -k * (k - a)
        b += 2.0
        c, d = _not_zero(b + factor / c), 1.0 / _not_zero(factor * d + b)
        h *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return min(1.0, front * h)


def chi_square_tail(x: float, df: int) -> float:
    """P(X > x) of a chi-square variable with `df` degrees of freedom, df >= 1."""
    return gamma_tail(df / 2.0, x / 2.0)


def student_tail(t: float, df: float) -> float:
    """P(|T| > t) of Student's t with `df` degrees of freedom, t >= 0: the regularised incomplete beta function.

    By its continued fraction (Press et al., Numerical Recipes, 3rd ed., 6.4); the normal distribution's beyond a billion degrees.
    """
    if df > _NORMAL:
        return math.erfc(t / math.sqrt(2.0))
    if t > _FAR:
        return 0.0
    a, b, square = df / 2.0, 0.5, t * t
    x, y = df / (df + square), square / (df + square)
    if y == 0.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - a * math.log1p(square / df) + b * math.log(y))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(a, b, x) / a
    return 1.0 - front * _beta_fraction(b, a, y) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    h = d
    for k in range(1, _STEPS):
        even = k * (b - k) * x / ((a - 1.0 + 2 * k) * (a + 2 * k))
        c, d = _not_zero(1.0 + even / c), 1.0 / _not_zero(1.0 + even * d)
        h *= c * d
        odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 1.0 + 2 * k))
        c, d = _not_zero(1.0 + odd / c), 1.0 / _not_zero(1.0 + odd * d)
        h *= c * d
        if abs(c * d - 1.0) < _CLOSE:
            break
    return h


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=1024)
def kolmogorov_critical(alpha: float) -> float:
    """The x with `kolmogorov_tail(x) == alpha`."""
    return _where(kolmogorov_tail, alpha, 1.0)


@lru_cache(maxsize=1024)
def chi_square_critical(alpha: float, df: int) -> float:
    """The x with `chi_square_tail(x, df) == alpha`.

    Of many degrees of freedom by the cube of a normal variable (Wilson and Hilferty 1931, PNAS 17), which is then off by 1e-5 at most, of alpha from 1e-6.
    """
    if df > _MANY:
        spread = 2.0 / (9.0 * df)
        return float(df * (1.0 - spread - NormalDist().inv_cdf(alpha) * math.sqrt(spread)) ** 3)
    return _where(lambda x: chi_square_tail(x, df), alpha, float(df))


@lru_cache(maxsize=1024)
def student_critical(alpha: float, df: float) -> float:
    """The t with `student_tail(t, df) == alpha`."""
    return _where(lambda t: student_tail(t, df), alpha, 1.0)


def _where(tail: Callable[[float], float], alpha: float, start: float) -> float:
    """Where a decreasing tail falls to alpha, by bisection; the upper end of the last interval."""
    low, high = 0.0, start
    while tail(high) > alpha and high < 1e300:
        low, high = high, high * 2.0
    while True:
        middle = low + (high - low) / 2.0
        if not low < middle < high or high - low < high * _CLOSE:
            return high
        if tail(middle) > alpha:
            low = middle
        else:
            high = middle
