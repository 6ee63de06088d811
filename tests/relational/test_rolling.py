"""rolling against loops over fractions, pandas, Polars and DuckDB; and against itself in another order."""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.moments import rounded, rounded_sqrt
from featureprep.folds.quantiles import between
from featureprep.relational.rolling import ROLLING, Rolled, rolling_type
from featureprep.relational.rows import take_rows
from featureprep.relational.sequences import Sequences, sequences
from featureprep.relational.windows import CLOSED, Windows, by_range, by_rows
from featureprep.types import logical
from tests.relational.ordered import MEASURED, measured, ordered_rows, sequenced_tables
from tests.relational.tables import bits, canonical, columns, reorder, reorderings, rows_of

MEASURES = [dtype for dtype in MEASURED if dtype != pa.float64()]
PARAMS: dict[str, dict[str, Any]] = {"quantile": {"q": 0.3}, "std": {"ddof": 0}, "var": {"ddof": 1}}
SIZES = st.sampled_from([1, 2, 3, 50])


def found_in(table: pa.Table, keys: list[str], order: list[str]) -> Sequences:
    return sequences(table, [table[k] for k in keys], [table[o] for o in order], "rolling")


def members(found: Sequences, windows: Windows) -> dict[int, list[int]]:
    """The rows of every row's window."""
    pairs = zip(windows.low.tolist(), windows.high.tolist(), strict=True)
    return {row: found.rows[a:b].tolist() for row, (a, b) in zip(found.rows.tolist(), pairs, strict=True)}


@given(sequenced_tables(), st.sampled_from([["order"], ["order", "second"]]), SIZES, st.sampled_from(CLOSED))
def test_windows_of_rows_are_those_of_a_loop(table: pa.Table, order: list[str], size: int, closed: str) -> None:
    found = found_in(table, ["key"], order)
    expected = {}
    for rows in ordered_rows(table, ["key"], order).values():
        for i, row in enumerate(rows):
            low = i - size + (closed in ("right", "none"))
            expected[row] = rows[max(low, 0) : i + (closed in ("right", "both"))]
    assert members(found, by_rows(found, size, closed)) == expected


@given(st.data(), st.sampled_from(MEASURES), st.sampled_from(CLOSED))
def test_windows_along_a_length_are_those_of_a_loop(data: st.DataObject, dtype: pa.DataType, closed: str) -> None:
    table = data.draw(sequenced_tables(dtype=dtype))
    unit = 10 if pa.types.is_date(dtype) else 1
    size = data.draw(st.sampled_from([1, 2, 9, 10, 11, 7_200_000_000, 2**63 - 1]))
    found = found_in(table, ["key"], ["order"])
    at = [measured(v) for v in table["order"].to_pylist()]
    expected = {}
    for rows in ordered_rows(table, ["key"], ["order"]).values():
        for row in rows:
            gaps = [(other, (at[row] - at[other]) * unit) for other in rows]
            expected[row] = {o for o, gap in gaps if 0 < gap < size or (gap == 0 and closed in ("right", "both")) or (gap == size and closed in ("left", "both"))}  # fmt: skip
    windows = members(found, by_range(found, size, unit, closed))
    assert {row: set(rows) for row, rows in windows.items()} == expected


def in_loop(function: str, values: list[Any], min_periods: int, dtype: pa.DataType) -> Any:
    there = [v for v in values if v is not None]
    if function == "count":
        return len(there)
    if function == "n_unique":
        return len({canonical(v) for v in there})
    if function in ("min", "max"):
        ordered = sorted(
            (v + 0.0 if isinstance(v, float) else v for v in there if v == v), key=lambda v: v.encode() if isinstance(v, str) else v
        )
        return (ordered[0] if function == "min" else ordered[-1]) if len(ordered) >= max(min_periods, 1) else None
    numbers = [Fraction(v) for v in there if not isinstance(v, float) or math.isfinite(v)]
    n, total = len(numbers), sum(numbers, Fraction(0))
    if n < (min_periods if function == "sum" else max(min_periods, 1)):
        return None
    if function == "sum":
        return rounded(total.numerator, total.denominator) if dtype == pa.float64() else int(total)
    if function == "mean":
        return rounded((total / n).numerator, (total / n).denominator)
    if function == "quantile":
        ordered = sorted(float(v) for v in numbers)
        index = (n - 1) * 0.3
        below = min(math.floor(index), n - 1)
        return between(ordered[below], ordered[min(below + 1, n - 1)], index - below)
    ddof = PARAMS[function]["ddof"]
    if n <= ddof:
        return None
    variance = (n * sum((x * x for x in numbers), Fraction(0)) - total * total) / (n * (n - ddof))
    return (rounded_sqrt if function == "std" else rounded)(variance.numerator, variance.denominator)


