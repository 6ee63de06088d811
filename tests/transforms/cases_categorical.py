"""Cases of the categorical transforms that are not in `cases`, and the columns that only these take."""

# ruff: noqa: PLW0108  (a lambda with **p says that a case takes policies)

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.expr.expression import Expr
from tests.transforms.case import ID_POLICIES, VECTOR_POLICIES, a_case


def _other() -> Expr:
    return T.impute("s", "constant", value="|")


CASES = [
    a_case("ordinal", "any", lambda x, **p: T.ordinal(x, **p), unknown=ID_POLICIES),
    a_case("ordinal given", "text", lambda x, **p: T.ordinal(x, ["é", "", "a"], **p), value="a", unknown=ID_POLICIES),
    a_case("ordinal of bucketize", "number", lambda x: T.ordinal(T.bucketize(x, 3), [2, 0])),
    a_case("count_encode", "any", lambda x, **p: T.count_encode(x, **p), unknown=VECTOR_POLICIES),
    a_case("count_encode of text", "text", lambda x, **p: T.count_encode(x, **p), value="b"),
    a_case("count_encode, shares", "any", lambda x, **p: T.count_encode(x, normalize=True, **p), unknown=VECTOR_POLICIES),
    a_case("rare_label", "any", lambda x, **p: T.rare_label(x, min_count=2, **p)),
    a_case("rare_label of text", "text", lambda x, **p: T.rare_label(x, top_k=2, label="a", **p), value="b"),
    a_case("rare_label, shares", "any", lambda x: T.rare_label(x, min_share=0.2, top_k=3, label="")),
    a_case("one_hot of rare_label", "any", lambda x: T.one_hot(T.rare_label(x, top_k=1)), kept="zeros"),
    a_case("cross", "any", lambda x, **p: T.cross(x, _other(), x, **p)),
    a_case("cross of text", "text", lambda x, **p: T.cross(x, _other(), **p), value="b"),
    a_case("vocabulary of cross", "any", lambda x: T.vocabulary(T.cross(x, "s"), unknown="null")),
    a_case("hash_cross", "any", lambda x: T.hash_cross(x, _other(), x, buckets=2**63 - 1, seed=3)),
    a_case("hash_cross of text", "text", lambda x, **p: T.hash_cross(x, _other(), buckets=7, **p), value="b"),
    a_case("hash_cross with farm", "text", lambda x, **p: T.hash_cross(_other(), x, buckets=2**62, hash="farm", **p)),
    a_case("multi_hot", "lists", lambda x, **p: T.multi_hot(x, **p), kept="zeros", unknown=VECTOR_POLICIES),
    a_case("multi_hot sparse", "lists", lambda x, **p: T.multi_hot(x, top_k=2, sparse=True, **p), kept="zeros", unknown=VECTOR_POLICIES),
    a_case("multi_hot given", "words", lambda x, **p: T.multi_hot(x, categories=["é", "a"], **p), kept="zeros", unknown=VECTOR_POLICIES),
    a_case("multi_hot of tokenize", "text", lambda x: T.multi_hot(T.tokenize(x), min_count=2), kept="zeros"),
]


def _lists(dtype: pa.DataType, few: list[Any]) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    fixed = dtype.list_size if pa.types.is_fixed_size_list(dtype) else None
    items = st.lists(st.none() | st.sampled_from(few), min_size=fixed or 0, max_size=6 if fixed is None else fixed)
    return dtype, st.none() | items


COLUMNS = {
    "lists": [
        _lists(pa.list_(pa.string()), ["a", "b", "c", "é", ""]),
        _lists(pa.list_(pa.float64()), [0.0, -0.0, 1.5, float("nan"), float("inf")]),
        _lists(pa.list_(pa.int16()), [0, 1, 2, -5]),
        _lists(pa.list_(pa.bool_()), [True, False]),
        _lists(pa.list_(pa.date32()), [dt.date(2020, 2, 29), dt.date(1, 1, 1), dt.date(1970, 1, 1)]),
        _lists(pa.list_(pa.string(), 2), ["a", "b", "c"]),
        _lists(pa.list_(pa.null()), [None]),
        (pa.null(), st.none()),
    ]
}
