"""Lift: how much more often a value of one feature is among the rows with a value of another one than among all rows.

A row has each of its values once, however often it lists it. lift(x, y) = P(y | x) / P(y), rounded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from featureprep.errors import TypeMismatchError
from featureprep.folds.moments import rounded
from featureprep.validators.tfmd.generators.copresence import Tally, Valued, pairs, valued
from featureprep.validators.tfmd.generators.dataset import Written
from featureprep.validators.tfmd.generators.exact import Floats
from featureprep.validators.tfmd.generators.options import Options, whole_number
from featureprep.validators.tfmd.generators.paths import Seen
from featureprep.validators.tfmd.generators.rows import Rows
from featureprep.validators.tfmd.generators.top_values import label
from featureprep.validators.tfmd.paths import Path

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import CrossFeatureStatistics, FeatureNameStatistics, LiftSeries


@dataclass(frozen=True)
class LiftOptions:
    """TFDV's options of the same names.

    Attributes
    ----------
    y_boundaries : sequence of float, optional
        Ascending; a numeric y is taken by the bins that they cut.
    min_x_count : int
        Values of x that occur no more often are left out.
    top_k_per_y, bottom_k_per_y : int, optional
        Only so many values with the largest and with the smallest lift are told of each y.
    output_custom_stats : bool
        Write a rank histogram into the statistics of x for each y, too.
    """

    y_path: Path
    x_paths: Sequence[Path]
    y_boundaries: Sequence[float] | None = None
    min_x_count: int = 0
    top_k_per_y: int | None = None
    bottom_k_per_y: int | None = None
    output_custom_stats: bool = False

    def __post_init__(self) -> None:
        whole_number("min_x_count", self.min_x_count, 0)
        for name in ("top_k_per_y", "bottom_k_per_y"):
            if getattr(self, name) is not None:
                whole_number(name, getattr(self, name), 1)


@dataclass(frozen=True)
class _Value:
    x: Any
    lift: float
    x_count: Any
    both: Any


@dataclass
class Lift:
    """What is known of all pairs of values: counts of rows, or sums of their weights.

    Attributes
    ----------
    of_x : dict of path to Tally
    of_both : dict of path to Tally
        By (x, y).
    """

    asked: LiftOptions
    options: Options
    weighted: bool
    rows: Tally = field(default_factory=Tally)
    of_y: Tally = field(default_factory=Tally)
    of_x: dict[Path, Tally] = field(default_factory=dict)
    of_both: dict[Path, Tally] = field(default_factory=dict)

    def add(self, rows: Rows) -> None:
        """One batch."""
        weights = self._weights(rows, self.asked.y_path)
        self.rows.add([None], np.zeros(rows.n, np.int64), weights)
        y = self._values(rows.seen.get(self.asked.y_path), self.asked.y_boundaries)
        if y is not None:
            self.of_y.add(y.values, y.codes, None if weights is None else weights[y.rows])
        for path in self.asked.x_paths:
            x = self._values(rows.seen.get(path), None)
            if x is None:
                continue
            weights = self._weights(rows, path)
            self.of_x.setdefault(path, Tally()).add(x.values, x.codes, None if weights is None else weights[x.rows])
            if y is not None:
                keys, codes, owners = pairs(x, y)
                self.of_both.setdefault(path, Tally()).add(keys, codes, None if weights is None else weights[owners])

    def _weights(self, rows: Rows, path: Path) -> Floats | None:
        column = self.options.weight_of(path)
        return rows.weights(column) if self.weighted and column is not None else None

    def _values(self, seen: Seen | None, boundaries: Sequence[float] | None) -> Valued | None:
        if seen is None or seen.kind is None:
            return None
        kinds = ("STRING", "INT") if boundaries is None else ("INT", "FLOAT")
        if seen.kind not in kinds:
            raise TypeMismatchError(
                f"lift is between strings and whole numbers, or a number that y_boundaries cut, not {seen.kind}",
                where=f"feature {'.'.join(seen.path)}",
            )
        return valued(seen, boundaries)

    def write(self, made: Written) -> None:
        """A message for each x, and its custom statistics if they are asked for."""
        for path in sorted(self.of_x):
            cross = made.whole.cross_features.add()
            cross.path_x.step.extend(path)
            cross.path_y.step.extend(self.asked.y_path)
            custom = made.feature(path) if self.asked.output_custom_stats and not self.weighted else None
            self._series(path, cross, custom)

    def _series(self, path: Path, cross: CrossFeatureStatistics, custom: FeatureNameStatistics | None) -> None:
        n = self.rows.amounts(weighted=self.weighted)[0].get(None, 0)
        of_y, y_unit = self.of_y.amounts(weighted=self.weighted)
        of_x, unit = self.of_x[path].amounts(weighted=self.weighted)
        both = self.of_both.get(path, Tally()).amounts(weighted=self.weighted)[0]
        for y, y_amount in sorted(of_y.items()):
            if not y_amount:
                continue
            series = cross.categorical_cross_stats.lift.lift_series.add()
            shown = self._write_y(series, y)
            setattr(series, "weighted_y_count" if self.weighted else "y_count", _count(y_amount, y_unit))
            values = []
            for x, x_amount in of_x.items():
                together = both.get((x, y), 0)
                if x_amount > self.asked.min_x_count * unit:
                    lift = rounded(together * n, x_amount * y_amount)
                    values.append(_Value(x, lift, _count(x_amount, unit), _count(together, unit)))
            chosen = self._chosen(values)
            for value in chosen:
                self._write_x(series, value)
            if custom is not None:
                histogram = custom.custom_stats.add(name=f"Lift (Y={shown})").rank_histogram
                for value in chosen:
                    histogram.buckets.add(label=_text(value.x), sample_count=value.lift)

    def _chosen(self, values: Sequence[_Value]) -> list[_Value]:
        """Those that are told, the largest lift first, equal ones ascending by x."""
        top, bottom = self.asked.top_k_per_y, self.asked.bottom_k_per_y
        ascending = sorted(values, key=lambda value: (value.lift, value.x))
        if top is not None or bottom is not None:
            first, last = bottom or 0, len(ascending) - (top or 0)
            ascending = [value for place, value in enumerate(ascending) if place < first or place >= last]
        return sorted(ascending, key=lambda value: (-value.lift, value.x))

    def _write_y(self, series: LiftSeries, y: Any) -> str:
        """The value of y; returns how it is shown."""
        if self.asked.y_boundaries is not None:
            edges = [-np.inf, *self.asked.y_boundaries, np.inf]
            low, high = edges[y], edges[y + 1]
            series.y_bucket.low_value, series.y_bucket.high_value = low, high
            return f"[{low},{high}" + ("]" if high == np.inf else ")")
        if _fits(y):
            series.y_int = y
        else:
            series.y_string = _text(y)
        return _text(y)

    def _write_x(self, series: LiftSeries, value: _Value) -> None:
        told = series.lift_values.add(lift=value.lift)
        if _fits(value.x):
            told.x_int = value.x
        else:
            told.x_string = _text(value.x)
        if self.weighted:
            told.weighted_x_count, told.weighted_x_and_y_count = value.x_count, value.both
        else:
            told.x_count, told.x_and_y_count = value.x_count, value.both


def _count(amount: int, unit: int) -> int | float:
    """A count as it is, a sum of weights rounded once."""
    return amount if unit == 1 else rounded(amount, unit)


def _fits(value: Any) -> bool:
    """Whether the message has room for a value as a number; others are written as text."""
    return isinstance(value, int) and -(1 << 31) <= value < 1 << 31


def _text(value: Any) -> str:
    return label(value) if isinstance(value, bytes) else str(value)
