"""Exact sums by group against fractions, over doubles, integers and decimals of all magnitudes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.folds.exact_groups import ExactGroups, Magnitudes, exact_groups, of_decimals, of_floats, of_integers
from tests.relational.tables import random_floats


def check(result: ExactGroups, values: list[Fraction], ids: np.ndarray, groups: int) -> None:
    for g in range(groups):
        members = [v for v, i in zip(values, ids.tolist(), strict=True) if i == g]
        unit = Fraction(2) ** int(result.units[g]) / Fraction(10) ** result.scale
        assert result.totals[g] * unit == sum(members)
        assert result.squares[g] * unit**2 == sum(v * v for v in members)


def run(numbers: Magnitudes, ids: np.ndarray, groups: int, scale: int = 0) -> ExactGroups:
    return exact_groups(numbers, ids, np.bincount(ids, minlength=groups), squares=True, scale=scale)


@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(1, 4))
def test_doubles_of_all_magnitudes(seed: int, size: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    values = random_floats(rng, size)
    values = values[values != 0]
    ids = rng.integers(0, groups, len(values))
    check(run(of_floats(values), ids, groups), [Fraction(v) for v in values.tolist()], ids, groups)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.lists(st.integers(0, 2**64 - 1), max_size=30))
def test_integers(signed: list[int], unsigned: list[int]) -> None:
    for values, dtype in ((signed, np.int64), (unsigned, np.uint64)):
        ids = np.arange(len(values)) % 3
        check(run(of_integers(np.array(values, dtype)), ids, 3), [Fraction(v) for v in values], ids, 3)


@given(st.lists(st.integers(1 - 10**38, 10**38 - 1), max_size=30), st.sampled_from([0, 3, 38, -2]))
def test_decimals(unscaled: list[int], scale: int) -> None:
    # from bytes: Arrow reads no Decimal into a negative scale
    words = b"".join(v.to_bytes(16, "little", signed=True) for v in unscaled)
    array = pa.Array.from_buffers(pa.decimal128(38, scale), len(unscaled), [None, pa.py_buffer(words)])
    ids = np.arange(len(unscaled)) % 2
    check(run(of_decimals(array), ids, 2, scale), [v / Fraction(10) ** scale for v in unscaled], ids, 2)


@pytest.mark.parametrize("value", [1.7976931348623157e308, 5e-324, -(2.0**53 - 1), 0.1])
def test_cells_do_not_overflow(value: float) -> None:
    n = 100_000
    result = run(of_floats(np.full(n, value)), np.zeros(n, np.int64), 1)
    unit = Fraction(2) ** int(result.units[0])
    assert result.totals[0] * unit == n * Fraction(value)
    assert result.squares[0] * unit**2 == n * Fraction(value) ** 2
    result = run(of_integers(np.full(n, 2**64 - 1, np.uint64)), np.zeros(n, np.int64), 1)
    assert result.squares[0] == n * (2**64 - 1) ** 2
    top = pa.array([Decimal(1 - 10**38)] * n, pa.decimal128(38, 0))
    assert run(of_decimals(top), np.zeros(n, np.int64), 1).squares[0] == n * (10**38 - 1) ** 2


def test_beyond_the_doubles_is_infinite_and_empty_groups_are_zero() -> None:
    result = run(of_floats(np.array([1.7e308, 1.7e308])), np.array([1, 1]), 3)
    assert result.sums().tolist() == [0.0, np.inf, 0.0]
    assert result.means().tolist() == [0.0, 1.7e308, 0.0]
    assert result.stds().tolist() == [0.0, 0.0, 0.0]
