from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.folds.document_frequency import DocumentFrequency


def run(array: pa.Array, **params: Any) -> Any:
    fold = DocumentFrequency(**params)
    return fold.finish(fold.update(fold.init(), array))


@settings(max_examples=80)
@given(data=st.data())
def test_counts_rows_per_token_however_cut(data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(pa.list_(pa.string())))
    top_k = data.draw(st.none() | st.integers(0, 3))
    result = same_bits(DocumentFrequency(top_k=top_k), (array,), data)
    documents = [row for row in array.to_pylist() if row is not None]
    counts = Counter(token for row in documents for token in set(row) - {None})
    expected = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == expected[:top_k]
    assert (result.n, result.nulls, result.n_unique) == (len(documents), len(array) - len(documents), len(expected))


@pytest.mark.parametrize(
    "dtype",
    [
        pa.large_list(pa.string()),
        pa.list_(pa.large_string()),
        pa.list_(pa.dictionary(pa.int32(), pa.string())),
        pa.list_(pa.string_view()),
        pa.list_(pa.string(), 2),
    ],
    ids=str,
)
def test_every_encoding_of_a_list(dtype: pa.DataType) -> None:
    array = pa.array([["z", "z"], ["b", "a"], None, ["b", None], ["b", "b"]], dtype).slice(1)
    result = run(array)
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == [("b", 3), ("a", 1)]
    assert (result.n, result.nulls) == (3, 1)


def test_tokens_that_only_a_null_row_covers_are_not_counted() -> None:
    array = pa.ListArray.from_arrays(pa.array([0, 1, 2]), pa.array(["a", "b"]), mask=pa.array([False, True]))
    assert run(array).values.to_pylist() == ["a"]


def test_columns_without_tokens() -> None:
    assert run(pa.nulls(2)).nulls == 2
    assert run(pa.array([[], [None]], pa.list_(pa.null()))).n == 2
    assert run(pa.array([[], None], pa.list_(pa.string()))).n == 1


@pytest.mark.parametrize("array", [pa.array(["a"]), pa.array([[1]])], ids=lambda a: str(a.type))
def test_other_types_are_refused(array: pa.Array) -> None:
    with pytest.raises(TypeMismatchError, match="takes lists of strings"):
        run(array)
