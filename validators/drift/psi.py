"""Population stability index, as credit scoring takes it."""

from __future__ import annotations

import math

from featureprep.validators.drift.cells import Cells, Interval
from featureprep.validators.drift.distance import Distance, bounds, total
from featureprep.validators.drift.special import chi_square_critical


def distance(cells: Cells) -> Distance:
    """sum (q - p) ln(q / p) over categories (Siddiqi 2006, Credit Risk Scorecards), at least 0.

    Half a row is added to each category of both columns, so that an empty one gives a large term and not an infinite one, the
    larger the more rows there are. Values that are not kept are one category: the index is defined over what is kept.
    """
    cells = cells.lumped()
    k = len(cells.a)
    a = [_smooth(x, cells.n, k) for x in cells.a]
    b = [_smooth(y, cells.m, k) for y in cells.b]
    return total(bounds(_term, a, b))


def _smooth(count: Interval, n: int, k: int) -> Interval:
    whole = n + k / 2.0
    return Interval((count.low + 0.5) / whole, (count.value + 0.5) / whole, (count.high + 0.5) / whole)


def _term(p: float, q: float) -> float:
    return (q - p) * math.log(q / p)


def critical(cells: Cells, alpha: float) -> float:
    """What the index exceeds with a probability of about alpha where nothing drifts.

    PSI / (1/n + 1/m) is about chi-square with one degree of freedom less than there are categories (Yurdakul 2018,
    Statistical Properties of Population Stability Index, Western Michigan University).
    """
    free = cells.occupied() - 1
    return chi_square_critical(alpha, free) * (1.0 / cells.n + 1.0 / cells.m) if free > 0 else 0.0
