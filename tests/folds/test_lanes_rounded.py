"""Sums held as lanes, and the digits they are rounded by, against Python's integers and fractions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from featureprep.folds import digits
from featureprep.folds.lanes import BITS, Lanes, whole_number
from featureprep.folds.lanes_rounded import quotients, variances
from featureprep.folds.moments import rounded, rounded_sqrt

LANE = st.sampled_from([0, 1, -1, 2**23, -(2**24), 2**53 - 1, 2**60, -(2**60)]) | st.integers(-(2**61), 2**61)
COUNTS = [1, 2, 3, 7, 2**31 - 1, 2**32 - 1, 2**32, 2**40 + 1]


def same(a: float, b: float) -> bool:
    return a == b and math.copysign(1, a) == math.copysign(1, b)


@st.composite
def lanes(draw: st.DrawFn, groups: int = 4, lowest: st.SearchStrategy[int] = st.integers(-45, 40)) -> Lanes:  # noqa: B008
    first = draw(lowest)
    return {first + k: np.array(draw(st.lists(LANE, min_size=groups, max_size=groups)), np.int64) for k in range(draw(st.integers(0, 4)))}


def ratio(top: int, bottom: int, power: int) -> tuple[int, int]:
    return (top << power, bottom) if power >= 0 else (top, bottom << -power)


@given(lanes(), st.lists(st.sampled_from(COUNTS), min_size=4, max_size=4), st.sampled_from([0, 1, 9, 20, 38, -3]))
def test_quotients_are_rounded_once(held: Lanes, counts: list[int], scale: int) -> None:
    found = quotients(held, np.array(counts, np.int64), scale)
    for group, n in enumerate(counts):
        total, power = whole_number(held, group)
        assert same(found[group], rounded(*ratio(total * 10 ** max(-scale, 0), n * 10 ** max(scale, 0), power)))


@given(st.lists(st.lists(st.floats(-1e12, 1e12).map(lambda x: float(np.float32(x))) | st.integers(-9, 9).map(float), max_size=9), min_size=1, max_size=5),
       st.sampled_from([0, 1]), st.booleans(), st.sampled_from([0, 2, -1]))  # fmt: skip
def test_variances_are_rounded_once(groups: list[list[float]], ddof: int, root: bool, scale: int) -> None:
    from featureprep.folds.lanes import float_squares, float_sums

    values = np.array([v for group in groups for v in group], np.float64)
    ids = np.array([i for i, group in enumerate(groups) for _ in group], np.int64)
    sums, squares = float_sums(values, ids, len(groups)), float_squares(values, ids, len(groups))
    found = variances(np.array([len(g) for g in groups]), sums, squares, ddof=ddof, scale=scale, root=root)
    for i, group in enumerate(groups):
        n = len(group)
        (total, power), (square, finer) = whole_number(sums, i), whole_number(squares, i)
        low = min(2 * power, finer)
        top = n * (square << finer - low) - (total * total << 2 * power - low)
        divisor = n * (n - ddof) * 100 ** max(scale, 0)
        expected = (rounded_sqrt if root else rounded)(*ratio(top * 100 ** max(-scale, 0), divisor, low)) if n > ddof else 0.0
        assert same(found[i], expected)


@given(st.integers(2**32, 2**38), st.integers(-(2**50), 2**50))
def test_variances_of_more_rows_than_a_digit_counts(n: int, value: int) -> None:
    """All rows have one value but for one that is 1 more: the variance is (n - 1) / n**2."""
    total, square = n * value + 1, n * value * value + 2 * value + 1
    sums = {0: np.array([total & (1 << BITS) - 1]), 1: np.array([total >> BITS & (1 << BITS) - 1]), 2: np.array([total >> 2 * BITS])}
    held = {k: np.array([square >> BITS * k & (1 << BITS) - 1]) for k in range(6)} | {6: np.array([square >> BITS * 6])}
    assert variances(np.array([n]), sums, held).tolist() == [rounded(n - 1, n * n)]


NUMBERS = st.lists(st.integers(0, 2**300) | st.sampled_from([0, 1, 2**53, 2**64, 2**64 - 1, 2**128 - 1]), min_size=1, max_size=6)


def cut(numbers: list[int], size: int = 10) -> list[Any]:
    return [np.array([n >> digits.BITS * k & int(digits.LOW) for n in numbers], np.uint64) for k in range(size)]


def put_together(found: list[Any]) -> list[int]:
    return [sum(int(digit[i]) << digits.BITS * k for k, digit in enumerate(found)) for i in range(len(found[0]))]


@given(NUMBERS, st.sampled_from([1, 2, 3, 2**31, 2**32 - 1]), st.sampled_from([0, -1074, -1100, 700, 900]))
def test_digits_compute_as_integers_do(numbers: list[int], factor: int, unit: int) -> None:
    parts, factors = cut(numbers), np.full(len(numbers), factor, np.uint64)
    assert put_together(digits.times(parts, factors)) == [n * factor for n in numbers]
    squares = digits.squared(parts)
    assert put_together(squares) == [n * n for n in numbers]
    assert put_together(digits.minus(squares, parts)) == [n * n - n for n in numbers]
    quotient, more = digits.divided(parts, [factors, factors])
    for n, q, rest in zip(numbers, put_together(quotient), more.tolist(), strict=True):
        exact = n << -digits.DIVIDED_UNIT
        assert (q, rest) == (exact // factor**2, exact % factor**2 != 0)
    positive = np.zeros(len(numbers), np.bool_)
    for n, value in zip(numbers, digits.rounded(positive, quotient, unit + digits.DIVIDED_UNIT, more).tolist(), strict=True):
        assert same(value, rounded(*ratio(n, factor**2, unit)))
    for n, value in zip(numbers, digits.rounded_root(quotient, unit + digits.DIVIDED_UNIT, more).tolist(), strict=True):
        assert same(value, rounded_sqrt(*ratio(n, factor**2, unit)))


@given(st.lists(st.integers(0, 2**54), min_size=1, max_size=8))
def test_roots_of_squares_are_what_was_squared(numbers: list[int]) -> None:
    """Exact results, and results half-way between two doubles."""
    parts = digits.squared(cut(numbers, 2))
    nothing = np.zeros(len(numbers), np.bool_)
    assert digits.rounded_root(parts, 0, nothing).tolist() == [float(n) for n in numbers]
