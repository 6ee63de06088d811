"""Pearson's chi-square test of two columns, and the size of the effect as Cramer's V."""

from __future__ import annotations

import math
from dataclasses import dataclass

from featureprep.validators.drift.cells import EXPECTED, Cells, Interval
from featureprep.validators.drift.distance import Distance, bounds, total
from featureprep.validators.drift.special import chi_square_critical, chi_square_tail


@dataclass(frozen=True)
class ChiSquare:
    """The statistic of a table of two columns and `free` + 1 categories; `free` is 0 where there is nothing to compare."""

    statistic: Distance
    free: int
    rows: int

    @property
    def p_value(self) -> float:
        """The probability of so large a statistic where nothing drifts."""
        return chi_square_tail(self.statistic.value, self.free) if self.free else 1.0

    @property
    def effect(self) -> Distance:
        """Cramer's V, sqrt(statistic / rows), in [0, 1] (Cramer 1946, Mathematical Methods of Statistics)."""
        made = self.statistic
        return Distance(*(min(1.0, math.sqrt(each / self.rows)) for each in (made.value, made.low, made.high)))

    def critical(self, alpha: float) -> float:
        """What the statistic exceeds with a probability of about alpha where nothing drifts."""
        return chi_square_critical(alpha, self.free) if self.free else 0.0


def chi_square(cells: Cells) -> ChiSquare:
    """Without Yates's correction; categories with fewer than `EXPECTED` rows in a column are taken together (Cochran 1954, Biometrics 10).

    Values that are not kept are one category: the test is one of what is kept.
    """
    n, m = cells.n, cells.m
    a, b = _pooled(cells.lumped())
    if len(a) < 2:
        return ChiSquare(Distance.exact(0.0), 0, n + m)

    def term(p: float, q: float) -> float:
        return (p - q) ** 2 * n * m / (n * p + m * q) if p or q else 0.0

    parts = bounds(term, [x.over(n) for x in a], [y.over(m) for y in b])
    return ChiSquare(total(parts), len(a) - 1, n + m)


def _pooled(cells: Cells) -> tuple[list[Interval], list[Interval]]:
    """Counts without rare categories: these are one, with the rarest of the others where they are too few together."""
    smaller = min(cells.n, cells.m) / (cells.n + cells.m)
    pairs = sorted(zip(cells.a, cells.b, strict=True), key=lambda pair: pair[0].value + pair[1].value)
    lumped: tuple[Interval, Interval] | None = None
    kept = []
    for pair in pairs:
        if lumped is None or _expected(lumped, smaller) < EXPECTED or _expected(pair, smaller) < EXPECTED:
            lumped = pair if lumped is None else (_sum(lumped[0], pair[0]), _sum(lumped[1], pair[1]))
        else:
            kept.append(pair)
    if lumped is not None:
        kept.append(lumped)
    return [x for x, _ in kept], [y for _, y in kept]


def _expected(pair: tuple[Interval, Interval], smaller: float) -> float:
    return (pair[0].value + pair[1].value) * smaller


def _sum(x: Interval, y: Interval) -> Interval:
    return Interval(x.low + y.low, x.value + y.value, x.high + y.high)
