"""Of numbers against SciPy on the columns themselves, within the stated error, whatever the data and however coarse the shape."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from featureprep.validators.drift import MEASURES, NUMERIC_MEASURES, compare
from featureprep.validators.drift.cells import Interval, bins, edges_of

stats = pytest.importorskip("scipy.stats")
spatial = pytest.importorskip("scipy.spatial.distance")

VALUES = st.one_of(st.integers(-4, 4).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e-300, 1e9, -1e9]))
COLUMNS = st.lists(VALUES, min_size=1, max_size=60).map(np.array)
POINTS = st.integers(2, 9)


def within(found: Any, expected: float, slack: float = 1e-9) -> bool:
    return bool(found.low - slack * (1 + abs(expected)) <= expected <= found.high + slack * (1 + abs(expected)))


@given(COLUMNS, COLUMNS, POINTS)
def test_kolmogorov_smirnov(numbers: Any, x: Any, y: Any, points: int) -> None:
    found = compare("kolmogorov_smirnov", numbers(x, points), numbers(y, points))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its p value for tiny samples
        assert within(found, stats.ks_2samp(x, y, method="asymp").statistic)
    assert found.error <= 2 / (points - 1)


@given(COLUMNS, COLUMNS, POINTS)
def test_wasserstein(numbers: Any, x: Any, y: Any, points: int) -> None:
    a, b = numbers(x, points), numbers(y, points)
    expected = stats.wasserstein_distance(x, y)
    rounding = 1e-9 + 1e-14 * float(np.ptp(np.concatenate([x, y])))
    assert within(compare("wasserstein", a, b), expected, rounding)
    if a.std and a.std > 1e-100:
        assert within(compare("wasserstein_scaled", a, b), expected / a.std, 1e-9 + rounding / a.std)


@given(COLUMNS, COLUMNS, POINTS)
def test_bins(numbers: Any, x: Any, y: Any, points: int) -> None:
    a, b = numbers(x, points), numbers(y, points)
    edges = edges_of(a, b)
    p, q = (np.histogram(v, np.concatenate([[-np.inf], edges, [np.inf]]))[0] for v in (x, y))
    assert within(compare("jensen_shannon", a, b), spatial.jensenshannon(p, q, base=2) ** 2)
    p, q = p / len(x), q / len(y)
    assert within(compare("linf", a, b), float(np.abs(p - q).max()))
    assert within(compare("total_variation", a, b), float(np.abs(p - q).sum() / 2))
    cells = bins(a, b, edges)
    for counts, shares, n in ((cells.a, p, len(x)), (cells.b, q, len(y))):
        assert all(c.low - 1e-9 <= s * n <= c.high + 1e-9 and c.low <= c.value <= c.high for c, s in zip(counts, shares, strict=True))


@given(COLUMNS, COLUMNS, POINTS)
def test_psi(numbers: Any, x: Any, y: Any, points: int) -> None:
    a, b = numbers(x, points), numbers(y, points)
    cuts = np.concatenate([[-np.inf], edges_of(a, bins=10), [np.inf]])
    p, q = np.histogram(x, cuts)[0], np.histogram(y, cuts)[0]
    k = len(p)
    p, q = (p + 0.5) / (len(x) + k / 2), (q + 0.5) / (len(y) + k / 2)
    assert within(compare("psi", a, b), float(((q - p) * np.log(q / p)).sum()))


@given(COLUMNS, COLUMNS)
def test_moments(numbers: Any, x: Any, y: Any) -> None:
    a, b = numbers(x), numbers(y)
    assume(np.std(x) > 1e-3 * np.abs(x).max() and np.std(y) > 1e-3 * np.abs(y).max())
    assert math.isclose(compare("mean_shift", a, b).value or 0.0, abs(y.mean() - x.mean()) / x.std(), rel_tol=1e-6, abs_tol=1e-6)
    ratio = x.std() / y.std()
    assert math.isclose(compare("std_change", a, b).value or 0.0, max(ratio, 1 / ratio) - 1, rel_tol=1e-6, abs_tol=1e-6)
    if min(len(x), len(y)) > 1 and min(np.std(x), np.std(y)) > 1e-6:
        p = stats.ttest_ind(x, y, equal_var=False).pvalue
        assume(abs(p - 0.01) > 1e-6)
        assert (compare("mean_shift", a, b).verdict == "drift") == (p < 0.01)


EXTREME = st.lists(st.one_of(VALUES, st.floats(allow_nan=True, allow_infinity=True), st.none()), max_size=30)


@pytest.mark.parametrize("measure", MEASURES)
@settings(max_examples=40)
@given(x=EXTREME, y=EXTREME, points=POINTS)
def test_anything(numbers: Any, measure: str, x: list[float | None], y: list[float | None], points: int) -> None:
    a, b = numbers(x, points), numbers(y, points)
    there, back, same = compare(measure, a, b), compare(measure, b, a), compare(measure, a, a)
    if there.verdict == "not evaluated":
        assert there.why
        assert not (a.n and b.n)
        return
    assert there.low is not None
    assert there.value is not None
    assert there.high is not None
    assert same.value == same.low == 0.0 or same.verdict == "not evaluated"
    assert same.verdict != "drift"
    assert 0.0 <= there.low <= there.value <= there.high
    if measure not in ("wasserstein", "wasserstein_scaled", "mean_shift", "std_change", "psi", "chi_square"):
        assert there.high <= 1.0 + 1e-9
    if measure not in ("wasserstein_scaled", "mean_shift", "psi"):
        assert there.value == pytest.approx(back.value, rel=1e-9, abs=1e-12)
        assert there.verdict == back.verdict or measure in NUMERIC_MEASURES
    assert there.sentence
    assert there.to_json()["n"] == (a.n if measure in NUMERIC_MEASURES else a.rows)


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, s: rng.normal(s, 1, 50_000),
        lambda rng, s: rng.pareto(1.1, 50_000) * (1 + s),
        lambda rng, s: np.round(rng.lognormal(2 + s, 1, 50_000), 2),
        lambda rng, s: rng.poisson(3 + s, 50_000).astype(float),
        lambda rng, s: np.where(rng.random(50_000) < 0.6 + s, 0.0, rng.normal(size=50_000)),
    ],
    ids=["normal", "pareto", "cents", "counts", "zeros"],
)
def test_large_columns(numbers: Any, draw: Any) -> None:
    rng = np.random.default_rng(4)
    x, y = draw(rng, 0.0), draw(rng, 0.05)
    a, b = numbers(x), numbers(y)
    ks, w, js = (compare(measure, a, b) for measure in ("kolmogorov_smirnov", "wasserstein", "jensen_shannon"))
    expected = stats.ks_2samp(x, y, method="asymp")
    assert within(ks, expected.statistic)
    assert ks.error <= 2 / 1024
    assert ks.value == pytest.approx(expected.statistic, abs=5e-4)
    assert within(w, stats.wasserstein_distance(x, y))
    assert w.value == pytest.approx(stats.wasserstein_distance(x, y), rel=0.02)
    p, q = (np.histogram(v, np.concatenate([[-np.inf], edges_of(a, b), [np.inf]]))[0] for v in (x, y))
    assert within(js, spatial.jensenshannon(p, q, base=2) ** 2)
    assert js.value == pytest.approx(spatial.jensenshannon(p, q, base=2) ** 2, rel=0.05, abs=1e-6)


def test_disjoint_columns_are_as_far_apart_as_can_be(numbers: Any) -> None:
    rng = np.random.default_rng(5)
    a, b = numbers(rng.normal(0, 1, 5000)), numbers(rng.normal(100, 1, 5000))
    for measure in ("jensen_shannon", "total_variation", "kolmogorov_smirnov", "cramers_v"):
        assert compare(measure, a, b).value == pytest.approx(1.0, abs=1e-12)


def test_edges_give_heavy_values_their_own_bin(numbers: Any) -> None:
    rng = np.random.default_rng(6)
    x = np.concatenate([np.zeros(1000), np.full(1000, 5.0), rng.uniform(1, 9, 18_000)])
    edges = edges_of(numbers(x), numbers(x))
    cells = bins(numbers(x), numbers(x), edges)
    assert cells.a[0] == Interval.of(1000)
    assert cells.a[edges.tolist().index(5.0) + 1] == Interval.of(1000)
