"""Total variation: the share of rows that would have to change."""

from __future__ import annotations

import math

from featureprep.validators.drift.cells import Cells
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
    noise = 1.0 / cells.n + 1.0 / cells.m
    expected = math.fsum(math.sqrt(p * (1.0 - p) * noise) for p in cells.pooled() if p < 1.0) / 2.0
    return min(1.0, expected + math.sqrt(noise * math.log(1.0 / alpha) / 2.0))
