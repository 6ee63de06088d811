"""What the tests of verbs along an order share: tables of keys and moments with many ties, and orders of Python values."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from featureprep.relational.order import content_order
from tests.relational.tables import VALUES, columns

ORDERED = [dtype for dtype in VALUES if dtype != pa.null()]
MEASURED: dict[pa.DataType, list[Any]] = {
    pa.int64(): [-(2**63), 2**63 - 1, 0, 1, 2, 3, 10],
    pa.int8(): [-128, 127, 0, 1, 2],
    pa.uint64(): [0, 2**64 - 1, 2**63, 2**63 + 2, 5],
    pa.float64(): [0.0, -0.0, 0.5, 1.0, 2.5, float("inf"), float("-inf"), float("nan"), 1e300],
    pa.date32(): [dt.date(1, 1, 1), dt.date(2024, 2, 28), dt.date(2024, 2, 29), dt.date(2024, 3, 1), dt.date(9999, 12, 31)],
    pa.timestamp("us"): [dt.datetime(1970, 1, 1), dt.datetime(1970, 1, 1, 0, 0, 1), dt.datetime(1970, 1, 1, 2), dt.datetime(9999, 1, 1)],
}


def place(value: Any) -> Any:
    """Something that is ordered as the value is, or None where it has no place."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    return value.encode() if isinstance(value, str) else value + 0.0 if isinstance(value, float) else value


def last(value: Any) -> tuple[int, Any]:
    """As `place`, NaN after all values and null after NaN."""
    found = place(value)
    return (0, found) if found is not None else (2 if value is None else 1, 0)


def measured(value: Any) -> Any:
    """The number that a moment is, in the unit of its type."""
    if isinstance(value, dt.datetime):
        return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (value - dt.date(1970, 1, 1)).days
    return value


@st.composite
def moments(draw: st.DrawFn, rows: int, dtype: pa.DataType) -> pa.Array:
    """A column of moments that have a distance."""
    picks = draw(st.lists(st.sampled_from([None, *MEASURED[dtype]]), min_size=rows, max_size=rows))
    return pa.array(picks, dtype)


@st.composite
def sequenced_tables(draw: st.DrawFn, *, dtype: pa.DataType | None = None, max_rows: int = 16) -> pa.Table:
    """A table with a key, an order, a second order and a value."""
    rows = draw(st.integers(0, max_rows))
    order = draw(moments(rows, dtype)) if dtype is not None else draw(columns(rows, dtype=draw(st.sampled_from(ORDERED))))
    keys = pa.array(draw(st.lists(st.sampled_from(["a", "b", None]), min_size=rows, max_size=rows)), pa.string())
    second = draw(columns(rows, dtype=pa.float64()))
    return pa.table({"key": keys, "order": order, "second": second, "value": draw(columns(rows))})


def ordered_rows(table: pa.Table, keys: list[str], order: list[str]) -> dict[Any, list[int]]:
    """The rows of every key that have a place, in order: a loop over what the module says."""
    columns_ = {name: table.column(name).to_pylist() for name in (*keys, *order)}
    found: dict[Any, list[int]] = {}
    for row in content_order(table).tolist():
        if place(columns_[order[0]][row]) is not None:
            found.setdefault(tuple(repr(columns_[k][row]) for k in keys), []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: [last(columns_[name][row]) for name in order])
    return found
