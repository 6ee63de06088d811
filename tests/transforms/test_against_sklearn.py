"""The same rows through scikit-learn: equal to 1e-12, ids and ones equal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from featureprep import transforms as T
from featureprep.expr.expression import Expr
from tests.transforms.harness import Fitted, fit

preprocessing = pytest.importorskip("sklearn.preprocessing")

finite = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
columns = hnp.arrays(np.float64, st.integers(1, 40), elements=finite | st.sampled_from([0.0, 1.0, 2.0]))


def fitted(expr: Expr, values: Any) -> tuple[Fitted, pa.Array]:
    table = pa.table({"x": pa.array(values)})
    made = fit(expr, table)
    return made, made.batch(table)[0]


def close(ours: pa.Array, theirs: Any) -> None:
    np.testing.assert_allclose(ours.to_numpy(zero_copy_only=False), np.ravel(theirs), rtol=1e-12, atol=1e-12)


@given(x=columns)
@settings(max_examples=25)
def test_min_max_scale(x: np.ndarray[Any, Any]) -> None:
    # sklearn multiplies by a reciprocal, so that its error grows with |min| / (max - min)
    theirs = preprocessing.MinMaxScaler((-1, 3)).fit_transform(x[:, None])
    spread = np.ptp(x) or 1.0
    np.testing.assert_allclose(
        fitted(T.min_max_scale("x", low=-1, high=3), x)[1].to_numpy(),
        theirs[:, 0],
        rtol=1e-12,
        atol=1e-14 * max(1, np.abs(x).max() / spread),
    )


@given(x=columns)
@settings(max_examples=25)
def test_standard_scale(x: np.ndarray[Any, Any]) -> None:
    if np.ptp(x) < 1e-6 * np.abs(x).max() and np.ptp(x) > 0:
        return  # sklearn takes nearly constant columns for constant ones
    close(fitted(T.standard_scale("x"), x)[1], preprocessing.StandardScaler().fit_transform(x[:, None]))


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
@given(x=columns, holes=st.lists(st.booleans(), min_size=40, max_size=40))
@settings(max_examples=15)
def test_impute(strategy: str, x: np.ndarray[Any, Any], holes: list[bool]) -> None:
    from sklearn.impute import SimpleImputer

    x = np.where(holes[: len(x)], np.nan, x)
    if np.isnan(x).all():
        return  # sklearn drops such a column
    close(fitted(T.impute("x", strategy), x)[1], SimpleImputer(strategy=strategy).fit_transform(x[:, None]))


@given(x=hnp.arrays(np.float64, st.integers(10, 60), elements=finite, unique=True), n=st.sampled_from([2, 4, 5, 10]))
@settings(max_examples=15)
def test_bucketize_quantile(x: np.ndarray[Any, Any], n: int) -> None:
    edges = np.quantile(x, np.linspace(0, 1, n + 1))  # of these n; sklearn's percentiles of others are off by a bit
    if (np.diff(edges) <= 1e-8).any():
        return  # sklearn removes narrow bins
    theirs = preprocessing.KBinsDiscretizer(n, encode="ordinal", strategy="quantile", quantile_method="linear", subsample=None)
    made, ours = fitted(T.bucketize("x", n), x)
    assert ours.to_pylist() == np.ravel(theirs.fit_transform(x[:, None])).astype(int).tolist()
    (constants,) = made.constants.values()
    assert constants["edges"] == np.quantile(x, [i / n for i in range(1, n)]).tolist()


@given(x=columns, n=st.integers(2, 9))
@settings(max_examples=25)
def test_bucketize_uniform(x: np.ndarray[Any, Any], n: int) -> None:
    if np.ptp(x) < 1e-3:
        return
    made, ours = fitted(T.bucketize("x", n, method="uniform"), x)
    (constants,) = made.constants.values()
    assert constants["edges"] == np.linspace(x.min() + 0.0, x.max() + 0.0, n + 1)[1:-1].tolist()
    theirs = preprocessing.KBinsDiscretizer(n, encode="ordinal", strategy="uniform", subsample=None)
    assert ours.to_pylist() == np.ravel(theirs.fit_transform(x[:, None])).astype(int).tolist()


@given(x=hnp.arrays(np.float64, 50), edges=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=100).map(sorted))
@settings(max_examples=25)
def test_bucketize_edges_is_digitize(x: np.ndarray[Any, Any], edges: list[float]) -> None:
    ours = fitted(T.bucketize("x", edges=edges), x)[1]
    wanted = [None if np.isnan(v) else i for v, i in zip(x, np.digitize(x, np.unique(edges)).tolist(), strict=True)]
    assert ours.to_pylist() == wanted


@given(words=st.lists(st.sampled_from(["a", "b", "c", "é", "Z", ""]), min_size=1, max_size=30))
@settings(max_examples=25)
def test_one_hot(words: list[str]) -> None:
    encoder = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.int8)
    theirs = encoder.fit_transform(np.array(words, object)[:, None])
    made, ours = fitted(T.one_hot("x"), words)
    names = made.bound.op.elements(made.bound.call) or []
    order = [names.index(word) for word in encoder.categories_[0]]
    assert np.array(ours.to_pylist())[:, order].tolist() == theirs.tolist()
    unseen = pa.table({"x": ["new", words[0]]})
    rows = np.array(made.batch(unseen)[0].to_pylist())[:, order]
    assert rows.tolist() == encoder.transform(np.array([["new"], [words[0]]], object)).tolist()


@pytest.mark.parametrize("norm", ["l2", None])
@given(texts=st.lists(st.text("abc A,.é_1", max_size=20), min_size=1, max_size=12))
@settings(max_examples=25)
def test_tf_idf(norm: str | None, texts: list[str]) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(norm=norm)
    try:
        theirs = vectorizer.fit_transform(texts).toarray()
    except ValueError:
        return  # no words at all
    made, ours = fitted(T.tf_idf(T.tokenize("x", min_length=2), norm=norm), texts)
    names = made.bound.op.elements(made.bound.call) or []
    assert sorted(names) == vectorizer.get_feature_names_out().tolist()
    dense = np.zeros(theirs.shape)
    for row, vector in enumerate(ours.to_pylist()):
        assert vector["indices"] == sorted(set(vector["indices"]))
        for at, value in zip(vector["indices"], vector["values"], strict=True):
            dense[row, vectorizer.vocabulary_[names[at]]] = value
    np.testing.assert_allclose(dense, theirs, rtol=1e-12, atol=1e-15)


@given(text=st.text(st.characters(codec="utf-8"), min_size=1), seed=st.integers(0, 2**31 - 1), n=st.integers(1, 1000))
@settings(max_examples=25)
def test_hash_bucket_murmur3(text: str, seed: int, n: int) -> None:
    from sklearn.utils import murmurhash3_32

    ours = fitted(T.hash_bucket("x", n, hash="murmur3", seed=seed), [text])[1]
    assert ours.to_pylist() == [int(murmurhash3_32(text, seed)) % n]
    power = fitted(T.hash_bucket("x", 64, hash="murmur3", seed=seed), [text])[1]
    assert power.to_pylist() == [int(murmurhash3_32(text, seed, positive=True)) % 64]
