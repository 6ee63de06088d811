"""Truth tables, comparison, choices, membership and replacement: figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from featureprep.errors import ArgumentError, RequestError, TypeMismatchError
from featureprep.expr.expression import Expr, coalesce, col, lit, when
from tests.expr.harness import INF, NAN, bits, cells, evaluate, micros

X, Y = col("x"), col("y")


def test_kleene() -> None:
    pairs = list(product([True, False, None], repeat=2))
    x, y = ("bool", [a for a, _ in pairs]), ("bool", [b for _, b in pairs])
    assert cells(X & Y, x=x, y=y) == [True, False, None, False, False, False, None, False, None]
    assert cells(X | Y, x=x, y=y) == [True, True, True, True, False, None, True, None, None]
    assert cells(~X, x=("bool", [True, False, None])) == [False, True, None]
    assert cells(X & lit(None), x=("bool", [True, False, None])) == [None, False, None]
    assert cells(X | lit(None), x=("null", [None])) == [None]


def test_an_integer_against_a_float_compares_exactly() -> None:
    whole = [2**53, 2**53 + 1, 2**63 - 1, -(2**63), 0, 0, 1, 2**53 + 1]
    real = [2.0**53, 2.0**53, 2.0**63, -(2.0**63), -0.0, NAN, INF, float(2**53 + 2)]
    x, y = ("int64", whole), ("float64", real)
    assert cells(X == Y, x=x, y=y) == [True, False, False, True, True, False, False, False]
    assert cells(X > Y, x=x, y=y) == [False, True, False, False, False, False, False, False]
    assert cells(X < Y, x=x, y=y) == [False, False, True, False, False, False, True, True]
    assert cells(Y >= X, x=x, y=y) == [True, False, True, True, True, False, True, True]
    assert cells(X != Y, x=x, y=y) == [False, True, True, False, False, True, True, True]
    assert cells(X == Y, x=("uint64", [2**64 - 1, 2**63]), y=("float64", [2.0**64, 2.0**63])) == [False, True]
    assert cells(X == Y, x=("uint64", [2**64 - 1, 5]), y=("int64", [-1, 5])) == [False, True]
    assert cells(X == 0.1, x=("float32", [0.10000000149011612])) == [False]


def test_decimals_compare_exactly() -> None:
    near = Decimal("9007199254740993.0000000001")
    assert cells(X > Y, x=("decimal(38, 10)", [near]), y=("int64", [2**53 + 1])) == [True]
    assert cells(Y == X, x=("decimal(38, 10)", [Decimal("5.0000000000")]), y=("uint8", [5])) == [True]
    assert cells(
        X == Y,
        x=("decimal(9, 2)", [Decimal("2.00"), Decimal("1.50")]),
        y=("decimal(38, 10)", [Decimal("2.0000000000"), Decimal("1.5000000001")]),
    ) == [True, False]
    assert cells(X < Y, x=("decimal(9, 2)", [Decimal("2.50")]), y=("float64", [2.5])) == [False]


def test_nan_zero_and_text_in_comparisons() -> None:
    assert cells(X == X, x=("float64", [NAN, -0.0])) == [False, True]
    assert cells(X == 0, x=("float64", [-0.0])) == [True]
    assert cells(X < Y, x=("string", ["a", "Z", "é", "\U0001f600", "￿"]), y=("string", ["b", "a", "f", "￿", "\U0001f600"])) == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert cells(X < True, x=("bool", [False, True, None])) == [True, False, None]
    assert cells(X >= dt.date(2020, 1, 1), x=("timestamp", [micros(2020, 1, 1), micros(2019, 12, 31, 23, 59, 59)])) == [True, False]  # noqa: SIM300
    assert cells(X == None, x=("int64", [1])) == [None]  # noqa: E711


def test_null_and_nan_are_told_apart() -> None:
    x = ("float64", [NAN, None, 1.0])
    assert cells(X.is_null(), x=x) == [False, True, False]
    assert cells(X.is_not_null(), x=x) == [True, False, True]
    assert cells(X.is_nan(), x=x) == [True, None, False]
    assert cells(X.is_nan(), x=("int64", [1, None])) == [False, None]
    assert not evaluate(X.is_null(), {"x": x}).nullable


def test_when() -> None:
    sign = when(X > 0).then(lit("up")).when(X < 0).then(lit("down"))
    x = ("float64", [1.0, -1.0, 0.0, None, NAN])
    assert cells(sign, x=x) == ["up", "down", None, None, None]
    assert cells(sign.otherwise("flat"), x=x) == ["up", "down", "flat", "flat", "flat"]
    assert cells(when(X > 0).then(1).otherwise(0.5), x=x) == [1.0, 0.5, 0.5, 0.5, 0.5]
    assert cells(when(lit(None)).then(1).otherwise(2), x=x) == [2] * 5
    assert bits(cells(when(X > 0).then(-0.0).otherwise(X), x=x)) == bits([-0.0, -1.0, 0.0, None, NAN])


def test_coalesce() -> None:
    assert bits(cells(coalesce(X, Y, 5), x=("float64", [None, NAN, None]), y=("int64", [1, 2, None]))) == bits([1.0, NAN, 5.0])
    assert cells(X.fill_null(0), x=("int8", [None, 3])) == [0, 3]
    assert cells(coalesce(X, [1]), x=("list<int64>", [None, []])) == [[1], []]
    assert not evaluate(X.fill_null(0), {"x": ("int8", [None])}).nullable


def test_is_in_across_number_types() -> None:
    values = [1, 2.0, 2**53 + 1, 0.1, -0.0]
    assert cells(X.is_in(values), x=("int64", [1, 2, 2**53 + 1, 2**53, 0, None])) == [True, True, True, False, True, None]
    assert cells(X.is_in(values), x=("float64", [1.0, 2.0, 2.0**53, 0.1, 0.0, -0.0, NAN])) == [True, True, False, True, True, True, False]
    assert cells(X.is_in(values), x=("float32", [0.10000000149011612, 2.0])) == [False, True]
    assert cells(X.is_in([300, -1, 5]), x=("uint8", [44, 255, 5])) == [False, False, True]
    assert cells(X.is_in([Decimal("1.5"), 2, 0.25]), x=("decimal(9, 2)", [Decimal("1.50"), Decimal("2.00"), Decimal("0.25")])) == [
        True,
        True,
        True,
    ]
    assert cells(X.is_in([]), x=("string", ["a", None])) == [False, None]
    assert cells(X.is_in(["a"]), x=("null", [None])) == [None]
    assert cells(X.is_in({"b", "a"}), x=("string", ["a"])) == [True]


def test_sets_are_stored_in_an_order_of_their_own() -> None:
    words = {f"w{i}" for i in range(50)}
    assert X.is_in(words).node.params["values"] == tuple(sorted(words))


def test_map_values() -> None:
    x = ("string", ["a", "b", None, "A"])
    assert cells(X.map_values({"a": 1, "b": 2}), x=x) == [1, 2, None, None]
    assert cells(X.map_values({"a": 1, "b": 2.5}, default=-1), x=x) == [1.0, 2.5, None, -1.0]
    assert cells(X.map_values({"a": "x"}, keep_unmapped=True), x=x) == ["x", "b", None, "A"]
    assert cells(X.map_values({"a": None}, default="z"), x=x) == [None, "z", None, "z"]
    assert cells(X.map_values({0: "zero", 1: "one"}), x=("float64", [-0.0, 1.0, NAN, 1.5])) == ["zero", "one", None, None]
    assert cells(X.map_values({1: 5}), x=("null", [None])) == [None]
    assert cells(X.map_values({1: dt.date(1970, 1, 3)}), x=("int64", [1, 2])) == [2, None]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: X.map_values({"a": 1, "b": "x"}), "different types"),
        (lambda: X.map_values({"a": 1}, default=2, keep_unmapped=True), "not both"),
        (lambda: X.map_values({"a": 1}, keep_unmapped=True), "different types"),
        (lambda: X.map_values({None: 1}), "null"),
        (lambda: X.map_values({float("nan"): 1}), "NaN"),
        (lambda: X.map_values({"a": [1]}), "each a single value"),
        (lambda: X.map_values({"a": 2**64 - 1, "b": -1}), "as the others are"),
        (lambda: X.map_values({"a": 2**63, "b": 0.5, "c": 2**53 + 1}), "as the others are"),
        (lambda: X.is_in([1]), "the column is string"),
        (lambda: X.is_in([None]), "null"),
        (lambda: X == 1, "different types"),
        (lambda: when(X).then(1), "not true or false"),
        (lambda: coalesce(X, 1), "different types"),
        (lambda: when(X == "a").then(1).otherwise("b"), "different types"),
        (lambda: X & Y, "true or false"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, says: str) -> None:
    with pytest.raises(RequestError, match=says) as caught:
        cells(make(), x=("string", ["a"]), y=("string", ["a"]))
    assert "test_logic.py:" in str(caught.value.where)


def test_lists_are_neither_compared_nor_looked_up() -> None:
    for expr in (X == Y, X.is_in([]), X.map_values({})):
        with pytest.raises(TypeMismatchError):
            cells(expr, x=("list<int64>", [[1]]), y=("list<int64>", [[1]]))


@pytest.mark.parametrize("values", ["abc", b"abc", 5, {"a": 1}, None])
def test_is_in_takes_a_list(values: Any) -> None:
    with pytest.raises(ArgumentError, match="'values' parameter of is_in"):
        X.is_in(values)


def test_two_spellings_of_between() -> None:
    between: Expr = X.between(1, 3)
    assert cells(between, x=("int64", [0, 1, 3, 4, None])) == [False, True, True, False, None]
