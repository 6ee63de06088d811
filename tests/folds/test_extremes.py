from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, TypeMismatchError
from featureprep.folds.extremes import MinMax, MinMaxResult

TYPES = [
    pa.float64(),
    pa.float32(),
    pa.int64(),
    pa.uint64(),
    pa.bool_(),
    pa.string(),
    pa.binary(),
    pa.date32(),
    pa.timestamp("us"),
    pa.decimal128(20, 2),
]


def code(value: Any) -> Any:
    """As row code holds a value."""
    if isinstance(value, dt.datetime):
        return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (value - dt.date(1970, 1, 1)).days
    return value + 0.0 if isinstance(value, float) else value


def run(array: pa.Array) -> MinMaxResult:
    return MinMax().update(MinMax().init(), array)


@pytest.mark.parametrize("dtype", TYPES, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_extremes_however_cut(dtype: pa.DataType, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(dtype))
    result = same_bits(MinMax(), (array,), data)
    values = [code(v) for v in array.to_pylist() if v is not None and v == v]
    key = (lambda v: v.encode()) if dtype == pa.string() else (lambda v: v)
    assert result.n == len(values)
    assert result.n + result.nulls + result.nans == len(array)
    assert (result.min, result.max) == ((min(values, key=key), max(values, key=key)) if values else (None, None))
    assert str(result.min) != "-0.0"
    assert str(result.max) != "-0.0"


@settings(max_examples=40)
@given(data=st.data())
def test_added_values_are_rows(data: Any, arrays: Any) -> None:
    array = data.draw(arrays(pa.float64()))
    value, count = data.draw(st.none() | st.floats()), data.draw(st.integers(0, 3))
    assert MinMax().add_value(run(array), value, count) == run(pa.array(array.to_pylist() + [value] * count, pa.float64()))


@pytest.mark.parametrize("value", [dt.date(2020, 2, 29), dt.datetime(1969, 1, 1, 0, 0, 0, 1), "a", True, 7])
def test_added_values_are_in_row_code(value: Any) -> None:
    assert MinMax().add_value(MinMax().init(), value, 2) == run(pa.array([value, value]))


def test_dictionary_entries_that_do_not_occur_do_not_count() -> None:
    array = pa.DictionaryArray.from_arrays(pa.array([1, 1]), pa.array(["a", "m", "z"]))
    assert run(array) == MinMaxResult(2, 0, 0, "m", "m")


def test_lists_and_mixed_types_are_refused() -> None:
    with pytest.raises(TypeMismatchError, match="min_max takes scalars, not list<int64>"):
        run(pa.array([[1]]))
    with pytest.raises(TypeMismatchError, match="int and str"):
        MinMax().add_value(run(pa.array([1])), "a", 1)


def test_broken_states_are_refused() -> None:
    good = MinMax().encode(run(pa.array([1, 2])))
    for bad in (good[:-1], good.replace(b"[1,2]", b'[1,""]'), good.replace(b"[1,2]", b"[[],[]]"), good.replace(b"[1,2]", b"[1  ]")):
        with pytest.raises(CorruptArtefactError):
            MinMax().decode(bad)
