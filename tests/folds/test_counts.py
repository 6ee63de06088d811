from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, TypeMismatchError
from featureprep.folds.counts import NullCounts, RowCount, TextLengths, TextLengthsResult

TYPES = [pa.float64(), pa.string(), pa.bool_(), pa.date32(), pa.list_(pa.string())]


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_rows_nulls_and_nans_however_cut(dtype: pa.DataType, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(dtype))
    values = array.to_pylist()
    assert same_bits(RowCount(), (array, array), data) == len(values)
    result = same_bits(NullCounts(), (array,), data)
    nans = sum(1 for v in values if v != v)
    assert (result.n, result.nulls, result.nans) == (len(values) - values.count(None) - nans, values.count(None), nans)


@settings(max_examples=40)
@given(data=st.data())
def test_text_lengths_however_cut(data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(pa.string()))
    result = same_bits(TextLengths(), (array,), data)
    texts = [v for v in array.to_pylist() if v is not None]
    sizes = [len(v) for v in texts]
    ends = (min(sizes), max(sizes)) if sizes else (None, None)
    assert result == TextLengthsResult(len(texts), len(array) - len(texts), texts.count(""), sum(sizes), *ends)
    assert result.mean == (sum(sizes) / len(sizes) if sizes else None)


def test_a_null_inside_a_dictionary_is_a_null() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1, None]), pa.array(["a", None]))
    assert NullCounts().update(NullCounts().init(), array).nulls == 3
    assert TextLengths().update(TextLengths().init(), array).nulls == 3


@pytest.mark.parametrize("value", [None, float("nan"), "ab", ""])
def test_added_values_are_rows(value: Any) -> None:
    rows = RowCount()
    assert rows.add_value(rows.update(rows.init(), pa.array([1])), value, 4) == 5
    nulls = NullCounts()
    assert nulls.add_value(nulls.init(), value, 3) == nulls.update(nulls.init(), pa.array([value] * 3))
    texts = TextLengths()
    if not isinstance(value, float):
        assert texts.add_value(texts.init(), value, 3) == texts.update(texts.init(), pa.array([value] * 3, pa.string()))


def test_what_is_not_text_is_refused() -> None:
    with pytest.raises(TypeMismatchError, match="text_lengths takes strings, not int64"):
        TextLengths().update(TextLengths().init(), pa.array([1]))
    with pytest.raises(TypeMismatchError):
        TextLengths().add_value(TextLengths().init(), 1, 1)


@pytest.mark.parametrize("fold", [RowCount(), NullCounts(), TextLengths()], ids=lambda f: f.name)
def test_broken_states_are_refused(fold: Any) -> None:
    good = fold.encode(fold.init())
    for bad in (b"", b"\0" * 8, good[:-1], good.replace(b'"n":0', b'"n":[')):
        with pytest.raises(CorruptArtefactError):
            fold.decode(bad)
