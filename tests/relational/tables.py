"""Small tables of every kind of column with many equal values, cut and shuffled, for promises about order."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

NAN_WITH_PAYLOAD = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000000123))[0]
FLOATS = [0.0, -0.0, float("nan"), NAN_WITH_PAYLOAD, float("inf"), float("-inf"), 1.5, -2.25, 0.1, 1e300, -1e300, 5e-324, 2.0**53]
NAMES = ["a", "class", "a b", "é", '"', "select", "", "x'; drop table"]

VALUES: dict[pa.DataType, list[Any]] = {
    pa.bool_(): [True, False],
    pa.int8(): [-128, 127, 0],
    pa.int64(): [-(2**63), 2**63 - 1, 0, 1, 2**53 + 1],
    pa.uint64(): [0, 2**64 - 1, 2**63],
    pa.float32(): [0.0, -0.0, float("nan"), 1.5, float("inf")],
    pa.float64(): FLOATS,
    pa.decimal128(38, 3): [Decimal("0.000"), Decimal("-1.125"), Decimal("9" * 35), Decimal("-" + "9" * 35)],
    pa.string(): ["", "a", "é", "zz", "a\0"],
    pa.large_string(): ["", "a", "b"],
    pa.binary(): [b"", b"\xff", b"a"],
    pa.date32(): [dt.date(1, 1, 1), dt.date(2024, 2, 29)],
    pa.timestamp("us"): [dt.datetime(1970, 1, 1), dt.datetime(1, 1, 1, 0, 0, 0, 1)],
    pa.timestamp("us", "UTC"): [dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(1960, 1, 1, tzinfo=dt.UTC)],
    pa.dictionary(pa.int8(), pa.string()): ["a", "b"],
    pa.null(): [],
}
NESTED: dict[pa.DataType, list[Any]] = {
    pa.list_(pa.float64()): [[], [0.0], [-0.0], [None], [float("nan"), 1.5]],
    pa.list_(pa.string()): [[], [""], ["a", None], ["a"]],
    pa.list_(pa.int64(), 2): [[1, 2], [1, None]],
    pa.struct([("x", pa.float64()), ("y", pa.list_(pa.int8()))]): [{"x": 0.0, "y": [1]}, {"x": -0.0, "y": [1]}, {"x": None, "y": None}],
}


@st.composite
def columns(draw: st.DrawFn, rows: int, *, nested: bool = True, dtype: pa.DataType | None = None) -> pa.Array:
    """A column of `rows` values, nulls among them."""
    kinds = VALUES | NESTED if nested else VALUES
    if dtype is None:
        dtype = draw(st.sampled_from(list(kinds)))
    values = [None, *kinds[dtype]]
    picks = draw(st.lists(st.integers(0, len(values) - 1), min_size=rows, max_size=rows))
    return pa.array([values[i] for i in picks], dtype)


@st.composite
def tables(draw: st.DrawFn, *, nested: bool = True, max_rows: int = 25) -> pa.Table:
    """A table of one to four columns."""
    rows = draw(st.integers(0, max_rows))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return pa.table([draw(columns(rows, nested=nested)) for _ in names], names=names)


@st.composite
def reorderings(draw: st.DrawFn, rows: int) -> tuple[list[int], list[int]]:
    """A permutation, and places to cut its rows into chunks."""
    cuts = draw(st.lists(st.integers(0, rows), max_size=3))
    return draw(st.permutations(range(rows))), sorted(cuts)


def reorder(table: pa.Table, reordering: tuple[list[int], list[int]]) -> pa.Table:
    """The same rows in another order and in other chunks."""
    permutation, cuts = reordering
    # take of dictionaries, views and all is what Arrow tests; the result is cut where asked
    moved = table.take(pa.array(permutation, pa.int64()))
    bounds = [0, *cuts, table.num_rows]
    return pa.concat_tables([moved.slice(a, b - a) for a, b in pairwise(bounds)])


def bits(value: Any) -> Any:
    """A value with its floats as bits, so that == compares NaNs and signs of zero."""
    if isinstance(value, float):
        return struct.pack("<d", value)
    if isinstance(value, list):
        return [bits(item) for item in value]
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    return value


def rows_of(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows of a table, floats as bits."""
    lists = [bits(column.to_pylist()) for column in table.columns]
    return list(zip(*lists, strict=True)) if lists else []


def canonical(value: Any) -> Any:
    """A hashable value that is equal for canonically equal values, and for those only."""
    if isinstance(value, float):
        return "nan" if value != value else value + 0.0
    if isinstance(value, list):
        return ("list", *(canonical(item) for item in value))
    if isinstance(value, dict):
        return ("struct", *(canonical(item) for item in value.values()))
    return value


def canonical_rows(columns: list[pa.Array | pa.ChunkedArray]) -> list[tuple[Any, ...]]:
    return list(zip(*([canonical(v) for v in column.to_pylist()] for column in columns), strict=True))


def random_floats(rng: np.random.Generator, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Finite doubles of all magnitudes."""
    values = rng.integers(0, 2**64, size, dtype=np.uint64, endpoint=False).view(np.float64)
    return np.where(np.isfinite(values), values, 0.0)
