"""Figures by hand, edges and errors of ordinal, count_encode and rare_label."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr
from tests.transforms.harness import Rejected, bits, check_rows_equal_batch, fit

U: Any = T  # to be called wrongly
NAN = float("nan")
WORDS = ["b", "a", "b", "c", "a", None, "b", "d"]


def column(values: list[Any], dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({"x": pa.array(values, dtype)})


def results(expr: Expr, train: list[Any], other: list[Any] | None = None, dtype: pa.DataType | None = None) -> list[Any]:
    made = fit(expr, column(train, dtype))
    return check_rows_equal_batch(made, column(train if other is None else other, dtype))


@pytest.mark.parametrize(
    "values, ids",
    [
        (["é", "z", "Z", "a", ""], [4, 3, 1, 2, 0]),
        ([3, 10, -1], [1, 2, 0]),
        ([2.5, -0.0, NAN, 0.0, None, float("inf")], [1, 0, None, 0, None, 2]),
        ([True, False, None], [1, 0, None]),
        ([dt.date(2020, 1, 2), dt.date(1, 1, 1)], [1, 0]),
        ([b"\xff", b"", b"a"], [2, 0, 1]),
        ([Decimal("1.50"), Decimal("-2.00")], [1, 0]),
        (["same"] * 3, [0, 0, 0]),
        ([None, None], [None, None]),
        ([], []),
    ],
    ids=str,
)
def test_ordinal_learns_the_ascending_order(values: list[Any], ids: list[int | None]) -> None:
    assert results(T.ordinal("x"), values) == ids


def test_ordinal_keeps_the_given_order() -> None:
    expr = T.ordinal("x", ["S", "M", "L"])
    assert results(expr, [], ["L", "S", "XL", None, "M"], pa.string()) == [2, 0, -1, None, 1]
    assert fit(expr, column(["XL"])).constants == {}
    assert results(T.ordinal("x", iter([2.0, 1])), [1, 2, 3], dtype=pa.int8()) == [1, 0, -1]
    assert results(T.ordinal("x", [0.0, 1.5]), [-0.0, 1.5, NAN], dtype=pa.float32()) == [0, 1, None]


def test_ordinal_unknown() -> None:
    train, other = ["b", "a"], ["a", "aa", None]
    assert results(T.ordinal("x", unknown="null"), train, other) == [0, None, None]
    ok, bad, null = results(T.ordinal("x", unknown="error"), train, other)
    assert (ok, null) == (0, None)
    assert isinstance(bad, Rejected)
    assert bad.rule.startswith("unknown: ordinal(x")


def test_ordinal_has_a_place_for_a_value_given_for_missing() -> None:
    assert results(T.ordinal("x", missing="m"), ["z", None, "a"]) == [2, 1, 0]


def test_count_encode_counts() -> None:
    assert results(T.count_encode("x"), WORDS, ["b", "a", "d", "e", None]) == [3, 2, 1, 0, None]
    assert results(T.count_encode("x"), [0.0, -0.0, NAN, None, 7.0]) == [2, 2, None, None, 1]
    assert results(T.count_encode("x", missing="?"), [*WORDS, None], [None, "?", "b"]) == [2, 2, 3]


def test_count_encode_shares_are_of_the_rows_that_have_a_value() -> None:
    assert results(T.count_encode("x", normalize=True), WORDS, ["b", "a", "e", None]) == [3 / 7, 2 / 7, 0.0, None]
    got = results(T.count_encode("x", normalize=True), [1.0, NAN, None, 2.0, -0.0, 0.0])
    assert bits(got) == bits([0.25, NAN, None, 0.25, 0.5, 0.5])
    assert results(T.count_encode("x", normalize=True), ["c"] * 3) == [1.0] * 3


def test_count_encode_of_nothing() -> None:
    for normalize, zero in ((False, 0), (True, 0.0)):
        expr = T.count_encode("x", normalize=normalize)
        assert bits(results(expr, [None], ["a", None], pa.string())) == bits([zero, None])
        assert bits(results(expr, [], [1], pa.int64())) == bits([zero])


def test_count_encode_unknown() -> None:
    assert results(T.count_encode("x", unknown="null"), ["a"], ["a", "b", None]) == [1, None, None]
    ok, bad, null = results(T.count_encode("x", unknown="quarantine", normalize=True), ["a"], ["a", "b", None])
    assert (ok, null) == (1.0, None)
    assert isinstance(bad, Rejected)
    assert bad.rule.startswith("unknown: count_encode(x")


@pytest.mark.parametrize(
    "rules, kept",
    [
        ({"top_k": 1}, "b"),
        ({"top_k": 3}, "abc"),  # c and d occur equally often: the smaller one
        ({"top_k": 99}, "abcd"),
        ({"min_count": 2}, "ab"),
        ({"min_count": 4}, ""),
        ({"min_share": 2 / 7}, "ab"),  # null is no row here
        ({"min_share": 0.29}, "b"),
        ({"min_share": 0}, "abcd"),
        ({"min_share": 1}, ""),
        ({"top_k": 1, "min_count": 2}, "b"),
        ({"top_k": 3, "min_share": 0.2}, "ab"),
    ],
    ids=str,
)
def test_rare_label_keeps_what_is_frequent(rules: dict[str, Any], kept: str) -> None:
    wanted = [value if value is None or value in [*kept] else "rare" for value in [*WORDS, "unseen"]]
    assert results(T.rare_label("x", **rules), WORDS, [*WORDS, "unseen"]) == wanted


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=6), share=st.sampled_from([0.07, 0.1, 0.2, 0.3, 0.7, 1.0]) | st.floats(0, 1)
)
@settings(max_examples=40)
def test_a_share_is_the_division(counts: list[int], share: float) -> None:
    rows = [str(i) for i, count in enumerate(counts) for _ in range(count)]
    wanted = [value if counts[int(value)] / len(rows) >= share else "rare" for value in rows]
    assert results(T.rare_label("x", min_share=share), rows) == wanted


def test_rare_label_spells_values_as_text() -> None:
    assert results(T.rare_label("x", top_k=1, label="-"), [0.0, -0.0, 1e300, NAN, None]) == ["0.0", "0.0", "-", None, None]
    assert results(T.rare_label("x", min_count=2), [True, True, False]) == ["true", "true", "rare"]
    assert results(T.rare_label("x", min_count=1), [dt.date(2020, 2, 29), None]) == ["2020-02-29", None]


def test_rare_label_of_nothing_and_of_one_value() -> None:
    assert results(T.rare_label("x", min_count=1), [None], ["a", None], pa.string()) == ["rare", None]
    assert results(T.rare_label("x", min_count=1), [], [None, None], pa.null()) == [None, None]
    assert results(T.rare_label("x", min_share=1), ["c"] * 3) == ["c"] * 3


def test_a_value_spelled_as_the_label_is_the_label() -> None:
    expr = T.rare_label("x", top_k=2, label="a")
    assert results(expr, ["a", "a", "b", "b", "c"]) == ["a", "a", "b", "b", "a"]
    hot = fit(T.one_hot(expr), column(["a", "b", "b", "c"]))
    assert hot.bound.op.elements(hot.bound.call) == ["a", "b"]


def test_rare_label_nests() -> None:
    expr = T.rare_label("x", top_k=1, label="other", missing="none")
    assert results(T.vocabulary(expr), WORDS) == [1, 0, 1, 0, 0, 0, 1, 0]
    assert results(T.one_hot(expr), WORDS, ["b", "zzz", None]) == [[0, 1], [1, 0], [1, 0]]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.ordinal("x", []), "'order' parameter of ordinal must be a list of at least one value. Got []"),
        (lambda: U.ordinal("x", "SML"), "'order' parameter of ordinal must be a list of values. Got 'SML'"),
        (lambda: U.ordinal("x", 3), "'order' parameter of ordinal must be a list of values"),
        (lambda: U.ordinal("x", unknown="zeros"), "'unknown' parameter of ordinal must be -1 or one of 'null', 'error', 'quarantine'"),
        (lambda: U.ordinal(7), "'column' parameter of ordinal"),
        (lambda: U.count_encode("x", normalize=1), "'normalize' parameter of count_encode must be a bool"),
        (lambda: U.count_encode("x", unknown=0), "'unknown' parameter of count_encode must be one of 'zeros'"),
        (lambda: U.rare_label("x"), "none of min_count=, min_share= and top_k="),
        (lambda: U.rare_label("x", top_k=0), "'top_k' parameter of rare_label"),
        (lambda: U.rare_label("x", min_share=1.5), "'min_share' parameter of rare_label must be a finite number in the range [0, 1]"),
        (lambda: U.rare_label("x", min_count=2, label=None), "'label' parameter of rare_label must be a string"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit(make(), column(["a"]))
    assert says in str(caught.value)
    assert "test_ordinal_and_counts.py:" in str(caught.value)


@pytest.mark.parametrize(
    "expr, dtype, error, says",
    [
        (T.ordinal("x"), pa.list_(pa.string()), TypeMismatchError, "ordinal takes single values, not list<string>"),
        (T.ordinal("x", ["a"]), pa.int64(), TypeMismatchError, "order holds 'a', but the column is int64"),
        (T.ordinal("x", [1, 300]), pa.int8(), ArgumentError, "the value 300 of order is no int8"),
        (T.ordinal("x", ["a", "a"]), pa.string(), ArgumentError, "'order' parameter of ordinal must be different from each other"),
        (T.ordinal("x", ["a", None]), pa.string(), ArgumentError, "order holds null"),
        (T.ordinal("x", [NAN]), pa.float64(), ArgumentError, "order holds NaN"),
        (T.count_encode("x"), pa.struct([("a", pa.int8())]), TypeMismatchError, "count_encode takes single values"),
        (T.rare_label("x", top_k=1), pa.list_(pa.int8()), TypeMismatchError, "rare_label takes single values"),
        (T.rare_label("x", top_k=1), pa.binary(), TypeMismatchError, "rare_label takes text, not binary"),
    ],
    ids=str,
)
def test_columns_that_do_not_fit(expr: Expr, dtype: pa.DataType, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        fit(expr, column([], dtype))
    assert says in str(caught.value)
