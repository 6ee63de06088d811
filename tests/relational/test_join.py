"""Joins against nested loops, pandas and DuckDB; and the ledger's algebra."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, DataError, TypeMismatchError
from featureprep.relational.join import KINDS, JoinResult, join
from featureprep.relational.rows import take_rows
from tests.relational.tables import VALUES, canonical_rows, columns, reorder, reorderings, rows_of

HOW = st.sampled_from(KINDS)


@st.composite
def pairs_of_tables(draw: st.DrawFn) -> tuple[pa.Table, pa.Table, int]:
    """Two tables whose first columns are keys of equal types, and how many keys there are."""
    types = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=2))
    sides = []
    for side in "lr":
        rows = draw(st.integers(0, 12))
        arrays = [draw(columns(rows, dtype=dtype)) for dtype in types] + [draw(columns(rows))]
        sides.append(pa.table(arrays, names=[f'{side}"{i} é' for i in range(len(arrays))]))
    return sides[0], sides[1], len(types)


def run(left: pa.Table, right: pa.Table, keys: int, how: str) -> JoinResult:
    return join(left, right, left.columns[:keys], right.columns[:keys], how)


def joined(left: pa.Table, right: pa.Table, result: JoinResult) -> list[tuple[Any, ...]]:
    rows = rows_of(take_rows(left, result.left_indices))
    if result.right_indices is None:
        return rows
    return [a + b for a, b in zip(rows, rows_of(take_rows(right, result.right_indices)), strict=True)]


@given(pairs_of_tables(), HOW)
def test_nested_loops_give_the_same_pairs_and_counts(given_tables: tuple[pa.Table, pa.Table, int], how: str) -> None:
    left, right, keys = given_tables
    a, b = canonical_rows(left.columns[:keys]), canonical_rows(right.columns[:keys])
    pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if None not in a[i] and a[i] == b[j]]
    with_partner = {i for i, _ in pairs}
    alone = [i for i in range(len(a)) if i not in with_partner]
    result = run(left, right, keys, how)
    if how in ("semi", "anti"):
        assert result.right_indices is None
        assert sorted(result.left_indices.tolist()) == (sorted(with_partner) if how == "semi" else alone)
    else:
        assert result.right_indices is not None
        found = sorted(zip(result.left_indices.tolist(), result.right_indices.tolist(), strict=True))
        assert found == sorted(pairs + [(i, -1) for i in alone if how == "left"])
    counts = result.counts
    assert (counts.left_rows, counts.right_rows) == (len(a), len(b))
    assert (counts.left_matched, counts.left_unmatched) == (len(with_partner), len(alone))
    assert (counts.right_matched, counts.right_unmatched) == (len({j for _, j in pairs}), len(b) - len({j for _, j in pairs}))
    assert counts.out == len(result.left_indices)
    assert counts.left_rows + counts.right_rows + counts.created == counts.out + counts.dropped + counts.merged
    assert counts.dropped == len(a) - len(set(result.left_indices.tolist()))
    assert counts.created == len(result.left_indices) - len(set(result.left_indices.tolist()))


@given(pairs_of_tables(), HOW, st.data())
def test_any_order_of_arrival_gives_the_same_table(given_tables: tuple[pa.Table, pa.Table, int], how: str, data: st.DataObject) -> None:
    left, right, keys = given_tables
    moved_left = reorder(left, data.draw(reorderings(left.num_rows)))
    moved_right = reorder(right, data.draw(reorderings(right.num_rows)))
    result, moved = run(left, right, keys, how), run(moved_left, moved_right, keys, how)
    assert joined(left, right, result) == joined(moved_left, moved_right, moved)
    assert result.counts == moved.counts


@pytest.mark.parametrize("how", KINDS)
@pytest.mark.parametrize("nulls", [False, True])
def test_duckdb_agrees(how: str, nulls: bool) -> None:
    duckdb = pytest.importorskip("duckdb")
    rng = np.random.default_rng(7)
    sizes = {"l": 3000, "r": 2000}
    made = {}
    for side, n in sizes.items():
        mask = rng.random(n) < 0.1 if nulls else np.zeros(n, bool)
        keys = {"k": pa.array(rng.integers(0, 500, n), mask=mask), "s": pa.array(rng.choice(["a", "b", "c"], n))}
        made[side] = pa.table(keys | {side: np.arange(n)})
    left, right = made["l"], made["r"]
    result = join(left, right, [left["k"], left["s"]], [right["k"], right["s"]], how)
    both = result.right_indices is not None
    chosen = "l.l, r.r" if both else "l.l, 0"
    with duckdb.connect() as connection:
        connection.register("tl", left)
        connection.register("tr", right)
        query = f"select {chosen} from tl l {how.upper()} join tr r on l.k = r.k and l.s = r.s"
        expected = sorted(connection.execute(query).fetchall(), key=repr)
    right_side = result.right_indices.tolist() if result.right_indices is not None else [0] * len(result.left_indices)
    found = sorted(((i, None if j < 0 else j) for i, j in zip(result.left_indices.tolist(), right_side, strict=True)), key=repr)
    assert found == expected


@pytest.mark.parametrize("how", ["inner", "left"])
def test_pandas_agrees_where_no_key_is_null(how: Any) -> None:
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(8)
    left = pa.table({"class": rng.choice([0.0, -0.0, 1.5, np.inf], 300), "l": np.arange(300)})
    right = pa.table({"class": rng.choice([0.0, -0.0, 2.5, np.inf], 200), "r": np.arange(200)})
    result = join(left, right, [left["class"]], [right["class"]], how)
    expected = left.to_pandas().merge(right.to_pandas(), on="class", how=how)
    pairs = zip(expected["l"], [-1 if pd.isna(r) else int(r) for r in expected["r"]], strict=True)
    assert result.right_indices is not None
    assert sorted(zip(result.left_indices.tolist(), result.right_indices.tolist(), strict=True)) == sorted(pairs)


def test_null_matches_nothing_and_nan_matches_nan() -> None:
    table = pa.table({"k": pa.array([None, float("nan"), 1.0])})
    result = join(table, table, [table["k"]], [table["k"]], "inner")
    assert sorted(result.left_indices.tolist()) == [1, 2]
    anti = join(table, table, [table["k"]], [table["k"]], "anti")
    assert anti.left_indices.tolist() == [0]


def test_all_keys_null_and_no_rows() -> None:
    table, empty = pa.table({"k": pa.nulls(3, pa.string()), "v": [1, 2, 2]}), pa.table({"k": pa.array([], pa.string())})
    for other in (table, empty):
        result = join(table, other, [table["k"]], [other["k"]], "left")
        assert result.right_indices is not None
        assert result.right_indices.tolist() == [-1, -1, -1]
        assert len(join(other, table, [other["k"]], [table["k"]], "inner").left_indices) == 0
    assert len(join(empty, empty, [empty["k"]], [empty["k"]], "anti").left_indices) == 0


def test_one_giant_key_is_joined_or_refused_by_its_size() -> None:
    many, few = pa.table({"k": ["x"] * 20_000, "v": np.arange(20_000)}), pa.table({"k": ["x"] * 10, "w": np.arange(10)})
    result = join(many, few, [many["k"]], [few["k"]], "inner")
    assert result.counts.out == 200_000
    assert result.counts.created == 180_000
    with pytest.raises(DataError, match="would make 400000000 rows"):
        join(many, many, [many["k"]], [many["k"]], "inner")
    assert len(join(many, many, [many["k"]], [many["k"]], "semi").left_indices) == 20_000


def test_encodings_of_one_logical_type_match() -> None:
    left = pa.table({"k": pa.array(["a", "b"]).dictionary_encode()})
    right = pa.table({"k": pa.array(["b", "c"], pa.large_string())})
    assert join(left, right, [left["k"]], [right["k"]], "inner").left_indices.tolist() == [1]


def test_what_cannot_be_is_refused() -> None:
    table = pa.table({"k": [1, 2], "f": [1.0, 2.0], "t": [["a"], ["b"]]})
    with pytest.raises(TypeMismatchError, match="keys of int64 and float64"):
        join(table, table, [table["k"]], [table["f"]], "inner")
    with pytest.raises(TypeMismatchError, match="join takes no key of type list<string>"):
        join(table, table, [table["t"]], [table["t"]], "inner")
    with pytest.raises(ArgumentError, match="one of inner, left, semi, anti"):
        join(table, table, [table["k"]], [table["k"]], "outer")
    with pytest.raises(ArgumentError, match="0 left keys"):
        join(table, table, [], [], "inner")
    with pytest.raises(ArgumentError, match="not as long"):
        join(table, table, [table["k"].slice(1)], [table["k"]], "inner")
