"""Quantiles by TFDV's rule, of all values.

The k-th of `steps` quantiles is the smallest value that more than the share k / steps of the weight does not exceed; the last one is the
largest value (tfx_bsl's WeightedQuantilesSummary::GenerateQuantilesAndCumulativeWeights on a summary that holds every value).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from featureprep.folds.quantiles import Quantiles
from featureprep.validators.tfmd.generators.exact import Floats

_SORTED: Final = 1 << 20
"""About so many values are sorted at a time."""


@dataclass(frozen=True)
class Outlined:
    """Quantiles, ascending, and the weight of all values up to each.

    Attributes
    ----------
    values, cumulative : np.ndarray of float64, shape (steps + 1,)
    """

    values: Floats
    cumulative: Floats

    def every(self, factor: int) -> Outlined:
        """The first one, and every `factor`-th."""
        return Outlined(self.values[::factor], self.cumulative[::factor])

    @property
    def median(self) -> float:
        """The middle one; `steps` must be even."""
        return float(self.values[len(self.values) // 2])


def outlined(values: Floats, cumulative: Floats, steps: int) -> Outlined:
    """Of different values in ascending order, with the weight up to and with each."""
    ranks = np.arange(steps + 1) * cumulative[-1] / steps
    at = np.minimum(np.searchsorted(cumulative, ranks, side="right"), len(values) - 1)
    return Outlined(values[at], cumulative[at])


def of_runs(runs: Quantiles, negative: int, positive: int, steps: int) -> Outlined:
    """Of a column's finite values and its infinities, of which there are `negative` and `positive`; not empty."""
    n = runs.n + negative + positive
    places = np.minimum(np.arange(steps + 1) * n // steps, n - 1)
    values = np.where(places < negative, -np.inf, np.inf)
    cumulative = np.where(places < negative, float(negative), float(n))
    finite = (places >= negative) & (places < negative + runs.n)
    ranks, start = places[finite] - negative, 0
    found, upto = np.empty(len(ranks)), np.empty(len(ranks))
    for part in runs.distinct(_SORTED) if len(ranks) else ():
        stops = start + np.cumsum(part.counts)
        here = slice(*np.searchsorted(ranks, (start, stops[-1])))
        at = np.searchsorted(stops, ranks[here], side="right")
        found[here], upto[here] = part.values[at], stops[at]
        start = int(stops[-1])
    values[finite], cumulative[finite] = found, upto + negative
    return Outlined(values, cumulative)
