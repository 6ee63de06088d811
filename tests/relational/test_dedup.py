"""drop_duplicates against a plain Python statement of its rule."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.relational.dedup import drop_duplicates
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from tests.relational.tables import canonical_rows, columns, reorder, reorderings, rows_of, tables


@given(tables(), st.booleans(), st.data())
def test_any_order_of_arrival_keeps_the_same_rows_in_the_same_order(table: pa.Table, descending: bool, data: st.DataObject) -> None:
    reordering = data.draw(reorderings(table.num_rows))
    keys = data.draw(st.none() | st.lists(st.sampled_from(table.column_names), min_size=1, unique=True))
    scalars = [name for name in table.column_names if not pa.types.is_nested(table.schema.field(name).type)]
    by = data.draw(st.lists(st.sampled_from(scalars), unique=True)) if scalars else []
    other = reorder(table, reordering)
    kept = drop_duplicates(table, keys, [table[name] for name in by], descending=descending)
    others = drop_duplicates(other, keys, [other[name] for name in by], descending=descending)
    assert rows_of(take_rows(table, kept)) == rows_of(take_rows(other, others))
    wanted = canonical_rows(table.columns if keys is None else [table[name] for name in keys])
    assert sorted(map(repr, (wanted[i] for i in kept))) == sorted(map(repr, set(wanted)))
    order = content_order(table).tolist()
    places = [order.index(i) for i in kept.tolist()]
    assert places == sorted(places)


@given(st.data(), st.booleans())
def test_the_row_that_stays_is_the_first_by_order_nan_and_null_last(data: st.DataObject, descending: bool) -> None:
    rows = data.draw(st.integers(1, 20))
    key = data.draw(columns(rows, dtype=pa.int8()))
    value = data.draw(columns(rows, dtype=pa.float64()))
    table = pa.table({"key": key, "value": value})
    kept = take_rows(table, drop_duplicates(table, ["key"], [value], descending=descending)).to_pylist()
    for row in kept:
        rivals = [v for k, v in zip(key.to_pylist(), value.to_pylist(), strict=True) if k == row["key"]]
        numbers = [v for v in rivals if v is not None and v == v]
        if numbers:
            assert row["value"] == (max if descending else min)(numbers)
        elif any(v is not None for v in rivals):
            assert row["value"] != row["value"]
        else:
            assert row["value"] is None


def test_hand_made() -> None:
    table = pa.table({"id": [1, 1, 2, 2, None, None], "when": [5, 7, None, 3, 1, 1], "é": ["a", "b", "c", "d", "e", "e"]})
    kept = take_rows(table, drop_duplicates(table, ["id"], [table["when"]], descending=True)).sort_by("é")
    assert kept["é"].to_pylist() == ["b", "d", "e"]
    assert len(drop_duplicates(table)) == 5


def test_nothing_and_one_content_many_times() -> None:
    empty = pa.table({"a": pa.array([], pa.list_(pa.int64()))})
    assert drop_duplicates(empty).tolist() == drop_duplicates(empty, ["a"]).tolist() == []
    same = pa.table({"a": [1.5] * 1000, "b": ["x"] * 1000})
    assert len(drop_duplicates(same)) == len(drop_duplicates(same, ["a"])) == 1
    assert len(drop_duplicates(same.select([]))) == min(1, same.select([]).num_rows)


def test_what_cannot_be_is_refused() -> None:
    table = pa.table({"class": [1, 2], "tags": [["a"], ["b"]]})
    with pytest.raises(ColumnNotFoundError, match="no column 'klass'"):
        drop_duplicates(table, ["klass"])
    with pytest.raises(TypeMismatchError, match="have no order"):
        drop_duplicates(table, ["class"], [table["tags"]])
    with pytest.raises(ArgumentError, match="2 long"):
        drop_duplicates(table, ["class"], [pa.array([1])])
