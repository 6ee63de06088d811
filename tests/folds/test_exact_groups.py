"""Exact sums by group against fractions, over doubles of all magnitudes."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.folds.exact_groups import ExactGroups, Magnitudes, exact_groups, of_floats
from tests.relational.tables import random_floats


def check(result: ExactGroups, values: list[Fraction], ids: np.ndarray, groups: int) -> None:
    for g in range(groups):
        members = [v for v, i in zip(values, ids.tolist(), strict=True) if i == g]
        unit = Fraction(2) ** int(result.units[g])
        assert result.totals[g] * unit == sum(members)
        assert result.squares[g] * unit**2 == sum(v * v for v in members)


def run(numbers: Magnitudes, ids: np.ndarray, groups: int) -> ExactGroups:
    return exact_groups(numbers, ids, np.bincount(ids, minlength=groups))


@given(st.integers(0, 2**32), st.integers(0, 60), st.integers(1, 4))
def test_doubles_of_all_magnitudes(seed: int, size: int, groups: int) -> None:
    rng = np.random.default_rng(seed)
    values = random_floats(rng, size)
    values = values[values != 0]
    ids = rng.integers(0, groups, len(values))
    check(run(of_floats(values), ids, groups), [Fraction(v) for v in values.tolist()], ids, groups)


@pytest.mark.parametrize("value", [1.7976931348623157e308, 5e-324, -(2.0**53 - 1), 0.1])
def test_cells_do_not_overflow(value: float) -> None:
    n = 100_000
    result = run(of_floats(np.full(n, value)), np.zeros(n, np.int64), 1)
    unit = Fraction(2) ** int(result.units[0])
    assert result.totals[0] * unit == n * Fraction(value)
    assert result.squares[0] * unit**2 == n * Fraction(value) ** 2
