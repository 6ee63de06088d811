from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.folds.list_frequency import ListFrequency


def run(array: pa.Array, **params: Any) -> Any:
    fold = ListFrequency(**params)
    return fold.finish(fold.update(fold.init(), array))


@pytest.mark.parametrize("dtype", [pa.string(), pa.float64(), pa.int64(), pa.bool_()], ids=str)
@settings(max_examples=25)
@given(data=st.data())
def test_counts_rows_per_value_however_cut(dtype: pa.DataType, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(pa.list_(dtype)))
    top_k = data.draw(st.none() | st.integers(0, 3))
    result = same_bits(ListFrequency(top_k=top_k), (array,), data)
    rows = [row for row in array.to_pylist() if row is not None]
    counts = Counter(value for row in rows for value in set(row) - {None} if value == value)
    key = str.encode if dtype == pa.string() else lambda value: value
    expected = sorted(counts.items(), key=lambda item: (-item[1], key(item[0])))
    assert list(zip(result.values.to_pylist(), result.counts.tolist(), strict=True)) == expected[:top_k]
    assert (result.n, result.nulls, result.n_unique) == (sum(counts.values()), len(array) - len(rows), len(expected))
    assert result.nans == sum(any(value != value for value in row) for row in rows)


def test_zeros_are_one_value() -> None:
    result = run(pa.array([[0.0, -0.0], [-0.0]]))
    assert (result.values.to_pylist(), result.counts.tolist()) == ([0.0], [2])
    assert str(result.values[0]) == "0.0"


def test_dictionaries_and_columns_without_values() -> None:
    coded = pa.array([["z"], ["b", "a", "b"], None, ["b", None]], pa.list_(pa.dictionary(pa.int32(), pa.string()))).slice(1)
    assert run(coded).values.to_pylist() == ["b", "a"]
    assert run(pa.nulls(2)).nulls == 2
    assert run(pa.array([[], [None]], pa.list_(pa.null()))).n == 0


@pytest.mark.parametrize("array", [pa.array(["a"]), pa.array([[["a"]]])], ids=lambda a: str(a.type))
def test_other_types_are_refused(array: pa.Array) -> None:
    with pytest.raises(TypeMismatchError, match="takes lists of scalars"):
        run(array)
