from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.hashing.rows import row_hash128, row_hash128_value

TYPES = {"x": pa.float64(), "a b": pa.string(), "é": pa.list_(pa.int64()), "n": pa.null()}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "x": st.none() | st.floats(),
            "a b": st.none() | st.text(max_size=3),
            "é": st.none() | st.lists(st.none() | st.integers(-5, 5), max_size=3),
            "n": st.none(),
        }
    ),
    max_size=6,
)


def columns(rows: list[dict[str, Any]], names: Any = TYPES) -> dict[str, pa.Array]:
    return {name: pa.array([row[name] for row in rows], TYPES[name]) for name in names}


@given(ROWS)
def test_batch_equals_row_in_any_order_of_columns(rows: list[dict[str, Any]]) -> None:
    high, low = row_hash128(columns(rows))
    expected = [row_hash128_value(row, TYPES) for row in rows]
    assert list(zip(high.tolist(), low.tolist(), strict=True)) == expected
    back = row_hash128(columns(rows, reversed(list(TYPES))))
    assert (back[0].tolist(), back[1].tolist()) == (high.tolist(), low.tolist())


def test_long_columns_are_hashed_by_blocks_alike() -> None:
    n = 40_000
    numbers, texts = pa.array(np.arange(n) % 1000), pa.array([f"t{i % 77}" for i in range(n)])
    high, low = row_hash128({"a": numbers, "b": texts})
    for i in (0, 16383, 16384, n - 1):
        row = {"a": i % 1000, "b": f"t{i % 77}"}
        assert (int(high[i]), int(low[i])) == row_hash128_value(row, {"a": pa.int64(), "b": pa.string()})
    assert len(set(zip(high.tolist(), low.tolist(), strict=True))) == n  # 77 and 1000 have no common factor


def test_names_and_cells_are_told_apart() -> None:
    types = {"a": pa.int64(), "b": pa.int64()}
    rows: list[dict[str, Any]] = [{"a": 1, "b": 2}, {"a": 2, "b": 1}, {"a": 1}, {"b": 1}, {}, {"a": 0, "b": 0}]
    assert len({row_hash128_value(row, types) for row in rows}) == len(rows)
    assert row_hash128_value({"c": 1}, {"c": pa.int64()}) != row_hash128_value({"a": 1}, {"a": pa.int64()})
    high, low = row_hash128({name: pa.array(range(10_000)) for name in "ab"})
    for half in (high, low):
        assert len(set(half.tolist())) == 10_000


def test_no_columns_and_no_rows() -> None:
    assert [len(half) for half in row_hash128({})] == [0, 0]
    assert [len(half) for half in row_hash128({"a": pa.array([], pa.string())})] == [0, 0]


def test_bad_requests_are_refused() -> None:
    with pytest.raises(ArgumentError, match="equally long"):
        row_hash128({"a": pa.array([1]), "b": pa.array([1, 2])})
    with pytest.raises(TypeMismatchError, match="column 'a'"):
        row_hash128_value({"a": "x"}, {"a": pa.int64()})
