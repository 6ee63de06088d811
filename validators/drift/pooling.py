"""The shapes that a column had in several data sets, as that of all their rows together."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import chain
from typing import TypeGuard

import numpy as np

from featureprep.folds.moments import rounded, rounded_sqrt
from featureprep.validators.drift.category import CategoryShape
from featureprep.validators.drift.curves import below
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.shapes import Shape


def pooled(shapes: Sequence[Shape]) -> Shape | None:
    """The shape of all rows; None where some hold numbers and others categories, or numbers of two units.

    Counts of what is no value are exact; mean and standard deviation are those of the parts' rounded ones, rounded once. Of categories
    exact counts are kept of the values of which every part tells one, and which are then at least as frequent as any other; `n_unique` is
    the least number of different values that there can be, `most_unique` the largest. The order of shapes makes no difference.

    Parameters
    ----------
    shapes : sequence of Shape
        That of one is itself; that of none is None.
    """
    if len(shapes) == 1:
        return shapes[0]
    if not shapes:
        return None
    if _all_numbers(shapes):
        return _numbers(shapes) if len({shape.unit for shape in shapes}) == 1 else None
    return _categories(shapes) if _all_categories(shapes) else None


def _all_numbers(shapes: Sequence[Shape]) -> TypeGuard[Sequence[NumericShape]]:
    return all(isinstance(shape, NumericShape) for shape in shapes)


def _all_categories(shapes: Sequence[Shape]) -> TypeGuard[Sequence[CategoryShape]]:
    return all(isinstance(shape, CategoryShape) for shape in shapes)


def _numbers(shapes: Sequence[NumericShape]) -> NumericShape:
    n, nulls, nans, infs = (sum(getattr(shape, name) for shape in shapes) for name in ("n", "nulls", "nans", "infs"))
    parts = tuple(part for shape in shapes if shape.n for part in (shape.parts or (shape,)))
    if not parts:
        return NumericShape(
            n, nulls, nans, infs, None, None, np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64), unit=shapes[0].unit
        )
    points = np.unique(np.concatenate([part.points for part in parts]))
    under = np.zeros(len(points), np.int64)
    own = np.zeros(len(points), np.int64)
    for part in parts:
        under += np.floor(below(part, points).value).astype(np.int64)
        own[np.searchsorted(points, part.points)] += part.upto - part.below
    mean, std = _moments(parts)
    mean = min(max(mean, float(points[0])), float(points[-1]))
    return NumericShape(n, nulls, nans, infs, mean, std, points, under, under + own, parts, shapes[0].unit)


def _moments(parts: Sequence[NumericShape]) -> tuple[float, float]:
    """Of the values of all parts: by whole numbers, so in any order the same."""
    n = sum(part.n for part in parts)
    means, stds = [Fraction(part.mean or 0.0) for part in parts], [Fraction(part.std or 0.0) for part in parts]
    mean = sum((part.n * m for part, m in zip(parts, means, strict=True)), Fraction(0)) / n
    squares = sum((part.n * (s * s + (m - mean) ** 2) for part, m, s in zip(parts, means, stds, strict=True)), Fraction(0)) / n
    return rounded(mean.numerator, mean.denominator), rounded_sqrt(squares.numerator, squares.denominator)


def _categories(shapes: Sequence[CategoryShape]) -> CategoryShape:
    known = {value: sum(shape.counts.get(value, 0) for shape in shapes) for value in sorted({*chain(*(shape.counts for shape in shapes))})}
    most = {value: count + sum(shape.most for shape in shapes if value not in shape.counts) for value, count in known.items()}
    certain = {value for value in known if all(value in shape.counts or not shape.rest for shape in shapes)}
    least = max([sum(shape.most for shape in shapes), *(most[value] for value in known if value not in certain)])
    kept = sorted((value for value in certain if known[value] >= least), key=lambda value: (-known[value], value))
    unkept = max(shape.n_unique - sum(value in shape.counts for value in kept) for shape in shapes)
    n, nulls, nans = (sum(getattr(shape, name) for shape in shapes) for name in ("n", "nulls", "nans"))
    # values that a part does not tell may be different ones in each
    untold = sum((shape.most_unique or shape.n_unique) - len(shape.counts) for shape in shapes)
    fewest, most_unique = len(kept) + unkept, len(known) + untold
    counts = {value: known[value] for value in kept}
    return CategoryShape(n, nulls, nans, fewest, counts, None if most_unique == fewest else most_unique)
