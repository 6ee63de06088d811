"""join_asof against a loop, pandas, Polars and DuckDB; and against itself in another order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.relational.join_asof import STRATEGIES, AsofResult, join_asof
from featureprep.relational.order import content_order
from featureprep.relational.rows import take_rows
from tests.relational.ordered import MEASURED, last, measured, moments, place
from tests.relational.tables import columns, reorder, reorderings, rows_of

Sides = tuple[pa.Table, pa.Table]


@st.composite
def sides(draw: st.DrawFn) -> Sides:
    dtype = draw(st.sampled_from(list(MEASURED)))
    made = []
    for side in "lr":
        rows = draw(st.integers(0, 10))
        keys = draw(st.lists(st.sampled_from(["a", "b", None]), min_size=rows, max_size=rows))
        made.append(pa.table({"key": pa.array(keys, pa.string()), "at": draw(moments(rows, dtype)), side: draw(columns(rows)), "tie": draw(columns(rows, dtype=pa.float64()))}))  # fmt: skip
    return made[0], made[1]


OPTIONS = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(STRATEGIES),
        "tolerance": st.sampled_from([None, 0, 1, 2, 2**40]),
        "allow_exact_matches": st.booleans(),
        "descending": st.booleans(),
    }
)


def run(left: pa.Table, right: pa.Table, *, keyed: bool = True, tied: bool = True, **options: Any) -> AsofResult:
    by = ([left["key"]], [right["key"]]) if keyed else ([], [])
    return join_asof(left, right, *by, left["at"], right["at"], order_by=[right["tie"]] if tied else [], **options)


def pairs(result: AsofResult) -> dict[int, int]:
    return dict(zip(result.left_indices.tolist(), result.right_indices.tolist(), strict=True))


def by_loop(left: pa.Table, right: pa.Table, *, keyed: bool, tied: bool, **options: Any) -> dict[int, int]:
    content = {row: i for i, row in enumerate(content_order(right).tolist())}
    a, b = left.to_pylist(), right.to_pylist()

    def tie(j: int) -> Any:
        group, value = last(b[j]["tie"]) if tied else (0, 0)
        turned = -value if options["descending"] and group == 0 else value
        return (group, turned, content[j])

    found = {}
    for i, row in enumerate(a):
        best: tuple[Any, ...] | None = None
        found[i] = -1
        for j, other in enumerate(b):
            if keyed and (row["key"] is None or row["key"] != other["key"]):
                continue
            t, s = place(row["at"]), place(other["at"])
            if t is None or s is None or (t == s and not options["allow_exact_matches"]):
                continue
            t, s = measured(t), measured(s)
            if (s > t and options["strategy"] == "backward") or (s < t and options["strategy"] == "forward"):
                continue
            gap = 0 if s == t else abs(t - s)
            if options["tolerance"] is not None and not gap <= options["tolerance"]:
                continue
            # of the row before and the row after the nearer one, of equal gaps the one before; of equal moments the tie-break
            closest = s if s > t or options["strategy"] == "forward" else -s
            rank = (gap, s > t, closest, *tie(j)) if options["strategy"] == "nearest" else (closest, *tie(j))
            if best is None or rank < best:
                best, found[i] = rank, j
    return found


@given(sides(), OPTIONS, st.booleans(), st.booleans())
def test_a_loop_gives_the_same_pairs(given_sides: Sides, options: dict[str, Any], keyed: bool, tied: bool) -> None:
    left, right = given_sides
    result = run(left, right, keyed=keyed, tied=tied, **options)
    expected = by_loop(left, right, keyed=keyed, tied=tied, **options)
    assert pairs(result) == expected


@given(sides(), OPTIONS, st.data())
def test_any_order_of_arrival_gives_the_same_table(given_sides: Sides, options: dict[str, Any], data: st.DataObject) -> None:
    left, right = given_sides
    moved = [reorder(side, data.draw(reorderings(side.num_rows))) for side in given_sides]
    tables = []
    for a, b in ((left, right), (moved[0], moved[1])):
        result = run(a, b, tied=False, **options)
        tables.append(list(zip(rows_of(take_rows(a, result.left_indices)), rows_of(take_rows(b, result.right_indices)), strict=True)))
    assert tables[0] == tables[1]


def random_sides(seed: int) -> Sides:
    """No two right rows of one key share a moment, so that other libraries have no ties to decide."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2024-01-01", "us")

    def side(n: int, name: str) -> pa.Table:
        key, at = rng.integers(0, 40, n), rng.integers(0, 5000, n)
        _, first = np.unique(key * 10_000 + at, return_index=True)
        table = pa.table({"key": key, "at": start + at * np.timedelta64(60_000_000, "us"), name: np.arange(n), "tie": np.zeros(n)})
        return table.take(first)

    return side(3000, "l"), side(2000, "r")


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("minutes", [None, 90])
def test_pandas_agrees(strategy: Any, exact: bool, minutes: int | None) -> None:
    pd = pytest.importorskip("pandas")
    left, right = random_sides(5)
    tolerance = None if minutes is None else minutes * 60_000_000
    result = run(left, right, strategy=strategy, allow_exact_matches=exact, tolerance=tolerance)
    found = dict(
        zip(left["l"].take(pa.array(result.left_indices)).to_pylist(), take_rows(right, result.right_indices)["r"].to_pylist(), strict=True)
    )
    expected = pd.merge_asof(
        left.to_pandas().sort_values("at"),
        right.to_pandas().sort_values("at"),
        on="at",
        by="key",
        direction=strategy,
        allow_exact_matches=exact,
        tolerance=None if minutes is None else pd.Timedelta(minutes=minutes),
    )
    assert found == {row.l: None if row.r != row.r else int(row.r) for row in expected.itertuples()}


