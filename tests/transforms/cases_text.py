"""Cases of the text, time and vector transforms, and the columns that only these take."""

# ruff: noqa: PLW0108  (a lambda with **p says that a case takes policies)

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.expr.expression import Expr, col
from tests.transforms.case import VECTOR_POLICIES, a_case

CALENDAR = [dt.date(2000, 1, 1), dt.date(2020, 2, 29), dt.date(2020, 3, 1), dt.date(2021, 12, 25)]
_MOMENT = dt.datetime(2020, 2, 29, 5, 30, 0, 1)
_DISTANCES = ("null", "error", "quarantine")
_PATTERNS = {"a": "(?i)A", "é at an end": "^É|é$", "literal": "b", "none": r"\pN{3}"}


def _column(x: str | Expr) -> Expr:
    return col(x) if isinstance(x, str) else x


CASES = [
    a_case("ngrams of tokenize", "text", lambda x: T.ngrams(T.tokenize(x))),
    a_case("ngrams", "words", lambda x, **p: T.ngrams(x, (1, 3), separator="_", **p)),
    a_case("ngrams of text", "text", lambda x, **p: T.ngrams(x, 2, separator="", **p), value="b É b"),
    a_case("count_vector", "words", lambda x, **p: T.count_vector(x, top_k=3, **p), unknown=VECTOR_POLICIES),
    a_case("count_vector of ngrams", "text", lambda x: T.count_vector(T.ngrams(x), min_count=2, binary=True)),
    a_case("hashing_tf", "words", lambda x, **p: T.hashing_tf(x, buckets=5, **p)),
    a_case("hashing_tf murmur3", "words", lambda x: T.hashing_tf(x, hash="murmur3", seed=42, binary=True)),
    a_case("hashing_tf farm", "text", lambda x: T.hashing_tf(T.tokenize(x), buckets=2**31 - 1, hash="farm")),
    a_case("regex_flags", "text", lambda x, **p: T.regex_flags(x, _PATTERNS, **p), value="b"),
    a_case("url_domains", "addresses", lambda x, **p: T.url_domains(x, **p), value="http://É.b:80/"),
    a_case("cyclic", "number", lambda x, **p: T.cyclic(x, period=7, malformed="null", **p), value=1),
    a_case("cyclic, malformed is quarantined", "number", lambda x: T.cyclic(x, period=0.3, malformed="quarantine")),
    a_case("cyclic hour", "time", lambda x, **p: T.cyclic(x, part="hour", **p), value=_MOMENT),
    a_case("cyclic day of the year", "time", lambda x: T.cyclic(x, part="day_of_year")),
    a_case("elapsed", "time", lambda x, **p: T.elapsed(x, since=_MOMENT, **p), value=_MOMENT),
    a_case("elapsed since a column", "time", lambda x, **p: T.elapsed(x, since=_column(x).dt.truncate("year"), unit="week", **p)),
    a_case("holidays", "time", lambda x, **p: T.holidays(x, CALENDAR, **p), value=_MOMENT),
    a_case("holidays to come", "time", lambda x, **p: T.holidays(x, CALENDAR, what="days_to", **p), value=_MOMENT, unknown=_DISTANCES),
    a_case("holidays past", "time", lambda x, **p: T.holidays(x, CALENDAR, what="days_since", **p), value=_MOMENT, unknown=_DISTANCES),
    a_case("l2_normalize", "vector", lambda x, **p: T.l2_normalize(x, malformed="null", **p)),
    a_case("l2_normalize, malformed is an error", "vector", lambda x: T.l2_normalize(x, malformed="error")),
    a_case("l2_normalize of one_hot", "any", lambda x: T.l2_normalize(T.one_hot(x)), kept="zeros"),
    a_case("l2_normalize of count_vector", "words", lambda x: T.l2_normalize(T.count_vector(x))),
]

_ADDRESS_PARTS = [
    "http://",
    "HTTPS://",
    "a.b",
    "[::1]",
    "É.com",
    "u:p@",
    "@",
    ":80",
    "/x?y=",
    " ",
    "x",
    "%41.",
    "-",
    "”",
    "\x00",
    "/",
    "b_1.org",
]
_ADDRESSES = st.lists(st.sampled_from(_ADDRESS_PARTS) | st.text(st.characters(codec="utf-8"), max_size=3), max_size=12).map("".join)

_NUMBERS = st.sampled_from([0.0, -0.0, 3.0, -4.0, float("nan"), float("inf"), -float("inf"), 5e-324, 1e-200, 1.7e308]) | st.floats()
_ENTRIES = st.integers(0, 4).flatmap(
    lambda n: st.fixed_dictionaries(
        {"indices": st.lists(st.integers(0, 9), min_size=n, max_size=n), "values": st.lists(_NUMBERS, min_size=n, max_size=n)}
    )
)
_SPARSE = pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))])
_INT = st.integers(-(2**63), 2**63 - 1)


def _holding(dtype: pa.DataType, values: st.SearchStrategy[Any]) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    return dtype, st.none() | values


COLUMNS = {
    "addresses": [_holding(pa.string(), _ADDRESSES)],
    "vector": [
        _holding(pa.list_(pa.float64()), st.lists(st.none() | _NUMBERS, max_size=5)),
        _holding(pa.list_(pa.float64(), 3), st.lists(st.none() | _NUMBERS, min_size=3, max_size=3)),
        _holding(pa.list_(pa.int64()), st.lists(st.none() | _INT, max_size=3)),
        _holding(pa.list_(pa.float32(), 2), st.lists(st.floats(width=32), min_size=2, max_size=2)),
        _holding(_SPARSE, _ENTRIES),
    ],
}
