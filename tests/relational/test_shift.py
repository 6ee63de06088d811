"""shift against a loop, pandas, Polars and DuckDB; and against itself in another order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import TypeMismatchError
from featureprep.relational.rows import take_rows
from featureprep.relational.sequences import sequences
from featureprep.relational.shift import shifted
from tests.relational.ordered import ordered_rows, sequenced_tables
from tests.relational.tables import reorder, reorderings, rows_of

ORDERS = st.sampled_from([["order"], ["order", "second"]])
STEPS = st.sampled_from([1, -1, 2, 0, -3, 100])


def shift(table: pa.Table, n: int, order: list[str], keys: list[str]) -> Any:
    return shifted(sequences(table, [table[k] for k in keys], [table[o] for o in order], "shift"), n)


@given(sequenced_tables(), ORDERS, STEPS, st.booleans())
def test_a_loop_gives_the_same_neighbours(table: pa.Table, order: list[str], n: int, keyed: bool) -> None:
    keys = ["key"] if keyed else []
    expected = [-1] * table.num_rows
    for rows in ordered_rows(table, keys, order).values():
        for place, row in enumerate(rows):
            if 0 <= place - n < len(rows):
                expected[row] = rows[place - n]
    assert shift(table, n, order, keys).tolist() == expected


@given(sequenced_tables(), ORDERS, STEPS, st.data())
def test_any_order_of_arrival_gives_the_same_rows(table: pa.Table, order: list[str], n: int, data: st.DataObject) -> None:
    made = []
    for one in (table, reorder(table, data.draw(reorderings(table.num_rows)))):
        taken = shift(one, n, order, ["key"])
        made.append(sorted(zip(rows_of(one), rows_of(take_rows(one, taken)), strict=True), key=repr))
    assert made[0] == made[1]


def random_table(seed: int) -> pa.Table:
    """No two rows of one key share a moment."""
    rng = np.random.default_rng(seed)
    return pa.table({"key": rng.integers(0, 50, 4000), "order": rng.permutation(4000), "value": np.arange(4000)})


@pytest.mark.parametrize("n", [1, -2, 7])
def test_pandas_and_polars_agree(n: int) -> None:
    pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    table = random_table(1)
    taken = shift(table, n, ["order"], ["key"])
    found = [None if i < 0 else i for i in taken.tolist()]
    frame = table.to_pandas()
    assert found == [None if v != v else int(v) for v in frame.sort_values("order").groupby("key")["value"].shift(n).sort_index()]
    assert found == pl.from_arrow(table).select(pl.col("value").shift(n).over("key", order_by="order"))["value"].to_list()


def test_duckdb_agrees_on_order_columns_with_nulls_behind_the_first() -> None:
    duckdb = pytest.importorskip("duckdb")
    rng = np.random.default_rng(2)
    second = pa.array(rng.permutation(1000).astype(np.float64), mask=np.arange(1000) % 1000 == 5)
    table = pa.table({"key": rng.integers(0, 9, 1000), "order": rng.integers(0, 40, 1000), "second": second, "value": np.arange(1000)})
    found = [None if i < 0 else i for i in shift(table, 1, ["order", "second"], ["key"]).tolist()]
    query = 'select lag("value") over (partition by "key" order by "order", "second" nulls last) from t order by "value"'
    with duckdb.connect() as connection:
        connection.register("t", table)
        assert found == [v for (v,) in connection.execute(query).fetchall()]


def test_lists_have_no_order() -> None:
    table = pa.table({"order": [[1], [2]]})
    with pytest.raises(TypeMismatchError, match="shift: list<int64> values have no order"):
        shift(table, 1, ["order"], [])
