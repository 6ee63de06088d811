"""What is judged, and how often chance is taken for drift."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from featureprep.errors import ArgumentError
from featureprep.validators.drift import MEASURES, NUMERIC_MEASURES, compare


def test_verdicts(numbers: Any) -> None:
    rng = np.random.default_rng(8)
    a, b, small = numbers(rng.normal(0, 1, 20_000)), numbers(rng.normal(0.5, 1, 20_000)), numbers(rng.normal(0.5, 1, 8))
    drift = compare("kolmogorov_smirnov", a, b, threshold=0.1)
    assert drift.verdict == "drift"
    assert "above the threshold 0.1" in drift.sentence
    assert "chance" in drift.sentence
    assert compare("kolmogorov_smirnov", a, b, threshold=0.5).verdict == "no drift"
    assert "within the threshold 0.5" in compare("kolmogorov_smirnov", a, b, threshold=0.5).sentence
    assert compare("kolmogorov_smirnov", a, b).verdict == "drift"
    chance = compare("kolmogorov_smirnov", a, small, threshold=0.1)
    assert chance.verdict == "chance"
    assert "8 rows" in chance.sentence
    assert compare("kolmogorov_smirnov", a, small).verdict == "no drift"


def test_not_evaluated(numbers: Any, texts: Any) -> None:
    some, empty, none = numbers([1.0, 2.0]), numbers([]), numbers([None, math.nan])
    for measure in MEASURES:
        for pair, which in (((empty, some), "baseline"), ((some, empty), "current column")):
            found = compare(measure, *pair)
            assert found.verdict == "not evaluated"
            assert found.value is None
            assert which in found.sentence
        expected = "not evaluated" if measure in NUMERIC_MEASURES else "chance" if measure in ("chi_square", "cramers_v") else "no drift"
        assert compare(measure, some, none).verdict == expected
        assert compare(measure, texts(["a"]), some).why == "one column holds numbers, the other categories"
        if measure in NUMERIC_MEASURES:
            assert compare(measure, texts(["a"]), texts(["a"])).why == "the measure is one of numbers"
    assert compare("linf", texts([None]), texts([None]), missing=False).why == "the baseline has no values"


def test_null_nan_and_infinities_are_three_categories(numbers: Any) -> None:
    a = numbers([1.0] * 50 + [None] * 50)
    b = numbers([1.0] * 50 + [math.nan] * 50)
    c = numbers([1.0] * 50 + [math.inf, -math.inf] * 25)
    for x, y in ((a, b), (b, c), (a, c)):
        assert compare("total_variation", x, y).value == 0.5
        assert compare("total_variation", x, y, missing=False).value == 0.0
        assert compare("kolmogorov_smirnov", x, y).value == 0.0


@pytest.mark.parametrize(
    "bad",
    [
        {"measure": "kl"},
        {"threshold": -0.1},
        {"threshold": math.nan},
        {"threshold": math.inf},
        {"threshold": True},
        {"threshold": "0.1"},
        {"alpha": 0.0},
        {"alpha": 1.0},
        {"alpha": None},
    ],
)
def test_arguments(numbers: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="compare"):
        compare(**({"measure": "linf", "baseline": numbers([1.0]), "current": numbers([1.0])} | bad))


def test_constant_columns(numbers: Any) -> None:
    a, other, few = numbers([5.0] * 100), numbers([6.0] * 100), numbers([5.0] * 99 + [6.0])
    for measure in ("mean_shift", "wasserstein_scaled"):
        moved = compare(measure, a, other)
        assert moved.value == math.inf
        assert moved.verdict == "drift"
        assert json.loads(json.dumps(moved.to_json(), allow_nan=False))["value"] is None
        assert compare(measure, a, a).value == 0.0
        # one other row of two hundred may be chance
        assert compare(measure, a, few).verdict == "no drift"
    assert compare("std_change", a, few).verdict == "no drift"
    assert compare("std_change", a, numbers([5.0] * 50 + [6.0] * 50)).verdict == "drift"
    assert compare("std_change", a, other).value == 0.0


def test_huge_values_stay_numbers(numbers: Any) -> None:
    a, b = numbers([-1.7e308, 1.7e308]), numbers([-1.7e308, 1.0])
    found = compare("wasserstein", a, b)
    assert found.value == pytest.approx(0.85e308)
    assert compare("wasserstein", numbers([-1.7e308]), numbers([1.7e308])).value == math.inf
    assert compare("kolmogorov_smirnov", a, b).value == 0.5


GENERATORS: dict[str, Any] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "lognormal": lambda rng, size: rng.lognormal(0, 1, size),
    "counts": lambda rng, size: rng.poisson(2, size).astype(float),
    "rare": lambda rng, size: (rng.random(size) < 0.05) * 1.0,
    "cauchy": lambda rng, size: rng.standard_cauchy(size),
}


@pytest.mark.parametrize("name", sorted(GENERATORS))
@pytest.mark.parametrize("sizes", [(8, 8), (20, 200), (400, 300)])
def test_chance_is_seldom_taken_for_drift(numbers: Any, name: str, sizes: tuple[int, int]) -> None:
    rng, trials, alpha = np.random.default_rng(9), 30, 0.01
    alarms = dict.fromkeys(MEASURES, 0)
    for _ in range(trials):
        a, b = (numbers(GENERATORS[name](rng, size)) for size in sizes)
        for measure in MEASURES:
            alarms[measure] += compare(measure, a, b, alpha=alpha).verdict == "drift"
    del alarms["abs_difference"]  # it is one of counts, which differ here
    # more than three of thirty at one in a hundred: 1 in 4,500
    assert max(alarms.values()) <= 3, alarms


@pytest.mark.parametrize(
    ("name", "sizes", "low", "high"),
    [
        ("cauchy", (8, 8), 0.0, 0.05),
        ("cauchy", (8, 100), 0.03, 0.1),
        ("cauchy", (8, 1000), 0.1, 0.22),
        ("lognormal", (8, 1000), 0.07, 0.2),
        ("cauchy", (300, 300), 0.0, 0.03),
        ("normal", (8, 1000), 0.0, 0.04),
    ],
)
def test_a_change_of_the_deviation_of_few_rows_with_outliers_is_told_too_often(
    numbers: Any, name: str, sizes: tuple[int, int], low: float, high: float
) -> None:
    """As SPEC.md says, for alpha 0.02."""
    rng, trials = np.random.default_rng(15), 300
    pairs = ([numbers(GENERATORS[name](rng, size)) for size in sizes] for _ in range(trials))
    alarms = sum(compare("std_change", a, b, alpha=0.02).verdict == "drift" for a, b in pairs)
    assert low <= alarms / trials <= high


def test_chance_is_seldom_taken_for_drift_among_many_categories(texts: Any) -> None:
    rng, trials = np.random.default_rng(10), 30
    weights = 1 / np.arange(1, 301) ** 1.1
    weights /= weights.sum()
    alarms = dict.fromkeys((measure for measure in MEASURES if measure not in NUMERIC_MEASURES), 0)
    for limit in (1000, 20):
        for _ in range(trials):
            a, b = (texts(rng.choice(300, size, p=weights).astype(str).tolist(), limit) for size in (300, 300))
            for measure in alarms:
                alarms[measure] += compare(measure, a, b).verdict == "drift"
    assert max(alarms.values()) <= 3, alarms


def test_a_shift_that_matters_is_found_in_a_thousand_rows(numbers: Any) -> None:
    rng = np.random.default_rng(11)
    a, b = numbers(rng.normal(0, 1, 1000)), numbers(rng.normal(1, 2, 1000))
    for measure in MEASURES:
        if measure != "abs_difference":
            assert compare(measure, a, b).verdict == "drift", measure


def test_what_moved_most(numbers: Any, texts: Any) -> None:
    found = compare("jensen_shannon", texts(['a"\n'] * 6 + ["b"] * 4), texts(['a"\n'] * 9 + ["b"]))
    assert found.moved is not None
    assert found.moved.sentence == r'"a\"\n" went from 60.00% to 90.00%'
    assert found.to_json()["moved"] == {"label": r'"a\"\n"', "baseline": 0.6, "current": 0.9}
    nulls = compare("linf", texts(["null"] * 2), texts(["null", None])).moved
    assert nulls is not None
    assert nulls.label == '"null"'
    assert compare("linf", texts(["a"]), texts(["a"])).moved is None
    assert compare("kolmogorov_smirnov", numbers([1.0]), numbers([2.0])).moved is None
    rng = np.random.default_rng(12)
    x = np.concatenate([np.zeros(300), rng.uniform(1, 9, 5000)])
    y = np.concatenate([np.zeros(3000), rng.uniform(1, 9, 5000)])
    zeros = compare("linf", numbers(x), numbers(y)).moved
    assert zeros is not None
    assert zeros.current == pytest.approx(3000 / 8000)
    rest = compare("total_variation", texts([f"u{i}" for i in range(50)] + ["a"] * 50, 1), texts(["a"] * 100)).moved
    assert rest is not None
    assert rest.label in ('"a"', "all other values")
