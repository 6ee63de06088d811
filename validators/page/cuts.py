"""Where the range of two columns of numbers, dates or times is cut, so that both have the same bars, with ends that are read easily."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from featureprep.folds.radix import Floats
from featureprep.report.visible import brief
from featureprep.validators.drift.cells import edges_of
from featureprep.validators.drift.curves import below, union
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.units import DATE, LENGTH, TIMESTAMP, shown

MOST_VALUES: Final = 24
"""So many different values, or fewer, have a bar each."""
OTHERS: Final = "other values"
_BARS: Final = 20
_TAIL: Final = 0.01
"""Of the values at either end, which share one bar where they lie far off."""
_FAR: Final = 1.6
_LARGE: Final = 1e300
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_DAY: Final = 86_400.0
_CLOCK: Final = (
    *(unit * step for unit in (1.0, 60.0) for step in (1, 2, 5, 10, 15, 30)),
    *(3600.0 * step for step in (1, 2, 3, 6, 12)),
    _DAY,
)
"""Seconds between the marks of a clock."""


@dataclass(frozen=True)
class Bars:
    """The bars of a histogram of one or several columns.

    Attributes
    ----------
    labels : tuple of str
        What each bar holds: "3", "2 to 4" (4 is in the next one), "below 2", "40 and above".
    counts : tuple of tuples of float
        How many values of each column are in each bar; exact but for what lies unseen between the points of a shape.
    low, high : str
        What stands at the ends of the axis.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]
    low: str
    high: str


def bars_of(*shapes: NumericShape, whole: bool) -> Bars | None:
    """The bars of some shapes of one unit, or None where none of them has a value; `whole`: of whole numbers."""
    filled = [shape for shape in shapes if shape.n]
    if not filled:
        return None
    points, unit = union(*filled), filled[0].unit
    if len(points) <= MOST_VALUES:  # of so few points more lie unseen only where values are rare
        labels = tuple(_plain(point, unit) for point in points.tolist())
        counts = [_at(shape, points) for shape in shapes]
        rest = tuple(shape.n - sum(side) for shape, side in zip(shapes, counts, strict=True))
        if any(rest):
            made = tuple((*side, left) for side, left in zip(counts, rest, strict=True))
            return Bars((*labels, OTHERS), made, labels[0], labels[-1])
        return Bars(labels, tuple(counts), labels[0], labels[-1])
    edges = _edges(filled, points, unit, whole=whole or unit in (DATE, LENGTH))
    return Bars(_labels(edges, points, unit), tuple(_between(shape, edges) for shape in shapes), *_ends(edges, points, unit))


def _edges(shapes: list[NumericShape], points: Floats, unit: str, *, whole: bool) -> Floats:
    """Multiples of a round step over where most values lie; edges of equal mass where the range is beyond doubles."""
    under = np.add.reduce([below(shape, points).value / shape.n for shape in shapes]) / len(shapes)
    low, high = points[under >= _TAIL][:1], points[under <= 1 - _TAIL][-1:]
    lo, hi = float((low if len(low) else points[:1])[0]), float(high[0])
    if not hi > lo or points[-1] / 2 - points[0] / 2 <= _FAR * (hi / 2 - lo / 2):
        lo, hi = float(points[0]), float(points[-1])
    step = (_clock if unit == TIMESTAMP else _step)(hi / _BARS - lo / _BARS, whole=whole)
    most = max(abs(lo), abs(hi))
    if step <= 0 or most > _LARGE or most / step > 2**50:
        return edges_of(*shapes)
    marks: Floats = np.arange(math.floor(lo / step), math.floor(hi / step) + 2, dtype=np.float64) * step
    inner: Floats = marks[(marks > points[0]) & (marks <= points[-1])]
    return inner


def _step(rough: float, *, whole: bool) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is no smaller; whole numbers are cut at whole numbers."""
    if not 0 < rough < math.inf:
        return 0.0
    if whole and rough <= 1:
        return 1.0
    power = math.floor(math.log10(rough))
    steps = [step for step in _STEPS if not (whole and power == 0 and step == 2.5)]
    unit = 10.0**power
    return next((step * unit for step in steps if step * unit >= rough), 10 * unit)


def _clock(rough: float, *, whole: bool) -> float:
    """The same of seconds: parts of a minute, an hour, a day; then whole days."""
    if not 1 <= rough <= _DAY:
        return _step(rough, whole=whole) if rough < 1 else _DAY * _step(rough / _DAY, whole=True)
    return next(step for step in _CLOCK if step >= rough)


def _at(shape: NumericShape, points: Floats) -> tuple[float, ...]:
    counts = dict(zip(shape.points.tolist(), (shape.upto - shape.below).tolist(), strict=True))
    return tuple(float(counts.get(point, 0)) for point in points.tolist())


def _between(shape: NumericShape, edges: Floats) -> tuple[float, ...]:
    if not shape.n:
        return (0.0,) * (len(edges) + 1)
    under = [0.0, *below(shape, edges).value.tolist(), float(shape.n)]
    return tuple(max(0.0, b - a) for a, b in pairwise(under))


def _labels(edges: Floats, points: Floats, unit: str) -> tuple[str, ...]:
    if not len(edges):
        return (f"{_plain(points[0], unit)} to {_plain(points[-1], unit)}",)
    marks = [_plain(mark, unit) for mark in edges.tolist()]
    middle = [f"{a} to {b}" for a, b in pairwise(marks)]
    return (f"below {marks[0]}", *middle, f"{marks[-1]} and above")


def _ends(edges: Floats, points: Floats, unit: str) -> tuple[str, str]:
    """The axis begins and ends at the extremes, as far as one more bar would reach; beyond it says that there is more."""
    low, high = float(points[0]), float(points[-1])
    ends = [shown(end, unit) if unit in (DATE, TIMESTAMP) else brief(end) for end in (low, high)]
    if len(edges) < 2:
        return ends[0], ends[1]
    first, last, width = float(edges[0]), float(edges[-1]), float(edges[1] - edges[0])
    return (
        ends[0] if first - low <= width else f"below {_plain(first, unit)}",
        ends[1] if high - last <= width else f"{_plain(last, unit)} and above",
    )


def _plain(value: float, unit: str) -> str:
    if unit in (DATE, TIMESTAMP):
        return shown(value, unit).removesuffix(" 00:00:00")
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.10g}"
