"""Every transform in the ways it is used, and columns to use it on: what the conformance check goes through."""

# ruff: noqa: PLW0108  (a lambda with **p says that a case takes policies)

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.expr.expression import Expr, col, lit
from tests.transforms import cases_categorical, cases_numeric, cases_text
from tests.transforms.case import ID_POLICIES, VECTOR_POLICIES, Case, a_case

CASES: list[Case] = [
    a_case("standard_scale", "number", lambda x, **p: T.standard_scale(x, **p), value=2),
    a_case("standard_scale of impute", "number", lambda x: T.standard_scale(T.impute(x)), kept="filled"),
    a_case("min_max_scale", "number", lambda x, **p: T.min_max_scale(x, **p), value=0.5),
    a_case("min_max_scale to [-3, 7.5]", "number", lambda x: T.min_max_scale(x, low=-3, high=7.5)),
    a_case("impute median", "number", lambda x: T.impute(x), kept="filled"),
    a_case("impute mean", "number", lambda x: T.impute(x, "mean"), kept="filled"),
    a_case("impute most_frequent", "any", lambda x: T.impute(x, "most_frequent"), kept="filled"),
    a_case("impute constant", "real", lambda x: T.impute(x, "constant", value=1), kept="filled"),
    a_case("impute indicator", "any", lambda x: T.impute(x, "indicator"), kept="filled"),
    a_case("bucketize quantile", "number", lambda x, **p: T.bucketize(x, 4, **p), value=1),
    a_case("bucketize uniform", "number", lambda x, **p: T.bucketize(x, 3, method="uniform", **p), value=1),
    a_case("bucketize edges", "number", lambda x, **p: T.bucketize(x, edges=[-1, 0, 0, 2.5], **p), value=1),
    a_case("bucketize of impute", "number", lambda x: T.bucketize(T.impute(x, "mean"), 100), kept="filled"),
    a_case("log1p", "real", lambda x, **p: T.log1p(x, malformed="null", **p), value=1),
    a_case("log1p, malformed is an error", "real", lambda x: T.log1p(x, malformed="error")),
    a_case("log1p, malformed is quarantined", "real", lambda x: T.log1p(x, malformed="quarantine")),
    a_case("vocabulary", "any", lambda x, **p: T.vocabulary(x, **p), unknown=ID_POLICIES),
    a_case("vocabulary of text", "text", lambda x, **p: T.vocabulary(x, top_k=2, **p), value="b", unknown=ID_POLICIES),
    a_case("vocabulary with buckets", "any", lambda x: T.vocabulary(x, min_count=2, oov_buckets=3)),
    a_case("vocabulary with farm", "text", lambda x, **p: T.vocabulary(x, top_k=1, oov_buckets=5, hash="farm", **p), value="b"),
    a_case("vocabulary with murmur3", "text", lambda x: T.vocabulary(x, top_k=1, oov_buckets=5, hash="murmur3")),
    a_case("vocabulary of impute", "any", lambda x: T.vocabulary(T.impute(x, "most_frequent"), unknown="null"), kept="filled"),
    a_case("one_hot", "any", lambda x, **p: T.one_hot(x, **p), kept="zeros", unknown=VECTOR_POLICIES),
    a_case("one_hot of text", "text", lambda x, **p: T.one_hot(x, top_k=2, **p), kept="zeros", value="b", unknown=VECTOR_POLICIES),
    a_case("one_hot sparse", "any", lambda x, **p: T.one_hot(x, sparse=True, **p), kept="zeros", unknown=VECTOR_POLICIES),
    a_case("one_hot given", "text", lambda x, **p: T.one_hot(x, categories=["b", "é", "a"], **p), kept="zeros", value="b", unknown=VECTOR_POLICIES),
    a_case("one_hot of bucketize", "number", lambda x: T.one_hot(T.bucketize(x, 3)), kept="zeros"),
    a_case("hash_bucket", "any", lambda x: T.hash_bucket(x, 7)),
    a_case("hash_bucket of text", "text", lambda x, **p: T.hash_bucket(x, 2**40, seed=9, **p), value="b"),
    a_case("hash_bucket farm", "text", lambda x: T.hash_bucket(x, 11, hash="farm")),
    a_case("hash_bucket murmur3", "text", lambda x: T.hash_bucket(x, 11, hash="murmur3", seed=42)),
    a_case("date_parts, one", "time", lambda x, **p: T.date_parts(x, "hour", **p), value=dt.datetime(2020, 2, 29, 5)),
    a_case("date_parts, all", "time", lambda x: T.date_parts(x, ["year", "quarter", "month", "day", "day_of_year", "weekday", "iso_week"])),
    a_case("date_parts, of the clock", "time", lambda x: T.date_parts(x, ["hour", "minute", "second", "microsecond"])),
    a_case("tokenize", "text", lambda x, **p: T.tokenize(x, **p), value="b É"),
    a_case("tokenize otherwise", "text", lambda x: T.tokenize(x, lower=False, separator="[ae ]", min_length=2, stop_words=["bb", "é"])),
    a_case("tf_idf of tokenize", "text", lambda x: T.tf_idf(T.tokenize(x))),
    a_case("tf_idf", "words", lambda x, **p: T.tf_idf(x, max_features=3, **p), unknown=VECTOR_POLICIES),
    a_case("tf_idf without norm", "words", lambda x: T.tf_idf(x, min_count=2, norm=None)),
    a_case("assemble numbers", "number", lambda x, **p: T.assemble(x, again=T.standard_scale(x, **p), **p), kept="nan", value=3),
    a_case("assemble dense", "number", lambda x: T.assemble(x, T.one_hot("s"), T.assemble(y=T.bucketize(x, 3))), kept="nan"),
    a_case("assemble sparse", "number", lambda x: T.assemble(T.one_hot("s", sparse=True), x, T.tf_idf(T.tokenize("s", missing="")), b=T.one_hot("s")), kept="nan"),
    *cases_numeric.CASES,
    *cases_categorical.CASES,
    *cases_text.CASES,
]  # fmt: skip


