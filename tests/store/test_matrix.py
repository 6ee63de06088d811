"""`Dataset.matrix` against pandas, NumPy and SciPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.canonical import dumps
from featureprep.errors import ArgumentError, CorruptArtefactError, MissingExtraError
from featureprep.store import log
from featureprep.store.dataset import Dataset
from featureprep.store.fields import columns_of
from featureprep.store.log_entry import FIELD_METADATA, Draft
from featureprep.store.matrix import feature_matrix, label_array
from featureprep.store.objects import ObjectStore
from featureprep.types import dense, sparse

Write = Callable[..., Draft]


def field(name: str, dtype: pa.DataType, **said: Any) -> pa.Field:
    return pa.field(name, dtype, metadata={FIELD_METADATA: dumps(said).encode()} if said else None)


def made(store: ObjectStore, write: Write, fields: list[pa.Field], *parts: list[list[Any]]) -> Dataset:
    schema = pa.schema(fields)
    tables = [
        pa.Table.from_arrays([pa.array(values, f.type) for values, f in zip(columns, fields, strict=True)], schema=schema)
        for columns in parts
    ]
    return Dataset(store, log.commit(store, "census", write(store, splits={"train": tables})))


ROLES = [
    field("age", pa.float64(), role="feature"),
    field("label", pa.int8(), role="label", training_only=True),
    field("education", dense(pa.int8(), 2), role="feature", size=2, elements=["Bachelors", "a=b"]),
    field("fnlwgt", pa.string(), role="keep"),
    field("weight", pa.float32(), role="weight"),
    field("vector", dense(pa.float32(), 2)),
    field("flag", pa.bool_()),
    field("id", pa.int64(), role="feature", size=1000),
]
ONE: list[list[Any]] = [[1.5, None], [0, 1], [[1, 0], [0, 1]], ["k", None], [0.5, 2.0], [[1.0, 2.0], None], [True, False], [7, -1]]
TWO: list[list[Any]] = [[math.nan], [1], [[0, 0]], ["m"], [1.0], [[None, 3.0]], [True], [0]]


def test_dense(store: ObjectStore, write: Write) -> None:
    dataset = made(store, write, ROLES, ONE, TWO)
    x, y, names = dataset.matrix("train")
    assert names == ["age", "education=Bachelors", "education=a=b", "vector=0", "vector=1", "flag", "id"]
    nan = math.nan
    expected = [[1.5, 1, 0, 1, 2, 1, 7], [nan, 0, 1, nan, nan, 0, -1], [nan, 0, 0, nan, 3, 1, 0]]
    np.testing.assert_array_equal(x, np.array(expected))
    assert x.dtype == np.float64
    assert x.flags.c_contiguous
    assert y is not None
    assert (y.tolist(), y.dtype) == ([0, 1, 1], np.int8)
    weights = dataset.weights("train")
    assert weights is not None
    assert (weights.tolist(), weights.dtype) == ([0.5, 2.0, 1.0], np.float64)
    narrow, _, _ = dataset.matrix("train", dtype="float32")
    np.testing.assert_array_equal(narrow, np.array(expected, np.float32))


def test_sparse_against_scipy(store: ObjectStore, write: Write) -> None:
    from scipy.sparse import csr_matrix, issparse

    fields = [
        field("a", pa.float64()),
        field("text", sparse(pa.float64()), size=4, elements=["w", "x", "y", "z"]),
        field("b", pa.int32()),
        field("bag", sparse(pa.int64()), size=3),
    ]
    vectors = [{"indices": [0, 3], "values": [0.5, 1.0]}, {"indices": [], "values": []}, {"indices": [2, 1], "values": [math.nan, 2.0]}]
    bags = [{"indices": [1], "values": [9]}, {"indices": [0], "values": [1]}, {"indices": [], "values": []}]
    dataset = made(store, write, fields, [[0.0, 1.0], vectors[:2], [5, 0], bags[:2]], [[2.0], vectors[2:], [1], bags[2:]])
    x, y, names = dataset.matrix("train")
    assert issparse(x)
    assert isinstance(x, csr_matrix)
    assert y is None
    assert names == ["a", "text=w", "text=x", "text=y", "text=z", "b", "bag=0", "bag=1", "bag=2"]
    nan = math.nan
    expected = [[0, 0.5, 0, 0, 1, 5, 0, 9, 0], [1, 0, 0, 0, 0, 0, 1, 0, 0], [2, 0, 2, nan, 0, 1, 0, 0, 0]]
    np.testing.assert_array_equal(x.toarray(), np.array(expected))
    assert x.has_canonical_format
    assert dataset.matrix("train", dtype="float32")[0].dtype == np.float32


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True) | st.none(),
            st.integers(-(2**53), 2**53),
            st.booleans(),
            st.dictionaries(st.integers(0, 9), st.floats(-10, 10)),
            st.lists(st.floats(width=32), min_size=3, max_size=3),
        ),
        max_size=20,
    ),
    st.booleans(),
    st.integers(1, 5),
)
def test_equal_to_pandas(rows: list[tuple[Any, ...]], with_sparse: bool, cut: int) -> None:
    fields = [field("f", pa.float64()), field("i", pa.int64()), field("b", pa.bool_()), field("v", dense(pa.float32(), 3))]
    columns = [[r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[4] for r in rows]]
    if with_sparse:
        fields.insert(2, field("s", sparse(pa.float64()), size=10))
        columns.insert(2, [{"indices": list(r[3]), "values": list(r[3].values())} for r in rows])
    schema = pa.schema(fields)
    table = pa.Table.from_arrays([pa.array(values, f.type) for values, f in zip(columns, fields, strict=True)], schema=schema)
    pieces = [table.slice(start, cut) for start in range(0, table.num_rows, cut)]
    x = feature_matrix(pieces, columns_of(schema, "here"), "float64")
    got = x.toarray() if with_sparse else x
    expected = np.zeros((len(rows), 16 if with_sparse else 6))
    for n, row in enumerate(rows):
        flat = [math.nan if row[0] is None else row[0], row[1]]
        flat += [row[3].get(i, 0.0) for i in range(10)] if with_sparse else []
        expected[n] = [*flat, row[2], *row[4]]
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("bad", "values", "says"),
    [
        (field("c", pa.int64()), [1, None], "null"),
        (field("c", pa.bool_()), [True, None], "null"),
        (field("c", dense(pa.int8(), 2)), [[1, 0], None], "null"),
        (field("c", dense(pa.int8(), 2)), [[1, 0], [None, 0]], "null"),
        (field("c", sparse(pa.float64()), size=3), [{"indices": [0], "values": [1.0]}, None], "null"),
        (field("c", pa.string()), ["a", "b"], "numbers"),
        (field("c", pa.timestamp("us")), [1, 2], "numbers"),
        (field("c", pa.decimal128(5, 2)), [None, None], "numbers"),
        (field("c", pa.list_(pa.int64())), [[1], [2]], "numbers"),
        (field("c", sparse(pa.string()), size=3), [None, None], "numbers"),
        (field("c", pa.int64()), [2**53 + 1, 0], "exactly"),
        (field("c", pa.int64()), [2**63 - 1, 0], "exactly"),
        (field("c", pa.uint64()), [2**64 - 1, 0], "exactly"),
        (field("c", pa.int64()), [-(2**53) - 1, 0], "exactly"),
        (field("c", sparse(pa.int64()), size=3), [{"indices": [0], "values": [2**53 + 1]}] * 2, "exactly"),
    ],
)
def test_what_a_matrix_cannot_hold(memory_store: ObjectStore, write: Write, bad: pa.Field, values: list[Any], says: str) -> None:
    dataset = made(memory_store, write, [field("a", pa.float64()), bad], [[1.0, 2.0], values])
    with pytest.raises(ArgumentError, match=says) as caught:
        dataset.matrix("train")
    assert "'c'" in str(caught.value)
    assert caught.value.hint


def test_exact_integers_are_taken(memory_store: ObjectStore, write: Write) -> None:
    values = [2**53, -(2**53), 2**60, -(2**63)]
    dataset = made(memory_store, write, [field("a", pa.int64())], [values])
    assert dataset.matrix("train")[0][:, 0].tolist() == [float(v) for v in values]
    other = made(memory_store, write, [field("a", pa.int32())], [[2**24 + 1]])
    with pytest.raises(ArgumentError, match="float32"):
        other.matrix("train", dtype="float32")
    assert other.matrix("train")[0][0, 0] == 2**24 + 1


@pytest.mark.parametrize("dtype", ["int64", "float16", "nope", None, 3, "complex128"])
def test_dtypes(memory_store: ObjectStore, write: Write, dtype: Any) -> None:
    dataset = made(memory_store, write, [field("a", pa.float64())], [[1.0]])
    if dtype is None:  # NumPy's spelling of float64
        assert dataset.matrix("train", dtype=dtype)[0].dtype == np.float64
        return
    with pytest.raises(ArgumentError, match="float64 or float32"):
        dataset.matrix("train", dtype=dtype)


@pytest.mark.parametrize(
    "vector",
    [
        {"indices": [3], "values": [1.0]},
        {"indices": [-1], "values": [1.0]},
        {"indices": [0, 1], "values": [1.0]},
        {"indices": [1, 1], "values": [1.0, 2.0]},
        {"indices": [None], "values": [1.0]},
    ],
)
def test_broken_sparse_vectors(memory_store: ObjectStore, write: Write, vector: dict[str, Any]) -> None:
    dataset = made(memory_store, write, [field("s", sparse(pa.float64()), size=3)], [[vector]])
    with pytest.raises(CorruptArtefactError, match="'s'"):
        dataset.matrix("train")


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        (sparse(pa.float64()), {}),
        (sparse(pa.float64()), {"size": -1}),
        (dense(pa.float64(), 2), {"elements": ["a"]}),
        (pa.float64(), {"role": "boss"}),
        (pa.float64(), {"elements": "abc"}),
        (pa.float64(), {"training_only": 1}),
    ],
)
def test_broken_metadata(dtype: pa.DataType, said: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtefactError, match="'c'"):
        columns_of(pa.schema([field("c", dtype, **said)]), "here")


def test_empty_splits_and_no_features(memory_store: ObjectStore, write: Write) -> None:
    dataset = made(memory_store, write, [field("a", pa.float64()), field("y", pa.int8(), role="label")])
    entry = dataset.entry
    assert entry.splits == {"train": 0}
    empty = Dataset(memory_store, log.commit(memory_store, "d", write(memory_store, "d", {"train": []}, schema=pa.schema(ROLES))))
    x, y, names = empty.matrix("train")
    assert x.shape == (0, len(names))
    assert y is not None
    assert y.shape == (0,)
    only = made(memory_store, write, [field("y", pa.string(), role="label")], [["p", None]])
    x, y, names = only.matrix("train")
    assert (x.shape, names) == ((2, 0), [])
    assert y is not None
    assert y.tolist() == ["p", None]
    assert only.weights("train") is None


def test_several_labels() -> None:
    schema = pa.schema([field("y", pa.int8(), role="label"), field("z", pa.int8(), role="label")])
    table = pa.Table.from_arrays([pa.array([1, 2], pa.int8()), pa.array([3, 4], pa.int8())], schema=schema)
    y = label_array([table], columns_of(schema, "here"))
    assert y is not None
    assert y.tolist() == [[1, 3], [2, 4]]


def test_null_labels() -> None:
    schema = pa.schema([field("y", pa.int8(), role="label")])
    with pytest.raises(ArgumentError, match="1 nulls"):
        label_array([pa.Table.from_arrays([pa.array([1, None], pa.int8())], schema=schema)], columns_of(schema, "here"))


def test_sparse_without_scipy(memory_store: ObjectStore, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    dataset = made(memory_store, write, [field("s", sparse(pa.float64()), size=3)], [[{"indices": [0], "values": [1.0]}]])
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(MissingExtraError, match="sklearn"):
        dataset.matrix("train")
