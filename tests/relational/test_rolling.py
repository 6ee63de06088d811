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

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.folds.moments import rounded, rounded_sqrt
from featureprep.folds.quantiles import between
from featureprep.relational import window_values
from featureprep.relational.aggregates import AGGREGATES, ORDERED, Reduction
from featureprep.relational.group_by import group_by
from featureprep.relational.rolling import Rolled, rolling_type
from featureprep.relational.rows import take_rows
from featureprep.relational.sequences import Sequences, sequences
from featureprep.relational.windows import CLOSED, Windows, by_range, by_rows
from featureprep.types import logical
from tests.relational.ordered import MEASURED, last, measured, ordered_rows, place, sequenced_tables
from tests.relational.tables import bits, canonical, columns, reorder, reorderings, rows_of

MEASURES = [dtype for dtype in MEASURED if dtype != pa.float64()]
PARAMS: dict[str, dict[str, Any]] = {"quantile": {"q": 0.3}, "std": {"ddof": 0}, "var": {"ddof": 1}, "collect": {"descending": True}}
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


def arranged(values: list[Any], order: list[Any], *, descending: bool) -> list[Any]:
    """The values by their order, then ascending; NaN and then null are last in both."""
    pairs = sorted(zip(order, values, strict=True), key=lambda pair: last(pair[1]))
    there = sorted((p for p in pairs if place(p[0]) is not None), key=lambda pair: place(pair[0]), reverse=descending)
    rest = sorted((p for p in pairs if place(p[0]) is None), key=lambda pair: last(pair[0]))
    return [v if not isinstance(v, float) else v + 0.0 if v == v else math.nan for _, v in (*there, *rest)]


def in_loop(function: str, values: list[Any], order: list[Any], min_periods: int, dtype: pa.DataType) -> Any:
    if function in ORDERED:
        if len(values) < (min_periods if function == "collect" else max(min_periods, 1)):
            return None
        found = arranged(values, order, descending=function != "first")
        return found if function == "collect" else found[0]
    there = [v for v in values if v is not None]
    if function in ("any", "all"):
        return None if len(there) < min_periods else any(there) if function == "any" else all(there)
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
    for function in AGGREGATES:
        try:
            rolling_type(function, dtype)
        except TypeMismatchError:
            continue
        made.append(function)
    return made


@given(st.data(), st.integers(0, 3))
def test_aggregates_are_those_of_a_loop(data: st.DataObject, min_periods: int) -> None:
    rows = data.draw(st.integers(0, 14))
    array, by = data.draw(columns(rows)), data.draw(columns(rows, nested=False))
    ends = data.draw(st.lists(st.tuples(st.integers(0, rows), st.integers(0, rows)), min_size=1, max_size=10))
    low, high = np.array([min(e) for e in ends]), np.array([max(e) for e in ends])
    rolled = Rolled(array, Windows(low, high))
    values, order = array.to_pylist(), by.to_pylist()
    for function in accepted(array.type):
        if function in ORDERED and pa.types.is_nested(array.type):
            continue  # ordered by a hash: see the next test
        dtype = rolling_type(function, array.type)
        made, bad = rolled.aggregate(function, PARAMS.get(function, {}), min_periods, [by])
        assert logical(made.type) == dtype
        for i, (a, b) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            expected = in_loop(function, values[a:b], order[a:b], min_periods, dtype)
            if function == "sum" and dtype != pa.float64() and expected is not None:
                least, most = (0, 2**64 - 1) if dtype == pa.uint64() else (-(2**63), 2**63 - 1)
                assert (bad is not None and bool(bad[i])) == (not least <= expected <= most)
                expected = expected if least <= expected <= most else None
            assert bits(made[i].as_py()) == bits(expected), (function, values[a:b])


