"""group_by against fractions, pandas and DuckDB, and against itself in another order."""

from __future__ import annotations

import math
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.relational.aggregates import AGGREGATES, Reduction, aggregate_type
from featureprep.relational.group_by import Grouping, GroupResult, group_by
from featureprep.types import logical
from tests.relational.tables import VALUES, canonical, canonical_rows, columns, reorder, reorderings, rows_of

WITH: dict[str, tuple[Any, ...]] = {f: (f, "value") for f in AGGREGATES} | {
    "quantile": ("quantile", "value", (), {"q": 0.3}),
    "first": ("first", "value", ("by",)),
    "last": ("last", "value", ("by", "class")),
    "collect": ("collect", "value", ("by",), {"descending": True}),
    "var": ("var", "value", (), {"ddof": 1}),
}
KEY_NAMES = ["class", "a b", 'é"']


def grouped(table: pa.Table, keys: list[str], aggregates: dict[str, tuple[Any, ...]]) -> GroupResult:
    """group_by with aggregates as (function, column, order columns, parameters), those that are not said left out."""
    return group_by(table, keys, {name: Reduction(*one) for name, one in aggregates.items()})


def accepted(dtype: pa.DataType) -> list[str]:
    """The functions that take this type."""
    found = []
    for function in AGGREGATES:
        try:
            aggregate_type(function, dtype)
        except TypeMismatchError:
            continue
        found.append(function)
    return found


@st.composite
def grouped_tables(draw: st.DrawFn) -> tuple[pa.Table, list[str]]:
    """A table and its keys; "value" is what is aggregated, "by" what orders it."""
    rows = draw(st.integers(0, 25))
    keys = KEY_NAMES[: draw(st.integers(1, 2))]
    arrays = {name: draw(columns(rows, nested=False)) for name in keys} | {"value": draw(columns(rows))}
    return pa.table(arrays | {"by": draw(columns(rows, nested=False))}), keys


@given(grouped_tables(), st.data())
def test_any_order_of_arrival_gives_the_same_table_of_the_stated_types(
    given_table: tuple[pa.Table, list[str]], data: st.DataObject
) -> None:
    table, keys = given_table
    other = reorder(table, data.draw(reorderings(table.num_rows)))
    functions = accepted(table.schema.field("value").type)
    results = [grouped(t, keys, {f"{f} of": WITH[f] for f in functions} | {"n": ("count",)}) for t in (table, other)]
    assert rows_of(results[0].table) == rows_of(results[1].table)
    assert {k: v.tolist() for k, v in results[0].malformed.items()} == {k: v.tolist() for k, v in results[1].malformed.items()}
    assert results[0].table.column_names == [*keys, *(f"{f} of" for f in functions), "n"]
    for function in functions:
        # large text stays large
        assert logical(results[0].table.schema.field(f"{function} of").type) == aggregate_type(function, table.schema.field("value").type)
    found = canonical_rows([results[0].table[name] for name in keys])
    assert len(found) == len(set(found))
    assert set(found) == set(canonical_rows([table[name] for name in keys]))
    assert sum(results[0].table["n"].to_pylist()) == table.num_rows


@given(grouped_tables())
def test_counts_and_extremes_are_those_of_a_loop(given_table: tuple[pa.Table, list[str]]) -> None:
    table, keys = given_table
    members: dict[Any, list[Any]] = defaultdict(list)
    for key, value in zip(canonical_rows([table[name] for name in keys]), table["value"].to_pylist(), strict=True):
        members[key].append(value)
    functions = [f for f in ("count", "n_unique", "min", "max") if f in accepted(table.schema.field("value").type)]
    result = grouped(table, keys, {f: (f, "value") for f in functions}).table
    for key, row in zip(canonical_rows([result[name] for name in keys]), result.to_pylist(), strict=True):
        values = [v for v in members[key] if v is not None]
        assert row["count"] == len(values)
        assert row["n_unique"] == len({canonical(v) for v in values})
        if "min" in functions:
            ordered = [v for v in values if v == v]
            assert (row["min"], row["max"]) == ((min(ordered), max(ordered)) if ordered else (None, None))


NUMBERS = [t for t in VALUES if "sum" in accepted(t)]


