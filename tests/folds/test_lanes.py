"""Sums as lanes against fractions: exact, whatever the pieces, and rounded once."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.folds.lanes import (
    Lanes,
    add,
    decimal_squares,
    decimal_sums,
    float_squares,
    float_sums,
    integer_squares,
    integer_sums,
    whole_number,
)
from featureprep.folds.lanes_rounded import integers, quotients, variances
from featureprep.folds.moments import rounded, rounded_sqrt

GROUPS = 3
EDGES = [0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1e-200, 2.0**-400, 0.1, 1.0, 2.0**53, 2.0**479.5, 2.0**480, 1e300, 1.7e308, -1.7e308]
FLOATS = st.sampled_from(EDGES) | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e3, 1e3)
INTEGERS = st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1, -(2**31), 2**24, -(2**24), 0, 1]) | st.integers(-(2**63), 2**63 - 1)
UNSIGNED = st.sampled_from([2**64 - 1, 2**63, 0]) | st.integers(0, 2**64 - 1)
DECIMALS = st.integers(1 - 10**38, 10**38 - 1) | st.integers(-(10**6), 10**6)


def rows(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[int, Any]]]:
    return st.lists(st.tuples(st.integers(0, GROUPS - 1), values), max_size=25)


def fraction_of(lanes: Lanes, group: int) -> Fraction:
    total, power = whole_number(lanes, group)
    return total * Fraction(2) ** power


def check(made: list[tuple[int, Any]], arrays: Callable[[list[Any]], Any], sums: Any, squares: Any, scale: int = 0) -> None:
    ids = np.array([group for group, _ in made], np.int64)
    values = arrays([value for _, value in made])
    total, square = sums(values, ids, GROUPS), squares(values, ids, GROUPS)
    counts = np.bincount(ids, minlength=GROUPS)
    ten = 10**scale
    found = [
        quotients(total, np.ones(GROUPS, np.int64), scale),
        quotients(total, np.maximum(counts, 1), scale),
        variances(counts, total, square, scale=scale),
        variances(counts, total, square, ddof=1, scale=scale, root=True),
    ]
    for group in range(GROUPS):
        exact = [Fraction(value) / ten for of, value in made if of == group]
        whole, n = sum(exact, Fraction(0)), len(exact)
        assert fraction_of(total, group) == whole * ten
        assert fraction_of(square, group) == sum((x * x for x in exact), Fraction(0)) * ten * ten
        apart = sum(((x - whole / n) ** 2 for x in exact), Fraction(0)) if n else Fraction(0)
        expected = [whole, whole / max(n, 1), apart / max(n, 1), apart / max(n - 1, 1)]
        for k, want in enumerate(expected[:3]):
            assert same(float(found[k][group]), rounded(want.numerator, want.denominator))
        assert same(float(found[3][group]), rounded_sqrt(expected[3].numerator, expected[3].denominator) if n > 1 else 0.0)


def same(a: float, b: float) -> bool:
    return a == b and math.copysign(1, a) == math.copysign(1, b)


@given(rows(FLOATS))
def test_doubles(made: list[tuple[int, float]]) -> None:
    check(made, lambda values: np.array(values, np.float64), float_sums, float_squares)


@given(rows(INTEGERS))
def test_integers(made: list[tuple[int, int]]) -> None:
    check(made, lambda values: np.array(values, np.int64), integer_sums, integer_squares)


@given(rows(UNSIGNED))
def test_unsigned(made: list[tuple[int, int]]) -> None:
    check(made, lambda values: np.array(values, np.uint64), integer_sums, integer_squares)


@given(rows(DECIMALS), st.sampled_from([0, 2, 25, 38]))
def test_decimals(made: list[tuple[int, int]], scale: int) -> None:
    def array(values: list[int]) -> pa.Array:
        words = b"".join(value.to_bytes(16, "little", signed=True) for value in values)
        return pa.Array.from_buffers(pa.decimal128(38, 0), len(values), [None, pa.py_buffer(words)])

    check(made, array, decimal_sums, decimal_squares, scale)


def test_decimals_are_read_at_an_offset() -> None:
    array = pa.array([Decimal(9), Decimal(10**30), Decimal(-1)]).slice(1)
    found = decimal_sums(array, np.zeros(2, np.int64), 1)
    assert fraction_of(found, 0) == 10**30 - 1


@given(rows(FLOATS), st.integers(0, 25))
def test_pieces_add_up(made: list[tuple[int, float]], cut: int) -> None:
    parts: list[Lanes] = []
    for piece in (made[:cut], made[cut:], []):
        ids, values = np.array([g for g, _ in piece], np.int64), np.array([v for _, v in piece], np.float64)
        parts.append(float_sums(values, ids, GROUPS))
    total: Lanes = {}
    for part in reversed(parts):
        add(total, part)
    for group in range(GROUPS):
        assert fraction_of(total, group) == sum((Fraction(v) for g, v in made if g == group), Fraction(0))


@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_many_rows_of_few_groups(dtype: type) -> None:
    rng = np.random.default_rng(1)
    values: np.ndarray[Any, Any] = (rng.normal(size=100_000) * 10.0 ** rng.integers(-9, 9, 100_000)).astype(dtype)
    ids = rng.integers(0, GROUPS, len(values))
    sums = (float_sums if dtype is np.float64 else integer_sums)(values, ids, GROUPS)
    for group in range(GROUPS):
        assert fraction_of(sums, group) == sum(map(Fraction, values[ids == group].tolist()), Fraction(0))


@given(st.lists(INTEGERS, max_size=6))
def test_integer_sums_that_do_not_fit_are_told(values: list[int]) -> None:
    sums = integer_sums(np.array(values, np.int64), np.zeros(len(values), np.int64), 2)
    found, bad = integers(sums, 2, -(2**63), 2**63 - 1)
    assert bad.tolist() == [not -(2**63) <= sum(values) < 2**63, False]
    assert list(found) == [0 if bad[0] else sum(values), 0]


def test_half_way_cases_go_to_the_even_neighbour() -> None:
    values = np.array([2.0**53, 1.0, 2.0**53, 3.0, -(2.0**53), -1.0])
    found = quotients(float_sums(values, np.array([0, 0, 1, 1, 2, 2]), 3), np.ones(3, np.int64))
    assert found.tolist() == [2.0**53, 2.0**53 + 4, -(2.0**53)]
