"""Text, lists, structs, and what is done with missing values: figures worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError, RequestError, TypeMismatchError
from featureprep.expr.expression import Expr, apply, col
from featureprep.expr.node import Node
from featureprep.expr.ops.present import with_missing
from tests.expr.harness import NAN, Rejected, bits, cells, evaluate, micros

S, L = col("s"), col("l")
U: Any = S  # to be called wrongly
FACE = "\U0001f600"


@pytest.mark.parametrize(
    "expr, text, result",
    [
        (S.str.lower(), "ÀÉÎ Σ Я", "àéî σ я"), (S.str.upper(), "straße ñ я", "STRAẞE Ñ Я"), (S.str.len(), f"é{FACE}中", 3), (S.str.len(), "e\u0301", 2),
        (S.str.strip(), "\u3000 é \n", "é"), (S.str.strip("é!"), "é!aé!é", "a"),
        (S.str.contains("中"), "a中b", True), (S.str.contains("É"), "é", False), (S.str.starts_with("é"), "éa", True), (S.str.ends_with(FACE), f"a{FACE}", True),
        (S.str.slice(0, 2), f"{FACE}é中", f"{FACE}é"), (S.str.slice(-2), "aé中", "é中"), (S.str.slice(1, -1), "aé中", "é"), (S.str.slice(5), "abc", ""),
        (S.str.replace("é", "e"), "éé", "ee"), (S.str.replace(r"(\d)", r"<\1>", regex=True), "a1b2", "a<1>b<2>"), (S.str.replace(".", "!"), "a.b", "a!b"),
        (S.str.split(","), "é,,b", ["é", "", "b"]), (S.str.split(","), "", [""]), (S.str.split(r"\s+", regex=True), "a  b\tc", ["a", "b", "c"]),
        (S.str.matches("^[a-z]+$"), "abc", True), (S.str.matches("^[a-z]+$"), "abc\n", False), (S.str.matches("(?i)É"), "é", True), (S.str.matches(r"\w"), "é", False),
        (S.str.extract(r"(\d+)-(\d+)"), "a 12-34", "12"), (S.str.extract(r"(\d+)"), "none", None), (S.str.extract("a(b)?"), "a", ""),
    ],
)  # fmt: skip
def test_text(expr: Expr, text: str, result: Any) -> None:
    assert cells(expr, s=("string", [text, None])) == [result, None]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: S.str.matches("(a"), "RE2"), (lambda: S.str.matches("(?=a)"), "RE2"), (lambda: S.str.extract(r"(a)\1"), "RE2"), (lambda: S.str.contains(""), "at least one"),
        (lambda: U.str.contains(5), "a string"), (lambda: S.str.contains("\ud800"), "a string"), (lambda: S.str.slice(2**40), "range"), (lambda: U.str.slice("a"), "an int"),
        (lambda: S.str.split("a*", regex=True), "empty"), (lambda: S.str.replace("a", r"\9", regex=True), "groups"), (lambda: L.list.get(10**30), "range"),
        (lambda: L.list.contains([1]), "a single value"), (lambda: L.list.contains(col("x")), "a single value"), (lambda: U.list.join(1), "a string"),
    ],
)  # fmt: skip
def test_arguments_that_are_no_good(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError, match=says) as caught:
        cells(make(), s=("string", ["a"]), l=("list<int64>", [[1]]))
    assert "test_text_lists_structs.py:" in str(caught.value.where)


def test_text_words_take_text_only() -> None:
    with pytest.raises(TypeMismatchError, match=r"\.str\.lower takes text, not int64") as caught:
        cells(S.str.lower(), s=("int64", [1]))
    assert caught.value.hint == ".cast('string') makes text of it"
    assert cells(S.str.lower(), s=("null", [None])) == [None]


def test_lists() -> None:
    of = ("list<float64>", [[1.5, None, 2.5], [], [NAN, 1.0], None, [None], [1e16, 1.0, -1e16]])
    assert cells(L.list.len(), l=of) == [3, 0, 2, None, 1, 3]
    assert bits(cells(L.list.sum(), l=of)) == bits([4.0, 0.0, NAN, None, 0.0, 0.0])
    assert bits(cells(L.list.mean(), l=of)) == bits([2.0, None, NAN, None, None, 0.0])
    assert cells(L.list.get(1), l=of) == [None, None, 1.0, None, None, 1.0]
    assert cells(L.list.get(-1), l=of)[0] == 2.5
    assert cells(L.list.contains(2.5), l=of) == [True, False, False, None, False, False]
    assert cells(L.list.contains(NAN), l=of) == [False, False, True, None, False, False]
    assert cells(L.list.sum(), l=("list<int64>", [[2**62, 2**62], [1, None]])) == [None, 1]
    assert cells(L.list.join("-"), l=("list<string>", [["a", None, "é"], []])) == ["a-é", ""]


def test_list_contains_compares_exactly() -> None:
    whole = ("list<int64>", [[1, 2**53 + 1], [0], None])
    assert cells(L.list.contains(1.0), l=whole) == [True, False, None]
    assert cells(L.list.contains(1.5), l=whole) == [False, False, None]
    assert cells(L.list.contains(2.0**53), l=whole) == [False, False, None]
    assert cells(L.list.contains(2**64 - 1), l=whole) == [False, False, None]
    assert cells(L.list.contains(0.1), l=("list<float32>", [[0.10000000149011612]])) == [False]
    assert cells(L.list.contains(-0.0), l=("list<float32>", [[0.0]])) == [True]
    assert cells(L.list.contains(dt.date(1970, 1, 2)), l=("list<date>", [[1], [None]])) == [True, False]
    with pytest.raises(TypeMismatchError, match="the column is int64"):
        cells(L.list.contains("a"), l=whole)


def test_structs() -> None:
    s = ("struct<a: int64, b: string>", [{"a": 1, "b": "x"}, None, {"a": None, "b": ""}])
    assert cells(S.struct["a"], s=s) == [1, None, None]
    assert cells(S.struct.field("b").str.len(), s=s) == [1, None, 0]
    with pytest.raises(ColumnNotFoundError, match="no column 'c'"):
        cells(S.struct["c"], s=s)


def _fill(value: Any) -> Expr:
    return apply("fill_missing", "x", value=value)


@pytest.mark.parametrize(
    "dtype, value, given, result",
    [
        ("float64", [None, NAN, -0.0], 1, [1.0, 1.0, -0.0]), ("int8", [None, 3], 7, [7, 3]), ("int8", [None, 3], 0.5, [0.5, 3.0]), ("string", [None], "é", ["é"]),
        ("timestamp", [None], dt.date(1970, 1, 2), [86_400_000_000]), ("timestamp", [None], dt.datetime(1970, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), [0]),
        ("date", [None, 5], dt.date(2020, 2, 29), [18321, 5]), ("decimal(9, 2)", [None], 5, [Decimal("5.00")]), ("decimal(9, 2)", [None], Decimal("2.5"), [Decimal("2.50")]),
        ("bool", [None, False], True, [True, False]), ("null", [None], 3, [3]),
    ],
)  # fmt: skip
def test_missing_values_replaced(dtype: str, value: list[Any], given: Any, result: list[Any]) -> None:
    made = evaluate(_fill(given), {"x": (dtype, value)})
    assert bits(made.cells) == bits(result)
    assert not made.nullable


@pytest.mark.parametrize(
    "dtype, given",
    [("int8", 300), ("string", 1), ("date", dt.datetime(2020, 1, 1)), ("bool", 1), ("decimal(9, 2)", Decimal("0.001")), ("list<int64>", 1)],
)
def test_missing_values_that_do_not_fit(dtype: str, given: Any) -> None:
    with pytest.raises(RequestError):
        cells(_fill(given), x=(dtype, [None]))


def test_missing_values_reject() -> None:
    node = with_missing(col("x").node, "quarantine")
    first, second, third = evaluate(node, {"x": ("float64", [None, NAN, 1.0])}).cells
    assert [first.rule, second.rule, third] == ["missing: require_present(x, missing='quarantine')"] * 2 + [1.0]
    assert isinstance(evaluate(node, {"x": ("list<int64>", [None, []])}).cells[0], Rejected)
    assert with_missing(col("x").node, "keep") == col("x").node


def test_floats_inside_of_anything_are_cast_last() -> None:
    node = Node("as_dtype", [L.node], {"dtype": "float32"})
    assert cells(node, l=("list<float64>", [[0.1, None], None])) == [[0.10000000149011612, None], None]
    assert cells(node, l=("int64", [2**53 + 1])) == [2**53 + 1]


def test_moments_of_literals() -> None:
    assert cells(
        col("t") == dt.datetime(2020, 1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), t=("timestamp", [micros(2020, 1, 1)])
    ) == [True]
