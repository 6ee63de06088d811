"""Exact sums of windows against fractions: every last bit, whatever else the sequence holds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.folds import exact_windows
from featureprep.folds.exact_windows import window_integers, window_means, window_sums, window_variances
from featureprep.folds.moments import rounded, rounded_sqrt

AWKWARD = [0.0, -0.0, 5e-324, -5e-324, 1e-310, 2.2e-308, 0.1, -0.1, 1.5, 3.0, 2.0**53, 1e16, 1e300, 1.7976931348623157e308, -1.7e308]
FLOATS = st.lists(st.sampled_from(AWKWARD) | st.floats(allow_nan=False, allow_infinity=False), max_size=20)
WHOLE = st.lists(st.sampled_from([-(2**63), 2**63 - 1, 0, 1, -1, 2**53 + 1]) | st.integers(-50, 50), max_size=20)


@st.composite
def windows(draw: st.DrawFn, n: int) -> tuple[Any, Any]:
    ends = draw(st.lists(st.tuples(st.integers(0, n), st.integers(0, n)), min_size=1, max_size=12))
    return np.array([min(pair) for pair in ends], np.int64), np.array([max(pair) for pair in ends], np.int64)


def nearest(exact: Fraction) -> float:
    return rounded(exact.numerator, exact.denominator)


def check(values: Any, low: Any, high: Any) -> None:
    sums, means = window_sums(values, low, high), window_means(values, low, high)
    spreads = {(d, root): window_variances(values, low, high, ddof=d, root=root) for d in (0, 1) for root in (False, True)}
    exact = [Fraction(v) for v in values.tolist()]
    for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
        window, n = exact[a:b], b - a
        total, squares = sum(window, Fraction(0)), sum((x * x for x in window), Fraction(0))
        assert sums[i] == nearest(total)
        assert means[i] == (nearest(total / n) if n else 0.0)
        for (ddof, root), found in spreads.items():
            variance = (n * squares - total * total) / (n * (n - ddof)) if n > ddof else Fraction(0)
            assert found[i] == (rounded_sqrt(variance.numerator, variance.denominator) if root else nearest(variance))


@given(st.data(), FLOATS)
def test_floats_are_the_fractions_rounded_once(data: st.DataObject, numbers: list[float]) -> None:
    check(np.array(numbers, np.float64), *data.draw(windows(len(numbers))))


@given(st.data(), WHOLE)
def test_integers_are_exact_or_do_not_fit(data: st.DataObject, numbers: list[int]) -> None:
    low, high = data.draw(windows(len(numbers)))
    for kind, (least, most) in {np.int64: (-(2**63), 2**63 - 1), np.uint64: (0, 2**64 - 1)}.items():
        values = np.array(numbers, np.int64).view(kind)
        check(values, low, high)
        totals, bad = window_integers(values, low, high)
        assert totals.dtype == kind
        for a, b, total, wrong in zip(low.tolist(), high.tolist(), totals.tolist(), bad.tolist(), strict=True):
            exact = sum(values[a:b].tolist())
            assert (total, wrong) == ((exact, False) if least <= exact <= most else (0, True))


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_a_window_depends_on_nothing_outside_of_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=40)
    noisy = values.copy()
    noisy[:10] = rng.choice([1e300, -1e300, 1e-300, 1e17], 10)
    low, high = np.arange(10, 40), np.minimum(np.arange(10, 40) + 7, 40)
    for work in (window_sums, window_means, lambda *a: window_variances(*a, ddof=0, root=True)):
        assert work(values, low, high).tobytes() == work(noisy, low, high).tobytes()


def test_blocks_of_windows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=500) * 10.0 ** rng.integers(-20, 20, 500)
    low = rng.integers(0, 500, 300)
    high = np.minimum(500, low + rng.integers(0, 90, 300))
    whole = window_variances(values, low, high, ddof=1, root=True)
    monkeypatch.setattr(exact_windows, "_BLOCK", 7)
    assert window_variances(values, low, high, ddof=1, root=True).tobytes() == whole.tobytes()


def test_no_windows_at_all() -> None:
    none = np.zeros(0, np.int64)
    assert window_sums(np.zeros(0), none, none).shape == (0,)
    assert [part.shape for part in window_integers(none, none, none)] == [(0,), (0,)]
