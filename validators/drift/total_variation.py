"""Total variation: the share of rows that would have to change."""

from __future__ import annotations

import math

from featureprep.validators.drift.cells import Cells, Interval
from featureprep.validators.drift.distance import Distance, apart, total


def distance(cells: Cells) -> Distance:
    """sum |p - q| / 2 over categories, in [0, 1].

    Values that are not kept count as one; at most they are all different, and then add half of their shares.
    """
    return total(apart(lambda p, q: abs(p - q) / 2.0, cells), most=1.0)


def critical(cells: Cells, alpha: float) -> float:
    """What the distance exceeds with a probability of at most alpha where nothing drifts.

    Its expectation is at most sum sqrt(p(1 - p)(1/n + 1/m)) / 2 by Jensen's inequality; one row changes it by 1/n or 1/m at
    most, so it exceeds its expectation by McDiarmid's inequality (McDiarmid 1989, On the method of bounded differences).
    """
    return _critical(cells, alpha, math.fsum(_spread(p) for p in cells.pooled()))


def critical_apart(cells: Cells, alpha: float) -> float:
    """As `critical`, where all values that are not kept are different ones."""
    if cells.others is None:
        return critical(cells, alpha)
    rows, others = cells.n + cells.m, cells.others
    spread = [_spread((x.value + y.value) / rows) for x, y in zip(cells.a, cells.b, strict=True)]
    spread += [_least(others.a, others.a_values, others.a_largest, rows), _least(others.b, others.b_values, others.b_largest, rows)]
    return _critical(cells, alpha, math.fsum(spread))


def _critical(cells: Cells, alpha: float, spread: float) -> float:
    noise = 1.0 / cells.n + 1.0 / cells.m
    return min(1.0, spread * math.sqrt(noise) / 2.0 + math.sqrt(noise * math.log(1.0 / alpha) / 2.0))


def _least(count: Interval, values: Interval, largest: int, rows: int) -> float:
    """The spread of so many values that have so many rows together, at least: it is concave, so above its chord over [1, largest]."""
    one, most = _spread(1.0 / rows), _spread(min(1.0, largest / rows))
    if largest <= 1 or most <= one:
        return values.low * min(one, most)
    return values.low * one + max(0.0, count.low - values.low) * (most - one) / (largest - 1.0)


def _spread(share: float) -> float:
    return math.sqrt(share * (1.0 - share)) if share < 1.0 else 0.0
