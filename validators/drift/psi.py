"""Population stability index, as credit scoring takes it."""

from __future__ import annotations

import math
from collections.abc import Callable

from featureprep.validators.drift.cells import Cells, Interval, Others
from featureprep.validators.drift.distance import Distance, bounds, total
from featureprep.validators.drift.special import chi_square_critical


def distance(cells: Cells) -> Distance:
    """sum (q - p) ln(q / p) over categories (Siddiqi 2006, Credit Risk Scorecards), at least 0.

    Half a row is added to each category of both columns, so that an empty one gives a large term and not an infinite one, the
    larger the more rows there are. Values that are not kept count as one category, with half a row for each of the least number of
    values that these can be; the bounds allow for every number of them, and for all that they can be.
    """
    if cells.others is None:
        k = len(cells.a)
        a = [_smooth(x, cells.n, k) for x in cells.a]
        b = [_smooth(y, cells.m, k) for y in cells.b]
        return total(bounds(_term, a, b))
    return _with_others(cells, cells.others)


def _with_others(cells: Cells, others: Others) -> Distance:
    """With N = n + k / 2 and M = m + k / 2 the index is 1 / N times the sum of (u y - x) ln(u y / x), u = N / M.

    x and y are counts with half a row more. The term is convex in them and in u, and grows in proportion to them, so values taken
    together have no larger one than apart, and the ends of the intervals of u and of the number of categories k give the bounds. The term
    of a value that both columns have is not larger than that of one that has its count in the column where it is more frequent
    and is absent in the other.
    """
    least, most = _categories(others)
    fewest, many = (len(cells.a) + k for k in (least, most))
    scales = [(cells.n + k / 2.0, cells.m + k / 2.0) for k in (fewest, many)]
    ratios = [n / m for n, m in scales]
    u = Interval(min(ratios), ratios[0], max(ratios))
    a, b = [_more(x, 0.5, 0.5) for x in cells.a], [_times(_more(y, 0.5, 0.5), u) for y in cells.b]
    kept = bounds(_term, a, b)
    rest = bounds(_term, [_more(others.a, least / 2.0, most / 2.0)], [_times(_more(others.b, least / 2.0, most / 2.0), u)]) if least else []
    together, whole, whole_most = [*kept, *rest], scales[0][0], scales[1][0]
    value = math.fsum(each.value for each in together) / whole
    low = math.fsum(each.low for each in together) / whole_most
    apart = max(_apart(others, each) for each in (u.low, u.high))
    high = (math.fsum(each.high for each in kept) + apart) / whole
    return Distance.within(value, min(low, high), high)


def _categories(others: Others) -> tuple[float, float]:
    """The least and the largest number of different values that are no cells."""
    least = max(others.a_values.low, others.b_values.low, len(others.known))
    return least, max(least, others.a_values.high + others.b_values.high)


def _apart(others: Others, u: float) -> float:
    """The sum of the terms of the others where no value is in both columns, at most."""
    in_a = _most_of(others.a, others.a_values, others.a_largest, lambda count: _term(count + 0.5, 0.5 * u))
    in_b = _most_of(others.b, others.b_values, others.b_largest, lambda count: _term(0.5, (count + 0.5) * u))
    return in_a + in_b


def _most_of(rows: Interval, values: Interval, largest: int, term: Callable[[float], float]) -> float:
    """The sum of the convex terms of so many values that have so many rows together: the chord over [1, largest] is above it."""
    if largest <= 1:
        return values.high * term(1.0)
    ones = max(0.0, values.high * largest - rows.low) / (largest - 1.0)
    large = max(0.0, rows.high - values.low) / (largest - 1.0)
    return ones * term(1.0) + large * term(float(largest))


def _more(count: Interval, low: float, high: float) -> Interval:
    return Interval(count.low + low, count.value + low, count.high + high)


def _times(count: Interval, ratio: Interval) -> Interval:
    return Interval(count.low * ratio.low, count.value * ratio.value, count.high * ratio.high)


def _smooth(count: Interval, n: int, k: int) -> Interval:
    return _more(count, 0.5, 0.5).over(n + k / 2.0)


def _term(p: float, q: float) -> float:
    return (q - p) * math.log(q / p)


def critical(cells: Cells, alpha: float) -> float:
    """What the index exceeds with a probability of about alpha where nothing drifts.

    PSI / (1/n + 1/m) is about chi-square with one degree of freedom less than there are categories (Yurdakul 2018,
    Statistical Properties of Population Stability Index, Western Michigan University).
    """
    return _critical(cells, alpha, cells.occupied() - 1)


def critical_apart(cells: Cells, alpha: float) -> float:
    """As `critical`, where all values that are not kept are different ones."""
    return _critical(cells, alpha, cells.occupied_apart() - 1)


def _critical(cells: Cells, alpha: float, free: int) -> float:
    return chi_square_critical(alpha, free) * (1.0 / cells.n + 1.0 / cells.m) if free > 0 else 0.0
