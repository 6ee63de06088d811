"""Checked integer arithmetic and exact comparison, against Python's integers."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.kernels import integers
from featureprep.kernels.integers import (
    COMPARE_ROW,
    binary_batch,
    compare,
    limits,
    power_batch,
    power_row,
    result_type,
    unary_batch,
    unary_row,
)
from featureprep.kernels.result import BAD

FEW = settings(max_examples=settings().max_examples // 2)  # there are many parameters
TYPES = [getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
ANY_TYPE = st.sampled_from(TYPES)


@st.composite
def columns(draw: st.DrawFn, kinds: st.SearchStrategy[pa.DataType] = ANY_TYPE) -> pa.Array:
    dtype = draw(kinds)
    low, high = limits(dtype)
    edge = st.sampled_from([low, high, 0, min(1, high), high // 2, max(low, -1), min(high, 3037000500), min(high, 2**32), high - 1])
    return pa.array(draw(st.lists(st.none() | edge | st.integers(low, high), min_size=9, max_size=9)), dtype)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "floordiv", "mod"])
@FEW
@given(a=columns(), b=columns())
def test_two_operands(name: str, a: pa.Array, b: pa.Array, batch_cells: Any) -> None:
    row = integers.ROWS2[name](a.type, b.type)
    out, bad = binary_batch(name, a, b)
    assert out.type == result_type(name, a.type, b.type)
    pairs = list(zip(a.to_pylist(), b.to_pylist(), strict=True))
    want = [None if x is None or y is None else row(x, y) for x, y in pairs]
    assert batch_cells((out, bad)) == want
    assert batch_cells(binary_batch(name, a.slice(2), b.slice(2))) == want[2:]
    exact = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "floordiv": operator.floordiv, "mod": operator.mod}[name]
    low, high = limits(out.type)
    for (x, y), cell in zip(pairs, want, strict=True):
        if x is not None and y is not None:
            if name in ("floordiv", "mod") and y == 0:
                assert cell is BAD
                continue
            assert cell == (exact(x, y) if low <= exact(x, y) <= high else BAD)


@pytest.mark.parametrize("name", ["neg", "abs"])
@given(a=columns())
def test_one_operand(name: str, a: pa.Array, agree: Any) -> None:
    agree(a, lambda part: unary_batch(name, part), unary_row(name, a.type))


def test_known_results(batch_cells: Any) -> None:
    big = pa.array([2**63 - 1, -(2**63), -7, 7, 5])
    assert batch_cells(binary_batch("add", big, pa.array([1, -1, 1, 1, None]))) == [BAD, BAD, -6, 8, None]
    assert batch_cells(binary_batch("floordiv", big, pa.array([1, -1, 2, -2, 0]))) == [2**63 - 1, BAD, -4, -4, BAD]
    assert batch_cells(binary_batch("mod", big, pa.array([2, -1, 2, -2, 0]))) == [1, 0, 1, -1, BAD]
    unsigned = pa.array([2**64 - 1, 2**63 + 5], pa.uint64())
    assert batch_cells(binary_batch("add", unsigned, pa.array([-1, -10]))) == [BAD, 2**63 - 5]
    assert batch_cells(binary_batch("sub", unsigned, unsigned)) == [0, 0]
    assert batch_cells(unary_batch("neg", pa.array([2**63, 2**63 + 1], pa.uint64()))) == [-(2**63), BAD]


floats = st.floats() | st.integers(-(2**64), 2**64).map(float) | st.sampled_from([2.0**63, -(2.0**63), 2.0**64, 2.0**53, 0.5, -0.0])


@pytest.mark.parametrize("order", list(COMPARE_ROW))
@FEW
@given(a=columns(st.sampled_from([pa.int64(), pa.uint64(), pa.int8()])), b=st.lists(st.none() | floats, min_size=9, max_size=9))
def test_integers_and_floats_compare_exactly(order: str, a: pa.Array, b: list[float | None], batch_cells: Any) -> None:
    numbers = pa.array(b, pa.float64())
    want = [None if x is None or y is None else COMPARE_ROW[order](x, y) for x, y in zip(a.to_pylist(), b, strict=True)]
    assert batch_cells(compare(order, a, numbers)) == want
    flipped = [None if x is None or y is None else COMPARE_ROW[order](y, x) for x, y in zip(a.to_pylist(), b, strict=True)]
    assert batch_cells(compare(order, numbers, a)) == flipped


@given(x=st.integers(-(2**63), 2**64 - 1), y=st.floats(allow_nan=False, allow_infinity=False))
def test_comparison_is_that_of_fractions(x: int, y: float) -> None:
    column = pa.array([x], pa.uint64() if x >= 0 else pa.int64())
    assert compare("<", column, pa.array([y]))[0].to_pylist() == [Fraction(x) < Fraction(y)]
    near = float(x)
    assert compare("==", column, pa.array([near]))[0].to_pylist() == [Fraction(x) == Fraction(near)]


@pytest.mark.parametrize("order", list(COMPARE_ROW))
@FEW
@given(a=columns(st.just(pa.int64())), b=columns(st.just(pa.uint64())))
def test_signed_and_unsigned_compare_exactly(order: str, a: pa.Array, b: pa.Array, batch_cells: Any) -> None:
    want = [None if x is None or y is None else COMPARE_ROW[order](x, y) for x, y in zip(a.to_pylist(), b.to_pylist(), strict=True)]
    assert batch_cells(compare(order, a, b)) == want


@pytest.mark.parametrize("n", range(17))
@given(values=st.lists(st.none() | st.floats(), max_size=9))
def test_powers_are_products_from_the_left(n: int, values: list[float | None], agree: Any) -> None:
    agree(pa.array(values, pa.float64()), lambda part: power_batch(part, n), power_row(n))


def test_power_limits() -> None:
    assert power_row(3)(1.1) == 1.1 * 1.1 * 1.1
    for n in (-1, 17, True, 2.0):
        with pytest.raises(ArgumentError, match="from 0 to 16"):
            power_batch(pa.array([1.0]), n)  # type: ignore[arg-type]
