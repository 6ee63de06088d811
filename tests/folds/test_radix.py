"""Values grouped by digits, and how many of them differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from featureprep.folds import radix
from featureprep.folds.radix import LEVELS, Counted, Pool, Run, different, digit

RNG = np.random.default_rng(3)
N = 70_000
Floats = np.ndarray[Any, np.dtype[np.float64]]
_ANY = RNG.integers(-(2**63), 2**63, N).view(np.float64)
CASES: dict[str, Floats] = {
    "both signs": RNG.normal(0.0, 100.0, N),
    "positive": RNG.lognormal(0.0, 1.0, N),
    "one value": np.full(N, -7.25),
    "few values": RNG.integers(-4, 5, N).astype(np.float64),
    "any bits": _ANY[np.isfinite(_ANY)] + 0.0,
    "decimals": np.asarray(np.round(RNG.normal(0.0, 3.0, N), 2) + 0.0, np.float64),
}


@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("name", CASES)
def test_a_run_has_its_groups_in_the_order_of_their_digits(name: str, level: int) -> None:
    values = CASES[name] if level == 0 else np.abs(CASES[name])
    for some in (values, values[: 1 << 15], -values if level else values):
        run = Run.of(some, level)
        digits = digit(some, level)
        order = np.argsort(digits, kind="stable")
        np.testing.assert_array_equal(run.values, some[order])  # the stable order: the same bytes whatever sorts them
        present, counts = np.unique(digits, return_counts=True)
        np.testing.assert_array_equal(run.digits, present)
        np.testing.assert_array_equal(run.stops, np.cumsum(counts))
        assert (run.digits.dtype.str, run.stops.dtype.str) == ("<u2", "<i8")


def test_many_digits_are_sorted_without_counting() -> None:
    run = Run.of(CASES["any bits"])
    assert len(run.digits) > radix._COUNTED_AT


@pytest.mark.parametrize("name", CASES)
def test_as_many_differ_as_a_sort_finds(name: str) -> None:
    values = CASES[name]
    assert different(values) == len(np.unique(values))
    assert different(np.repeat(values, 3)) == len(np.unique(values))
    assert different(values[:100]) == len(np.unique(values[:100]))


@pytest.mark.parametrize("most", [1 << 10, 1 << 14])
@pytest.mark.parametrize("bear", [1 << 12, 1 << 20])
def test_large_groups_are_counted_at_once_or_in_parts(most: int, bear: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radix, "AT_ONCE", bear)
    values = np.concatenate([RNG.uniform(1.0, 1.001, N), np.round(RNG.uniform(1.0, 1.06, N), 4), RNG.normal(0.0, 1.0, 5_000)])
    pool = Pool([Run.of(values[:100_000]), Run.of(values[100_000:])], Counted(np.array([1.5, 1.75]), np.array([2, 3])))
    assert pool.unique(most) == len(np.unique(np.append(values, [1.5, 1.75])))


def test_parts_hold_all_values_in_ascending_order() -> None:
    values = np.concatenate([RNG.uniform(1.0, 1.01, N), RNG.normal(0.0, 1.0, 5_000)])
    for bear in (0, 1 << 20):
        ends, n = -np.inf, 0
        for part in Pool([Run.of(values)], Counted.of([])).parts(1 << 12, bear):
            held = np.concatenate(part.arrays())
            assert held.min() > ends
            ends, n = held.max(), n + len(held)
        assert n == len(values)
