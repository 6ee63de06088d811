"""Normalised absolute difference: the largest difference of one category's counts."""

from __future__ import annotations

import math

from featureprep.validators.drift.cells import Cells
from featureprep.validators.drift.distance import Distance, bounds, largest
from featureprep.validators.drift.linf import others, singles


def distance(cells: Cells) -> Distance:
    """max |a - b| / (n + m) of counts over categories (TFDV's `normalized_abs_difference`), in [0, 1].

    It sees that there are more or fewer rows. Counts that are not kept are as in L-infinity.
    """
    rows = cells.n + cells.m
    a, b = [x.over(rows) for x in cells.a], [y.over(rows) for y in cells.b]
    return largest([*bounds(lambda x, y: abs(x - y), a, b), *others(cells, rows, rows)])


def critical(cells: Cells, alpha: float) -> float:
    """What the difference exceeds with a probability of at most alpha where both columns are expected to have the same counts.

    Given a + b rows in a category, each is in either column with probability 1/2: Hoeffding's inequality for a - b (Hoeffding
    1963, J. Am. Stat. Assoc. 58), in both directions, for each category.
    """
    alone, largest, count = singles(cells, "high")
    return _critical(cells, alpha, max([*alone, largest]), len(alone) + count)


def critical_apart(cells: Cells, alpha: float) -> float:
    """As `critical`, of the values that are kept alone: the least that it can be."""
    alone, _, _ = singles(cells, "low")
    return _critical(cells, alpha, max(alone, default=0.0), len(alone))


def _critical(cells: Cells, alpha: float, share: float, count: float) -> float:
    bits = math.log(2.0 * max(count, 1.0) / alpha)
    return min(1.0, math.sqrt(2.0 * share * bits / (cells.n + cells.m)))
