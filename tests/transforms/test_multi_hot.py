"""Figures by hand, edges and errors of multi_hot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep import col
from featureprep import transforms as T
from featureprep.errors import ArgumentError, RequestError, TypeMismatchError
from featureprep.expr.expression import Expr
from featureprep.transforms.categorical import _categories
from tests.transforms.harness import Fitted, Rejected, check_rows_equal_batch, fit

U: Any = T  # to be called wrongly
NAN = float("nan")
LISTS = [["b", "a", "b"], [], None, ["a", None], ["c", "a"], ["b"]]


def column(values: list[Any], dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({"x": pa.array(values, dtype)})


def results(expr: Expr, train: list[Any], other: list[Any] | None = None, dtype: pa.DataType | None = None) -> list[Any]:
    made = fit(expr, column(train, dtype))
    return check_rows_equal_batch(made, column(train if other is None else other, dtype))


def names(made: Fitted) -> list[str] | None:
    return made.bound.op.elements(made.bound.call)


def test_a_repeated_value_counts_once() -> None:
    made = fit(T.multi_hot("x"), column(LISTS))
    assert names(made) == ["a", "b", "c"]  # 3, 2 and 1 rows
    assert made.bound.type == pa.list_(pa.int8(), 3)
    assert check_rows_equal_batch(made, column(LISTS)) == [[1, 1, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0], [1, 0, 1], [0, 1, 0]]
    assert names(fit(T.multi_hot("x"), column([["b"] * 9, ["a"], ["a"]]))) == ["a", "b"]


def test_sparse_indices_ascend() -> None:
    got = results(T.multi_hot("x", sparse=True), LISTS, [["c", "a", "c", "z"], [], None])
    assert got == [{"indices": [0, 2], "values": [1, 1]}, {"indices": [], "values": []}, {"indices": [], "values": []}]


def test_categories_are_cut_or_given() -> None:
    assert names(fit(T.multi_hot("x", top_k=1), column(LISTS))) == ["a"]
    assert names(fit(T.multi_hot("x", min_count=2), column(LISTS))) == ["a", "b"]
    given = T.multi_hot("x", categories=np.array(["q", "b"]))
    assert fit(given, column(LISTS)).constants == {}
    assert results(given, LISTS) == [[0, 1], [0, 0], [0, 0], [0, 0], [0, 0], [0, 1]]


def test_missing_and_special_values() -> None:
    floats = [[0.0, NAN], [-0.0, -0.0], [1.5, None], None]
    made = fit(T.multi_hot("x", unknown="error"), column(floats))
    assert names(made) == ["0.0", "1.5"]
    assert check_rows_equal_batch(made, column(floats)) == [[1, 0], [1, 0], [0, 1], [0, 0]]


@pytest.mark.parametrize("sparse", [False, True])
def test_of_nothing_has_no_elements(sparse: bool) -> None:
    empty = {"indices": [], "values": []} if sparse else []
    tried: list[tuple[list[Any], pa.DataType]] = [
        ([None, []], pa.list_(pa.string())),
        ([None], pa.null()),
        ([[None]], pa.list_(pa.null())),
        ([], pa.list_(pa.int8())),
    ]
    for rows, dtype in tried:
        made = fit(T.multi_hot("x", sparse=sparse), column(rows, dtype))
        assert names(made) == []
        assert check_rows_equal_batch(made, column(rows, dtype)) == [empty] * len(rows)
    made = fit(T.multi_hot("x", sparse=sparse), column([], pa.list_(pa.string())))
    assert check_rows_equal_batch(made, column([["a"]])) == [empty]


def test_unknown() -> None:
    other = [["b", "z"], ["b"], ["z"], None, [None]]
    assert results(T.multi_hot("x", top_k=2), LISTS, other) == [[0, 1], [0, 1], [0, 0], [0, 0], [0, 0]]
    assert results(T.multi_hot("x", top_k=2, unknown="null"), LISTS, other) == [None, [0, 1], None, [0, 0], [0, 0]]
    first, *_ = results(T.multi_hot("x", top_k=2, unknown="quarantine"), LISTS, other)
    assert isinstance(first, Rejected)
    assert first.rule.startswith("unknown: multi_hot(x")


def test_of_split_text_and_of_fixed_size_lists() -> None:
    assert results(T.multi_hot(col("x").str.split("|")), ["a|b", "b", None], ["b|a|b", "", None]) == [[1, 1], [0, 0], [0, 0]]
    assert results(T.multi_hot("x"), [[1, 2], None, [2, 2]], dtype=pa.list_(pa.int8(), 2)) == [[1, 1], [0, 0], [1, 0]]


def test_assemble_names_the_elements() -> None:
    made = fit(T.assemble(T.multi_hot("x")), column(LISTS))
    assert names(made) == ["x=a", "x=b", "x=c"]


def test_too_many_categories_for_a_dense_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_categories, "MOST_DENSE", 2)
    with pytest.raises(RequestError, match=r"multi_hot of x found 3 categories; a dense vector has at most 2(.|\n)*sparse=True"):
        fit(T.multi_hot("x"), column(LISTS))
    assert names(fit(T.multi_hot("x", sparse=True), column(LISTS))) == ["a", "b", "c"]
    with pytest.raises(ArgumentError, match="at most 2 unless sparse"):
        fit(T.multi_hot("x", categories=list("abc")), column(LISTS))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.multi_hot("x", unknown=-1), "'unknown' parameter of multi_hot"),
        (lambda: U.multi_hot("x", top_k=0), "'top_k' parameter of multi_hot"),
        (lambda: U.multi_hot("x", categories=[]), "'categories' parameter"),
        (lambda: U.multi_hot("x", categories="abc"), "'categories' parameter of multi_hot must be a list of values"),
        (lambda: U.multi_hot("x", categories=["a"], top_k=2), "'top_k' parameter of multi_hot must be left out"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit(make(), column(LISTS))
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "expr, dtype, says",
    [
        (T.multi_hot("x"), pa.string(), "multi_hot takes lists of single values, not string"),
        (T.multi_hot("x"), pa.list_(pa.list_(pa.int8())), "multi_hot takes lists of single values, not list<list<int8>>"),
        (T.multi_hot("x"), pa.list_(pa.binary()), "multi_hot takes text, not binary"),
        (T.multi_hot("x", categories=["a"]), pa.list_(pa.int8()), "categories holds 'a', but the column is int8"),
        (T.multi_hot("x", missing="a"), pa.list_(pa.string()), "missing="),
    ],
    ids=str,
)
def test_columns_that_do_not_fit(expr: Expr, dtype: pa.DataType, says: str) -> None:
    with pytest.raises(TypeMismatchError) as caught:
        fit(expr, column([], dtype))
    assert says in str(caught.value)
