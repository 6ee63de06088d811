"""A distance that was computed from shapes, with the bounds of the distance of the columns themselves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from featureprep.validators.drift.cells import Cells, Interval

Term = Callable[[float, float], float]
"""Of two shares or counts: jointly convex, 0 where the shares are equal, growing as one of them moves away."""


@dataclass(frozen=True)
class Distance:
    """`low <= the distance of the columns <= high`, proven; `value` lies between. All three are equal where it is exact."""

    value: float
    low: float
    high: float

    @classmethod
    def exact(cls, value: float) -> Distance:
        return cls(value, value, value)

    @classmethod
    def within(cls, value: float, low: float, high: float) -> Distance:
        """With the value moved into its bounds, from which it may lie off by a rounding."""
        return cls(min(max(value, low), high), low, high)


@dataclass(frozen=True)
class Bounds:
    """A term of one cell: its value, and its least and largest one over the intervals of the cell."""

    value: float
    low: float
    high: float


def bounds(term: Term, a: Sequence[Interval], b: Sequence[Interval]) -> list[Bounds]:
    """The term of each cell, `a` and `b` being its shares in both columns.

    A convex function over a rectangle is largest in a corner. It is least, 0, where the shares can be equal; where they
    cannot, in the corner in which they are nearest.
    """
    return [_bounds(term, p, q) for p, q in zip(a, b, strict=True)]


def _bounds(term: Term, p: Interval, q: Interval) -> Bounds:
    value = term(p.value, q.value)
    if p.low == p.high and q.low == q.high:
        return Bounds(value, value, value)
    if p.high < q.low:
        low = term(p.high, q.low)
    elif q.high < p.low:
        low = term(p.low, q.high)
    else:
        low = 0.0
    return Bounds(value, low, max(term(x, y) for x in (p.low, p.high) for y in (q.low, q.high)))


def apart(term: Term, cells: Cells) -> list[Bounds]:
    """The terms of all cells, the others as one; at most these are all different, which adds half of both shares.

    The term of a value that only one column has must be half of its share.
    """
    parts = bounds(term, *cells.lumped().shares())
    if cells.others is not None:
        last = parts.pop()
        parts.append(Bounds(last.value, last.low, (cells.others.a.high / cells.n + cells.others.b.high / cells.m) / 2.0))
    return parts


def total(parts: Iterable[Bounds], *, most: float = math.inf) -> Distance:
    """The sum of terms, in [0, most]; sums are exact and rounded once, so the order of cells makes no difference."""
    values = list(parts)
    low, value, high = (min(most, math.fsum(getattr(part, name) for part in values)) for name in ("low", "value", "high"))
    return Distance.within(value, low, high)


def largest(parts: Iterable[Bounds]) -> Distance:
    """The largest of the terms, 0 where there is none."""
    values = list(parts)
    return Distance.within(*(max((getattr(part, name) for part in values), default=0.0) for name in ("value", "low", "high")))
