"""Figures by hand, edges and errors of the numeric transforms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, col
from tests.transforms.harness import bits, check_rows_equal_batch, fit

U: Any = T  # to be called wrongly
NAN, INF = math.nan, math.inf


def column(values: list[Any], dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({"x": pa.array(values, dtype)})


def results(expr: Expr, train: list[Any], other: list[Any] | None = None, dtype: pa.DataType | None = None) -> list[Any]:
    made = fit(expr, column(train, dtype))
    return check_rows_equal_batch(made, column(train if other is None else other, dtype))


def test_standard_scale_by_hand() -> None:
    # mean 4, population variance (9 + 1 + 1 + 9) / 4 = 5
    assert results(T.standard_scale("x"), [1.0, 3.0, 5.0, 7.0]) == [x / math.sqrt(5) for x in (-3, -1, 1, 3)]
    assert bits(results(T.standard_scale("x"), [1, 3, 5, 7, None], dtype=pa.int64())[-1]) == bits(None)


def test_standard_scale_of_nothing_to_learn_from() -> None:
    assert bits(results(T.standard_scale("x"), [], [1.5, -0.0, NAN, None], pa.float64())) == bits([1.5, -0.0, NAN, None])
    assert results(T.standard_scale("x"), [None, None], [7.0], pa.float64()) == [7.0]
    assert results(T.standard_scale("x"), [3.0, 3.0, None, INF], [3.0, 5.0, INF, -INF]) == [0.0, 2.0, INF, -INF]


def test_standard_scale_at_the_ends_of_the_doubles() -> None:
    assert results(T.standard_scale("x"), [-1.7e308, 1.7e308]) == [-1.0, 1.0]
    assert results(T.standard_scale("x"), [0.0, 5e-324])[0] == 0.0


def test_min_max_scale_by_hand() -> None:
    assert results(T.min_max_scale("x"), [10.0, 20.0, 15.0, NAN, None], [10.0, 20.0, 15.0, 30.0, INF]) == [0.0, 1.0, 0.5, 2.0, INF]
    assert results(T.min_max_scale("x", low=-2, high=2), [0, 4, 1], dtype=pa.int64()) == [-2.0, 2.0, -1.0]
    assert results(T.min_max_scale("x", low=5, high=6), [3, 3], [3, 4]) == [5.0, 6.0]
    assert results(T.min_max_scale("x"), [], [0.25], pa.float64()) == [0.25]
    assert results(T.min_max_scale("x"), [-1.7e308, 1.7e308], [-1.7e308, 0.0, 1.7e308]) == [0.0, 0.5, 1.0]


def test_impute_by_hand() -> None:
    x = [1.0, None, 4.0, NAN, 7.0, INF, 10.0]
    assert results(T.impute("x"), x) == [1.0, 5.5, 4.0, 5.5, 7.0, INF, 10.0]
    assert results(T.impute("x", "mean"), x)[1] == 5.5
    assert results(T.impute("x", "most_frequent"), ["b", "a", None, "b", "a", "c"]) == ["b", "a", "a", "b", "a", "c"]
    assert results(T.impute("x", "indicator"), x) == [0, 1, 0, 1, 0, 0, 0]
    assert results(T.impute("x", "constant", value=0.5), x)[1] == 0.5
    assert results(T.impute("x", "constant", value="error"), ["a", None]) == ["a", "error"]


def test_impute_has_nothing_to_learn_from() -> None:
    made = fit(T.impute("x"), column([None, NAN], pa.float64()))
    assert bits(check_rows_equal_batch(made, column([None, NAN, 1.0]))) == bits([None, NAN, 1.0])
    assert made.bound.nullable
    assert not fit(T.impute("x"), column([None, 1.0])).bound.nullable


def test_impute_tells_the_constant_it_fills_with() -> None:
    bound = fit(T.impute("x"), column([None, 1.0, 2.0])).bound
    name = bound.op.filled(bound.call)
    assert name is not None
    assert bound.call.fitted[name] == 1.5


def test_impute_of_the_row_keeps_the_type() -> None:
    assert results(T.impute("x", "constant", value=3), [None, 1], dtype=pa.int8()) == [3, 1]
    with pytest.raises(TypeMismatchError, match="does not fit the column, which is int8"):
        fit(T.impute("x", "constant", value=300), column([None], pa.int8()))


def test_bucketize_by_hand() -> None:
    x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    # type 7: virtual index 7 * i / 4 = 1.75, 3.5, 5.25
    made = fit(T.bucketize("x", 4), column(x))
    assert next(iter(made.constants.values())) == {"edges": [2.75, 4.5, 6.25]}
    assert check_rows_equal_batch(made, column([*x, 2.75, -INF, INF, NAN, None])) == [0, 0, 1, 1, 2, 2, 3, 3, 1, 0, 3, None, None]
    assert made.bound.op.size(made.bound.call) == 4


@pytest.mark.parametrize(
    "train, edges",
    [
        ([0.0] * 9 + [1.0], []),  # every edge is the smallest value: nothing lies below it
        ([0.0] + [1.0] * 9, [1.0]),
        ([0.0, 1.0, 1.0, 1.0, 2.0], [1.0]),  # repeated
        ([5.0] * 4, []),
        ([], []),
        ([None, NAN, INF], []),
    ],
)
def test_bucketize_merges_edges(train: list[Any], edges: list[float]) -> None:
    made = fit(T.bucketize("x", 4), column(train, pa.float64()))
    assert next(iter(made.constants.values())) == {"edges": edges}
    got = check_rows_equal_batch(made, column(train, pa.float64()))
    seen = {bucket for bucket, x in zip(got, train, strict=True) if x is not None and math.isfinite(x)}
    assert seen == (set(range(len(edges) + 1)) if any(x is not None and math.isfinite(x) for x in train) else set())


def test_bucketize_uniform_where_the_width_overflows() -> None:
    made = fit(T.bucketize("x", 4, method="uniform"), column([-1.6e308, 1.6e308]))
    assert next(iter(made.constants.values()))["edges"] == pytest.approx([-0.8e308, 0.0, 0.8e308])


def test_bucketize_with_many_edges_takes_the_other_way() -> None:
    edges = list(range(0, 400, 2))
    x = [float(v) for v in (*range(-3, 405), NAN, INF, -INF)]
    assert results(T.bucketize("x", edges=edges), [], x, pa.float64()) == results(
        T.bucketize("x", edges=np.array(edges)), [], x, pa.float64()
    )
    assert results(T.bucketize("x", edges=edges), [], x, pa.float64())[:6] == [0, 0, 0, 1, 1, 2]


def test_log1p_by_hand() -> None:
    x = [0.0, -1.0, -2.0, NAN, None, INF, 1e-300]
    assert bits(results(T.log1p("x", malformed="null"), x)) == bits([0.0, -INF, None, NAN, None, INF, 1e-300])


def test_transforms_nest_with_expressions() -> None:
    got = results(T.bucketize(T.standard_scale(T.impute(col("x") * 2)), edges=[0]), [1.0, None, 2.0, 3.0])
    assert got == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.standard_scale(5), "'column' parameter of standard_scale must be a column name or an expression. Got 5"),
        (lambda: U.standard_scale("x", missing=None), "'missing' parameter of standard_scale must be a single value. Got None"),
        (lambda: U.standard_scale("x", missing=[1]), "'missing' parameter of standard_scale"),
        (lambda: U.standard_scale("x", missing=object()), "'missing' parameter of standard_scale"),
        (lambda: U.standard_scale(""), "'name' parameter of col"),
        (lambda: U.min_max_scale("x", low=1, high=1), "'high' parameter of min_max_scale must be more than low"),
        (lambda: U.min_max_scale("x", low=-1.7e308, high=1.7e308), "finite distance"),
        (lambda: U.min_max_scale("x", low=NAN), "'low' parameter of min_max_scale must be a finite number"),
        (lambda: U.min_max_scale("x", high=10**400), "'high' parameter of min_max_scale must be a finite number"),
        (lambda: U.impute("x", "mode"), "'strategy' parameter of impute must be one of"),
        (lambda: U.impute("x", "constant"), "'value' parameter of impute must be given"),
        (lambda: U.impute("x", "mean", value=3), "'value' parameter of impute must be left out"),
        (lambda: U.impute("x", "constant", value=[1]), "'value' parameter of impute"),
        (lambda: U.bucketize("x"), "either n= or edges="),
        (lambda: U.bucketize("x", 5, edges=[1]), "either n= or edges="),
        (lambda: U.bucketize("x", 1), "'n' parameter of bucketize must be an int in the range [2, 65536]. Got 1"),
        (lambda: U.bucketize("x", 5.0), "'n' parameter of bucketize"),
        (lambda: U.bucketize("x", True), "'n' parameter of bucketize"),
        (lambda: U.bucketize("x", 5, method="kmeans"), "'method' parameter of bucketize must be one of 'quantile', 'uniform'"),
        (lambda: U.bucketize("x", edges=[2, 1]), "'edges' parameter of bucketize must be ascending"),
        (lambda: U.bucketize("x", edges=[]), "'edges' parameter"),
        (lambda: U.bucketize("x", edges=3), "'edges' parameter"),
        (lambda: U.bucketize("x", edges=[1, NAN]), "'edges' parameter"),
        (lambda: U.bucketize("x", edges=["1"]), "'edges' parameter"),
        (lambda: U.bucketize("x", edges=[1], method="uniform"), "'method' parameter of bucketize"),
        (lambda: U.log1p("x", malformed="zero"), "'malformed' parameter of log1p"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_numeric.py:" in str(caught.value)


@pytest.mark.parametrize("make", [T.standard_scale, T.min_max_scale, T.impute, lambda x: T.bucketize(x, 3), T.log1p])
def test_text_is_refused_by_name(make: Any) -> None:
    with pytest.raises(TypeMismatchError, match="takes (a )?numbers?, not string"):
        fit(make("x"), column(["1"]))


def test_a_missing_value_of_another_type_is_refused() -> None:
    with pytest.raises(TypeMismatchError, match="the column and missing= are of different types"):
        fit(T.standard_scale("x", missing="none"), column([1.0]))
