"""Sums and inner products of doubles that depend on no order: exact, rounded once at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from featureprep.folds.exact_sums import UNIT, exact_sums, units
from featureprep.folds.moments import rounded

Floats = np.ndarray[Any, np.dtype[np.float64]]

_SPLITTER: Final = 2.0**27 + 1.0
_LARGE, _SMALL = 2.0**500, 2.0**-900


@dataclass
class ExactSum:
    """`total` in units of 2**-1074."""

    total: int = 0

    def add(self, values: Floats) -> None:
        """Finite values."""
        self.total += _units(values)

    @property
    def value(self) -> float:
        """The double nearest to the sum."""
        return rounded(self.total, 1 << UNIT)


def exact_dot(x: Floats, y: Floats) -> int:
    """The inner product of finite values in units of 2**-2148.

    A product of doubles is a double and an error that is one too (Dekker 1971, "A floating-point technique for extending the available
    precision"); where one of both may not be, the numbers are multiplied as integers.
    """
    with np.errstate(over="ignore", under="ignore"):
        product = x * y
    sound = (np.abs(x) < _LARGE) & (np.abs(y) < _LARGE) & ((np.abs(product) > _SMALL) | (x == 0.0) | (y == 0.0))
    sums = sum(units(a) * units(b) for a, b in zip(x[~sound].tolist(), y[~sound].tolist(), strict=True))
    x, y, product = x[sound], y[sound], product[sound]
    x_high, y_high = _high(x), _high(y)
    x_low, y_low = x - x_high, y - y_high
    error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
    return sums + ((_units(product) + _units(error)) << UNIT)


def _units(values: Floats) -> int:
    return exact_sums(values)[0] if len(values) else 0


def _high(values: Floats) -> Floats:
    large: Floats = values * _SPLITTER
    high: Floats = large - (large - values)
    return high