@given(st.sampled_from(NUMBERS), st.data())
def test_sums_means_and_deviations_are_those_of_fractions(dtype: pa.DataType, data: st.DataObject) -> None:
    rows = data.draw(st.integers(0, 20))
    key, value = data.draw(columns(rows, dtype=pa.bool_())), data.draw(columns(rows, dtype=dtype))
    result = grouped(pa.table({"key": key, "value": value}), ["key"], {f: (f, "value") for f in ("sum", "mean", "std")})
    for at, row in enumerate(result.table.to_pylist()):
        pairs = zip(key.to_pylist(), value.to_pylist(), strict=True)
        exact = [Fraction(v) for k, v in pairs if k == row["key"] and v is not None and (not isinstance(v, float) or math.isfinite(v))]
        total = sum(exact, Fraction(0))
        bad = bool(result.malformed["sum"][at]) if "sum" in result.malformed else False
        out = result.table.schema.field("sum").type
        if pa.types.is_floating(out):
            assert row["sum"] == float(total)
            assert math.copysign(1, row["sum"]) == (1 if total >= 0 else -1)
        else:
            limits = {pa.int64(): (-(2**63), 2**63), pa.uint64(): (0, 2**64)}.get(out, (-(10**35) + Fraction(1, 1000), 10**35))
            assert bad == (not limits[0] <= total < limits[1])
            assert row["sum"] == (None if bad else total)
        if not exact:
            assert row["mean"] is row["std"] is None
            continue
        mean = total / len(exact)
        assert row["mean"] == float(mean)
        assert near_root(row["std"], sum(((x - mean) ** 2 for x in exact), Fraction(0)) / len(exact))


def near_root(root: float, square: Fraction) -> bool:
    """Whether `root` is the double nearest to the square root: the square lies between those of the half-way points."""
    below, above = (Fraction(root) + Fraction(math.nextafter(root, side)) for side in (0.0, math.inf))
    return (below / 2) ** 2 <= square <= (above / 2) ** 2


def test_moments_of_the_folds_agree() -> None:
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(size=40_000) * 10.0 ** rng.integers(-12, 12, 40_000), rng.normal(50, 3, 40_000)])
    keys = rng.integers(0, 3, len(values))
    for array in (values, values.astype(np.float32), (values * 1e3).astype(np.int64)):
        column = pa.array(array)
        result = grouped(pa.table({"k": keys, "v": column}), ["k"], {f: (f, "v") for f in ("sum", "mean", "std", "min", "max")}).table
        for row in result.to_pylist():
            fold = Moments()
            moments = fold.finish(fold.update(fold.init(), pa.array(array[keys == row["k"]])))
            assert (float(row["sum"]), row["mean"], row["std"]) == (moments.sum, moments.mean, moments.std)
            assert (float(row["min"]), float(row["max"])) == (moments.min, moments.max)


@pytest.mark.parametrize("nulls", [False, True])
def test_duckdb_and_pandas_agree(nulls: bool) -> None:
    duckdb, pd = pytest.importorskip("duckdb"), pytest.importorskip("pandas")
    rng = np.random.default_rng(5)
    n = 5000
    mask = rng.random(n) < 0.2 if nulls else np.zeros(n, bool)
    table = pa.table(
        {
            "class": pa.array(rng.integers(0, 40, n), mask=mask),
            "s": pa.array(rng.choice(["a", "b", "é"], n), mask=mask[::-1]),
            "i": pa.array(rng.integers(-(10**6), 10**6, n), mask=rng.random(n) < 0.1),
            "f": pa.array(rng.normal(size=n), mask=rng.random(n) < 0.1),
        }
    )
    functions = {"count": "count", "sum": "sum", "mean": "avg", "std": "stddev_pop", "min": "min", "max": "max"}
    aggregates: dict[str, Any] = {f"{c}_{f}": (f, c) for c in "if" for f in functions}
    aggregates |= {"n": ("count",), "u": ("n_unique", "i")}
    found = grouped(table, ["class", "s"], aggregates).table.to_pandas().sort_values(["class", "s"], ignore_index=True)
    with duckdb.connect() as connection:
        connection.register("t", table)
        chosen = ", ".join(f'{sql}({c}) as "{c}_{f}"' for c in "if" for f, sql in functions.items())
        query = f'select "class", s, {chosen}, count(*) as n, count(distinct i) as u from t group by all'
        expected = connection.execute(query).df().sort_values(["class", "s"], ignore_index=True)
    for name in expected.columns:
        if name == "s":
            assert found[name].fillna("-").tolist() == expected[name].fillna("-").tolist()
        else:
            np.testing.assert_allclose(found[name].astype(float), expected[name].astype(float), rtol=1e-9, atol=1e-12)
    frame = table.to_pandas().groupby(["class", "s"], dropna=False)["i"].agg(["sum", "min", "max", "nunique"]).reset_index()
    frame = frame.sort_values(["class", "s"], ignore_index=True)
    assert pd.Series(found["i_sum"]).tolist() == frame["sum"].tolist()
    assert found["u"].tolist() == frame["nunique"].tolist()


