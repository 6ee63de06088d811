"""Several shapes as one: the bounds of every measure hold for the rows themselves, put together."""

from __future__ import annotations

import random
import warnings
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.validators.drift import MEASURES, NUMERIC_MEASURES, compare
from featureprep.validators.drift.cells import bins, edges_of
from featureprep.validators.drift.pooling import pooled

stats = pytest.importorskip("scipy.stats")

VALUES = st.one_of(st.integers(-4, 4).map(float), st.floats(-1e6, 1e6), st.sampled_from([0.0, 1e9, -1e9]))
COLUMN = st.lists(VALUES, min_size=1, max_size=40).map(np.array)
PARTS = st.lists(COLUMN, min_size=2, max_size=4)
POINTS = st.integers(2, 9)
WORDS = st.lists(st.sampled_from([*"abcdefghij", None]), max_size=40)


def together(shapes: list[Any]) -> Any:
    """Of either kind, or None."""
    return pooled(shapes)


def within(found: Any, expected: float, slack: float = 1e-9) -> bool:
    return bool(found.low - slack * (1 + abs(expected)) <= expected <= found.high + slack * (1 + abs(expected)))


@given(PARTS, COLUMN, POINTS)
def test_bounds_of_numbers_hold_for_all_rows_together(numbers: Any, parts: list[Any], y: Any, points: int) -> None:
    x = np.concatenate(parts)
    a, b = together([numbers(part, points) for part in parts]), numbers(y, points)
    assert (a.n, a.points[0], a.points[-1]) == (len(x), x.min(), x.max())
    assert (a.below[1:] >= a.upto[:-1]).all()
    assert (a.upto > a.below).all()
    assert int(a.upto[-1]) == a.n
    for one, other, u, v in ((a, b, x, y), (b, a, y, x)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert within(compare("kolmogorov_smirnov", one, other), stats.ks_2samp(u, v, method="asymp").statistic)
        rounding = 1e-9 + 1e-14 * float(np.ptp(np.concatenate([u, v])))
        assert within(compare("wasserstein", one, other), stats.wasserstein_distance(u, v), rounding)
        edges = edges_of(one, other)
        counts = [np.histogram(w, np.concatenate([[-np.inf], edges, [np.inf]]))[0] for w in (u, v)]
        cells = bins(one, other, edges)
        for intervals, true in ((cells.a, counts[0]), (cells.b, counts[1])):
            assert all(c.low - 1e-9 <= t <= c.high + 1e-9 for c, t in zip(intervals, true, strict=True))
            assert all(c.low - 1e-9 <= c.value <= c.high + 1e-9 for c in intervals)
    assert a.mean == pytest.approx(x.mean(), rel=1e-12, abs=1e-12 * float(np.abs(x).max() + 1))
    assert a.std == pytest.approx(x.std(), rel=1e-9, abs=1e-9 * float(np.abs(x).max() + 1))


@given(PARTS, COLUMN)
def test_few_values_are_as_one(numbers: Any, parts: list[Any], y: Any) -> None:
    whole = numbers(np.concatenate(parts))
    found = together([numbers(part) for part in parts])
    for name in ("points", "below", "upto"):
        assert getattr(found, name).tolist() == getattr(whole, name).tolist()
    for measure in sorted({*MEASURES} - {"mean_shift", "std_change", "wasserstein_scaled", "wasserstein"}):
        assert compare(measure, found, numbers(y)) == compare(measure, whole, numbers(y))


@given(st.lists(WORDS, min_size=1, max_size=4), WORDS, st.integers(0, 4))
def test_bounds_of_categories_hold_for_all_rows_together(texts: Any, parts: list[Any], y: Any, limit: int) -> None:
    x = [value for part in parts for value in part]
    found, exact = together([texts(part, limit) for part in parts]), texts(x)
    assert (found.n, found.nulls) == (exact.n, exact.nulls)
    true = Counter(value for value in x if value is not None)
    assert all(true[value] == count for value, count in found.counts.items())
    assert all(count <= found.most for value, count in true.items() if value not in found.counts)
    assert found.n_unique <= exact.n_unique
    assert min(found.counts.values(), default=found.n) >= found.most
    current = texts(y, limit)
    for measure in ("linf", "total_variation", "jensen_shannon", "abs_difference"):
        told, sure = compare(measure, found, current), compare(measure, exact, texts(y))
        assert (told.low is None) == (sure.low is None)
        assert sure.value is None or within(told, sure.value)


@given(st.lists(WORDS, min_size=2, max_size=4))
def test_all_values_that_are_kept_are_as_one(texts: Any, parts: list[Any]) -> None:
    assert together([texts(part) for part in parts]) == texts([value for part in parts for value in part])


@given(PARTS, POINTS, st.randoms())
def test_order_and_grouping_make_no_difference(numbers: Any, parts: list[Any], points: int, chance: random.Random) -> None:
    shapes = [numbers(part, points) for part in parts]
    shuffled = chance.sample(shapes, len(shapes))
    nested = together([together(shapes[:-1]), shapes[-1]])
    one = together(shapes)
    for other in (together(shuffled), nested):
        assert [getattr(one, name).tolist() for name in ("points", "below", "upto")] == [
            getattr(other, name).tolist() for name in ("points", "below", "upto")
        ]
    assert (one.mean, one.std) == (together(shuffled).mean, together(shuffled).std)


def test_what_has_no_values_and_what_does_not_fit(numbers: Any, texts: Any) -> None:
    empty = together([numbers([None]), numbers([float("nan"), float("inf")])])
    assert (empty.n, empty.nulls, empty.nans, empty.infs, empty.mean) == (0, 1, 1, 1, None)
    assert all(str(compare(measure, empty, numbers([1.0])).verdict) == "not evaluated" for measure in NUMERIC_MEASURES)
    half = together([numbers([None]), numbers([1.0, 3.0])])
    assert (half.n, half.rows, half.mean, half.std) == (2, 3, 2.0, 1.0)
    assert together([numbers([1.0]), texts(["a"])]) is None


def test_of_many_values_the_error_is_small(numbers: Any) -> None:
    rng = np.random.default_rng(5)
    parts = [rng.normal(i / 10, 1, 20_000) for i in range(5)]
    y = rng.normal(0, 1, 20_000)
    found = compare("kolmogorov_smirnov", together([numbers(part) for part in parts]), numbers(y))
    assert found.error < 2 / 1024
    assert within(found, stats.ks_2samp(np.concatenate(parts), y).statistic)
    far = compare("wasserstein", together([numbers(part) for part in parts]), numbers(y))
    assert far.error < 0.01
