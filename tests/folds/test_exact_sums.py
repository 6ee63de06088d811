"""Sums without any rounding, however wide the values' exponents are spread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from featureprep.folds.exact_sums import SQUARE_UNIT, UNIT, exact_sums, units

N = 3_000
RNG = np.random.default_rng(7)
_BITS = RNG.integers(-(2**63), 2**63, N).view(np.float64)
CASES: dict[str, np.ndarray[Any, Any]] = {
    "few have bits below the third slice": np.append(RNG.normal(5.0, 1.0, N), [1e-9, -3e-11, 2e-300]),
    "many have": np.ldexp(RNG.normal(0.0, 1.0, N), RNG.integers(-40, 0, N)),
    "all but one have": np.append(RNG.normal(0.0, 1.0, N), 1e30),
    "every exponent": np.ldexp(RNG.normal(0.0, 1.0, N), RNG.integers(-1070, 1020, N)),
    "any bits": _BITS[np.isfinite(_BITS)],
    "subnormal": np.ldexp(RNG.normal(0.0, 1.0, N), -1060),
    "the largest doubles": np.full(N, -np.finfo(np.float64).max),
    "two decimals": np.round(RNG.lognormal(3.0, 2.0, N), 2),
    "float32": RNG.normal(0.0, 1.0, N).astype(np.float32).astype(np.float64),
    "powers of two": np.ldexp(1.0, np.arange(-60, 60)),
    "int64": RNG.integers(-(2**63), 2**63, N),
    "the ends of int64": np.array([-(2**63), 2**63 - 1] * 600),
    "uint64": np.full(N, 2**64 - 1, np.uint64),
    "small integers": RNG.integers(-5, 6, N),
}


def _by_hand(values: np.ndarray[Any, Any]) -> tuple[int, int]:
    exact = [int(value) << UNIT if values.dtype.kind in "iu" else units(float(value)) for value in values.tolist()]
    return sum(exact), sum(one * one for one in exact)


@pytest.mark.parametrize("name", CASES)
def test_sums_are_those_of_whole_numbers(name: str) -> None:
    assert exact_sums(CASES[name]) == _by_hand(CASES[name])


def test_a_strip_and_more() -> None:
    values = np.append(np.tile(RNG.normal(0.0, 100.0, 1_000), 70), [1e-200, 3.0])
    total, squares = _by_hand(values[:1_000])
    rest = _by_hand(values[-2:])
    assert exact_sums(values) == (70 * total + rest[0], 70 * squares + rest[1])
    assert SQUARE_UNIT == 2 * UNIT


def test_the_values_are_left_as_they_are() -> None:
    values = np.append(RNG.normal(0.0, 1.0, N), [1e-30, 1e200])
    before = values.copy()
    values.flags.writeable = False
    exact_sums(values)
    np.testing.assert_array_equal(values, before)


def test_threads_do_not_share_their_room() -> None:
    wanted = {name: exact_sums(values) for name, values in CASES.items()}
    wrong: list[str] = []

    def work() -> None:
        for _ in range(20):
            wrong.extend(name for name, values in CASES.items() if exact_sums(values) != wanted[name])

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
