"""What users get wrong: each error says what, where (the user's own line) and how to mend it."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from featureprep.errors import ArgumentError, ColumnNotFoundError, FeatureprepError, RequestError, TypeMismatchError
from featureprep.expr.bind import Binder
from featureprep.expr.expression import Expr, coalesce, col, lit, when
from featureprep.transforms import impute
from tests.expr.harness import cells, evaluate

X = col("x")
EARLY = dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))
U: Any = X  # to be used wrongly
V: Any = col
SCHEMA = pa.schema([("age", pa.int64()), ("income", pa.string()), ("día", pa.date32())])


def bind(expr: Expr) -> None:
    Binder(SCHEMA).bind(expr.node)


def raised(make: Callable[[], Any], kind: type[FeatureprepError] = RequestError) -> FeatureprepError:
    """The error; its place must be a line of this file, in the function that was given."""
    with pytest.raises(kind) as caught:
        make()
    error = caught.value
    source, first = inspect.getsourcelines(make)
    assert error.where is not None
    file, _, line = error.where.split(": ")[0].rpartition(":")
    assert file == __file__
    assert first <= int(line) < first + len(source)
    assert error.what in str(error)
    assert error.where in str(error)
    return error


@pytest.mark.parametrize(
    "make",
    [
        lambda: cells(X.is_in([EARLY]), x=("timestamp", [0])),
        lambda: cells(X.map_values({EARLY: 1}), x=("timestamp", [0])),
        lambda: cells(X.map_values({"a": EARLY}), x=("string", ["a"])),
        lambda: cells(X.fill_null(EARLY), x=("timestamp", [None])),
        lambda: cells(impute("x", "constant", value=EARLY), x=("timestamp", [None])),
    ],
)
def test_moments_that_utc_has_before_the_first_year(make: Callable[[], Any]) -> None:
    raised(make)


def test_a_column_that_is_not_there() -> None:
    error = raised(lambda: bind(col("agee") + 1), ColumnNotFoundError)
    assert error.what == "no column 'agee'"
    assert error.hint == "Did you mean one of: 'age'?"
    assert raised(lambda: bind(col("zzzzzz") > 1)).hint == "The table has: 'age', 'día', 'income'."
    assert isinstance(error, KeyError)


@pytest.mark.parametrize(
    "make, what, hint",
    [
        (lambda: bind(col("income") + 1), "+ takes numbers, not string", "cast"),
        (lambda: bind(col("income") > 5), "different types: string and int64", "cast"),
        (lambda: bind(col("income") & True), "& takes true or false, not string", "each in parentheses"),
        (lambda: bind(col("age") & (col("age") > 1)), "& takes true or false, not int64", "compare first"),
        (lambda: bind(when(col("age")).then(1)), "a condition is int64", "compare"),
        (lambda: bind(col("age").str.lower()), "takes text, not int64", "cast"),
        (lambda: bind(col("día").dt.to_local("UTC")), ".dt.to_local takes a timestamp, not date", "column of"),
        (lambda: bind(col("age").list.len()), ".list.len takes a list, not int64", "column of lists"),
        (lambda: bind(col("age") // 0.5), "// takes integers, not int64, float64", "floor()"),
        (lambda: bind(col("día").cast("float64")), "cannot be cast", "string first"),
        (lambda: bind(coalesce(col("age"), "x")), "different types", "cast"),
        (lambda: bind(lit([1, "a"])), "is no list<int64>", None),
        (lambda: X and X, "no truth value", "& | ~"),
        (lambda: X or X, "no truth value", "& | ~"),
        (lambda: not X, "no truth value", "& | ~"),
        (lambda: 1 if X > 0 else 2, "no truth value", "0 < x < 1"),
        (lambda: 0 < X < 1, "no truth value", "0 < x < 1"),
        (lambda: 5 in X, "`in` cannot look into", ".list.contains"),
        (lambda: [*X], "cannot be iterated", "one cell"),
        (lambda: max(X, X + 1), "no truth value", "&"),
        (lambda: U.cast("int65"), "'int65' is not a type", "Did you mean 'int64'"),
        (lambda: U.cast(5), "5 is not a type", "int64"),
        (lambda: U.cast(None), "None is not a type", "int64"),
        (lambda: U.cast("int8", malformed="ignore"), "'malformed' parameter of cast must be one of 'null', 'error', 'quarantine'", None),
        (lambda: U**0.5, "is no whole power", ".sqrt()"),
        (lambda: U**-1, "a power below 0", "1 / x"),
        (lambda: U**17, "range [0, 16]", None),
        (lambda: U**X, "no constant", ".exp()"),
        (lambda: U.round(99), "'digits' parameter of round", None),
        (lambda: U.clip("a"), "'low' parameter of clip must be a finite number", None),
        (lambda: U.clip(X), "'low' parameter of clip", None),
        (lambda: U.clip(float("nan")), "'low' parameter of clip", None),
        (lambda: U.map_values([1]), "'mapping' parameter of map_values must be a dict", None),
        (lambda: col(""), "'name' parameter of col must be a non-empty string", None),
        (lambda: V(5), "'name' parameter of col", None),
        (lambda: col("\ud800"), "'name' parameter of col", None),
        (lambda: coalesce(*[]), "coalesce takes 1 or more arguments", None),
        (lambda: X + when(X > 1), "lacks its then()", None),
        (lambda: X == object(), "cannot be a literal", "use a number"),  # noqa: SIM300
    ],
)
def test_what_where_and_hint(make: Callable[[], Any], what: str, hint: str | None) -> None:
    error = raised(make)
    assert what in error.what
    assert hint is None or (error.hint is not None and hint in error.hint)


def _itself() -> list[Any]:
    made: list[Any] = [1]
    made.append(made)
    return made


def _deep() -> list[Any]:
    made: list[Any] = []
    for _ in range(3000):
        made = [made]
    return made


@pytest.mark.parametrize(
    "odd",
    [object(), {"a": 1}, {1}, len, 1j, 2**64, -(2**63) - 1, 10**400, Decimal("NaN"), Decimal("Infinity"), Decimal("1e99"), Decimal("1e-99"), dt.timedelta(1), dt.time(1), pd.NaT,
     pd.NA, np.array([1, 2]), np.array([[1.0]]), "\ud800", ["\ud800"], [[object()]], _itself(), _deep(), pa.scalar(1), slice(1), ..., iter([1])],
    ids=lambda odd: type(odd).__name__,
)  # fmt: skip
def test_odd_literals_are_refused(odd: Any) -> None:
    for make in (
        lambda: bind(lit(odd)),
        lambda: bind(X == odd),  # noqa: SIM300
        lambda: cells(X.is_in([odd]), x=("int64", [1])),
        lambda: bind(col("age").map_values({1: odd})),
    ):
        with pytest.raises(RequestError) as caught:
            make()
        assert "test_expression_errors.py:" in str(caught.value.where)


@pytest.mark.parametrize(
    "value, dtype, cell",
    [
        (np.int8(5), pa.int64(), 5), (np.float32(0.5), pa.float64(), 0.5), (np.bool_(True), pa.bool_(), True), (np.str_("é"), pa.string(), "é"), (2**64 - 1, pa.uint64(), 2**64 - 1),
        (np.datetime64("1970-01-01T00:00:01", "ns"), pa.timestamp("us"), 1_000_000), (np.datetime64("1970-01-02"), pa.timestamp("us"), 86_400_000_000),
        (pd.Timestamp("1970-01-01 00:00:01"), pa.timestamp("us"), 1_000_000), (Decimal("1e3"), pa.decimal128(4, 0), Decimal(1000)), (Decimal("-0.05"), pa.decimal128(2, 2), Decimal("-0.05")),
        ([], pa.list_(pa.null()), []), ([None, 1], pa.list_(pa.int64()), [None, 1]), ((1.5,), pa.list_(pa.float64()), [1.5]), (b"\xff", pa.binary(), b"\xff"), (None, pa.null(), None),
        (dt.datetime.max, pa.timestamp("us"), 253402300799999999),
    ],
)  # fmt: skip
def test_literals(value: Any, dtype: pa.DataType, cell: Any) -> None:
    made = evaluate(lit(value), {}, rows=2)
    assert made.type == dtype
    assert made.cells == [cell, cell]


def test_numpy_scalars_and_arrays_beside_expressions() -> None:
    for expr in (np.float64(2.0) * X, np.int64(2) * X, X * np.int64(2)):
        assert isinstance(expr, Expr)
        assert cells(expr, x=("int64", [3])) == [6]
    assert isinstance(np.int64(3) < X, Expr)
    assert cells(X.is_in(np.array([1, 3])), x=("int64", [3])) == [True]
    for make in (lambda: np.array([1, 2]) + X, lambda: X + np.array([1, 2]), lambda: X == np.array([1, 2])):  # noqa: SIM300
        with pytest.raises(ArgumentError, match="cannot be a literal"):
            make()


def test_expressions_are_not_hashable_and_show_themselves() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        {X}  # noqa: B018
    assert repr((X + 1 > 2) & ~X.is_null()) == "((x + 1) > 2) & ~(is_null(x))"
    assert repr(X.cast("int8")) == "x.cast(int8)"
    assert repr(X.str.slice(0, 2)) == "str_slice(x, start=0, stop=2)"


def test_a_type_error_names_the_part_of_the_expression() -> None:
    with pytest.raises(TypeMismatchError) as caught:
        bind((col("age") > 1) & (col("income") + 1 > 2))
    assert "income + 1" in str(caught.value.where)
