"""The shape of a numeric column: exact counts at about a thousand of its values, enough for every distance here."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from featureprep.errors import ArgumentError
from featureprep.folds.moments import MomentsResult
from featureprep.folds.quantiles import Quantiles
from featureprep.folds.radix import Counted, Floats, Ints
from featureprep.validators.drift.stored import counts_of, floats_of, integer_of, optional_float_of, require
from featureprep.validators.drift.units import UNITS

POINTS: Final = 1025
"""Evenly spaced ranks that are kept: fewer than n / 1024 values lie unseen between two neighbours."""
_ENDS: Final = 32
"""So many of the smallest and of the largest values are kept, and from there ever sparser ones."""
_SPREAD: Final = 1.25
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, eq=False)
class NumericShape:
    """Where the finite values of a column lie.

    Attributes
    ----------
    n, nulls, nans, infs : int
        Finite values, and what is none.
    mean, std : float or None
        Of the finite values, rounded once (std of the population); None where n is 0.
    points : np.ndarray of float64, shape (k,)
        Values that occur, ascending, the smallest and the largest among them. All of them where the column has few.
    below, upto : np.ndarray of int64, shape (k,)
        How many finite values are less than each point, and how many not more. Both are exact, but where there are parts.
    parts : tuple of NumericShape
        Where this stands for several columns together (`pooling`): theirs, each with values, from which `curves` has its bounds. At a point
        that a part does not have, its values are then taken as evenly spread between the neighbours that it has.
    unit : str
        Of `featureprep.validators.drift.units`, where the column holds no numbers but something that has become them; else "".
    """

    n: int
    nulls: int
    nans: int
    infs: int
    mean: float | None
    std: float | None
    points: Floats
    below: Ints
    upto: Ints
    parts: tuple[NumericShape, ...] = ()
    unit: str = ""

    @property
    def rows(self) -> int:
        return self.n + self.nulls + self.nans + self.infs

    @property
    def unseen(self) -> Ints:
        """How many values lie strictly between each two neighbouring points, shape (max(k - 1, 0),)."""
        return self.below[1:] - self.upto[:-1]

    @property
    def error(self) -> float:
        """The largest error of the cumulative share anywhere: less than 1 / (POINTS - 1), 0 where all values are points."""
        return int(self.unseen.max()) / self.n if len(self.points) > 1 else 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON values only; `from_json` gives an equal shape back, bit for bit."""
        return {
            "shape": "numeric",
            **{name: getattr(self, name) for name in ("n", "nulls", "nans", "infs", "mean", "std")},
            "points": self.points.tolist(),
            "below": self.below.tolist(),
            "counts": (self.upto - self.below).tolist(),
            **({"unit": self.unit} if self.unit else {}),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> NumericShape:
        """The shape that `to_json` wrote.

        Raises
        ------
        CorruptArtefactError
            For anything that no column has.
        """
        keys = {"shape", "n", "nulls", "nans", "infs", "mean", "std", "points", "below", "counts"}
        require(
            type(stored) is dict and set(stored) - {"unit"} == keys and stored["shape"] == "numeric",
            "its fields are not those of a numeric shape",
        )
        require(type(stored.get("unit", "")) is str and stored.get("unit", "") in UNITS, "its unit is none")
        n, nulls, nans, infs = (integer_of(stored, name) for name in ("n", "nulls", "nans", "infs"))
        mean, std = optional_float_of(stored, "mean"), optional_float_of(stored, "std")
        points, below, counts = floats_of(stored, "points"), counts_of(stored, "below"), counts_of(stored, "counts")
        require(len(points) == len(below) == len(counts), "its points and counts differ in number")
        require((n == 0) == (len(points) == 0) == (mean is None) == (std is None), "it has figures without values, or none with them")
        upto = below + counts
        if n:
            require(bool((points[1:] > points[:-1]).all()), "its points are not ascending")
            require(bool((counts > 0).all()) and bool((below[1:] >= upto[:-1]).all()), "its counts do not add up")
            require(int(below[0]) == 0 and int(upto[-1]) == n, "its counts do not end at n")
            require(mean is not None and points[0] <= mean <= points[-1], "its mean is not among its values")
            require(std is not None and std >= 0.0, "its standard deviation is negative")
        return cls(n, nulls, nans, infs, mean, std, points, below, upto, unit=stored.get("unit", ""))


def numeric_shape(
    runs: Quantiles, moments: MomentsResult, *, points: int = POINTS, seen: Callable[[Counted], None] | None = None, unit: str = ""
) -> NumericShape:
    """The shape of a column of numbers, or of what has become them.

    Parameters
    ----------
    runs : Quantiles
        Of the whole column.
    moments : MomentsResult
        Of the same column.
    points : int
        Evenly spaced ranks to keep, at least 2.
    seen : callable, optional
        Is given all different values with their counts, ascending, a slice at a time. They are sorted for it, which is most of the work then.
    unit : str
        What the numbers stand for (`featureprep.validators.drift.units`).

    Raises
    ------
    ArgumentError
        For fewer points, or results of two different columns.
    """
    if type(points) is not int or points < 2:
        raise ArgumentError.of("points", "numeric_shape", "a whole number from 2", points)
    counts = (runs.n, runs.nulls, runs.nans, runs.infs)
    if counts != (moments.n, moments.nulls, moments.nans, moments.infs):
        raise ArgumentError.of("moments", "numeric_shape", f"of the column with the counts {counts}", moments)
    found = runs.points(_ranks(runs.n, points), _CHUNK, seen)
    return NumericShape(*counts, moments.mean, moments.std, found.values, found.below, found.upto, unit=unit)


def _ranks(n: int, points: int) -> Ints:
    """Ranks in [0, n): `points` evenly spaced ones, and towards both ends ever denser ones; all of them where n is small."""
    if n <= points:
        return np.arange(n)
    # whole-number arithmetic: the same ranks everywhere
    even = [j * (n - 1) // (points - 1) for j in range(points)]
    step, rank, ends = (n - 1) // (points - 1), 0, []
    while rank < n // 2 and (rank <= _ENDS or rank - math.floor(rank / _SPREAD) < step):
        ends += [rank, n - 1 - rank]
        rank = rank + 1 if rank < _ENDS else math.ceil(rank * _SPREAD)
    return np.unique(np.array(even + ends, np.int64))
