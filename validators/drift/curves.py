"""Cumulative counts of a numeric shape at any value: how many are below, at least, at most, and by interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from featureprep.folds.radix import Floats
from featureprep.validators.drift.numeric import NumericShape

_LARGE: Final = 2.0**1000
_DOWN: Final = 2.0**-30


@dataclass(frozen=True)
class Counted:
    """Counts as float64, each of shape (k,): `low <= true count <= high`, and `value` between them, linear in a gap."""

    low: Floats
    value: Floats
    high: Floats


def union(*shapes: NumericShape) -> Floats:
    """The points of all shapes, ascending."""
    return np.unique(np.concatenate([shape.points for shape in shapes]))


def scale_of(*shapes: NumericShape) -> float:
    """A power of two: times it, no difference of two points is beyond the doubles. Mostly 1."""
    ends = [abs(float(end)) for shape in shapes for end in shape.points[[0, -1]]]
    return _DOWN if max(ends) > _LARGE else 1.0


def below(shape: NumericShape, xs: Floats) -> Counted:
    """How many finite values are less than each x. The shape has values."""
    if shape.parts:
        return _together([below(part, xs) for part in shape.parts])
    made = _cumulative(shape, xs, shape.below)
    # no value lies between a point and the next double
    at = np.searchsorted(shape.points, xs, side="left") - 1
    points = shape.points[np.maximum(at, 0)]
    with np.errstate(over="ignore", under="ignore"):
        just = (at >= 0) & (np.nextafter(points, np.inf) == xs)
    exact = shape.upto[np.maximum(at, 0)].astype(np.float64)
    return Counted(*(np.where(just, exact, counts) for counts in (made.low, made.value, made.high)))


def upto(shape: NumericShape, xs: Floats) -> Counted:
    """How many finite values are not more than each x. The shape has values."""
    if shape.parts:
        return _together([upto(part, xs) for part in shape.parts])
    return _cumulative(shape, xs, shape.upto)


def after(shape: NumericShape, xs: Floats) -> tuple[Floats, Floats]:
    """Least and largest count of values not more than y, for all y between x and the next point of any shape in `xs`."""
    if shape.parts:
        least, most = zip(*(after(part, xs) for part in shape.parts), strict=True)
        return np.add.reduce(least), np.add.reduce(most)
    padded_upto, padded_below = np.concatenate([[0], shape.upto]), np.concatenate([shape.below, [shape.n]])
    at = np.searchsorted(shape.points, xs, side="right")
    return padded_upto[at].astype(np.float64), padded_below[at].astype(np.float64)


def _together(counts: Sequence[Counted]) -> Counted:
    return Counted(*(np.add.reduce([getattr(each, name) for each in counts]) for name in ("low", "value", "high")))


def _cumulative(shape: NumericShape, xs: Floats, at_points: Floats | np.ndarray[tuple[int], np.dtype[np.int64]]) -> Counted:
    points, last = shape.points, len(shape.points) - 1
    at = np.searchsorted(points, xs, side="right") - 1
    inside = (at >= 0) & (at < last)
    left = np.clip(at, 0, last)
    right = np.clip(at + 1, 0, last)
    hit = (at >= 0) & (points[left] == xs)
    low = np.where(at < 0, 0, shape.upto[left]).astype(np.float64)
    high = np.where(at < 0, 0, np.where(inside, shape.below[right], shape.upto[left])).astype(np.float64)
    # halves: the difference of two doubles may be beyond the doubles
    width = points[right] / 2 - points[left] / 2
    share = np.divide(xs / 2 - points[left] / 2, width, out=np.zeros(len(xs)), where=inside & (width > 0))
    value = low + (high - low) * np.clip(share, 0.0, 1.0)
    exact = at_points[left].astype(np.float64)
    return Counted(np.where(hit, exact, low), np.where(hit, exact, value), np.where(hit, exact, high))
