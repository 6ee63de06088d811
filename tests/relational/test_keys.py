"""Groups of equal keys against Python's own dictionaries."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.relational.keys import any_null, check_key, group_ids
from tests.relational.tables import canonical_rows, tables


@given(tables())
def test_rows_are_in_one_group_exactly_when_their_canonical_values_are_equal(table: pa.Table) -> None:
    ids, groups = group_ids(table.columns)
    pairs = set(zip(canonical_rows(table.columns), ids.tolist(), strict=True))
    assert len(pairs) == groups == len({row for row, _ in pairs}) == len({i for _, i in pairs})
    assert sorted({i for _, i in pairs}) == list(range(groups))


@given(tables(), st.data())
def test_a_slice_has_the_groups_of_its_rows(table: pa.Table, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, table.num_rows))
    part = table.slice(start, data.draw(st.integers(0, table.num_rows - start)))
    assert group_ids(part.columns)[1] == len(set(canonical_rows(part.columns)))


@given(tables(nested=False))
def test_nulls_are_found(table: pa.Table) -> None:
    expected = [any(value is None for value in row) for row in canonical_rows(table.columns)]
    assert any_null(table.columns).tolist() == expected


def test_text_with_the_same_hash_prefix_is_told_apart() -> None:
    texts = [f"{'x' * 300}{i}" for i in range(1000)]
    assert group_ids([pa.array(texts * 2)])[1] == 1000


@pytest.mark.parametrize("keys", [[], [pa.array([1]), pa.array([1, 2])]])
def test_keys_that_are_none_or_uneven_are_refused(keys: list[pa.Array]) -> None:
    with pytest.raises(ArgumentError):
        group_ids(keys)


@pytest.mark.parametrize("dtype", [pa.list_(pa.int64()), pa.struct([("x", pa.int64())]), pa.list_(pa.int8(), 3)])
def test_nested_keys_are_refused_by_name(dtype: pa.DataType) -> None:
    with pytest.raises(TypeMismatchError, match="group_by takes no key of type"):
        check_key(dtype, "group_by")
