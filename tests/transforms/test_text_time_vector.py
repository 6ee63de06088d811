"""Figures by hand, edges and errors of tokenize, tf_idf, date_parts and assemble."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, col
from tests.transforms.harness import Fitted, bits, check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
NAN = math.nan


def test_tokenize_by_hand() -> None:
    text = ["The cat, the DOG.", "", None, "  ", "naïve_1 ÉTÉ—über", "a\u0301b İ"]
    words = [["the", "cat", "the", "dog"], [], None, [], ["naïve_1", "été", "über"], ["a\u0301b", "i̇"]]
    assert results(T.tokenize("x"), x=text)[:5] == words[:5]
    assert results(T.tokenize("x", lower=False, min_length=4), x=text) == [[], [], None, [], ["naïve_1", "über"], []]
    assert results(T.tokenize("x", stop_words=["the", "DOG"]), x=text)[0] == ["cat", "dog"]
    assert results(T.tokenize("x", separator=",|the"), x=["athe,b"]) == [["a", "b"]]
    assert results(T.tokenize("x", missing="no text"), x=["a", None]) == [["a"], ["no", "text"]]


def test_tf_idf_by_hand() -> None:
    documents = [["a", "b", "a"], ["a"], [], None, ["c", None]]
    idf = {"a": math.log(5 / 3) + 1, "b": math.log(5 / 2) + 1, "c": math.log(5 / 2) + 1}
    made = fit(T.tf_idf("x", norm=None), table := pa.table({"x": documents}))
    assert made.bound.op.elements(made.bound.call) == ["a", "b", "c"]
    assert made.bound.op.size(made.bound.call) == 3
    assert check_rows_equal_batch(made, table) == [
        {"indices": [0, 1], "values": [2 * idf["a"], idf["b"]]},
        {"indices": [0], "values": [idf["a"]]},
        {"indices": [], "values": []},
        None,
        {"indices": [2], "values": [idf["c"]]},
    ]
    first = results(T.tf_idf("x"), x=documents)[0]["values"]
    length = math.sqrt((2 * idf["a"]) ** 2 + idf["b"] ** 2)
    assert first == pytest.approx([2 * idf["a"] / length, idf["b"] / length], rel=1e-15)


def test_tf_idf_is_cut_and_leaves_unknown_terms_out() -> None:
    documents = [["b", "a"], ["b", "a"], ["c", "b"]]
    made = fit(T.tf_idf("x", max_features=1, norm=None), pa.table({"x": documents}))
    assert made.bound.op.elements(made.bound.call) == ["b"]
    got = check_rows_equal_batch(made, pa.table({"x": [["c", "b", "zzz"], ["a"]]}))
    assert got == [{"indices": [0], "values": [1.0]}, {"indices": [], "values": []}]
    rare = fit(T.tf_idf("x", min_count=2), pa.table({"x": documents}))
    assert rare.bound.op.elements(rare.bound.call) == ["b", "a"]


def test_tf_idf_of_nothing() -> None:
    made = fit(T.tf_idf("x"), pa.table({"x": pa.array([None, []], pa.list_(pa.string()))}))
    assert made.bound.op.elements(made.bound.call) == []
    assert check_rows_equal_batch(made, pa.table({"x": [["a"], None]})) == [{"indices": [], "values": []}, None]


MOMENTS = [dt.datetime(2024, 2, 29, 23, 59, 58, 7), None, dt.datetime(1, 1, 1), dt.datetime(1969, 12, 31, 23)]


def test_date_parts_by_hand() -> None:
    assert results(T.date_parts("x", "iso_week"), x=MOMENTS) == [9, None, 1, 1]
    parts = ["year", "quarter", "month", "day", "day_of_year", "weekday", "hour", "minute", "second", "microsecond"]
    assert results(T.date_parts("x", parts), x=MOMENTS) == [
        None if t is None else [t.year, (t.month + 2) // 3, t.month, t.day, t.timetuple().tm_yday, t.weekday(), t.hour, t.minute, t.second, t.microsecond]
        for t in MOMENTS
    ]  # fmt: skip
    days = pa.array([dt.date(2024, 2, 29), None])
    assert results(T.date_parts("x", ["day", "hour"]), x=days) == [[29, 0], None]


@given(micros=st.integers(-(2**63), 2**63 - 1), days=st.integers(-(2**31), 2**31 - 1))
def test_date_parts_reach_beyond_the_years_of_python(micros: int, days: int) -> None:
    parts = ["year", "quarter", "month", "day", "day_of_year", "weekday", "iso_week", "hour"]
    for array in (pa.array([micros], pa.timestamp("us")), pa.array([days], pa.int32()).cast(pa.date32())):
        made = fit(T.date_parts("x", parts), table := pa.table({"x": array}))
        forms = made.bound.op.cached_forms(array.type, made.node.params)  # type: ignore[attr-defined]
        assert made.batch(table)[0].to_pylist() == [forms[1](micros if pa.types.is_timestamp(array.type) else days)]


def test_date_parts_names_its_elements() -> None:
    bound = fit(T.date_parts("x", ["hour", "weekday"]), pa.table({"x": MOMENTS})).bound
    assert bound.type == pa.list_(pa.int64(), 2)
    assert bound.op.elements(bound.call) == ["hour", "weekday"]


def names(made: Fitted) -> list[str] | None:
    return made.bound.op.elements(made.bound.call)


TABLE = pa.table(
    {
        "a": pa.array([1, None, 3], pa.int32()),
        "b": pa.array([0.5, NAN, None]),
        "c": ["x", "y", "x"],
        "flag": [True, False, None],
        "t": pa.array(MOMENTS[:3]),
        "raw": pa.array([[1.0, None], [3.0, 4.0], None], pa.list_(pa.float64(), 2)),
    }
)


def test_assemble_dense_by_hand() -> None:
    made = fit(T.assemble("a", T.standard_scale("b"), T.one_hot("c"), "flag"), TABLE)
    assert names(made) == ["a", "b", "c=x", "c=y", "flag"]
    assert made.bound.type == pa.list_(pa.float64(), 5)
    wanted = [[1.0, 0.0, 1.0, 0.0, 1.0], [NAN, NAN, 0.0, 1.0, 0.0], [3.0, NAN, 1.0, 0.0, NAN]]
    assert bits(check_rows_equal_batch(made, TABLE)) == bits(wanted)


def test_assemble_sparse_by_hand() -> None:
    made = fit(T.assemble(T.one_hot("c", sparse=True), "flag", kind=T.one_hot("c"), when=T.date_parts("t", ["month", "hour"])), TABLE)
    assert names(made) == ["c=x", "c=y", "flag", "kind=x", "kind=y", "when=month", "when=hour"]
    assert made.bound.op.size(made.bound.call) == 7
    first, null, last = check_rows_equal_batch(made, TABLE)
    assert first == {"indices": [0, 2, 3, 5, 6], "values": [1.0, 1.0, 1.0, 2.0, 23.0]}
    assert null is None  # the vector of parts is
    assert bits(last) == bits({"indices": [0, 2, 3, 5], "values": [1.0, NAN, 1.0, 1.0]})


def test_assemble_names() -> None:
    assert names(fit(T.assemble("a", T.impute("a"), col("a") + col("b"), a2="a"), TABLE)) == [
        "a",
        "impute(a, strategy='median')",
        "a + b",
        "a2",
    ]
    assert names(fit(T.assemble(T.assemble("a", "b"), v="raw"), TABLE)) == ["a", "b", "v=0", "v=1"]
    assert names(fit(T.assemble(T.impute("a"), a="b"), TABLE)) == ["impute(a, strategy='median')", "a"]


def test_assemble_takes_vectors_of_the_data() -> None:
    assert bits(results(T.assemble("a", "raw"), **{n: TABLE[n].combine_chunks() for n in ("a", "raw")})) == bits(
        [[1.0, 1.0, NAN], [NAN, 3.0, 4.0], None]
    )
    both = T.assemble("raw", T.one_hot("c", sparse=True))
    assert bits(results(both, **{n: TABLE[n].combine_chunks() for n in ("c", "raw")})[0]) == bits(
        {"indices": [0, 1, 2], "values": [1.0, NAN, 1.0]}
    )


def test_assemble_knows_vectors_that_have_to_be_present() -> None:
    made = fit(T.assemble(T.one_hot("c", sparse=True), T.l2_normalize(T.one_hot("a")), missing="error"), TABLE)
    assert names(made) == ["c=x", "c=y", "a=1", "a=3"]
    assert made.bound.op.size(made.bound.call) == 4


def test_assemble_before_the_fit_is_a_vector_of_some_size() -> None:
    bound = Fitted(T.assemble("a", T.one_hot("c")).node, TABLE.schema).bound
    assert bound.type == pa.list_(pa.float64())
    assert bound.op.elements(bound.call) is None
    assert bound.op.size(bound.call) is None


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.tokenize("x", lower="yes"), "'lower' parameter of tokenize must be a bool"),
        (lambda: U.tokenize("x", separator=""), "'separator' parameter of tokenize"),
        (lambda: U.tokenize("x", min_length=0), "'min_length' parameter of tokenize"),
        (lambda: U.tokenize("x", stop_words="the"), "'stop_words' parameter of tokenize must be a list of strings"),
        (lambda: U.tokenize("x", stop_words=[1]), "'stop_words' parameter of tokenize"),
        (lambda: U.tf_idf("x", max_features=0), "'max_features' parameter of tf_idf"),
        (lambda: U.tf_idf("x", norm="l1"), "'norm' parameter of tf_idf must be one of 'l2' or None"),
        (lambda: U.tf_idf("x", unknown=-1), "'unknown' parameter of tf_idf"),
        (lambda: U.date_parts("x", "century"), "'parts' parameter of date_parts must be one of 'year'"),
        (lambda: U.date_parts("x", ["hour", "century"]), "'parts' parameter of date_parts"),
        (lambda: U.date_parts("x", []), "'parts' parameter of date_parts"),
        (lambda: U.date_parts("x", 3), "'parts' parameter of date_parts"),
        (lambda: U.date_parts("x", ["hour", "hour"]), "'parts' parameter of date_parts must be different"),
        (lambda: U.assemble(*[]), "assemble is given no columns"),
        (lambda: U.assemble("a", 3), "'column' parameter of assemble"),
        (lambda: U.assemble("a", "a"), "one for each column, all different"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_text_time_vector.py:" in str(caught.value)


SPARSE = pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))])


@pytest.mark.parametrize(
    "expr, dtype, error, says",
    [
        (T.tokenize("x"), pa.int64(), TypeMismatchError, "tokenize takes text, not int64"),
        (T.tokenize("x", separator="("), pa.string(), ArgumentError, "a regular expression that RE2 takes"),
        (T.tokenize("x", separator=" *"), pa.string(), ArgumentError, "cannot match the empty text"),
        (T.tf_idf("x"), pa.string(), TypeMismatchError, "tf_idf takes lists of strings, not string"),
        (T.date_parts("x", ["hour"]), pa.string(), TypeMismatchError, "date_parts takes a date or timestamp, not string"),
        (T.assemble("x"), pa.string(), TypeMismatchError, "assemble takes numbers and vectors, not string"),
        (T.assemble("x"), pa.list_(pa.string(), 2), TypeMismatchError, "assemble takes vectors of numbers"),
        (T.assemble("x"), pa.list_(pa.float64()), TypeMismatchError, "no known size"),
        (T.assemble("x"), SPARSE, TypeMismatchError, "no known size"),
        (T.assemble("x", missing=0), pa.list_(pa.float64(), 2), TypeMismatchError, "missing="),
    ],
    ids=str,
)
def test_types_are_held_against_what_is_taken(expr: Expr, dtype: pa.DataType, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        fit(expr, pa.table({"x": pa.array([], dtype)}))
