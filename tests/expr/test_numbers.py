"""Arithmetic and functions of numbers: figures worked out by hand."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, col, lit
from tests.expr.harness import INF, NAN, Rejected, bits, cells, evaluate

X, Y = col("x"), col("y")
LOW, HIGH, TOP = -(2**63), 2**63 - 1, 2**64 - 1


def over(expr: Expr, x: tuple[str, list[Any]], y: tuple[str, list[Any]] | None = None) -> list[Any]:
    return cells(expr, x=x) if y is None else cells(expr, x=x, y=y)


@pytest.mark.parametrize(
    "expr, a, b, result",
    [
        (X + Y, HIGH, 1, None), (X + Y, HIGH, 0, HIGH), (X + Y, LOW, -1, None), (X + Y, -5, 7, 2),
        (X - Y, LOW, 1, None), (X - Y, 0, LOW, None), (X - Y, -1, LOW, HIGH),
        (X * Y, 2**32, 2**31, None), (X * Y, 2**32, -(2**31), LOW), (X * Y, LOW, -1, None), (X * Y, 3037000500, 3037000500, None), (X * Y, 3037000499, 3037000499, 9223372030926249001),
        (X // Y, 7, 2, 3), (X // Y, -7, 2, -4), (X // Y, 7, -2, -4), (X // Y, -7, -2, 3), (X // Y, 5, 0, None), (X // Y, LOW, -1, None),
        (X % Y, 7, 3, 1), (X % Y, -7, 3, 2), (X % Y, 7, -3, -2), (X % Y, -7, -3, -1), (X % Y, 5, 0, None), (X % Y, LOW, -1, 0),
    ],
)  # fmt: skip
def test_integers(expr: Expr, a: int, b: int, result: int | None) -> None:
    assert over(expr, ("int64", [a, None, a]), ("int64", [b, b, None])) == [result, None, None]


def test_integer_types_of_results() -> None:
    assert over(X + Y, ("int8", [127]), ("int8", [127])) == [254]
    assert over(X + Y, ("uint64", [TOP]), ("uint8", [1])) == [None]
    assert over(X * Y, ("uint64", [2**63]), ("uint8", [1])) == [2**63]
    assert over(X - Y, ("uint64", [TOP]), ("uint64", [TOP])) == [0]
    assert over(X - Y, ("uint8", [0]), ("uint8", [1])) == [-1]
    assert over(X + Y, ("uint64", [TOP]), ("int64", [-1])) == [None]
    assert over(X + Y, ("uint64", [2**63]), ("int64", [-1])) == [HIGH]


def test_overflow_is_malformed_under_every_policy() -> None:
    columns = {"x": ("int64", [HIGH, 1])}
    first, second = evaluate(X + 1, columns).cells
    assert isinstance(first, Rejected)
    assert first.rule == "malformed: x + 1"
    assert second == 2
    assert evaluate(X + 1, columns, malformed="null").cells == [None, 2]


@pytest.mark.parametrize(
    "a, b, result",
    [
        (1.0, 0.0, INF),
        (-1.0, 0.0, -INF),
        (1.0, -0.0, -INF),
        (0.0, 0.0, None),
        (INF, INF, None),
        (NAN, 0.0, NAN),
        (7.0, 2.0, 3.5),
        (-0.0, 5.0, -0.0),
    ],
)
def test_division(a: float, b: float, result: float | None) -> None:
    assert bits(over(X / Y, ("float64", [a]), ("float64", [b]))) == bits([result])


def test_division_of_integers_is_true_division() -> None:
    assert over(X / Y, ("int64", [7, -7, 1, 0]), ("int64", [2, 2, 0, 0])) == [3.5, -3.5, INF, None]
    assert over(X / 2, ("int64", [2**53 + 1])) == [2.0**52]


def test_nan_of_numbers_is_malformed_and_nan_of_nan_is_not() -> None:
    x = ("float64", [INF, NAN, -1.0, 0.0, None])
    assert bits(over(X - X, x)) == bits([None, NAN, 0.0, 0.0, None])
    assert bits(over(X.sqrt(), x)) == bits([INF, NAN, None, 0.0, None])
    assert bits(over(X.log(), x)) == bits([INF, NAN, None, -INF, None])
    assert bits(over(X.log1p(), x)) == bits([INF, NAN, -INF, 0.0, None])
    assert bits(over(X * 0, x)) == bits([None, NAN, -0.0, 0.0, None])
    assert over(X.exp(), ("float64", [1000.0, -1000.0, 0.0, -INF])) == [INF, 0.0, 1.0, 0.0]


def test_powers_are_products() -> None:
    assert over(X**3, ("float64", [0.1, -2.0, 1e200])) == [0.1 * 0.1 * 0.1, -8.0, INF]
    assert bits(over(X**0, ("float64", [NAN, 0.0, None]))) == bits([1.0, 1.0, None])
    assert over(X**2, ("int64", [3, -3])) == [9.0, 9.0]


def test_sign() -> None:
    assert bits(over(-X, ("float64", [0.0, -0.0, NAN, INF]))) == bits([-0.0, 0.0, NAN, -INF])
    assert bits(over(X.abs(), ("float64", [-0.0, -2.5, -INF]))) == bits([0.0, 2.5, INF])
    assert over(-X, ("int64", [LOW, HIGH])) == [None, -HIGH]
    assert over(X.abs(), ("int64", [LOW, -3])) == [None, 3]
    assert over(-X, ("uint64", [2**63, TOP])) == [LOW, None]
    assert over(X.abs(), ("uint64", [TOP])) == [TOP]
    assert over(X.abs(), ("int8", [-128])) == [128]


def test_clip() -> None:
    assert bits(over(X.clip(-1, 1.5), ("float64", [-2.0, 2.0, NAN, 0.3, None, -0.0]))) == bits([-1.0, 1.5, NAN, 0.3, None, -0.0])
    assert over(X.clip(low=0), ("float64", [-INF, INF])) == [0.0, INF]
    assert over(X.clip(0, 10), ("int64", [-5, 5, 50, None])) == [0, 5, 10, None]
    assert over(X.clip(0, 2.5), ("int64", [-5, 5])) == [0.0, 2.5]
    assert over(X.clip(-1, TOP - 1), ("uint64", [0, TOP])) == [0, TOP - 1]
    assert over(X.clip(-(10**30), 10**30), ("int64", [LOW, HIGH])) == [LOW, HIGH]
    assert bits(over(X.clip(), ("float64", [NAN, -0.0]))) == bits([NAN, -0.0])
    for low, high, dtype in ((2, 1, "int64"), (2**63, None, "int64"), (None, -1, "uint64")):
        with pytest.raises(ArgumentError, match="clip"):
            over(X.clip(low, high), (dtype, [1]))


def test_rounding() -> None:
    assert bits(over(X.round(), ("float64", [0.5, 1.5, 2.5, -0.5, -0.2, NAN, INF]))) == bits([0.0, 2.0, 2.0, -0.0, -0.0, NAN, INF])
    assert over(X.round(-2), ("int64", [149, 150, 250, -150, HIGH])) == [100, 200, 200, -200, 9223372036854775800]
    assert over(X.round(-2), ("int8", [127, 99, -128])) == [100, 100, -100]
    assert over(X.round(-3), ("int64", [HIGH, LOW, HIGH - 807])) == [None, None, 9223372036854775000]  # ...776000 does not fit
    assert over(X.floor(), ("float64", [-1.5, 1.5, 2.0**60])) == [-2.0, 1.0, 2.0**60]
    assert over(X.ceil(), ("float64", [-1.5, 1.5])) == [-1.0, 2.0]
    assert bits(over(X.ceil(), ("float64", [-0.5]))) == bits([-0.0])


def test_casts() -> None:
    assert over(X.cast("int64"), ("float64", [3.0, 3.5, NAN, 2.0**63, -(2.0**63), -0.0])) == [3, None, None, None, LOW, 0]
    assert over(X.cast("int8"), ("int64", [127, 128, -128])) == [127, None, -128]
    assert over(X.cast("float32"), ("float64", [0.1, 1e300])) == [0.10000000149011612, INF]
    assert over(X.cast("string"), ("float64", [0.1, 1e22, 3.0])) == ["0.1", "1e+22", "3.0"]
    assert over(X.cast("int64"), ("string", ["12", " 12", "1_000", "+1", "0x10", ""])) == [12, 12, None, 1, None, None]
    assert over(X.cast("bool"), ("int64", [0, 1, 2])) == [False, True, None]
    assert over(X.cast("decimal(5, 2)"), ("float64", [1.5, 1e6])) == [Decimal("1.50"), None]
    with pytest.raises(TypeMismatchError, match="cannot be cast"):
        over(X.cast("date"), ("bool", [True]))


def test_decimals_in_arithmetic_become_floats() -> None:
    assert over(X + 1, ("decimal(9, 2)", [Decimal("1.50")])) == [2.5]


def test_functions_are_those_of_the_c_library() -> None:
    values = [0.1, 1.0, 2.5, 1e-8]
    assert over(X.log(), ("float64", values)) == [math.log(v) for v in values]
    assert over(X.exp(), ("float64", values)) == [math.exp(v) for v in values]
    assert over(X.log1p(), ("float64", values)) == [math.log1p(v) for v in values]


def test_operators_from_the_right() -> None:
    x = ("int64", [2, -3])
    assert over(10 - X, x) == [8, 13]
    assert over(10 / X, x) == [5.0, 10 / -3]
    assert over(10 // X, x) == [5, -4]
    assert over(10 % X, x) == [0, -2]
    assert over(lit(7) + X * 2, x) == [11, 1]
