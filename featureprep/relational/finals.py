"""Aggregates made of the states of groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import DataError
from featureprep.folds.lanes import Floats, Lanes
from featureprep.folds.lanes_rounded import integers, quotients, variances
from featureprep.folds.quantiles import between
from featureprep.hashing.layout import list_bounds, whole
from featureprep.relational.aggregates import Reduction
from featureprep.relational.keys import order_by_group
from featureprep.relational.least import ordering, sort_columns
from featureprep.relational.rows import Indices
from featureprep.relational.states import State, Sums, elements

Mask = np.ndarray[Any, np.dtype[np.bool_]]
MAX_LIST = (1 << 31) - 1
"""Values that `collect` may put into the lists of one part of a table."""
_LONG = 64


def final(reduction: Reduction, state: State, states: pa.Table, values: pa.DataType, dtype: pa.DataType) -> tuple[pa.Array, Mask | None]:
    """The aggregate of every group, and where it does not fit its type, if anywhere.

    Parameters
    ----------
    reduction : Reduction
    state : State
        The one that was kept for it.
    states : pa.Table
        One row per group.
    values, dtype : pa.DataType
        Of the column and of the aggregate.
    """
    match reduction.function:
        case "count":
            return whole(states.column(f"{state.name}.n")), None
        case "sum" | "mean" | "std" | "var":
            return _moment(reduction, state, states, values, dtype)
        case "any" | "all":
            return pc.fill_null(whole(states.column(f"{state.name}.v")).cast(pa.bool_()), reduction.function == "all"), None
        case "quantile":
            return _quantiles(states.column(f"{state.name}.l"), reduction.params["q"]), None
        case "n_unique":
            return pc.list_value_length(whole(states.column(f"{state.name}.l"))).cast(pa.int64()), None
        case "collect":
            return _lists(reduction, state, states, dtype), None
    return whole(states.column(f"{state.name}.v")), None


def _moment(reduction: Reduction, state: State, states: pa.Table, values: pa.DataType, dtype: pa.DataType) -> tuple[pa.Array, Mask | None]:
    assert isinstance(state, Sums)  # noqa: S101  (made for it by `group_by.py`)
    n = np.asarray(whole(states.column(f"{state.name}.n")).to_numpy(), np.int64)
    sums = state.lanes(states, "s")
    scale = values.scale if pa.types.is_decimal(values) else 0
    if reduction.function == "sum":
        return _sum(sums, len(n), dtype)
    if reduction.function == "mean":
        return pa.array(quotients(sums, np.maximum(n, 1), scale), mask=n == 0), None
    ddof = reduction.params.get("ddof", 0)
    found = variances(n, sums, state.lanes(states, "q"), ddof=ddof, scale=scale, root=reduction.function == "std")
    return pa.array(found, mask=n <= ddof), None


def _sum(sums: Lanes, groups: int, dtype: pa.DataType) -> tuple[pa.Array, Mask | None]:
    if pa.types.is_floating(dtype):
        return pa.array(quotients(sums, np.ones(groups, np.int64))), None
    if pa.types.is_decimal(dtype):
        low, high = 1 - 10**dtype.precision, 10**dtype.precision - 1
    else:
        low, high = (0, (1 << 64) - 1) if dtype == pa.uint64() else (-(1 << 63), (1 << 63) - 1)
    total, bad = integers(sums, groups, low, high)
    mask = bad if bad.any() else None
    if pa.types.is_decimal(dtype):
        return _decimals(total, dtype, mask), mask
    return pa.array(np.asarray(total, np.uint64 if dtype == pa.uint64() else np.int64), dtype, mask=mask), mask


def _decimals(unscaled: Any, dtype: pa.DataType, nulls: Mask | None) -> pa.Array:
    if isinstance(unscaled, np.ndarray):
        words = np.stack([unscaled, unscaled >> np.int64(63)], axis=1).tobytes()
    else:  # by bytes: Arrow makes no decimals of integers
        words = b"".join(value.to_bytes(16, "little", signed=True) for value in unscaled)
    validity = None if nulls is None else pa.array(~nulls).buffers()[1]
    return pa.Array.from_buffers(dtype, len(unscaled), [validity, pa.py_buffer(words)])


def _quantiles(lists: pa.ChunkedArray, q: float) -> pa.Array:
    """NumPy's method: index (n - 1) * q, and `between` its neighbours."""
    array = whole(lists)
    values, starts, stops = list_bounds(array)
    numbers = np.array(values.to_numpy(zero_copy_only=False))
    counts = stops - starts
    if len(numbers) > _LONG * len(counts):
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
            numbers[start:stop].sort()
    else:
        numbers = numbers[_sorted([numbers], np.repeat(np.arange(len(counts)), counts), len(counts))]
    some = counts > 0
    place = np.maximum(counts - 1, 0) * q
    below = np.floor(place).astype(np.int64)
    low = numbers[(starts + below)[some]]
    high = numbers[(starts + np.minimum(below + 1, np.maximum(counts - 1, 0)))[some]]
    out = np.zeros(len(counts))
    out[some] = _between(low, high, (place - below)[some])
    return pa.array(out, mask=~some)


def _sorted(columns: list[np.ndarray[Any, Any]], ids: Indices, groups: int) -> Indices:
    """The indices that sort by group, then by the columns."""
    order = np.argsort(columns[0]) if len(columns) == 1 else np.lexsort(columns[::-1])
    return order[order_by_group(ids[order], groups)]


def _between(a: Floats, b: Floats, t: Floats) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        width = b - a
        found: Floats = np.where(t >= 0.5, b - width * (1.0 - t), a + width * t) + 0.0
    for at in np.flatnonzero(np.isinf(width)).tolist():
        found[at] = between(float(a[at]), float(b[at]), float(t[at]))
    return found


def _lists(reduction: Reduction, state: State, states: pa.Table, dtype: pa.DataType) -> pa.Array:
    lists = whole(states.column(f"{state.name}.l"))
    values, ids = elements(lists, np.arange(len(lists)))
    if len(values) > MAX_LIST:
        raise DataError(
            f"collect would put {len(values)} values into the lists of one part; the limit MAX_LIST is {MAX_LIST}",
            hint="collect fewer: filter the rows, or group by more keys",
        )
    order = [elements(states.column(f"{state.name}.o{i}"), np.arange(len(lists)))[0] for i in range(len(reduction.order))]
    columns = sort_columns(ordering(order, values, descending=reduction.params.get("descending", False)))
    values = values.take(pa.array(_sorted(columns, ids, len(lists))))
    counts = np.bincount(ids, minlength=len(lists))
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    made = pa.LargeListArray.from_arrays(pa.array(offsets), values)
    return made.cast(dtype)