def test_polars_agrees() -> None:
    pl = pytest.importorskip("polars")
    left, right = random_sides(6)
    a, b = pl.from_arrow(left).sort("at"), pl.from_arrow(right).sort("at")
    expected = a.join_asof(b, on="at", by="key", strategy="backward", tolerance="2h", check_sortedness=False)
    result = run(left, right, tolerance=2 * 3_600_000_000)
    found = zip(
        left["l"].take(pa.array(result.left_indices)).to_pylist(), take_rows(right, result.right_indices)["r"].to_pylist(), strict=True
    )
    assert sorted(found, key=repr) == sorted(expected.select("l", "r").rows(), key=repr)


@pytest.mark.parametrize("strategy, sign", [("backward", ">="), ("backward", ">"), ("forward", "<="), ("forward", "<")])
def test_duckdb_agrees(strategy: str, sign: str) -> None:
    duckdb = pytest.importorskip("duckdb")
    left, right = random_sides(7)
    result = run(left, right, strategy=strategy, allow_exact_matches="=" in sign)
    with duckdb.connect() as connection:
        connection.register("tl", left)
        connection.register("tr", right)
        query = f"select l.l, r.r from tl l asof left join tr r on l.key = r.key and l.at {sign} r.at"
        expected = connection.execute(query).fetchall()
    found = zip(
        left["l"].take(pa.array(result.left_indices)).to_pylist(), take_rows(right, result.right_indices)["r"].to_pylist(), strict=True
    )
    assert sorted(found, key=repr) == sorted(expected, key=repr)


def test_text_has_an_order_but_no_distance() -> None:
    left = pa.table({"at": ["b", "é", None, "a"]})
    right = pa.table({"at": pa.array(["a", "z"], pa.large_string())})
    result = join_asof(left, right, [], [], left["at"], right["at"])
    assert pairs(result) == {0: 0, 1: 1, 2: -1, 3: 0}


def test_dates_are_a_distance_of_days_apart() -> None:
    days = [dt.date(2024, 2, 28), dt.date(2024, 3, 2)]
    left, right = pa.table({"at": [dt.date(2024, 3, 1)]}), pa.table({"at": days})
    for tolerance, expected in ((2, 0), (1, 1), (0, -1)):
        assert pairs(join_asof(left, right, [], [], left["at"], right["at"], strategy="nearest", tolerance=tolerance))[0] == (
            1 if tolerance == 2 else expected
        )
    assert pairs(join_asof(left, right, [], [], left["at"], right["at"], tolerance=2))[0] == 0


def test_errors() -> None:
    left, right = pa.table({"at": [1], "l": [[1]]}), pa.table({"at": [1.0], "l": [[1]]})
    with pytest.raises(ArgumentError, match="one of backward, forward, nearest"):
        join_asof(left, left, [], [], left["at"], left["at"], strategy="next")
    with pytest.raises(TypeMismatchError, match="keys of int64 and float64"):
        join_asof(left, right, [], [], left["at"], right["at"])
    with pytest.raises(TypeMismatchError, match="list<int64> values have no order"):
        join_asof(left, left, [], [], left["l"], left["l"])
