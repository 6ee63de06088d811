"""Numeric columns as NumPy arrays."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.folds.moments import Moments
from featureprep.folds.numbers import numbers, valid_slots
from featureprep.folds.quantiles import Runs

CELLS = st.lists(st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 1.5])), max_size=40)


@given(CELLS, st.integers(0, 12), st.sampled_from([pa.float64(), pa.float32()]))
def test_finite_values_and_the_number_of_all_others(cells: list[float | None], start: int, dtype: pa.DataType) -> None:
    array = pa.array(
        [None if cell is None else float(np.float32(cell)) for cell in cells if cell is None or abs(cell) < 3e38 or cell != cell], dtype
    )
    array = array.slice(min(start, len(array)))
    found = numbers(array, "test")
    values = [cell for cell in array.to_pylist() if cell is not None]
    finite = [value for value in values if math.isfinite(value)]
    assert found.values.tolist() == finite
    assert not np.signbit(found.values[found.values == 0.0]).any()
    assert (found.nulls, found.nans) == (array.null_count, sum(value != value for value in values))
    assert len(array) == len(found.values) + found.nulls + found.nans + found.infs
    assert (found.low, found.high) == (min(finite, default=math.inf), max(finite, default=-math.inf))


@pytest.mark.parametrize("dtype", [pa.int8(), pa.uint16(), pa.int64(), pa.uint64(), pa.bool_()])
def test_whole_numbers_keep_their_64_bits(dtype: pa.DataType) -> None:
    array = pa.array([None, 1, 0, None, 1]).cast(dtype).slice(1)
    found = numbers(array, "test")
    assert found.values.dtype == (np.uint64 if pa.types.is_unsigned_integer(dtype) or dtype == pa.bool_() else np.int64)
    assert (found.values.tolist(), found.nulls, found.low, found.high) == ([1, 0, 1], 1, 0.0, 1.0)


@pytest.mark.parametrize("array", [pa.nulls(9, pa.float64()), pa.nulls(9, pa.int32()), pa.nulls(9), pa.nulls(0, pa.float64())])
def test_nothing_but_nulls(array: pa.Array) -> None:
    found = numbers(array, "test")
    assert (len(found.values), found.nulls, found.nans, found.infs) == (0, len(array), 0, 0)


def test_texts_are_no_numbers() -> None:
    with pytest.raises(TypeMismatchError, match="moments takes numbers, not string"):
        numbers(pa.array(["a"]), "moments")


def test_valid_slots_of_a_slice() -> None:
    array = pa.array([None, 1.0, None, 4.0] * 5)
    for start in range(12):
        part = array.slice(start, 7)
        assert valid_slots(part).tolist() == part.is_valid().to_pylist()


def test_two_folds_of_one_array_leave_it_and_each_other_alone() -> None:
    cells = np.array([-0.0, 3.0, 0.0, -2.5])
    array = pa.array(cells)
    before = Moments().update(Moments().init(), array)
    runs = Runs().update(Runs().init(), array)
    assert Moments().update(Moments().init(), array) == before
    assert np.signbit(cells[0])  # the caller's own memory
    assert Runs().finish(runs).order_statistic(0) == -2.5
    again = Runs().update(runs, array)
    assert Runs().finish(again).n == 8
