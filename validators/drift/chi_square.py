"""Pearson's chi-square test of two columns, and the size of the effect as Cramer's V."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from featureprep.validators.drift.cells import EXPECTED, Cells, Interval
from featureprep.validators.drift.distance import Distance, bounds, total
from featureprep.validators.drift.special import chi_square_critical, chi_square_tail

Pair = tuple[Interval, Interval]


@dataclass(frozen=True)
class ChiSquare:
    """The statistic of a table of two columns and `free` + 1 categories; `free` is 0 where there is nothing to compare.

    `rare`: that is so although the columns differ, as every category, or every other one, has too few rows.
    """

    statistic: Distance
    free: int
    rows: int
    rare: bool = False

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

    Values that are not kept are among those that are taken together. Where that is certain, they cost nothing. Else the statistic of
    the columns themselves, with more categories, is larger, at most by what values add that are all different.
    """
    n, m = cells.n, cells.m
    smaller = min(n, m) / (n + m)
    pairs = list(zip(cells.a, cells.b, strict=True))
    table = _pooled(pairs, cells, smaller)
    if cells.others is None:
        if len(table) < 2:
            return ChiSquare(Distance.exact(0.0), 0, n + m, rare=_statistic(pairs, n, m).high > 0.0)
        return ChiSquare(_statistic(table, n, m), len(table) - 1, n + m)
    low = _statistic(_coarse(pairs, cells, smaller), n, m).low
    high = min(_finest(pairs, cells, smaller), float(n + m))
    value = _statistic(table, n, m).value if len(table) > 1 else 0.0
    return ChiSquare(Distance.within(value, min(low, high), high), len(table) - 1, n + m, rare=len(table) < 2)


def _statistic(table: Sequence[Pair], n: int, m: int) -> Distance:
    def term(p: float, q: float) -> float:
        return (p - q) ** 2 * n * m / (n * p + m * q) if p or q else 0.0

    return total(bounds(term, [x.over(n) for x, _ in table], [y.over(m) for _, y in table]))


def _pooled(pairs: Sequence[Pair], cells: Cells, smaller: float) -> list[Pair]:
    """Counts without rare categories: these are one, with the rarest of the others where they are too few together."""
    lumped = None if cells.others is None else (cells.others.a, cells.others.b)
    kept = []
    for pair in sorted(pairs, key=lambda pair: pair[0].value + pair[1].value):
        if lumped is None or _expected(lumped, smaller) < EXPECTED or _expected(pair, smaller) < EXPECTED:
            lumped = pair if lumped is None else (_sum(lumped[0], pair[0]), _sum(lumped[1], pair[1]))
        else:
            kept.append(pair)
    return kept if lumped is None else [*kept, lumped]


def _coarse(pairs: Sequence[Pair], cells: Cells, smaller: float) -> list[Pair]:
    """Categories of which those of the columns' own table are parts, whatever the counts are: no larger statistic is certain.

    One holds the values that are not kept and all that may be taken together with rare ones: those that may be rare themselves, and,
    where the rare ones may be too few together, those that may be the rarest of the others.
    """
    common = [_most(pair) for pair in pairs if _least(pair) * smaller >= EXPECTED]
    rare = [_least(pair) for pair in pairs if _most(pair) * smaller < EXPECTED]
    if _all_rare(cells, smaller) and cells.others is not None:
        rare.append(_least((cells.others.a, cells.others.b)))
    next_one = -math.inf if math.fsum(rare) * smaller >= EXPECTED else min(common, default=math.inf)
    alone = [pair for pair in pairs if _least(pair) * smaller >= EXPECTED and _least(pair) > next_one]
    return [*alone, _remaining(alone, cells)]


def _finest(pairs: Sequence[Pair], cells: Cells, smaller: float) -> float:
    """The statistic of categories that are parts of those of the columns' own table, at most: only certainly rare ones are one."""
    n, m, others = cells.n, cells.m, cells.others
    if others is not None and _all_rare(cells, smaller):
        alone = [pair for pair in pairs if _most(pair) * smaller >= EXPECTED]
        return _statistic([*alone, _remaining(alone, cells)], n, m).high
    apart = 0.0 if others is None else others.a.high * m / n + others.b.high * n / m
    return _statistic(pairs, n, m).high + apart


def _all_rare(cells: Cells, smaller: float) -> bool:
    """Whether all values that are no cells are certainly rare."""
    others = cells.others
    if others is None:
        return True
    return max([others.a_most + others.b_most, *(one[1] + one[3] for one in others.known)]) * smaller < EXPECTED


def _remaining(pairs: Sequence[Pair], cells: Cells) -> Pair:
    """What is in none of them."""
    return _rest(cells.n, [x for x, _ in pairs]), _rest(cells.m, [y for _, y in pairs])


def _rest(n: int, counts: Sequence[Interval]) -> Interval:
    low, value, high = (max(0.0, n - math.fsum(getattr(count, end) for count in counts)) for end in ("high", "value", "low"))
    return Interval(low, value, high)


def _least(pair: Pair) -> float:
    return pair[0].low + pair[1].low


def _most(pair: Pair) -> float:
    return pair[0].high + pair[1].high


def _expected(pair: Pair, smaller: float) -> float:
    return (pair[0].value + pair[1].value) * smaller


def _sum(x: Interval, y: Interval) -> Interval:
    return Interval(x.low + y.low, x.value + y.value, x.high + y.high)
