"""Count, sum, mean, variance, smallest and largest of a numeric column, each exactly rounded."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.exact_sums import SQUARE_UNIT, UNIT, exact_sums, units
from featureprep.folds.numbers import numbers

_COUNTS = ("n", "nulls", "nans", "infs")


@dataclass(frozen=True)
class MomentsResult:
    """Moments of the finite values of a column.

    Attributes
    ----------
    n : int
        Finite values. Nulls, NaNs and infinities are counted beside and are in nothing else.
    mean, variance, std : float or None
        None where n is 0. The variance is the population's (ddof 0); std is the square root of the exact variance.
    sum, sum_of_squares : float
        Infinite where the exact one is beyond the doubles.
    min, max : float or None
        Integers are rounded to the nearest double; 0.0, never -0.0.
    """

    n: int
    nulls: int
    nans: int
    infs: int
    mean: float | None
    variance: float | None
    std: float | None
    sum: float
    sum_of_squares: float
    min: float | None
    max: float | None


@dataclass
class MomentsState:
    """`total` in units of 2**-1074, `squares` in units of 2**-2148."""

    n: int = 0
    nulls: int = 0
    nans: int = 0
    infs: int = 0
    total: int = 0
    squares: int = 0
    low: float = field(default=math.inf)
    high: float = field(default=-math.inf)


@dataclass(frozen=True)
class Moments(Fold):
    """Of integers, floats, or bool as 0 and 1. Everything is computed exactly and rounded once."""

    name: ClassVar[str] = "moments"

    def init(self) -> MomentsState:
        return MomentsState()

    def update(self, state: MomentsState, *columns: pa.Array) -> MomentsState:
        (array,) = columns
        found = numbers(array, self.name)
        state.nulls += found.nulls
        state.nans += found.nans
        state.infs += found.infs
        total, squares = exact_sums(found.values)
        state.n += len(found.values)
        state.total += total
        state.squares += squares
        state.low = min(state.low, found.low)
        state.high = max(state.high, found.high)
        return state

    def merge(self, a: MomentsState, b: MomentsState) -> MomentsState:
        sums = {name: getattr(a, name) + getattr(b, name) for name in (*_COUNTS, "total", "squares")}
        return MomentsState(**sums, low=min(a.low, b.low), high=max(a.high, b.high))

    def add_value(self, state: MomentsState, value: Any, count: int) -> MomentsState:
        if count == 0:
            return state
        if value is None:
            state.nulls += count
            return state
        if not isinstance(value, (int, float)) or (isinstance(value, int) and not -(1 << 63) <= value < 1 << 64):
            raise TypeMismatchError(f"{self.name} takes 64-bit numbers, not {type(value).__name__} {value!r}")
        if isinstance(value, float) and not math.isfinite(value):
            if value != value:
                state.nans += count
            else:
                state.infs += count
            return state
        exact = units(value) if isinstance(value, float) else int(value) << UNIT
        state.n += count
        state.total += exact * count
        state.squares += exact * exact * count
        state.low = min(state.low, float(value) + 0.0)
        state.high = max(state.high, float(value) + 0.0)
        return state

    def finish(self, state: MomentsState) -> MomentsResult:
        n = state.n
        counts = (n, state.nulls, state.nans, state.infs)
        if n == 0:
            return MomentsResult(*counts, None, None, None, 0.0, 0.0, None, None)
        spread = n * state.squares - state.total**2  # n**2 times the variance, in units of 2**-2148
        return MomentsResult(
            *counts,
            mean=rounded(state.total, n << UNIT),
            variance=rounded(spread, (n * n) << SQUARE_UNIT),
            std=rounded_sqrt(spread, (n * n) << SQUARE_UNIT),
            sum=rounded(state.total, 1 << UNIT),
            sum_of_squares=rounded(state.squares, 1 << SQUARE_UNIT),
            min=state.low,
            max=state.high,
        )

    def encode(self, state: MomentsState) -> bytes:
        header = {name: getattr(state, name) for name in _COUNTS}
        ends = {"low": state.low, "high": state.high}
        return pack(header | {"total": f"{state.total:x}", "squares": f"{state.squares:x}"} | ends)

    def decode(self, data: bytes | memoryview) -> MomentsState:
        header, _ = unpack(data, self.name)
        counts = integers(header, _COUNTS, self.name)
        match header:
            case {"total": str(total), "squares": str(squares), "low": float(low), "high": float(high)}:
                try:
                    return MomentsState(**counts, total=int(total, 16), squares=int(squares, 16), low=low, high=high)
                except ValueError as error:
                    raise corrupt(self.name) from error
        raise corrupt(self.name)


def rounded(numerator: int, denominator: int) -> float:
    """The double nearest to a quotient (ties to even), infinite beyond the largest."""
    try:
        return numerator / denominator  # Python's division of integers rounds once
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf


def rounded_sqrt(numerator: int, denominator: int) -> float:
    """The double nearest to the square root of a quotient that is not negative."""
    if numerator == 0:
        return 0.0
    # a root of more than 64 bits and a sticky bit for what is below them decide every rounding
    shift = max(0, (denominator.bit_length() - numerator.bit_length()) // 2 + 66)
    quotient, remainder = divmod(numerator << (2 * shift), denominator)
    root = math.isqrt(quotient)
    sticky = remainder != 0 or root * root != quotient
    return rounded((root << 1) | sticky, 1 << (shift + 1))
