"""count_vector and hashing_tf: by hand, and against scikit-learn and Spark."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr
from tests.transforms.harness import Fitted, check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
DOCUMENTS: list[list[str | None] | None] = [["b", "a", "b"], ["c", None, "b"], [], None, ["a"], ["é"]]
EMPTY: dict[str, list[int]] = {"indices": [], "values": []}


def names(made: Fitted) -> list[str]:
    return made.bound.op.elements(made.bound.call) or []


def matrix(vectors: pa.Array, width: int) -> Any:
    dense = np.zeros((len(vectors), width), np.int64)
    for row, vector in enumerate(vectors.to_pylist()):
        assert vector["indices"] == sorted(set(vector["indices"]))
        dense[row, vector["indices"]] = vector["values"]
    return dense


def test_count_vector_by_hand() -> None:
    made = fit(T.count_vector("x"), table := pa.table({"x": DOCUMENTS}))
    assert names(made) == ["b", "a", "c", "é"]  # 3, 2, 1, 1 times
    assert made.bound.op.size(made.bound.call) == 4
    assert made.bound.type == pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.int64()))])
    assert check_rows_equal_batch(made, table) == [
        {"indices": [0, 1], "values": [2, 1]},
        {"indices": [0, 2], "values": [1, 1]},
        EMPTY,
        None,
        {"indices": [1], "values": [1]},
        {"indices": [3], "values": [1]},
    ]
    assert results(T.count_vector("x", binary=True), x=DOCUMENTS)[0] == {"indices": [0, 1], "values": [1, 1]}


def test_count_vector_is_cut_by_how_often_a_term_occurs() -> None:
    documents = [["b", "b", "b"], ["a"], ["a"], ["c"]]  # in one document, but most often
    assert names(fit(T.count_vector("x", top_k=1), pa.table({"x": documents}))) == ["b"]
    made = fit(T.count_vector("x", min_count=2), pa.table({"x": documents}))
    assert names(made) == ["b", "a"]
    other = pa.table({"x": [["c", "a", "new"], ["c"], [None]]})
    assert check_rows_equal_batch(made, other) == [{"indices": [1], "values": [1]}, EMPTY, EMPTY]
    strict = fit(T.count_vector("x", min_count=2, unknown="null"), pa.table({"x": documents}))
    assert check_rows_equal_batch(strict, other) == [None, None, EMPTY]


@pytest.mark.parametrize("rows", [[], [None, None], [[], None]])
def test_count_vector_of_nothing(rows: list[Any]) -> None:
    made = fit(T.count_vector("x"), pa.table({"x": pa.array(rows, pa.list_(pa.string()))}))
    assert names(made) == []
    assert check_rows_equal_batch(made, pa.table({"x": [["a"], None, []]})) == [EMPTY, None, EMPTY]


@given(texts=st.lists(st.text("abc A.é_1", max_size=20), min_size=1, max_size=12), binary=st.booleans(), low=st.integers(1, 2))
@settings(max_examples=25)
def test_count_vector_is_scikit_learns(texts: list[str], binary: bool, low: int) -> None:
    text_module = pytest.importorskip("sklearn.feature_extraction.text")
    vectorizer = text_module.CountVectorizer(binary=binary, ngram_range=(low, 2), token_pattern=r"\w+")
    try:
        theirs = vectorizer.fit_transform(texts).toarray()
    except ValueError:
        return  # no words at all
    made = fit(T.count_vector(T.ngrams("x", (low, 2)), binary=binary), table := pa.table({"x": texts}))
    order = [vectorizer.vocabulary_[name] for name in names(made)]
    assert sorted(names(made)) == vectorizer.get_feature_names_out().tolist()
    assert matrix(made.batch(table)[0], len(order)).tolist() == theirs[:, order].tolist()


def messages(folder: Path) -> list[str]:
    lines = (folder / "sms-spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    return [text for line in lines if (text := line.partition("\t")[2]).isascii()]


def test_count_vector_of_real_messages(data_dir: Path) -> None:
    text_module = pytest.importorskip("sklearn.feature_extraction.text")
    texts = messages(data_dir)
    train, other = texts[:3000], texts[3000:]
    vectorizer = text_module.CountVectorizer(token_pattern=r"\w+").fit(train)
    made = fit(T.count_vector(T.tokenize("x")), pa.table({"x": train}))
    order = [vectorizer.vocabulary_[name] for name in names(made)]
    assert len(order) == len(vectorizer.vocabulary_) > 5000
    table = pa.table({"x": other})
    ours, theirs = made.batch(table)[0], vectorizer.transform(other)[:, order].tocsr()
    theirs.sort_indices()
    assert ours.field("indices").flatten().to_pylist() == theirs.indices.tolist()
    assert ours.field("values").flatten().to_pylist() == theirs.data.tolist()
    totals = Counter(dict(zip(vectorizer.get_feature_names_out(), np.ravel(vectorizer.transform(train).sum(0)), strict=True)))
    assert names(fit(T.count_vector(T.tokenize("x"), top_k=50), pa.table({"x": train}))) == names(made)[:50]
    assert names(made) == sorted(totals, key=lambda word: (-totals[word], word.encode()))
    check_rows_equal_batch(made, table.slice(0, 200))


def test_hashing_tf_is_the_example_of_spark() -> None:
    """From the reference of `pyspark.ml.feature.HashingTF`."""
    words = [["a", "b", "c"]]
    ten = T.hashing_tf("x", buckets=10, hash="murmur3", seed=42)
    assert results(ten, x=words) == [{"indices": [5, 7, 8], "values": [1, 1, 1]}]
    assert results(ten, x=[["b"]]) == [{"indices": [5], "values": [1]}]
    assert results(T.hashing_tf("x", buckets=5, hash="murmur3", seed=42), x=words) == [{"indices": [0, 2, 3], "values": [1, 1, 1]}]


@pytest.mark.parametrize("hash", ["xxh3", "farm", "murmur3"])
def test_hashing_tf_counts_buckets(hash: str) -> None:
    flat = [word for words in DOCUMENTS if words for word in words if word is not None]
    bucket = dict(zip(flat, results(T.hash_bucket("x", 3, hash=hash), x=flat), strict=True))
    wanted = []
    for words in DOCUMENTS:
        counts = Counter(bucket[word] for word in words or () if word is not None)
        wanted.append(None if words is None else {"indices": sorted(counts), "values": [counts[at] for at in sorted(counts)]})
    assert results(T.hashing_tf("x", buckets=3, hash=hash), x=DOCUMENTS) == wanted
    ones = [None if v is None else {**v, "values": [1] * len(v["values"])} for v in wanted]
    assert results(T.hashing_tf("x", buckets=3, hash=hash, binary=True), x=DOCUMENTS) == ones


def test_hashing_tf_has_a_size_and_no_names() -> None:
    bound = fit(T.hashing_tf("x"), pa.table({"x": DOCUMENTS})).bound
    assert bound.op.size(bound.call) == 2**18
    assert bound.op.elements(bound.call) is None
    assert results(T.hashing_tf("x", buckets=1), x=DOCUMENTS)[0] == {"indices": [0], "values": [3]}
    assert results(T.hashing_tf("x"), x=pa.nulls(2)) == [None, None]
    assert results(T.hashing_tf("x"), x=pa.array([], pa.list_(pa.string()))) == []
    assert results(T.hashing_tf("x", seed=1), x=DOCUMENTS) != results(T.hashing_tf("x"), x=DOCUMENTS)


def test_hashing_tf_of_real_messages(data_dir: Path) -> None:
    """As scikit-learn's HashingVectorizer, which takes the remainder of the absolute value of the same hash."""
    text_module = pytest.importorskip("sklearn.feature_extraction.text")
    texts, buckets = messages(data_dir)[:2000], 2**10
    vectorizer = text_module.HashingVectorizer(n_features=buckets, alternate_sign=False, norm=None, token_pattern=r"\w+", dtype=np.int64)
    theirs = vectorizer.transform(texts).toarray()
    ours = fit(T.hashing_tf(T.tokenize("x"), buckets=2**31 - 1, hash="murmur3"), table := pa.table({"x": texts})).batch(table)[0]
    words = sorted({word for text in texts for word in vectorizer.build_analyzer()(text)})
    at = fit(T.hash_bucket("x", 2**31 - 1, hash="murmur3"), pa.table({"x": words})).batch(pa.table({"x": words}))[0].to_pylist()
    assert len(set(at)) == len(words)  # so that our indices tell the words
    index = {mine: vectorizer.transform([word]).indices[0] for mine, word in zip(at, words, strict=True)}
    made = np.zeros_like(theirs)
    for row, vector in enumerate(ours.to_pylist()):
        for mine, count in zip(vector["indices"], vector["values"], strict=True):
            made[row, index[mine]] += count
    assert (made == theirs).all()


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.count_vector("x", top_k=0), "'top_k' parameter of count_vector must be an int"),
        (lambda: U.count_vector("x", min_count=0), "'min_count' parameter of count_vector"),
        (lambda: U.count_vector("x", binary=1), "'binary' parameter of count_vector must be a bool"),
        (lambda: U.count_vector("x", unknown=-1), "'unknown' parameter of count_vector must be one of 'zeros'"),
        (lambda: U.hashing_tf("x", buckets=0), "'buckets' parameter of hashing_tf"),
        (lambda: U.hashing_tf("x", buckets=2**31), "'buckets' parameter of hashing_tf"),
        (lambda: U.hashing_tf("x", hash="md5"), "'hash' parameter of hashing_tf must be one of 'xxh3'"),
        (lambda: U.hashing_tf("x", hash="farm", seed=1), "'seed' parameter of hashing_tf must be 0 with hash='farm'"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_word_counts.py:" in str(caught.value)


@pytest.mark.parametrize("expr", [T.count_vector("x"), T.hashing_tf("x")], ids=str)
def test_other_columns_are_refused(expr: Expr) -> None:
    for dtype in (pa.string(), pa.list_(pa.int64())):
        with pytest.raises(TypeMismatchError, match="takes lists of strings, not"):
            fit(expr, pa.table({"x": pa.array([], dtype)}))
    with pytest.raises(TypeMismatchError, match="missing="):
        fit(T.count_vector("x", missing="a"), pa.table({"x": DOCUMENTS}))