@given(st.data())
def test_aggregates_are_those_of_group_by_over_the_rows_of_the_window(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 14))
    array, by, more = data.draw(columns(rows)), data.draw(columns(rows, nested=False)), data.draw(columns(rows, nested=False))
    ends = data.draw(st.lists(st.tuples(st.integers(0, rows - 1), st.integers(0, rows - 1)), min_size=1, max_size=10))
    low, high = np.array([min(e) for e in ends]), np.array([max(e) + 1 for e in ends])
    functions = accepted(array.type)
    reductions = {f: Reduction(f, "v", ("by", "more") if f in ORDERED else (), PARAMS.get(f, {})) for f in functions}
    pieces = [pa.table({"v": array, "by": by, "more": more}).slice(a, b - a) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    windows = pa.concat_tables([piece.append_column("w", pa.array([i] * len(piece))) for i, piece in enumerate(pieces)])
    grouped = group_by(windows, ["w"], reductions).table.sort_by("w")
    rolled = Rolled(array, Windows(low, high))
    for function, one in reductions.items():
        made, _ = rolled.aggregate(function, one.params, 0, [by, more] if one.order else ())
        assert logical(made.type) == rolling_type(function, array.type)
        assert bits(made.to_pylist()) == bits(grouped[function].to_pylist()), function


@given(sequenced_tables(dtype=pa.int64()), st.sampled_from(CLOSED), st.data())
def test_any_order_of_arrival_gives_the_same_rows(table: pa.Table, closed: str, data: st.DataObject) -> None:
    made = []
    for one in (table, reorder(table, data.draw(reorderings(table.num_rows)))):
        found = found_in(one, ["key"], ["order"])
        column = take_rows(one.select(["value"]), found.rows).column(0)
        for windows in (by_rows(found, 3, closed), by_range(found, 2, 1, closed)):
            rolled = Rolled(column, windows)
            order = [take_rows(one.select(["second"]), found.rows).column(0)]
            results = [rolled.aggregate(f, PARAMS.get(f, {}), 1, order if f in ORDERED else ())[0] for f in accepted(column.type)]
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


def test_duckdb_agrees_on_values_in_an_order_of_their_own() -> None:
    duckdb = pytest.importorskip("duckdb")
    rng = np.random.default_rng(3)
    table = random_table().append_column("row", pa.array(range(3000))).append_column("by", pa.array(rng.permutation(3000) - 1500))
    table = table.append_column("flag", pa.array(rng.random(3000) < 0.3, mask=rng.random(3000) < 0.5))
    found = found_in(table, ["key"], ["at"])
    at = take_rows(table, found.rows)
    windows = by_range(found, 900_000_000, 1, "both")
    value, flag = Rolled(at["value"], windows), Rolled(at["flag"], windows)
    ours = [
        value.aggregate("first", {}, 1, [at["by"]])[0],
        value.aggregate("last", {}, 1, [at["by"]])[0],
        value.aggregate("collect", {}, 1, [at["by"]])[0],
        value.aggregate("collect", {"descending": True}, 1, [at["by"]])[0],
        flag.aggregate("any", {}, 1)[0],
        flag.aggregate("all", {}, 1)[0],
    ]
    query = """
        select arg_min_null(value, "by") over w, arg_max_null(value, "by") over w, list(value order by "by") over w,
            list(value order by "by" desc) over w, bool_or(flag) over w, bool_and(flag) over w
        from t window w as (partition by key order by "at" range between interval 15 minutes preceding and current row) order by row
    """
    with duckdb.connect() as connection:
        connection.register("t", table)
        theirs = connection.execute(query).fetchall()
    place = np.argsort(at["row"].to_numpy())
    assert list(zip(*(one.take(pa.array(place)).to_pylist() for one in ours), strict=True)) == theirs


@pytest.mark.parametrize("dtype", [pa.int64(), pa.string(), pa.list_(pa.string()), pa.struct([("x", pa.list_(pa.int8(), 2))]), pa.null()])
def test_lists_come_in_blocks_and_no_larger_than_they_may_be(dtype: pa.DataType, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        pa.int64(): 7,
        pa.string(): "some words",
        pa.list_(pa.string()): ["one", None],
        pa.struct([("x", pa.list_(pa.int8(), 2))]): {"x": [1, 2]},
    }
    array = pa.array([None, *([values.get(dtype)] * 29)], dtype)
    at = np.arange(30)
    rolled = Rolled(array, Windows(np.maximum(at - 20, 0), at))
    expected = rolled.aggregate("collect", {}, 3)[0]
    assert [None if one is None else len(one) for one in expected.to_pylist()] == [None] * 3 + [min(i, 20) for i in range(3, 30)]
    monkeypatch.setattr(window_values, "_BLOCK", 7)
    assert rolled.aggregate("collect", {}, 3)[0].equals(expected)
    monkeypatch.setattr(window_values, "LIST_BYTES", 300)
    with pytest.raises(DataError, match="the limit LIST_BYTES is 300") as refused:
        rolled.aggregate("collect", {}, 0)
    assert refused.value.hint == "use a shorter window; or filter the rows before"


def test_what_a_window_does_not_have() -> None:
    with pytest.raises(ArgumentError, match="one of count, sum"):
        rolling_type("mode", pa.int64())
    with pytest.raises(TypeMismatchError, match="any takes true and false, not int64"):
        rolling_type("any", pa.int64())
    with pytest.raises(TypeMismatchError, match="sum of windows takes integers, floats and bools, not decimal"):
        rolling_type("sum", pa.decimal128(9, 2))
    with pytest.raises(ArgumentError, match="sum needs a column"):
        rolling_type("sum", None)
    with pytest.raises(TypeMismatchError, match="mean of windows takes integers, floats and bools, not string"):
        rolling_type("mean", pa.string())