def accepted(dtype: pa.DataType) -> list[str]:
    made = []
    for function in ROLLING:
        try:
            rolling_type(function, dtype)
        except TypeMismatchError:
            continue
        made.append(function)
    return made


@given(st.data(), st.integers(0, 3))
def test_aggregates_are_those_of_a_loop(data: st.DataObject, min_periods: int) -> None:
    rows = data.draw(st.integers(0, 14))
    array = data.draw(columns(rows))
    ends = data.draw(st.lists(st.tuples(st.integers(0, rows), st.integers(0, rows)), min_size=1, max_size=10))
    low, high = np.array([min(e) for e in ends]), np.array([max(e) for e in ends])
    rolled = Rolled(array, Windows(low, high))
    values = array.to_pylist()
    for function in accepted(array.type):
        dtype = rolling_type(function, array.type)
        made, bad = rolled.aggregate(function, PARAMS.get(function, {}), min_periods)
        assert logical(made.type) == dtype
        for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            expected = in_loop(function, values[a:b], min_periods, dtype)
            if function == "sum" and dtype != pa.float64() and expected is not None:
                least, most = (0, 2**64 - 1) if dtype == pa.uint64() else (-(2**63), 2**63 - 1)
                assert (bad is not None and bool(bad[i])) == (not least <= expected <= most)
                expected = expected if least <= expected <= most else None
            assert bits(made[i].as_py()) == bits(expected), (function, values[a:b])


@given(sequenced_tables(dtype=pa.int64()), st.sampled_from(CLOSED), st.data())
def test_any_order_of_arrival_gives_the_same_rows(table: pa.Table, closed: str, data: st.DataObject) -> None:
    made = []
    for one in (table, reorder(table, data.draw(reorderings(table.num_rows)))):
        found = found_in(one, ["key"], ["order"])
        column = take_rows(one.select(["value"]), found.rows).column(0)
        for windows in (by_rows(found, 3, closed), by_range(found, 2, 1, closed)):
            rolled = Rolled(column, windows)
            results = [rolled.aggregate(f, PARAMS.get(f, {}), 1)[0] for f in accepted(column.type)]
            made.append(sorted(zip(rows_of(take_rows(one, found.rows)), *(bits(r.to_pylist()) for r in results), strict=True), key=repr))
    assert made[:2] == made[2:]


def random_table(n: int = 3000) -> pa.Table:
    """No two rows of one key share a moment; whole numbers, which other libraries add without error."""
    rng = np.random.default_rng(11)
    start = np.datetime64("2024-01-01", "us")
    at = start + rng.permutation(n) * np.timedelta64(7_000_000, "us")
    value = pa.array(rng.integers(-100, 100, n).astype(np.float64), mask=rng.random(n) < 0.1)
    return pa.table({"key": rng.integers(0, 12, n), "at": at, "value": value})


def by_row(
    table: pa.Table, windows: Windows, found: Sequences, functions: dict[str, tuple[str, dict[str, Any]]], min_periods: int
) -> dict[str, list[Any]]:
    rolled = Rolled(take_rows(table.select(["value"]), found.rows).column(0), windows)
    place = np.empty(table.num_rows, np.int64)
    place[found.rows] = np.arange(len(found.rows))
    return {name: rolled.aggregate(f, params, min_periods)[0].take(pa.array(place)).to_pylist() for name, (f, params) in functions.items()}


