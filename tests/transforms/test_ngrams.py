"""ngrams: by hand, in tf.Transform's order, and as scikit-learn counts them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep import transforms as T
from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.transforms.text import ngrams as module
from tests.transforms.harness import check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
WORDS = [["a", "b", "c"], ["a"], [], None, ["a", None, "b"], [None]]


def test_by_hand() -> None:
    assert results(T.ngrams("x"), x=WORDS) == [["a", "a b", "b", "b c", "c"], ["a"], [], None, ["a", "a b", "b"], []]
    assert results(T.ngrams("x", 2, separator=""), x=WORDS) == [["ab", "bc"], [], [], None, ["ab"], []]
    assert results(T.ngrams("x", (2, 100), separator="é"), x=WORDS) == [["aéb", "aébéc", "béc"], [], [], None, ["aéb"], []]
    assert results(T.ngrams("x", 1), x=[["", "a"], [""]]) == [["", "a"], [""]]


def test_the_example_of_tf_transform() -> None:
    words = [["One", "was", "Johnny"], ["Two", "was", "a", "rat"]]
    assert results(T.ngrams("x", (1, 3)), x=words) == [
        ["One", "One was", "One was Johnny", "was", "was Johnny", "Johnny"],
        ["Two", "Two was", "Two was a", "was", "was a", "was a rat", "a", "a rat", "rat"],
    ]


def test_text_is_tokenized() -> None:
    assert results(T.ngrams("x"), x=["The cat!", "", None]) == [["the", "the cat", "cat"], [], None]
    text = ["The cat, the DOG sat", "É a"]
    assert results(T.ngrams("x", (2, 3)), x=text) == results(T.ngrams(T.tokenize("x"), (2, 3)), x=text)


@pytest.mark.parametrize("rows", [[], [None], [None, None], [[]]])
def test_nothing_in_gives_nothing_out(rows: list[Any]) -> None:
    for dtype in (pa.list_(pa.string()), pa.list_(pa.null())):
        assert results(T.ngrams("x", (1, 3)), x=pa.array(rows, dtype)) == rows
    nulls = pa.nulls(len(rows))
    assert results(T.ngrams("x"), x=nulls) == [None] * len(rows)


def test_slices_and_fixed_lengths() -> None:
    array = pa.array([["x", "y"], None, ["a", "b"], ["c", None]], pa.list_(pa.string(), 2)).slice(1)
    assert results(T.ngrams("x", 2), x=array) == [None, ["a b"], []]


@given(texts=st.lists(st.text("ab c", max_size=15), min_size=1, max_size=10), low=st.integers(1, 4), more=st.integers(0, 3))
@settings(max_examples=30)
def test_the_same_as_scikit_learn(texts: list[str], low: int, more: int) -> None:
    text_module = pytest.importorskip("sklearn.feature_extraction.text")
    analyze = text_module.CountVectorizer(ngram_range=(low, low + more), token_pattern=r"\w+").build_analyzer()
    ours = results(T.ngrams("x", (low, low + more)), x=texts)
    assert [Counter(grams) for grams in ours] == [Counter(analyze(text)) for text in texts]


def test_real_messages_as_scikit_learn_splits_them(data_dir: Path) -> None:
    text_module = pytest.importorskip("sklearn.feature_extraction.text")
    lines = (data_dir / "sms-spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    texts = [line.partition("\t")[2] for line in lines if line.isascii()]
    analyze = text_module.CountVectorizer(ngram_range=(1, 3), token_pattern=r"\w+").build_analyzer()
    table = pa.table({"x": texts})
    ours = fit(T.ngrams("x", (1, 3)), table).batch(table)[0].to_pylist()
    assert len(ours) > 4000
    assert [Counter(grams) for grams in ours] == [Counter(analyze(text)) for text in texts]
    check_rows_equal_batch(fit(T.ngrams("x", (1, 3)), table.slice(0, 1)), table.slice(0, 300))


def test_more_text_than_an_array_holds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [["aaa", "bbb", "ccc"]]
    monkeypatch.setattr(module, "_MOST", 9 + 2 * 7)
    assert results(T.ngrams("x"), x=words) == [["aaa", "aaa bbb", "bbb", "bbb ccc", "ccc"]]
    monkeypatch.setattr(module, "_MOST", 9 + 2 * 7 - 1)
    with pytest.raises(DataError, match="the n-grams of 3 words come to 23 bytes"):
        results(T.ngrams("x"), x=words)


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: U.ngrams("x", 0), "'low' parameter of ngrams must be an int in the range [1, 100]"),
        (lambda: U.ngrams("x", (1, 101)), "'high' parameter of ngrams"),
        (lambda: U.ngrams("x", (3, 2)), "'n' parameter of ngrams must be a pair that ascends"),
        (lambda: U.ngrams("x", (1, 2, 3)), "'n' parameter of ngrams must be an int or a pair of ints"),
        (lambda: U.ngrams("x", "12"), "'n' parameter of ngrams"),
        (lambda: U.ngrams("x", (True, 2)), "'low' parameter of ngrams"),
        (lambda: U.ngrams("x", separator=None), "'separator' parameter of ngrams"),
        (lambda: U.ngrams(["x"]), "'column' parameter of ngrams"),
    ],
)
def test_arguments_are_held_against_their_limits(make: Any, says: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        make()
    assert says in str(caught.value)
    assert "test_ngrams.py:" in str(caught.value)


@pytest.mark.parametrize("dtype", [pa.int64(), pa.list_(pa.int64()), pa.binary()])
def test_other_columns_are_refused(dtype: pa.DataType) -> None:
    with pytest.raises(TypeMismatchError, match="ngrams takes lists of strings or text, not"):
        fit(T.ngrams("x"), pa.table({"x": pa.array([], dtype)}))