def test_hand_made_with_odd_names() -> None:
    nan, inf = math.nan, math.inf
    table = pa.table({"class": ["a", "a", "a", None, None, "b"], "q'": [1.0, nan, 3.0, inf, None, None], "at": [3, 2, 1, 1, None, 1]})
    functions: dict[str, tuple[Any, ...]] = {
        **{f"é {f}": (f, "q'") for f in ("count", "sum", "mean", "std", "var", "min", "max", "n_unique")},
        "sample": ("var", "q'", (), {"ddof": 1}),
        "half": ("quantile", "q'", (), {"q": 0.5}),
        "first": ("first", "q'", ("at",)),
        "last": ("last", "q'", ("at",)),
        "list": ("collect", "q'", ("at",)),
        "sorted": ("collect", "q'"),
    }
    a, b, null = grouped(table, ["class"], functions).table.sort_by("class").to_pylist()
    assert str(list(a.values())) == str(["a", 3, 4.0, 2.0, 1.0, 1.0, 1.0, 3.0, 3, 2.0, 2.0, 3.0, 1.0, [3.0, nan, 1.0], [1.0, 3.0, nan]])
    assert list(b.values()) == ["b", 0, 0.0, None, None, None, None, None, 0, None, None, None, None, [None], [None]]
    assert list(null.values()) == [None, 1, 0.0, None, None, None, inf, inf, 1, None, None, inf, inf, [inf, None], [inf, None]]


def test_any_and_all() -> None:
    table = pa.table({"k": list("aabbccd"), "t": [True, None, False, True, False, False, None]})
    found = grouped(table, ["k"], {"any": ("any", "t"), "all": ("all", "t")}).table.sort_by("k").to_pylist()
    assert [(row["any"], row["all"]) for row in found] == [(True, True), (True, False), (False, False), (False, True)]


@given(grouped_tables(), st.data())
def test_first_last_and_collect_are_those_of_a_sort(given_table: tuple[pa.Table, list[str]], data: st.DataObject) -> None:
    table, keys = given_table
    value = data.draw(columns(table.num_rows, nested=False))
    table = table.set_column(table.column_names.index("value"), "value", value)

    def place(value: Any, *, descending: bool = False) -> Any:
        late = 2 if value is None else int(value != value)
        return (late, 0 if late else _Down(value) if descending else value)

    members: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
    for key, by, one in zip(canonical_rows([table[name] for name in keys]), table["by"].to_pylist(), value.to_pylist(), strict=True):
        members[key].append((by, one))
    found = grouped(
        table, keys, {"f": ("first", "value", ("by",)), "l": ("last", "value", ("by",)), "c": ("collect", "value", ("by",))}
    ).table
    for key, row in zip(canonical_rows([found[name] for name in keys]), found.to_pylist(), strict=True):
        up = sorted(members[key], key=lambda pair: (place(pair[0]), place(pair[1])))
        down = sorted(members[key], key=lambda pair: (place(pair[0], descending=True), place(pair[1])))
        assert canonical(row["f"]) == canonical(up[0][1])
        assert canonical(row["l"]) == canonical(down[0][1])
        assert [canonical(v) for v in row["c"]] == [canonical(v) for _, v in up]


