"""Against SciPy's own."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.validators.drift.special import (
    chi_square_critical,
    chi_square_tail,
    gamma_tail,
    kolmogorov_critical,
    kolmogorov_tail,
    student_critical,
    student_tail,
)

special = pytest.importorskip("scipy.special")
stats = pytest.importorskip("scipy.stats")


def close(found: float, expected: float) -> bool:
    return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-13)


@given(st.floats(0.0, 20.0))
def test_kolmogorov(x: float) -> None:
    assert close(kolmogorov_tail(x), float(special.kolmogorov(x)))


@given(st.floats(0.01, 2000.0), st.floats(0.0, 5000.0))
def test_gamma(a: float, x: float) -> None:
    assert close(gamma_tail(a, x), float(special.gammaincc(a, x)))


@given(st.floats(0.0, 1e6), st.floats(0.5, 1e7))
def test_student(t: float, df: float) -> None:
    assert math.isclose(student_tail(t, df), float(2 * stats.t.sf(t, df)), rel_tol=1e-6, abs_tol=1e-12)


@given(st.floats(1e-12, 0.999))
def test_critical_values_are_the_inverse(alpha: float) -> None:
    assert math.isclose(kolmogorov_tail(kolmogorov_critical(alpha)), alpha, rel_tol=1e-6)
    for df in (1, 9, 400):
        assert math.isclose(chi_square_tail(chi_square_critical(alpha, df), df), alpha, rel_tol=1e-6)
        assert math.isclose(student_tail(student_critical(alpha, float(df)), float(df)), alpha, rel_tol=1e-6)


def test_ends() -> None:
    assert kolmogorov_tail(-1.0) == 1.0
    assert gamma_tail(3.0, math.inf) == 0.0
    assert chi_square_tail(0.0, 5) == 1.0
    assert student_tail(math.inf, 5.0) == 0.0
    assert student_tail(0.0, 5.0) == 1.0
