"""L-infinity: the largest difference of one category's shares."""

from __future__ import annotations

import math
from typing import Literal

from featureprep.validators.drift.cells import Cells
from featureprep.validators.drift.distance import Bounds, Distance, bounds, largest


def distance(cells: Cells) -> Distance:
    """max |p - q| over categories (TFDV's `infinity_norm`), in [0, 1].

    A count that is not kept is taken to be as near as it can be to the other one; values that are kept in neither column raise the
    upper bound alone.
    """
    return largest([*bounds(lambda p, q: abs(p - q), *cells.shares()), *others(cells, cells.n, cells.m)])


def others(cells: Cells, a_scale: int, b_scale: int) -> list[Bounds]:
    """The differences of single values among the others, as terms of a maximum; counts are divided by the scales."""
    if cells.others is None:
        return []
    made = [Bounds(0.0, 0.0, max(cells.others.a_most / a_scale, cells.others.b_most / b_scale))]
    for a_low, a_high, b_low, b_high in cells.others.known:
        low = max(0.0, a_low / a_scale - b_high / b_scale, b_low / b_scale - a_high / a_scale)
        made.append(Bounds(low, low, max(a_high / a_scale - b_low / b_scale, b_high / b_scale - a_low / a_scale)))
    return made


def critical(cells: Cells, alpha: float) -> float:
    """What the distance exceeds with a probability of at most alpha where nothing drifts.

    Bernstein's inequality for each of the k categories in both directions (Boucheron, Lugosi and Massart 2013, Concentration
    Inequalities, theorem 2.10), with the variance p(1 - p)(1/n + 1/m) of the pooled share: a bound for samples of any size.
    """
    alone, largest, count = singles(cells, "high")
    return _critical(cells, alpha, [*alone, min(largest, 0.5)], len(alone) + count)


def critical_apart(cells: Cells, alpha: float) -> float:
    """As `critical`, of the values that are kept alone: the least that it can be."""
    alone, _, _ = singles(cells, "low")
    return _critical(cells, alpha, alone, len(alone))


def singles(cells: Cells, end: Literal["low", "high"]) -> tuple[list[float], float, float]:
    """The pooled shares of the cells, at that end where values are not kept; of the others the largest that one of them can have, and how many there can be."""
    rows, others = cells.n + cells.m, cells.others
    at = "value" if others is None else end
    counts = ((getattr(x, at), getattr(y, at)) for x, y in zip(cells.a, cells.b, strict=True))
    alone = [(x + y) / rows for x, y in counts if x + y > 0.0]
    if others is None:
        return alone, 0.0, 0.0
    return alone, (others.a_largest + others.b_largest) / rows, others.a_values.high + others.b_values.high


def _critical(cells: Cells, alpha: float, shares: list[float], count: float) -> float:
    variance = max((p * (1.0 - p) for p in shares), default=0.0) * (1.0 / cells.n + 1.0 / cells.m)
    bits = math.log(2.0 * max(count, 1.0) / alpha)
    step = bits / (3.0 * min(cells.n, cells.m))
    return min(1.0, step + math.sqrt(step * step + 2.0 * variance * bits))
