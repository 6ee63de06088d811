"""Figures by hand, edges and errors of the categorical transforms."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from xxhash import xxh3_64_intdigest

from featureprep import transforms as T
from featureprep.errors import ArgumentError, DataError, RequestError, TypeMismatchError
from featureprep.expr.expression import Expr
from featureprep.hashing.farm import farm_fingerprint64
from featureprep.transforms.categorical import _categories
from tests.transforms.harness import Fitted, Rejected, check_rows_equal_batch, fit

U: Any = T  # to be called wrongly
NAN = float("nan")
WORDS = ["b", "a", "b", "c", "a", None, "b", "d"]


def column(values: list[Any], dtype: pa.DataType | None = None) -> pa.Table:
    return pa.table({"x": pa.array(values, dtype)})


def results(expr: Expr, train: list[Any], other: list[Any] | None = None, dtype: pa.DataType | None = None) -> list[Any]:
    made = fit(expr, column(train, dtype))
    return check_rows_equal_batch(made, column(train if other is None else other, dtype))


def names(made: Fitted) -> list[str] | None:
    return made.bound.op.elements(made.bound.call)


def test_vocabulary_goes_by_count_then_bytes() -> None:
    assert results(T.vocabulary("x"), WORDS, ["b", "a", "c", "d", "e", None]) == [0, 1, 2, 3, -1, None]
    assert results(T.vocabulary("x"), ["é", "z", "Z", "a"], ["Z", "a", "z", "é"]) == [0, 1, 2, 3]
    assert results(T.vocabulary("x"), [3, 10, 3, -1], [3, -1, 10], pa.int16()) == [0, 1, 2]


def test_vocabulary_is_cut() -> None:
    assert results(T.vocabulary("x", top_k=2), WORDS) == [0, 1, 0, -1, 1, None, 0, -1]
    assert results(T.vocabulary("x", min_count=3), WORDS) == [0, -1, 0, -1, -1, None, 0, -1]


def test_vocabulary_of_floats_dates_and_bytes() -> None:
    assert results(T.vocabulary("x"), [0.0, -0.0, 1.5, NAN, None]) == [0, 0, 1, None, None]
    days = [dt.date(2020, 1, 2), dt.date(1, 1, 1), dt.date(2020, 1, 2)]
    assert results(T.vocabulary("x"), days) == [0, 1, 0]
    assert results(T.vocabulary("x"), [b"\xff", b"", b"\xff"]) == [0, 1, 0]
    far = pa.array([2**62, 2**62, 0]).cast(pa.timestamp("us"))
    assert fit(T.vocabulary("x"), table := pa.table({"x": far})).batch(table)[0].to_pylist() == [0, 0, 1]


@pytest.mark.parametrize("name, function", [("xxh3", xxh3_64_intdigest), ("farm", farm_fingerprint64)])
def test_out_of_vocabulary_ids_are_after_the_vocabulary(name: str, function: Any) -> None:
    others = ["e", "é", "", "something long " * 9]
    got = results(T.vocabulary("x", top_k=2, oov_buckets=7, hash=name), WORDS, [*others, "b", None])
    assert got == [*(2 + function(word.encode()) % 7 for word in others), 0, None]


def test_vocabulary_knows_its_size() -> None:
    bound = fit(T.vocabulary("x", oov_buckets=10), column(WORDS)).bound
    assert bound.op.size(bound.call) == 14


def test_vocabulary_of_nothing() -> None:
    assert results(T.vocabulary("x"), [], ["a", None], pa.string()) == [-1, None]
    assert results(T.vocabulary("x", oov_buckets=1), [None], ["a", None], pa.string()) == [0, None]
    assert results(T.vocabulary("x", unknown="null"), [], ["a", None], pa.string()) == [None, None]


def test_a_value_for_missing_is_counted() -> None:
    assert results(T.vocabulary("x", missing="?"), ["a", None, None]) == [1, 0, 0]


def test_one_hot_by_hand() -> None:
    made = fit(T.one_hot("x"), column(WORDS))
    assert names(made) == ["b", "a", "c", "d"]
    assert check_rows_equal_batch(made, column(["c", "b", None, "e"])) == [[0, 0, 1, 0], [1, 0, 0, 0], [0] * 4, [0] * 4]
    assert made.bound.type == pa.list_(pa.int8(), 4)
    assert not made.bound.nullable


def test_one_hot_sparse_by_hand() -> None:
    got = results(T.one_hot("x", sparse=True, top_k=2, unknown="null"), WORDS, ["a", None, "c"])
    assert got == [{"indices": [1], "values": [1]}, {"indices": [], "values": []}, None]


def test_one_hot_before_the_fit_is_a_vector_of_some_size() -> None:
    assert Fitted(T.one_hot("x").node, column(["a"]).schema).bound.type == pa.list_(pa.int8())


def test_one_hot_spells_its_elements() -> None:
    assert names(fit(T.one_hot("x"), column([True, False, True]))) == ["true", "false"]
    assert names(fit(T.one_hot("x"), column([1.5, 2.0, 2.0]))) == ["2.0", "1.5"]
    assert names(fit(T.one_hot("x"), column([dt.date(2020, 2, 29)]))) == ["2020-02-29"]


def test_one_hot_of_nothing_has_no_elements() -> None:
    made = fit(T.one_hot("x"), column([None, None], pa.string()))
    assert made.bound.type == pa.list_(pa.int8(), 0)
    assert check_rows_equal_batch(made, column(["a", None])) == [[], []]


def test_one_hot_given_keeps_the_order() -> None:
    made = fit(T.one_hot("x", categories=np.array(["d", "q", "b"])), column(WORDS))
    assert made.constants == {}
    assert names(made) == ["d", "q", "b"]
    assert check_rows_equal_batch(made, column(["b", "d", "a", None])) == [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert results(T.one_hot("x", categories=[2, 1]), [1, 2, 3], dtype=pa.int8()) == [[0, 1], [1, 0], [0, 0]]


def test_one_hot_unknown_rejects() -> None:
    (ok, bad, null) = results(T.one_hot("x", unknown="quarantine"), ["a"], ["a", "b", None])
    assert (ok, null) == ([1], [0])
    assert isinstance(bad, Rejected)
    assert bad.rule.startswith("unknown: one_hot(x")


def test_too_many_categories_for_a_dense_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_categories, "MOST_DENSE", 3)
    with pytest.raises(RequestError, match=r"one_hot of x found 4 categories; a dense vector has at most 3(.|\n)*sparse=True"):
        fit(T.one_hot("x"), column(WORDS))
    assert names(fit(T.one_hot("x", sparse=True), column(WORDS))) == ["b", "a", "c", "d"]
    with pytest.raises(ArgumentError, match="at most 3 unless sparse"):
        T.one_hot("x", categories=list("abcd"))


def test_hash_bucket_by_hand() -> None:
    assert results(T.hash_bucket("x", 1000, seed=5), ["a", None]) == [xxh3_64_intdigest(b"a", 5) % 1000, None]
    assert results(T.hash_bucket("x", 10, hash="farm"), ["hello"]) == [farm_fingerprint64(b"hello") % 10]
    # MurmurHash3_x86_32("hello", 42) is 3806057185, as a signed number -488910111
    assert results(T.hash_bucket("x", 1000, hash="murmur3", seed=42), ["hello"]) == [-488910111 % 1000]
    zero, minus, nan = results(T.hash_bucket("x", 2**60), [0.0, -0.0, NAN])
    assert zero == minus
    assert nan is None


def test_a_lone_surrogate_is_refused_in_a_row() -> None:
    made = fit(T.hash_bucket("x", 10), column(["a"]))
    from featureprep.expr.row import RowCode
    from featureprep.expr.rowvalues import input_converter

    code = RowCode([made.bound], column=lambda name, dtype: input_converter(dtype))
    compute = code.finish(code.eval(made.bound).name)
    with pytest.raises(DataError, match="malformed"):
        compute({"x": "\ud800"})


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.vocabulary("x", top_k=0), "'top_k' parameter of vocabulary must be an int in the range [1, inf] or None. Got 0"),
        (lambda: U.vocabulary("x", min_count=0), "'min_count' parameter of vocabulary"),
        (lambda: U.vocabulary("x", oov_buckets=-1), "'oov_buckets' parameter of vocabulary"),
        (lambda: U.vocabulary("x", hash="md5"), "'hash' parameter of vocabulary must be one of 'xxh3', 'farm', 'murmur3'"),
        (lambda: U.vocabulary("x", unknown="zeros"), "'unknown' parameter of vocabulary"),
        (lambda: U.vocabulary("x", unknown=-2), "'unknown' parameter of vocabulary"),
        (lambda: U.vocabulary("x", unknown=-1, oov_buckets=2), "'unknown' parameter of vocabulary must be left out where oov_buckets"),
        (lambda: U.one_hot("x", unknown=-1), "'unknown' parameter of one_hot"),
        (lambda: U.one_hot("x", sparse=1), "'sparse' parameter of one_hot must be a bool"),
        (lambda: U.one_hot("x", categories=["a"], top_k=3), "'top_k' parameter of one_hot must be left out"),
        (lambda: U.one_hot("x", categories=["a"], min_count=1), "'min_count' parameter of one_hot must be left out"),
        (lambda: U.one_hot("x", categories=[]), "'categories' parameter"),
        (lambda: U.one_hot("x", categories="abc"), "'categories' parameter of one_hot must be a list of values"),
        (lambda: U.one_hot("x", categories=7), "'categories' parameter of one_hot must be a list of values"),
        (lambda: U.hash_bucket("x", 0), "'n' parameter of hash_bucket"),
        (lambda: U.hash_bucket("x", 5, seed=-1), "'seed' parameter of hash_bucket"),
        (lambda: U.hash_bucket("x", 5, seed=1, hash="farm"), "'seed' parameter of hash_bucket must be 0 with hash='farm'"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_categorical.py:" in str(caught.value)


@pytest.mark.parametrize(
    "expr, dtype, error, says",
    [
        (T.vocabulary("x"), pa.list_(pa.string()), TypeMismatchError, "vocabulary takes single values, not list<string>"),
        (T.one_hot("x"), pa.struct([("a", pa.int8())]), TypeMismatchError, "one_hot takes single values"),
        (T.one_hot("x"), pa.binary(), TypeMismatchError, "one_hot takes text, not binary"),
        (T.hash_bucket("x", 5), pa.list_(pa.int64()), TypeMismatchError, "hash_bucket takes single values"),
        (T.hash_bucket("x", 5, hash="farm"), pa.int64(), TypeMismatchError, "hash='farm' takes text, not int64"),
        (T.vocabulary("x", oov_buckets=2, hash="murmur3"), pa.int64(), TypeMismatchError, "hash='murmur3' takes text"),
        (T.one_hot("x", categories=["a"]), pa.int64(), TypeMismatchError, "categories holds 'a', but the column is int64"),
        (T.one_hot("x", categories=[1, 300]), pa.int8(), ArgumentError, "the value 300 of categories is no int8"),
        (T.one_hot("x", categories=["a", "a"]), pa.string(), ArgumentError, "different from each other"),
        (T.one_hot("x", categories=[0.0, -0.0]), pa.float64(), ArgumentError, "different from each other"),
        (T.one_hot("x", categories=["a", None]), pa.string(), ArgumentError, "holds null"),
        (T.one_hot("x", categories=[NAN]), pa.float64(), ArgumentError, "holds NaN"),
    ],
    ids=str,
)
def test_types_are_held_against_what_is_taken(expr: Expr, dtype: pa.DataType, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says.replace("(", r"\(")):
        fit(expr, column([], dtype))
