from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, TypeMismatchError
from featureprep.folds.exact_sums import SQUARE_UNIT, UNIT, exact_sums
from featureprep.folds.moments import Moments, rounded_sqrt


def run(array: pa.Array) -> Any:
    fold = Moments()
    return fold.finish(fold.update(fold.init(), array))


def finite(array: pa.Array) -> list[Fraction]:
    return [Fraction(v) for v in array.to_pylist() if v is not None and (isinstance(v, int) or math.isfinite(v))]


def nearest(value: Fraction) -> float:
    try:
        return float(value)  # Fraction rounds once
    except OverflowError:
        return math.inf if value > 0 else -math.inf


@pytest.mark.parametrize("dtype", [pa.float64(), pa.float32(), pa.int64(), pa.uint64(), pa.int8(), pa.bool_()], ids=str)
@settings(max_examples=60)
@given(data=st.data())
def test_equals_fractions_however_cut(dtype: pa.DataType, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(dtype))
    result = same_bits(Moments(), (array,), data)
    values = finite(array)
    assert result.n == len(values)
    assert result.n + result.nulls + result.nans + result.infs == len(array)
    if not values:
        assert (result.mean, result.variance, result.std, result.min, result.max, result.sum) == (None, None, None, None, None, 0.0)
        return
    total, squares = sum(values, Fraction(0)), sum((v * v for v in values), Fraction(0))
    mean = total / len(values)
    variance = squares / len(values) - mean * mean
    assert result.sum == nearest(total)
    assert result.sum_of_squares == nearest(squares)
    assert result.mean == nearest(mean)
    assert result.variance == nearest(variance)
    assert result.min == nearest(min(values))
    assert result.max == nearest(max(values))
    # the nearest double's neighbours lie on both sides of the root
    std = result.std
    if math.isfinite(std):
        half_up = (Fraction(std) + Fraction(math.nextafter(std, math.inf))) / 2
        half_down = (Fraction(std) + Fraction(math.nextafter(std, -math.inf))) / 2
        assert max(half_down, Fraction(0)) ** 2 <= variance <= half_up**2


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 3000))
def test_a_constant_column_has_that_mean_and_no_spread(value: float, n: int) -> None:
    result = run(pa.array(np.full(n, value)))
    assert (result.mean, result.variance, result.std, result.min, result.max) == (value, 0.0, 0.0, value, value)


@pytest.mark.parametrize("spread", [0, 1, 30, 200, 1000])
def test_exact_sums_of_long_blocks(spread: int) -> None:
    rng = np.random.default_rng(spread)
    values = np.ldexp(rng.normal(size=20_000), rng.integers(-spread, min(spread, 1015) + 1, 20_000))
    total, squares = exact_sums(values)
    assert Fraction(total, 1 << UNIT) == sum(map(Fraction, values.tolist()), Fraction(0))
    assert Fraction(squares, 1 << SQUARE_UNIT) == sum((Fraction(v) ** 2 for v in values.tolist()), Fraction(0))


@pytest.mark.parametrize("value", [math.nextafter(2.0, 0), 1.7976931348623157e308, 5e-324, 2.0**53 - 1, -math.nextafter(1e150, 0)])
def test_full_blocks_of_full_mantissas_lose_nothing(value: float) -> None:
    total, squares = exact_sums(np.full(8192 * 2 + 1, value))
    assert Fraction(total, 1 << UNIT) == Fraction(value) * 16385
    assert Fraction(squares, 1 << SQUARE_UNIT) == Fraction(value) ** 2 * 16385


@pytest.mark.parametrize("value", [-(2**63), 2**63 - 1, 2**53 + 1, -(2**53) - 1])
def test_full_blocks_of_large_integers_lose_nothing(value: int) -> None:
    total, squares = exact_sums(np.full(16385, value, np.int64))
    assert total == (value * 16385) << UNIT
    assert squares == (value * value * 16385) << SQUARE_UNIT
    total, squares = exact_sums(np.full(16385, 2**64 - 1, np.uint64))
    assert total == ((2**64 - 1) * 16385) << UNIT


@given(data=st.data())
def test_added_values_are_rows(data: Any, arrays: Any) -> None:
    array = data.draw(arrays(pa.float64()))
    value = data.draw(st.none() | st.floats())
    count = data.draw(st.integers(0, 5))
    fold = Moments()
    added = fold.finish(fold.add_value(fold.update(fold.init(), array), value, count))
    longer = pa.concat_arrays([pa.array(array.to_pylist(), pa.float64()), pa.array([value] * count, pa.float64())])
    assert added == run(longer)


@given(st.integers(0, 10**40), st.integers(1, 10**40))
def test_rounded_sqrt_is_the_nearest_double(numerator: int, denominator: int) -> None:
    root = rounded_sqrt(numerator, denominator)
    exact = Fraction(numerator, denominator)
    above = (Fraction(root) + Fraction(math.nextafter(root, math.inf))) / 2
    below = (Fraction(root) + Fraction(math.nextafter(root, -math.inf))) / 2
    assert max(below, Fraction(0)) ** 2 <= exact <= above**2


def test_rounded_sqrt_of_the_smallest() -> None:
    assert rounded_sqrt(1, 1 << SQUARE_UNIT) == 5e-324
    assert rounded_sqrt(1, 5 << SQUARE_UNIT) == 0.0


def test_infinities_and_nans_are_apart() -> None:
    result = run(pa.array([1.0, math.nan, math.inf, -math.inf, None, 3.0]))
    assert (result.n, result.nulls, result.nans, result.infs, result.mean, result.std) == (2, 1, 1, 2, 2.0, 1.0)


def test_a_sum_beyond_the_doubles_is_infinite_and_the_mean_is_not() -> None:
    result = run(pa.array([1.7e308, 1.7e308]))
    assert (result.sum, result.mean, result.std) == (math.inf, 1.7e308, 0.0)


@pytest.mark.parametrize("array", [pa.array(["a"]), pa.array([[1.0]]), pa.array([0], pa.date32())], ids=lambda a: str(a.type))
def test_other_types_are_refused(array: pa.Array) -> None:
    with pytest.raises(TypeMismatchError, match="moments takes numbers"):
        run(array)


@pytest.mark.parametrize("value", ["1", 10**30, b""])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(TypeMismatchError):
        Moments().add_value(Moments().init(), value, 1)


def test_broken_states_are_refused() -> None:
    fold = Moments()
    good = fold.encode(fold.update(fold.init(), pa.array([1.0])))
    for bad in (b"", good[:-1], b"XXXX" + good[4:], good.replace(b"total", b"tota_"), good + b"\0", good.replace(b'"n":1', b'"n":"')):
        with pytest.raises(CorruptArtefactError):
            fold.decode(bad)
