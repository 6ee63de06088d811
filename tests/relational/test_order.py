"""The order by content does not depend on arrival, down to the sign of a zero."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError
from featureprep.hashing.layout import whole
from featureprep.relational.order import content_order, repeated
from featureprep.relational.ranks import ranked
from featureprep.relational.rows import take_rows
from tests.relational.tables import VALUES, columns, reorder, reorderings, rows_of, tables


@given(tables(), st.data())
def test_any_order_of_arrival_gives_the_same_rows_bit_for_bit(table: pa.Table, data: st.DataObject) -> None:
    other = reorder(table, data.draw(reorderings(table.num_rows)))
    order = content_order(table)
    assert sorted(order.tolist()) == list(range(table.num_rows))
    assert rows_of(take_rows(table, order)) == rows_of(take_rows(other, content_order(other)))


@given(st.lists(st.integers(0, 9)))
def test_repeated_numbers(numbers: list[int]) -> None:
    numbers.sort()
    assert repeated(np.array(numbers, np.int64)).tolist() == [numbers.count(number) > 1 for number in numbers]


def test_zeros_and_nans_that_hash_alike_keep_an_order_of_their_own() -> None:
    odd = np.array([0, 1 << 63, 0x7FF8000000000000, 0xFFF8000000000001], np.uint64)
    for dtype in (pa.float64(), pa.list_(pa.float64()), pa.struct([("x", pa.float64())])):
        seen = set()
        for shift in range(4):
            floats = pa.array(np.roll(odd, shift).view(np.float64))
            if pa.types.is_list(dtype):
                floats = pa.ListArray.from_arrays(pa.array(range(5), pa.int32()), floats)
            elif pa.types.is_struct(dtype):
                floats = pa.StructArray.from_arrays([floats], names=["x"])
            table = pa.table({"x": floats})
            column = take_rows(table, content_order(table))["x"].combine_chunks()
            leaves = column if dtype == pa.float64() else (column.flatten() if pa.types.is_list(dtype) else column.field(0))
            seen.add(tuple(leaves.to_numpy().view(np.uint64).tolist()))
        assert len(seen) == 1


def test_a_table_without_columns_has_its_rows() -> None:
    table = pa.table({"x": [1, 2, 3]}).select([])
    assert len(content_order(table)) == table.num_rows


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ArgumentError, match="two columns have the name 'x'"):
        content_order(pa.table([pa.array([1]), pa.array([2])], names=["x", "x"]))


@given(st.sampled_from(list(VALUES)), st.data())
def test_ranks_sort_values_then_nan_then_null(dtype: pa.DataType, data: st.DataObject) -> None:
    array = data.draw(columns(20, dtype=dtype))
    found = ranked(array, "test")
    values = array.to_pylist()
    present = sorted({v + 0.0 if isinstance(v, float) else v for v in values if v is not None and v == v})
    assert found.values.to_pylist() == present
    place = {value: i for i, value in enumerate(present)}
    top = len(present)
    assert found.ranks.tolist() == [top + 1 if v is None else top if v != v else place[v] for v in values]
    backwards = found.sort_key(descending=True).tolist()
    assert backwards == [top + 1 if v is None else top if v != v else top - 1 - place[v] for v in values]


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["a", None, "b"], pa.string_view()),
        pa.array([b"a", None, b"b"], pa.binary_view()),
        pa.array([[1.5], None, [-0.0, None]], pa.list_view(pa.float64())),
        pa.RunEndEncodedArray.from_arrays(pa.array([1, 3], pa.int32()), pa.array([1.5, None])),
        pa.array(["a", None, "b"]).dictionary_encode(),
    ],
)
def test_rows_of_every_encoding_can_be_taken(array: pa.Array) -> None:
    values = array.to_pylist()
    for column in (array, pa.chunked_array([array.slice(0, 1), array.slice(1)])):
        table = pa.table({"x": column})
        assert take_rows(table, np.array([2, -1, 0, 1, 1]))["x"].to_pylist() == [values[2], None, values[0], values[1], values[1]]
        assert sorted(content_order(table).tolist()) == [0, 1, 2]


def test_taking_from_no_rows_gives_nulls_and_the_schema_stays() -> None:
    table = pa.table({"x": pa.array([], pa.list_(pa.int64())), "y": pa.array([], pa.uint64())})
    assert take_rows(table, np.array([-1, -1])).to_pylist() == [{"x": None, "y": None}] * 2
    assert take_rows(table, np.array([], np.int64)).schema == table.schema


def test_text_beyond_the_reach_of_32_bit_offsets_becomes_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.hashing.layout.WIDE_BYTES", 64)
    monkeypatch.setattr("featureprep.relational.rows.WIDE_BYTES", 64)
    column = pa.chunked_array([["a" * 50], ["b" * 50]])
    assert whole(column).type == pa.large_string()
    table = pa.table({"x": column})
    taken = take_rows(table, np.array([0, 1, 1, 0]))
    assert taken["x"].num_chunks > 1
    assert [v[0] for v in taken["x"].to_pylist()] == ["a", "b", "b", "a"]
