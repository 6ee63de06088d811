"""Numeric statistics of a feature: exact moments and quantiles, also weighted by rows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.folds.exact_sums import UNIT, exact_sums
from featureprep.folds.moments import Moments, MomentsState, rounded
from featureprep.folds.quantiles import Runs, RunsState
from featureprep.validators.statistics.runs import zeros
from featureprep.validators.tfmd.generators.exact import Floats, exact_dot
from featureprep.validators.tfmd.generators.histograms import nan_histograms, quantiles_histogram, standard_histogram
from featureprep.validators.tfmd.generators.options import Options
from featureprep.validators.tfmd.generators.quantiles import Outlined, of_runs, outlined

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import Histogram, NumericStatistics, WeightedNumericStatistics

FINER: Final = 100
"""Standard histograms are made of so many times more quantiles than quantiles histograms have buckets (TFDV's factor)."""


@dataclass
class Numbers:
    """What is known of a numeric feature. The folds keep finite values; infinities are counted beside, NaN and null elements together."""

    moments: MomentsState = field(default_factory=MomentsState)
    runs: RunsState = field(default_factory=RunsState)
    positive: int = 0
    negative: int = 0
    weighted: list[tuple[Floats, Floats]] = field(default_factory=list)

    def add(self, values: pa.Array, weights: Floats | None) -> None:
        """Values, and the weight of each."""
        if len(values) == 0:
            return
        self.moments = Moments().update(self.moments, values)
        self.runs = Runs().update(self.runs, values)
        if pa.types.is_floating(values.type):
            self.positive += pc.sum(pc.equal(values, np.inf)).as_py() or 0
            self.negative += pc.sum(pc.equal(values, -np.inf)).as_py() or 0
        if weights is not None:
            there = values.is_valid().to_numpy(zero_copy_only=False)
            numbers = values.drop_null().to_numpy().astype(np.float64) + 0.0
            known = ~np.isnan(numbers)
            self.weighted.append((numbers[known], weights[there][known]))

    def statistics(self, options: Options, *, weighted: bool) -> NumericStatistics:
        """The message without its common statistics."""
        from tensorflow_metadata.proto.v0.statistics_pb2 import NumericStatistics

        moments, runs = Moments().finish(self.moments), Runs().finish(self.runs)
        nans = moments.nans + moments.nulls
        if moments.n + self.positive + self.negative == 0:
            return NumericStatistics(histograms=nan_histograms(nans) if nans else ())
        low, high = (math.inf, -math.inf) if moments.min is None or moments.max is None else (moments.min, moments.max)
        found = of_runs(runs, self.negative, self.positive, FINER * options.num_quantiles_histogram_buckets)
        made = NumericStatistics(
            mean=math.nan if moments.mean is None else moments.mean,
            std_dev=math.nan if moments.std is None else moments.std,
            num_zeros=zeros(runs) if runs.n else 0,
            min=-math.inf if self.negative else low,
            median=found.median,
            max=math.inf if self.positive else high,
            histograms=_histograms(found, low, high, options, positive=self.positive, nans=nans),
        )
        if weighted:
            made.weighted_numeric_stats.CopyFrom(self._weighted(options, low, high, nans))
        return made

    def _weighted(self, options: Options, low: float, high: float, nans: int) -> WeightedNumericStatistics:
        from tensorflow_metadata.proto.v0.statistics_pb2 import WeightedNumericStatistics

        values, weights = (np.concatenate(parts) for parts in zip(*self.weighted, strict=True))
        counted = weights > 0.0
        values, weights = values[counted], weights[counted]
        if len(values) == 0:
            return WeightedNumericStatistics()
        # in an order of their own: what is summed one after the other comes out the same however the rows came
        order = np.lexsort((weights, values))
        values, weights = values[order], weights[order]
        last = np.append(np.flatnonzero(values[1:] != values[:-1]), len(values) - 1)
        found = outlined(values[last], np.cumsum(weights)[last], FINER * options.num_quantiles_histogram_buckets)
        mean, std = _weighted_moments(values, weights)
        positive = math.fsum(weights[values == np.inf].tolist())
        return WeightedNumericStatistics(
            mean=mean, std_dev=std, median=found.median, histograms=_histograms(found, low, high, options, positive=positive, nans=nans)
        )


def _histograms(found: Outlined, low: float, high: float, options: Options, *, positive: float, nans: int) -> list[Histogram]:
    standard = standard_histogram(found, low, high, options.num_histogram_buckets, positive=positive, nans=nans)
    return [standard, quantiles_histogram(found.every(FINER), nans=nans)]


def _weighted_moments(values: Floats, weights: Floats) -> tuple[float, float]:
    """Mean and standard deviation of the finite values: the mean is rounded once, of the deviations each square is."""
    finite = np.isfinite(values)
    values, weights = values[finite], weights[finite]
    if len(values) == 0:
        return math.nan, math.nan
    total = exact_sums(weights)[0]
    mean = rounded(exact_dot(weights, values), total << UNIT)
    largest, exponent = math.frexp(float(np.max(np.abs(values))))  # so scaled, no difference or square leaves the doubles
    apart = np.ldexp(values, -exponent) - math.ldexp(mean, -exponent)
    std = math.sqrt(rounded(exact_dot(weights, apart * apart), total << UNIT))
    return mean, math.ldexp(min(std, largest), exponent)