@pytest.mark.parametrize("closed", ["right", "left", "both", "none"])
@pytest.mark.parametrize("window", [5, "10min"])
def test_pandas_agrees(window: Any, closed: str) -> None:
    pd = pytest.importorskip("pandas")
    table = random_table()
    found = found_in(table, ["key"], ["at"])
    windows = by_rows(found, window, closed) if isinstance(window, int) else by_range(found, 600_000_000, 1, closed)
    names = {"sum": "sum", "mean": "mean", "min": "min", "max": "max", "median": "median", "count": "count"}
    params: dict[str, tuple[str, dict[str, Any]]] = {n: (n, {}) for n in ("sum", "mean", "min", "max", "count")} | {
        "median": ("quantile", {"q": 0.5})
    }
    ours = by_row(table, windows, found, params, 2)
    frame = table.to_pandas().sort_values("at")
    rolling = frame.set_index("at").groupby("key")["value"].rolling(window, closed="neither" if closed == "none" else closed, min_periods=2)
    for name in names:
        theirs = getattr(rolling, name)().reset_index().set_index(["key", "at"])["value"]
        expected = theirs.loc[list(zip(table["key"].to_pylist(), table.to_pandas()["at"], strict=True))].tolist()
        for mine, other in zip(ours[name], expected, strict=True):
            if name == "count" and other != other:  # pandas: null below min_periods
                assert mine < 2
            else:
                assert (mine is None) == (other != other)
                assert mine is None or mine == pytest.approx(other, abs=1e-9)
    assert pd is not None


def test_polars_agrees() -> None:
    pl = pytest.importorskip("polars")
    table = random_table()
    found = found_in(table, ["key"], ["at"])
    ours = by_row(table, by_range(found, 900_000_000, 1, "left"), found, {"sum": ("sum", {}), "n": ("n_unique", {}), "c": ("count", {})}, 0)
    frame = pl.from_arrow(table).with_row_index().sort("at")
    value = pl.col("value")
    windows = frame.rolling("at", period="15m", closed="left", group_by="key").agg(
        sum=value.sum(), n=value.drop_nulls().n_unique(), c=value.count()
    )
    theirs = frame.join(windows, on=["key", "at"]).sort("index")
    assert ours["c"] == theirs["c"].to_list()
    assert ours["n"] == theirs["n"].to_list()
    assert ours["sum"] == theirs["sum"].to_list()


def test_duckdb_agrees() -> None:
    duckdb = pytest.importorskip("duckdb")
    table = random_table().append_column("row", pa.array(range(3000)))
    found = found_in(table, ["key"], ["at"])
    functions = {"n": ("n_unique", {}), "low": ("min", {}), "high": ("max", {}), "sum": ("sum", {}), "median": ("quantile", {"q": 0.5})}
    ours = by_row(table, by_range(found, 600_000_000, 1, "both"), found, functions, 1)
    query = """
        select count(distinct value) over w, min(value) over w, max(value) over w, sum(value) over w, quantile_cont(value, 0.5) over w
        from t window w as (partition by key order by "at" range between interval 10 minutes preceding and current row) order by row
    """
    with duckdb.connect() as connection:
        connection.register("t", table)
        assert list(zip(*ours.values(), strict=True)) == connection.execute(query).fetchall()


def test_rows_of_one_moment_are_in_a_window_together() -> None:
    at = [dt.datetime(2024, 1, 1, hour) for hour in (1, 1, 2, 3)]
    table = pa.table({"at": at, "value": [1.0, 2.0, 4.0, 8.0]})
    found = found_in(table, [], ["at"])
    for closed, expected in {
        "right": [3.0, 3.0, 4.0, 8.0],
        "left": [None, None, 3.0, 4.0],
        "both": [3.0, 3.0, 7.0, 12.0],
        "none": [None] * 4,
    }.items():
        windows = by_range(found, 3_600_000_000, 1, closed)
        assert by_row(table, windows, found, {"sum": ("sum", {})}, 1)["sum"] == expected


def test_what_a_window_does_not_have() -> None:
    with pytest.raises(ArgumentError, match="a window has no collect"):
        rolling_type("collect", pa.int64())
    with pytest.raises(ArgumentError, match="sum needs a column"):
        rolling_type("sum", None)
    with pytest.raises(TypeMismatchError, match="mean of windows takes integers, floats and bools, not string"):
        rolling_type("mean", pa.string())
