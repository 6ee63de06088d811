"""Functions of floats: the same bits in batch and row code, IEEE results at the edges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.kernels.ieee import FUNCTIONS, made_nan

EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1e-17, 5e-324, 1.7e308, 709.78, 710.0, -745.2, -746.0, math.pi, 1e22]
EDGES += [math.inf, -math.inf, math.nan, 2.0**53, 2.0**53 + 2, -1e-300, 1 - 2**-53, -1.7e308]


def bits(values: Any) -> Any:
    """One integer a value; all NaN are one."""
    array = np.asarray(values, dtype=np.float64)
    return np.where(np.isnan(array), np.int64(-1), array.view(np.int64))


def sample(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    wild = rng.integers(0, 2**64, 40_000, dtype=np.uint64).view(np.float64)
    return np.concatenate([wild, rng.normal(size=40_000) * 10, rng.uniform(-1, 1, 20_000), EDGES])


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.arity == 1])
def test_one_argument_has_the_same_bits(name: str) -> None:
    function, x = FUNCTIONS[name], sample(1)
    batch = function.batch(pa.array(x)).to_numpy()
    row = [function.row(value) for value in x.tolist()]
    assert (bits(batch) == bits(row)).all()


@pytest.mark.parametrize("name", [name for name, f in FUNCTIONS.items() if f.arity == 2])
def test_two_arguments_have_the_same_bits(name: str) -> None:
    function = FUNCTIONS[name]
    x = np.concatenate([sample(2), np.repeat(EDGES, len(EDGES)), np.arange(-50.0, 50.0)])
    y = np.concatenate([np.random.default_rng(3).permutation(sample(4)), np.tile(EDGES, len(EDGES)), np.arange(100.0) % 7 - 3])
    batch = function.batch(pa.array(x), pa.array(y)).to_numpy()
    row = [function.row(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert (bits(batch) == bits(row)).all()


@pytest.mark.parametrize(
    ("name", "args", "result"),
    [
        ("div", (1.0, 0.0), math.inf),
        ("div", (-1.0, 0.0), -math.inf),
        ("div", (1.0, -0.0), -math.inf),
        ("div", (0.0, 0.0), math.nan),
        ("div", (7, -2), -3.5),
        ("log", (0.0,), -math.inf),
        ("log", (-1.0,), math.nan),
        ("log1p", (-2.0,), math.nan),
        ("exp", (1000.0,), math.inf),
        ("sqrt", (-0.0,), -0.0),
        ("sin", (math.inf,), math.nan),
        ("pow", (0.0, -1.0), math.inf),
        ("pow", (-0.0, -3.0), -math.inf),
        ("pow", (-8.0, 1 / 3), math.nan),
        ("pow", (-10.0, 309.0), -math.inf),
        ("pow", (math.nan, 0.0), 1.0),
    ],
)
def test_edges(name: str, args: tuple[float, ...], result: float) -> None:
    function = FUNCTIONS[name]
    assert (bits([function.row(*args)]) == bits([result])).all()
    assert (bits(function.batch(*(pa.array([arg]) for arg in args)).to_numpy()) == bits([result])).all()


@given(a=st.integers(-(2**63), 2**63 - 1), b=st.integers(-(2**63), 2**63 - 1))
def test_integers_are_rounded_before_they_are_divided(a: int, b: int) -> None:
    batch = FUNCTIONS["div"].batch(pa.array([a], pa.int64()), pa.array([b], pa.int64()))
    assert (bits(batch.to_numpy()) == bits([FUNCTIONS["div"].row(a, b)])).all()


@given(x=st.integers(0, 2**64 - 1))
def test_every_function_of_integers(x: int) -> None:
    for name, function in FUNCTIONS.items():
        if function.arity == 1:
            batch = function.batch(pa.array([x], pa.uint64())).to_numpy()
            assert (bits(batch) == bits([function.row(x)])).all(), name


def test_null_stays_null_in_slices() -> None:
    array = pa.array([9.0, None, 1.0, -1.0])
    assert FUNCTIONS["sqrt"].batch(array.slice(1)).to_pylist()[:2] == [None, 1.0]


def test_made_nan_is_new_nan_only() -> None:
    given = pa.array([-1.0, math.nan, None, 4.0])
    assert made_nan(FUNCTIONS["sqrt"].batch(given), given).tolist() == [True, False, False, False]  # type: ignore[union-attr]
    assert made_nan(FUNCTIONS["exp"].batch(given), given) is None
    zero = pa.array([0])
    assert made_nan(FUNCTIONS["div"].batch(zero, zero), zero, zero) is not None