class _Down:
    """A value that sorts the other way round."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Down) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Down) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)


@given(st.lists(st.floats(), max_size=12), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], q: float) -> None:
    finite = [v for v in values if math.isfinite(v)]
    table = pa.table({"k": pa.nulls(len(values)), "v": pa.array(values, pa.float64())})
    found = grouped(table, ["k"], {"q": ("quantile", "v", (), {"q": q})}).table["q"].to_pylist()
    state = Runs().init()
    state = Runs().update(state, pa.array(finite, pa.float64()))
    assert found == ([] if not values else [Runs().finish(state).quantile(q)])


@given(grouped_tables(), st.data())
def test_groups_of_pieces_make_the_same_groups(given_table: tuple[pa.Table, list[str]], data: st.DataObject) -> None:
    """States made of any pieces, added up in any order and grouping."""
    table, keys = given_table
    functions = accepted(table.schema.field("value").type)
    grouping = Grouping(tuple(keys), {f: Reduction(*WITH[f]) for f in functions}, table.schema)
    whole = grouping.finish(grouping.start(table))
    cuts = sorted(data.draw(st.lists(st.integers(0, table.num_rows), max_size=4)))
    pieces = [table.slice(a, b - a) for a, b in pairwise([0, *cuts, table.num_rows])]
    parts = data.draw(st.permutations([grouping.start(piece) for piece in pieces]))
    at = data.draw(st.integers(0, len(parts)))
    halves = [grouping.merge(half) for half in (parts[:at], parts[at:]) if half]
    found = grouping.finish(grouping.merge(halves))
    assert rows_of(found.table) == rows_of(whole.table)
    assert found.table.schema == whole.table.schema
    assert {k: v.tolist() for k, v in found.malformed.items()} == {k: v.tolist() for k, v in whole.malformed.items()}


def test_aggregates_share_what_is_kept_of_a_column() -> None:
    table = pa.table({"k": [1], "v": [1.0], "w": [2.0]})
    functions = {name: Reduction(name, "v") for name in ("sum", "mean", "std", "var")} | {"other": Reduction("sum", "w")}
    assert len(set(Grouping(("k",), functions, table.schema).states.values())) == 2


def test_overflow_is_malformed_not_wrapped() -> None:
    key = pa.table({"k": [1, 1, 2, 2]})
    cases: list[tuple[pa.Array, Any]] = [
        (pa.array([2**63 - 1, 1, 2**63 - 1, -1]), 2**63 - 2),
        (pa.array([2**64 - 1, 1, 2**64 - 2, 1], pa.uint64()), 2**64 - 1),
        (pa.array([Decimal(10**38 - 1), Decimal(1), Decimal(10**38 - 1), Decimal(-1)], pa.decimal128(38, 0)), Decimal(10**38 - 2)),
    ]
    for array, good in cases:
        result = grouped(key.append_column("v", array), ["k"], {"total": ("sum", "v")})
        rows = dict(
            zip(result.table["k"].to_pylist(), zip(result.table["total"].to_pylist(), result.malformed["total"], strict=True), strict=True)
        )
        assert rows == {1: (None, True), 2: (good, False)}


def test_no_rows_one_giant_group_and_all_null_keys() -> None:
    empty = pa.table({"k": pa.array([], pa.string()), "v": pa.array([], pa.float64())})
    floats = [f for f in AGGREGATES if f not in ("any", "all")]
    result = grouped(
        empty, ["k"], {f: (f, "v", *({"quantile": ((), {"q": 0.5}), "first": (("k",),), "last": (("k",),)}.get(f, ()))) for f in floats}
    ).table
    assert result.num_rows == 0
    assert [logical(result.schema.field(f).type) for f in floats] == [aggregate_type(f, pa.float64()) for f in floats]
    many = pa.table({"k": pa.nulls(100_000, pa.string()), "v": pa.array([0.1] * 100_000)})
    (row,) = grouped(many, ["k"], {"n": ("count",), "s": ("sum", "v"), "m": ("mean", "v"), "d": ("std", "v")}).table.to_pylist()
    assert row == {"k": None, "n": 100_000, "s": float(Fraction(0.1) * 100_000), "m": 0.1, "d": 0.0}


def test_what_cannot_be_is_refused() -> None:
    table = pa.table({"k": ["a"], "t": [["x"]], "v": [1]})
    for name in ("kk", "v"):
        with pytest.raises(ColumnNotFoundError, match="no column 'kk'"):
            grouped(table, [name], {"s": ("count", "kk")})
    with pytest.raises(TypeMismatchError, match="group_by takes no key of type"):
        grouped(table, ["t"], {})
    with pytest.raises(TypeMismatchError, match="sum takes numbers, not string"):
        grouped(table, ["v"], {"s": ("sum", "k")})
    with pytest.raises(TypeMismatchError, match="any takes true and false, not int64"):
        grouped(table, ["k"], {"s": ("any", "v")})
    with pytest.raises(TypeMismatchError, match="have no order"):
        grouped(table, ["v"], {"s": ("min", "t")})
    with pytest.raises(TypeMismatchError, match="first.order_by=.: list<string> values have no order"):
        grouped(table, ["v"], {"s": ("first", "k", ("t",))})
    with pytest.raises(ArgumentError, match="one of count, sum"):
        grouped(table, ["v"], {"s": ("median", "v")})
    with pytest.raises(ArgumentError, match="mean needs a column"):
        aggregate_type("mean", None)
    with pytest.raises(ArgumentError, match="name of a key"):
        grouped(table, ["v"], {"v": ("count",)})
    with pytest.raises(ArgumentError, match="without a key"):
        grouped(table, [], {"s": ("count",)})
