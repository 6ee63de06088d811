"""Functions of lists."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.kernels import lists
from featureprep.kernels.arrays import from_rows
from featureprep.kernels.casts import cast
from featureprep.kernels.result import BAD

FEW = settings(max_examples=settings().max_examples // 4)  # there are many parameters
ITEMS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.floats() | st.sampled_from([0.0, -0.0, 0.1, 1e308]),
    pa.float32(): st.floats(width=32),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5),
    pa.uint64(): st.integers(0, 2**64 - 1) | st.integers(0, 5),
    pa.int8(): st.integers(-128, 127),
}


def rows_of(dtype: pa.DataType, size: int | None = None) -> st.SearchStrategy[list[Any]]:
    cell = (
        st.lists(st.none() | ITEMS[dtype], max_size=6) if size is None else st.lists(st.none() | ITEMS[dtype], min_size=size, max_size=size)
    )
    return st.lists(st.none() | cell, max_size=25)


@pytest.mark.parametrize("item", ITEMS, ids=str)
@FEW
@given(data=st.data())
def test_numbers(item: pa.DataType, data: st.DataObject, agree: Any) -> None:
    for dtype, size in ((pa.list_(item), None), (pa.list_(item, 3), 3)):
        array = pa.array(data.draw(rows_of(item, size)), dtype)
        agree(array, lists.sum_batch, lists.sum_row(dtype))
        agree(array, lists.mean_batch, lists.mean_row)
        agree(array, lists.min_batch, lists.min_row)
        agree(array, lists.max_batch, lists.max_row)
        agree(array, lists.len_batch, len)
        for index in (0, 1, -1, 9, -9):
            agree(array, lambda part: lists.get_batch(part, index), lists.get_row(index))  # noqa: B023
        needle = data.draw(ITEMS[item])
        agree(array, lambda part: lists.contains_batch(part, needle), lists.contains_row(needle))  # noqa: B023


@given(
    rows=st.lists(st.none() | st.lists(st.none() | st.text(max_size=3), max_size=4), max_size=8), separator=st.sampled_from([",", "", "--"])
)
def test_texts(rows: list[Any], separator: str, agree: Any) -> None:
    array = pa.array(rows, pa.list_(pa.string()))
    agree(array, lambda part: lists.join_batch(part, separator), lists.join_row(separator))
    agree(array, lambda part: lists.contains_batch(part, "a"), lists.contains_row("a"))


def test_long_lists_among_short_ones() -> None:
    rng = np.random.default_rng(1)
    rows = [rng.normal(size=size).tolist() for size in [0, 1, 100_000, 3, 7, 5_000, *rng.integers(0, 40, 500)]]
    totals = lists.sum_batch(pa.array(rows))[0].to_pylist()
    assert totals == [lists.sum_row(pa.list_(pa.float64()))(row) for row in rows]
    assert totals[2] != float(np.sum(rows[2]))  # exact: shows that pairwise addition would give other bits


def test_examples(batch_cells: Any) -> None:
    array = pa.array([[1.0, None, 2.0], [], None, [None], [math.nan, 1.0], [-0.0]])
    assert str(batch_cells(lists.sum_batch(array))) == "[3.0, 0.0, None, 0.0, nan, 0.0]"
    assert str(batch_cells(lists.mean_batch(array))) == "[1.5, None, None, None, nan, 0.0]"
    assert str(batch_cells(lists.max_batch(array))) == "[2.0, None, None, None, nan, 0.0]"
    assert batch_cells(lists.len_batch(array)) == [3, 0, None, 1, 2, 1]
    assert batch_cells(lists.sum_batch(pa.array([[2**63 - 1, 1], [2**63 - 1, 1, -1]]))) == [BAD, 2**63 - 1]
    assert batch_cells(lists.contains_batch(array, math.nan)) == [False, False, None, False, True, False]
    assert batch_cells(lists.contains_batch(array, 0.0)) == [False, False, None, False, False, True]
    assert batch_cells(lists.join_batch(pa.array([["a", None, "b"], [], None]), ",")) == ["a,b", "", None]


def test_dates_have_a_first_and_a_last(batch_cells: Any) -> None:
    array = from_rows([[5, -3, None], []], pa.list_(pa.date32()))[0]
    assert batch_cells(lists.min_batch(array)) == [-3, None]
    assert batch_cells(lists.contains_batch(array, -3)) == [True, False]


def test_elements_of_null_cells_are_not_seen(batch_cells: Any) -> None:
    hidden = pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), pa.array([1.0, 2.0, 4.0]), mask=pa.array([True, False]))
    assert batch_cells(lists.sum_batch(hidden)) == [None, 4.0]
    assert batch_cells(lists.max_batch(hidden)) == [None, 4.0]
    assert batch_cells(cast(hidden, pa.list_(pa.int64()))) == [None, [4]]
