"""l2_normalize: by hand, numbers too large or small to be squared, and against scikit-learn."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from featureprep import transforms as T
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import col
from tests.transforms.harness import Fitted, Rejected, bits, check_rows_equal_batch, fit, results

U: Any = T  # to be called wrongly
NAN, INF = math.nan, math.inf
SPARSE = pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float64()))])


def of(rows: list[Any], dtype: pa.DataType, **given: Any) -> list[Any]:
    return results(T.l2_normalize("x", **given), x=pa.array(rows, dtype))


@pytest.mark.parametrize("item", [pa.float64(), pa.float32(), pa.int64(), pa.uint8()])
def test_by_hand(item: pa.DataType) -> None:
    rows = [[3, 4], [0, 0], None, [1, None], [None, None], [0, 5]]
    wanted = [[0.6, 0.8], [0.0, 0.0], None, [1.0, None], [None, None], [0.0, 1.0]]
    assert of(rows, pa.list_(item)) == wanted
    assert of(rows, pa.list_(item, 2)) == wanted
    entries = [None if row is None else {"indices": [7, 1], "values": row} for row in rows]
    dtype = pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(item))])
    assert of(entries, dtype) == [None if row is None else {"indices": [7, 1], "values": row} for row in wanted]


def test_zero_and_empty_vectors_stay() -> None:
    assert bits(of([[0.0, -0.0], [], None, [-2.0]], pa.list_(pa.float64()))) == bits([[0.0, -0.0], [], None, [-1.0]])
    assert of([{"indices": [], "values": []}, None], SPARSE) == [{"indices": [], "values": []}, None]
    assert of([[], None], pa.list_(pa.float64(), 0)) == [[], None]


@pytest.mark.parametrize("dtype", [pa.null(), pa.list_(pa.null()), pa.list_(pa.float64()), pa.list_(pa.int8(), 3), SPARSE], ids=str)
def test_nothing_in_gives_nothing_out(dtype: pa.DataType) -> None:
    for rows in ([], [None], [None, None]):
        assert of(rows, dtype) == rows


def test_nan_and_infinities() -> None:
    rows = [[1.0, NAN], [NAN, INF, None], [1.0, INF], [-INF], [1.0]]
    got = of(rows, pa.list_(pa.float64()), malformed="null")
    assert bits(got) == bits([[NAN, NAN], [NAN, NAN, None], None, None, [1.0]])
    rejected = of(rows, pa.list_(pa.float64()))
    assert [isinstance(value, Rejected) for value in rejected] == [False, False, True, True, False]
    assert rejected[2].rule == "malformed: l2_normalize(x)"


def test_numbers_too_large_or_small_to_be_squared() -> None:
    rows = [[3e200, 4e200], [3e-200, -4e-200], [5e-324, 0.0], [1.7e308, 1.7e308], [1e-310], [1e308, 1e-308], [2.0**-449, 2.0**-449]]
    wanted = [[0.6, 0.8], [0.6, -0.8], [1.0, 0.0], [math.sqrt(0.5)] * 2, [1.0], [1.0, 0.0], [math.sqrt(0.5)] * 2]
    for row, expected in zip(of(rows, pa.list_(pa.float64())), wanted, strict=True):
        assert row == pytest.approx(expected, rel=1e-15, abs=1e-300)


@given(x=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), exponent=st.integers(-1000, 1000))
@settings(max_examples=40)
def test_a_power_of_two_changes_nothing(x: list[float], exponent: int) -> None:
    scaled = [math.ldexp(value, exponent) for value in x]
    if any(math.ldexp(value, -exponent) != given for value, given in zip(scaled, x, strict=True)) or max(map(abs, x)) < 1e-3:
        return  # something was too small, or is scaled in itself
    assert bits(of([scaled], pa.list_(pa.float64()))) == bits(of([x], pa.list_(pa.float64())))


def test_names_and_size_are_those_of_the_vector() -> None:
    table = pa.table({"c": ["x", "y", "x"], "w": [["a"], ["a", "b"], []]})

    def known(made: Fitted) -> tuple[Any, Any]:
        return made.bound.op.elements(made.bound.call), made.bound.op.size(made.bound.call)

    assert known(fit(T.l2_normalize(T.one_hot("c")), table)) == (["x", "y"], 2)
    assert known(fit(T.l2_normalize(T.count_vector("w")), table)) == (["a", "b"], 2)
    assert known(fit(T.l2_normalize(T.hashing_tf("w", buckets=9)), table)) == (None, 9)
    both = fit(T.assemble(T.l2_normalize(T.count_vector("w", binary=True)), c=T.l2_normalize(T.one_hot("c"))), table)
    assert both.bound.op.elements(both.bound.call) == ["w=a", "w=b", "c=x", "c=y"]
    half = math.sqrt(2)
    assert check_rows_equal_batch(both, table)[1] == {"indices": [0, 1, 3], "values": [1 / half, 1 / half, 1.0]}


def test_slices() -> None:
    for dtype in (pa.list_(pa.float64()), pa.list_(pa.float64(), 2)):
        array = pa.array([[9.0, 9.0], [3.0, 4.0], None, [0.0, 2.0]], dtype).slice(1)
        assert results(T.l2_normalize("x"), x=array) == [[0.6, 0.8], None, [0.0, 1.0]]
    entries = [{"indices": [1], "values": [9.0]}, {"indices": [0, 2], "values": [3.0, 4.0]}, None]
    assert results(T.l2_normalize("x"), x=pa.array(entries, SPARSE).slice(1)) == [{"indices": [0, 2], "values": [0.6, 0.8]}, None]


@given(x=hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.floats(-1e6, 1e6)))
@settings(max_examples=40)
def test_the_same_as_scikit_learn(x: np.ndarray[Any, Any]) -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    x = np.where(np.abs(x) < 1e-10, 0.0, x)  # scikit-learn leaves vectors shorter than 2.2e-15 as they are
    ours = of(x.tolist(), pa.list_(pa.float64(), x.shape[1]))
    np.testing.assert_allclose(ours, preprocessing.Normalizer().fit_transform(x), rtol=1e-12, atol=1e-12)


def test_the_same_as_scikit_learn_on_real_messages(data_dir: Path) -> None:
    text_module, preprocessing = (pytest.importorskip(f"sklearn.{name}") for name in ("feature_extraction.text", "preprocessing"))
    lines = (data_dir / "sms-spam" / "SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    texts = [text for line in lines if (text := line.partition("\t")[2]).isascii()]
    vectorizer = text_module.CountVectorizer(token_pattern=r"\w+")
    made = fit(T.l2_normalize(T.count_vector(T.tokenize("x"))), table := pa.table({"x": texts}))
    theirs = preprocessing.Normalizer().fit_transform(vectorizer.fit_transform(texts))
    theirs = theirs[:, [vectorizer.vocabulary_[name] for name in made.bound.op.elements(made.bound.call) or []]].tocsr()
    theirs.sort_indices()
    ours = made.batch(table)[0]
    assert ours.field("indices").flatten().to_pylist() == theirs.indices.tolist()
    np.testing.assert_allclose(ours.field("values").flatten().to_numpy(), theirs.data, rtol=1e-12)
    check_rows_equal_batch(made, table.slice(0, 200))


@pytest.mark.parametrize(
    "dtype", [pa.float64(), pa.list_(pa.string()), pa.list_(pa.list_(pa.float64())), pa.struct([("a", pa.int8())])], ids=str
)
def test_other_columns_are_refused(dtype: pa.DataType) -> None:
    with pytest.raises(TypeMismatchError, match="l2_normalize takes vectors and lists of numbers, not"):
        fit(T.l2_normalize("x"), pa.table({"x": pa.array([], dtype)}))


def test_arguments_are_held_against_their_limits() -> None:
    with pytest.raises(ArgumentError, match="'malformed' parameter of l2_normalize"):
        U.l2_normalize("x", malformed="drop")
    with pytest.raises(TypeMismatchError, match="missing="):
        fit(T.l2_normalize(col("x"), missing=0), pa.table({"x": [[1.0]]}))
