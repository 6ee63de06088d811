"""cross and hash_cross: injectivity, figures by hand, TensorFlow's published figures, edges and errors."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr
from featureprep.hashing.mixing import GOLDEN, MASK64, mix_word
from featureprep.hashing.single import hash64_value
from featureprep.hashing.values import salt
from tests.transforms.harness import check_rows_equal_batch, fit

U: Any = T  # to be called wrongly
NAN = float("nan")
WIDEST = 2**63 - 1


def results(expr: Expr, **columns: Any) -> list[Any]:
    table = pa.table({name: values if isinstance(values, pa.Array) else pa.array(values) for name, values in columns.items()})
    return check_rows_equal_batch(fit(expr, table), table)


def test_cross_joins_what_cast_spells() -> None:
    assert results(T.cross("a", "b", "c"), a=["x", "y"], b=[1, 20], c=[True, False]) == ["x|1|true", "y|20|false"]
    assert results(T.cross("a", "b"), a=[0.0, -0.0, 1e-5], b=[dt.date(2020, 2, 29), dt.date(1, 1, 1), dt.date(1970, 1, 1)]) == [
        "0.0|2020-02-29",
        "0.0|0001-01-01",
        "1e-05|1970-01-01",
    ]


def test_cross_escapes() -> None:
    a, b = ["a|b", "a", "\\", "", "a\\"], ["c", "b|c", "|", "", "|c"]
    assert results(T.cross("a", "b"), a=a, b=b) == ["a\\|b|c", "a|b\\|c", "\\\\|\\|", "|", "a\\\\|\\|c"]


parts = st.text("ab|\\_", max_size=4)


@given(rows=st.lists(st.tuples(parts, parts, parts), min_size=2, max_size=30))
@settings(max_examples=60)
def test_different_combinations_are_different_texts(rows: list[tuple[str, str, str]]) -> None:
    columns = {name: [row[i] for row in rows] for i, name in enumerate("abc")}
    texts = results(T.cross("a", "b", "c"), **columns)
    assert len(set(texts)) == len(set(rows))
    # and of crosses in a cross, and of fewer columns
    nested = results(T.cross(T.cross("a", "b"), "c"), **columns)
    assert len(set(nested)) == len(set(rows))


@pytest.mark.parametrize("bar", ["|", "_", "_X_", "\\", "\x00", ""])
def test_where_a_value_ends_matters(bar: str) -> None:
    columns = {"a": ["a", f"a{bar}b"], "b": [f"b{bar}c", "c"]}
    for expr in (T.cross("a", "b"), T.hash_cross("a", "b", buckets=WIDEST), T.hash_cross("a", "b", buckets=WIDEST, hash="farm")):
        first, second = results(expr, **columns)
        assert first != second


def test_missing() -> None:
    for expr in (T.cross("a", "b"), T.hash_cross("a", "b", buckets=5)):
        got = results(expr, a=["x", None, "z", None], b=[NAN, 1.0, None, None])
        assert got == [None] * 4
    assert results(T.cross("a", "b", missing="?"), a=["x", None], b=[None, None]) == ["x|?", "?|?"]
    assert results(T.cross("a", "b"), a=pa.nulls(2), b=["x", "y"]) == [None, None]
    assert results(T.cross("a", "b"), a=pa.array([], pa.string()), b=pa.array([], pa.int8())) == []
    assert results(T.hash_cross("a", "b", buckets=9), a=pa.array([], pa.string()), b=pa.nulls(0)) == []


def test_more_combinations_than_an_integer_counts() -> None:
    n = 300
    columns = {f"c{i}": [f"{row * 7 % n}" for row in range(n)] for i in range(9)}  # 300 ** 9 > 2 ** 63
    assert results(T.cross(*columns), **columns) == ["|".join([f"{row * 7 % n}"] * 9) for row in range(n)]


def test_cross_feeds_vocabulary_and_one_hot() -> None:
    columns = {"a": ["x", "y", "x", None], "b": [1, 1, 1, 1]}
    assert results(T.vocabulary(T.cross("a", "b")), **columns) == [0, 1, 0, None]
    table = pa.table(columns)
    made = fit(T.one_hot(T.cross("a", "b")), table)
    assert made.bound.op.elements(made.bound.call) == ["x|1", "y|1"]
    assert check_rows_equal_batch(made, table) == [[1, 0], [0, 1], [1, 0], [0, 0]]


def by_hand(words: list[int], seed: int) -> int:
    total = sum(mix_word((word + i * GOLDEN) & MASK64) for i, word in enumerate(words, 1))
    return mix_word((total + mix_word(len(words) ^ salt("list", seed))) & MASK64)


@pytest.mark.parametrize("seed", [0, 5])
def test_hash_cross_by_hand(seed: int) -> None:
    words = [xxh3_64_intdigest(b"a", seed), xxh3_64_intdigest("é".encode(), seed)]
    for buckets in (10, 1000, WIDEST):
        expr = T.hash_cross("a", "b", buckets=buckets, seed=seed)
        assert results(expr, a=["a", "a"], b=["é", None]) == [by_hand(words, seed) % buckets, None]
    number = mix_word(7 ^ salt("int", seed))
    assert results(T.hash_cross("a", "b", buckets=WIDEST, seed=seed), a=["a"], b=[7]) == [by_hand([words[0], number], seed) % WIDEST]


def test_hash_cross_is_the_hash_of_a_struct() -> None:
    dtype = pa.struct([("0", pa.string()), ("1", pa.float64()), ("2", pa.date32())])
    value = {"0": "x", "1": -0.0, "2": 18321}
    got = results(T.hash_cross("a", "b", "c", buckets=WIDEST), a=["x"], b=[-0.0], c=pa.array([18321], pa.int32()).cast(pa.date32()))
    assert got == [hash64_value(value, dtype) % WIDEST]


def test_the_order_of_the_columns_matters() -> None:
    columns = {"a": ["x"], "b": ["y"]}
    assert results(T.hash_cross("a", "b", buckets=WIDEST), **columns) != results(T.hash_cross("b", "a", buckets=WIDEST), **columns)


@pytest.mark.parametrize(
    "buckets, seed, wanted",
    [(WIDEST, None, 1971693436396284976), (100, None, 83), (WIDEST, 956888297471, 4847552627144134031), (100, 956888297471, 31)],
)
def test_farm_gives_the_figures_of_tensorflows_own_tests(buckets: int, seed: int | None, wanted: int) -> None:
    """tensorflow/python/kernel_tests/sparse_ops/sparse_cross_op_test.py: test_hashed_* (no buckets there is modulo 2**63 - 1)."""
    columns = {"a": ["batch1-FC1-F1"], "b": ["batch1-FC2-F1"], "c": ["batch1-FC3-F1"]}
    assert results(T.hash_cross("a", "b", "c", buckets=buckets, seed=seed, hash="farm"), **columns) == [wanted]


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.cross("a"), "cross takes two columns or more, not 1"),
        (lambda: U.hash_cross(buckets=5), "hash_cross takes two columns or more, not 0"),
        (lambda: U.cross("a", 7), "'column' parameter of cross"),
        (lambda: U.hash_cross("a", "b", buckets=0), "'buckets' parameter of hash_cross"),
        (lambda: U.hash_cross("a", "b", buckets=5, seed=-1), "'seed' parameter of hash_cross"),
        (lambda: U.hash_cross("a", "b", buckets=5, hash="murmur3"), "'hash' parameter of hash_cross must be one of 'xxh3', 'farm'"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        fit(make(), pa.table({"a": ["x"], "b": ["y"]}))
    assert says in str(caught.value)
    assert "test_crossed.py:" in str(caught.value)


@pytest.mark.parametrize(
    "expr, says",
    [
        (T.cross("a", "l"), "cross takes single values, not list<string>"),
        (T.cross("a", "b"), "cross takes text, not binary"),
        (T.hash_cross("a", "l", buckets=5), "hash_cross takes single values"),
        (T.hash_cross("a", "b", buckets=5, hash="farm"), "hash_cross with hash='farm' takes text, not binary"),
    ],
    ids=str,
)
def test_columns_that_do_not_fit(expr: Expr, says: str) -> None:
    with pytest.raises(TypeMismatchError) as caught:
        fit(expr, pa.table({"a": ["x"], "b": [b"y"], "l": [["z"]]}))
    assert says in str(caught.value)