def _column(dtype: pa.DataType, values: st.SearchStrategy[Any]) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    return dtype, st.none() | values


def _some(few: list[Any], more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly from a few values, so that some are frequent."""
    return st.sampled_from(few) | st.sampled_from(few) | more


_F64 = _column(
    pa.float64(), _some([0.0, -0.0, 1.0, 2.5, float("nan"), float("inf"), -float("inf"), 5e-324, 1.7e308, -1.7e308], st.floats())
)
_NUMBERS = [
    _F64,
    _column(pa.float32(), _some([0.0, -0.0, 1.5, float("nan"), 3.4e38], st.floats(width=32))),
    _column(pa.int64(), _some([0, 1, 2, -1, 2**63 - 1, -(2**63)], st.integers(-(2**63), 2**63 - 1))),
    _column(pa.int8(), st.integers(-128, 127)),
    _column(pa.uint64(), _some([0, 7, 2**64 - 1], st.integers(0, 2**64 - 1))),
    _column(pa.bool_(), st.booleans()),
    _column(pa.decimal128(9, 2), st.decimals(-1000, 1000, places=2).map(lambda d: Decimal(d) + 0)),
    _column(pa.null(), st.none()),
]
_TEXT = _column(pa.string(), _some(["a", "b", "", "é", "É ba bb", "a b, a!", "İß ǅ"], st.text(st.characters(codec="utf-8"), max_size=80)))
_DATES = _column(pa.date32(), st.dates())
_TIMES = [
    _DATES,
    _column(pa.timestamp("us"), st.datetimes()),
    _column(pa.timestamp("us", "Europe/Vienna"), st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30)).map(lambda t: t.replace(tzinfo=dt.UTC))),
]  # fmt: skip
_WORDS = _column(
    pa.list_(pa.string()), st.lists(st.none() | _some(["a", "b", "c", "é"], st.text(st.characters(codec="utf-8"))), max_size=8)
)

COLUMNS = {
    "number": _NUMBERS,
    "real": [column for column in _NUMBERS if column[0] != pa.bool_()],
    "text": [_TEXT],
    "any": [*_NUMBERS, _TEXT, *_TIMES],
    "time": _TIMES,
    "words": [_WORDS],
    **cases_categorical.COLUMNS,
    **cases_text.COLUMNS,
}


@st.composite
def tables(draw: st.DrawFn, kind: str, dtype: pa.DataType | None = None, *, min_size: int = 0, max_size: int = 12) -> pa.Table:
    """Rows of a column `x` of some type of the kind, and of text `s`."""
    given, values = draw(st.sampled_from([c for c in COLUMNS[kind] if dtype is None or c[0] == dtype]))
    x = draw(st.lists(values, min_size=min_size, max_size=max_size))
    s = draw(st.lists(_TEXT[1], min_size=len(x), max_size=len(x)))
    return pa.table({"x": pa.array(x, given), "s": pa.array(s, pa.string())})


def broken(kind: str, malformed: str) -> Expr:
    """A column of the kind made from text `raw`, some of which does not fit."""
    raw = col("raw")
    match kind:
        case "time":
            return raw.cast("timestamp", malformed=malformed)
        case "number" | "real":
            return raw.cast("float64", malformed=malformed)
        case "vector":
            return T.assemble(raw.cast("float64", malformed=malformed), one=lit(1))
    text = raw.cast("int64", malformed=malformed).cast("string")
    return T.tokenize(text) if kind in ("lists", "words") else text


BROKEN = {
    "time": ["2020-02-29", "noon", None, "2021-01-01T12:30:00", "2020-02-30"],
    "number": ["1", "x", "2.5", None, "", "1e3", "3 4", "1"],
}
BROKEN["real"] = BROKEN["vector"] = BROKEN["number"]
BROKEN["any"] = BROKEN["lists"] = BROKEN["text"] = BROKEN["words"] = BROKEN["addresses"] = ["1", "x", "2", None, "", "1", "3.5", "17"]
