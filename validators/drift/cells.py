"""Two columns as counts over the same cells: values, or bins of numbers, and null, NaN and infinities as cells of their own.

This is the one place where it is said what those are: null, NaN and the infinities (both together) are one cell each in every
distance between categories, present where either column has one, and all shares are of all rows. With `missing=False` they
are left out, and shares are of the values that remain: so TFDV takes its distances of categories.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from featureprep.folds.radix import Floats
from featureprep.validators.drift.category import CategoryShape
from featureprep.validators.drift.curves import after, below, union, upto
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.units import shown

BINS: Final = 20
"""Shares of the pooled values that a bin of numbers holds about: 1 / BINS."""

EXPECTED: Final = 5.0
"""Rows that a category must have in a column, so that its count is nearly normal (Cochran 1954, Biometrics 10)."""


@dataclass(frozen=True)
class Interval:
    """A count or share: `low <= true <= high`, `value` between them."""

    low: float
    value: float
    high: float

    @classmethod
    def of(cls, count: float) -> Interval:
        return cls(count, count, count)

    def over(self, n: float) -> Interval:
        return Interval(self.low / n, self.value / n, self.high / n)


@dataclass(frozen=True)
class Others:
    """All values that are no cells of their own, together.

    Attributes
    ----------
    a, b : Interval
        Rows.
    known : tuple of (int, int, int, int)
        Of each that is kept in a column: its least and largest count in `a`, then in `b`.
    a_most, b_most : int
        No value that is kept in neither column occurs more often.
    a_values, b_values : Interval
        How many different ones there are.
    """

    a: Interval
    b: Interval
    known: tuple[tuple[int, int, int, int], ...]
    a_most: int
    b_most: int
    a_values: Interval
    b_values: Interval

    @property
    def a_largest(self) -> int:
        """No value of `a` among them occurs more often."""
        return max([self.a_most, *(each[1] for each in self.known)])

    @property
    def b_largest(self) -> int:
        """No value of `b` among them occurs more often."""
        return max([self.b_most, *(each[3] for each in self.known)])


@dataclass(frozen=True)
class Cells:
    """Two columns over the same cells.

    Attributes
    ----------
    n, m : int
        Rows of the baseline, of the current column: what the counts add up to, with those of `others`.
    a, b : tuple of Interval
        Counts of each cell. A cell of two zeros may occur.
    labels : tuple of str
        Of each cell, for people: a value in quotes, a bin as "[1.5, 3)", or null, NaN, infinite.
    others : Others, optional
        Where a column has more values than are kept.
    """

    n: int
    m: int
    a: tuple[Interval, ...]
    b: tuple[Interval, ...]
    labels: tuple[str, ...]
    others: Others | None = None

    def shares(self) -> tuple[list[Interval], list[Interval]]:
        """Of each cell but the others."""
        return [x.over(self.n) for x in self.a], [y.over(self.m) for y in self.b]

    def lumped(self) -> Cells:
        """With the others as one more cell, as if they were one value."""
        if self.others is None:
            return self
        a, b = (*self.a, self.others.a), (*self.b, self.others.b)
        return Cells(self.n, self.m, a, b, (*self.labels, "all other values"))

    def pooled(self) -> list[float]:
        """The shares of both columns together, the others as one cell."""
        cells = self.lumped()
        return [(x.value + y.value) / (self.n + self.m) for x, y in zip(cells.a, cells.b, strict=True)]

    def occupied(self) -> int:
        """Cells that are not empty in both columns, the others as one."""
        return sum(share > 0.0 for share in self.pooled())

    def occupied_apart(self) -> int:
        """As `occupied`, where the others are all different values: so many at least."""
        if self.others is None:
            return self.occupied()
        alone = sum(x.value + y.value > 0.0 for x, y in zip(self.a, self.b, strict=True))
        return alone + int(self.others.a_values.low + self.others.b_values.low)

    def dense(self) -> bool:
        """Whether each category that occurs expects `EXPECTED` rows in both columns."""
        return all(share * min(self.n, self.m) >= EXPECTED for share in self.pooled() if share > 0.0)

    def dense_apart(self) -> bool:
        """As `dense`, where the others are all different values; true where that cannot be told."""
        if self.others is None or not self.dense():
            return self.dense()
        smaller = min(self.n, self.m) / (self.n + self.m)
        columns = (self.others.a, self.others.a_values), (self.others.b, self.others.b_values)
        return all(rows.high * smaller >= EXPECTED * values.low for rows, values in columns)


def categories(a: CategoryShape, b: CategoryShape, *, missing: bool = True) -> Cells:
    """Cells of values; where not all are kept, of the most frequent ones, and the others as one.

    A value is a cell of its own where its kept counts are together more than those of a value can be that is kept in neither
    column. So the cells are chosen by pooled counts, and the choice favours neither column. A count that is not kept is taken to
    be as near as it can be to the other column's.
    """
    cells: dict[str, tuple[int | None, int | None]] = {}
    rare = []
    for key in sorted({*a.counts, *b.counts}):
        x, y = (shape.counts.get(key, None if shape.rest else 0) for shape in (a, b))
        if (x or 0) + (y or 0) > a.most + b.most:
            cells[key] = (x, y)
        else:
            rare.append((*_ends(x, a), *_ends(y, b)))
    left, right = [x for x, _ in cells.values()], [y for _, y in cells.values()]
    in_a, in_b = _filled(left, right, a, b.n), _filled(right, left, b, a.n)
    others = None
    if a.rest or b.rest:
        values = _values(left, a), _values(right, b)
        others = Others(_rest(in_a, a), _rest(in_b, b), tuple(rare), a.most, b.most, *values)
    counts = list(zip((json.dumps(key, ensure_ascii=False) for key in cells), in_a, in_b, strict=True))
    n, m = (a.rows, b.rows) if missing else (a.n, b.n)
    return _cells(n, m, [*counts, *(_none(a, b) if missing else ())], others)


def _ends(count: int | None, shape: CategoryShape) -> tuple[int, int]:
    return (0, shape.most) if count is None else (count, count)


def _filled(own: Sequence[int | None], other: Sequence[int | None], shape: CategoryShape, n: int) -> list[Interval]:
    """Counts of a column, given those of the other one of n values; together, those not kept are not more than the column has."""
    near = [min(shape.most, (y or 0) * shape.n / n) if x is None else 0.0 for x, y in zip(own, other, strict=True)]
    shrink = min(1.0, shape.rest / (math.fsum(near) or 1.0))
    return [Interval(0.0, guess * shrink, shape.most) if x is None else Interval.of(x) for x, guess in zip(own, near, strict=True)]


def _rest(cells: Sequence[Interval], shape: CategoryShape) -> Interval:
    """How many values are in none of the cells."""
    low, value, high = (shape.n - math.fsum(getattr(cell, name) for cell in cells) for name in ("high", "value", "low"))
    return Interval(max(0.0, low), max(0.0, low, value), high)


def _values(cells: Sequence[int | None], shape: CategoryShape) -> Interval:
    """How many different values are in none of the cells; a cell whose count is not kept may be empty."""
    kept, unsure = sum(1 for count in cells if count), cells.count(None)
    high = min((shape.most_unique or shape.n_unique) - kept, shape.rest + len(shape.counts) - kept)
    low = max(0, shape.n_unique - kept - unsure)
    return Interval(low, low, max(low, high))


def bins(a: NumericShape, b: NumericShape, edges: Floats, *, missing: bool = True) -> Cells:
    """Cells of the values between edges."""
    in_a, in_b = _between(a, edges), _between(b, edges)
    labels = [alone or label for alone, label in zip(_alone((a, in_a), (b, in_b), edges), _labels(edges, a.unit), strict=True)]
    counts = list(zip(labels, in_a, in_b, strict=True))
    n, m = (a.rows, b.rows) if missing else (a.n, b.n)
    return _cells(n, m, [*counts, *(_none(a, b) if missing else ())])


def edges_of(*shapes: NumericShape, bins: int = BINS) -> Floats:
    """Edges that cut the equal mixture of the shapes into about `bins` bins of equal mass; it does not matter which comes first.

    An edge is a value that occurs, with at least k / bins of the mixture below it. A value that makes up 1 / bins of the
    mixture or more gets a bin of its own; where no more than `bins` values occur, each does.
    """
    filled = [shape for shape in shapes if shape.n]
    if not filled:
        return np.empty(0)
    points = union(*filled)
    if len(points) <= bins:
        return points[1:]
    under = np.add.reduce([below(shape, points).value / shape.n for shape in filled]) / len(filled)
    until = np.add.reduce([upto(shape, points).value / shape.n for shape in filled]) / len(filled)
    at = np.searchsorted(under, np.arange(1, bins) / bins, side="left")
    alone = until - under >= 1.0 / bins
    heavy = points[alone]
    # the bin ends at the next value, or before the values that lie unseen between
    unseen = np.add.reduce([np.subtract(*after(shape, points)) for shape in filled]) != 0.0
    with np.errstate(over="ignore", under="ignore"):
        behind = np.where(unseen, np.nextafter(points, np.inf), np.append(points[1:], np.inf))[alone]
    edges: Floats = np.unique(np.concatenate([points[at[at < len(points)]], heavy, behind]))
    inner: Floats = edges[(edges > points[0]) & (edges <= points[-1])]
    return inner


def _labels(edges: Floats, unit: str) -> list[str]:
    if not len(edges):
        return ["finite"]
    # an edge right behind a value is shown as that value, which is not in the bin above
    ends_at = [_shown(edge, unit) for edge in edges.tolist()]
    middle = [f"{'(' if low[1] else '['}{low[0]}, {high[0]}{']' if high[1] else ')'}" for low, high in pairwise(ends_at)]
    (first, ends), (last, behind) = ends_at[0], ends_at[-1]
    return [f"{'up to' if ends else 'below'} {first}", *middle, f"{'above' if behind else 'from'} {last}"]


def _shown(edge: float, unit: str) -> tuple[str, bool]:
    before = float(np.nextafter(edge, -np.inf))
    return (shown(before, unit), True) if len(repr(before)) < len(repr(edge)) else (shown(edge, unit), False)


def _alone(a: tuple[NumericShape, list[Interval]], b: tuple[NumericShape, list[Interval]], edges: Floats) -> list[str | None]:
    """The value of each bin that has a single one."""
    points = union(a[0], b[0])
    at = np.searchsorted(edges, points, side="right")
    sole = np.bincount(at, minlength=len(edges) + 1)[at] == 1
    for shape, cells in (a, b):
        found = np.searchsorted(shape.points, points)
        counts = np.append(shape.upto - shape.below, 0)[found]
        hit = np.append(shape.points, np.nan)[found] == points
        sole &= np.array([cells[i].low for i in at.tolist()]) == np.where(hit, counts, 0)
        sole &= np.array([cells[i].high for i in at.tolist()]) == np.where(hit, counts, 0)
    labels: list[str | None] = [None] * (len(edges) + 1)
    for i, point in zip(at[sole].tolist(), points[sole].tolist(), strict=True):
        labels[i] = shown(point, a[0].unit)
    return labels


def _between(shape: NumericShape, edges: Floats) -> list[Interval]:
    if shape.n == 0:
        return [Interval.of(0)] * (len(edges) + 1)
    under = below(shape, edges)
    low, value, high = ([0.0, *cells.tolist(), float(shape.n)] for cells in (under.low, under.value, under.high))
    return [Interval(max(0.0, low[i + 1] - high[i]), value[i + 1] - value[i], high[i + 1] - low[i]) for i in range(len(edges) + 1)]


def _none(a: NumericShape | CategoryShape, b: NumericShape | CategoryShape) -> list[tuple[str, Interval, Interval]]:
    """What is no value, where either column has it."""
    names = {"nulls": "null", "nans": "NaN", "infs": "infinite"}
    counts = [(label, getattr(a, name, 0), getattr(b, name, 0)) for name, label in names.items()]
    return [(label, Interval.of(x), Interval.of(y)) for label, x, y in counts if x or y]


def _cells(n: int, m: int, counts: Sequence[tuple[str, Interval, Interval]], others: Others | None = None) -> Cells:
    return Cells(n, m, tuple(x for _, x, _ in counts), tuple(y for _, _, y in counts), tuple(label for label, _, _ in counts), others)
