"""Groups before and after an exchange: fewer where that helps, rows where it does not, and the same result either way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.plan.physical import Exchange
from featureprep.relational.aggregates import Reduction
from featureprep.relational.group_by import Grouping
from featureprep.run import grouped
from featureprep.run.grouped import Partial, meet_group_by
from featureprep.run.pipe import PieceReport

SCHEMA = pa.schema([("k", pa.int64()), ("x", pa.float64())])
AGGREGATES = {
    "n": Reduction("count"),
    "sum": Reduction("sum", "x"),
    "std": Reduction("std", "x"),
    "first": Reduction("first", "x", ("x",)),
    "all": Reduction("collect", "x"),
    "q": Reduction("quantile", "x", (), {"q": 0.5}),
}
GROUPING = Grouping(("k",), AGGREGATES, SCHEMA)
FLOATS = ("sum", "std", "first", "q")
OUT = pa.schema([("k", pa.int64()), ("n", pa.int64()), *((name, pa.float64()) for name in FLOATS), ("all", pa.list_(pa.float64()))])
EXCHANGE = Exchange("x1", "group_by", (), (("k",),), {"grouping": GROUPING, "malformed": "error"}, OUT, "group_by k")


def piece(keys: list[int], seed: int = 0) -> pa.Table:
    values = np.random.default_rng(seed).choice([0.1, -0.0, 1e300, 5e-324, float("nan"), 3.0], len(keys))
    return pa.table([pa.array(keys, pa.int64()), pa.array(values)], schema=SCHEMA)


def sent(batches: list[pa.Table]) -> tuple[list[pa.Table], list[pa.Table], int]:
    partial = Partial(GROUPING)
    rows = [table for batch in batches for table in partial.take(batch)]
    rows += partial.rest()
    groups = partial.groups()
    return rows, [] if groups is None else [groups], partial.merged


def met(rows: list[pa.Table], groups: list[pa.Table]) -> tuple[pa.Table, int]:
    report = PieceReport()
    made = meet_group_by(EXCHANGE, SCHEMA, rows, groups, report)
    return made, report.tally.merged["group_by k"]


def test_few_keys_are_sent_as_groups_and_many_as_rows() -> None:
    few, many = piece([1, 2] * 500), piece(list(range(1000)))
    assert [len(part) for part in sent([few])[:2]] == [0, 1]
    rows, groups, merged = sent([many])
    assert (sum(t.num_rows for t in rows), groups, merged) == (1000, [], 0)


@pytest.mark.parametrize("tried", [10, 1 << 16])
def test_a_piece_that_begins_with_many_keys_is_sent_as_rows_from_there_on(tried: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouped, "TRIED_ROWS", tried)
    batches = [piece(list(range(20))), piece([1] * 500)]
    rows, groups, _ = sent(batches)
    assert bool(groups) == (tried > 20)
    assert sum(t.num_rows for t in rows) == (520 if tried == 10 else 0)


@given(st.lists(st.lists(st.integers(0, 5), max_size=40), max_size=6), st.integers(1, 60), st.data())
def test_rows_and_groups_of_any_pieces_make_the_same(keys: list[list[int]], block: int, data: Any) -> None:
    batches = [piece(some, seed) for seed, some in enumerate(keys)]
    whole, merged = met([pa.concat_tables(batches)] if batches else [], [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grouped, "BLOCK_ROWS", block)
        patch.setattr(grouped, "TRIED_ROWS", block)
        rows, groups, before = [], [], 0
        cut = data.draw(st.integers(0, len(batches)))
        for part in (batches[:cut], batches[cut:]):
            some, made, less = sent(part)
            rows += some
            groups += made
            before += less
        found, after = met(data.draw(st.permutations(rows)), data.draw(st.permutations(groups)))
    assert str(found.to_pylist()) == str(whole.to_pylist())
    assert found.schema == whole.schema == OUT
    assert before + after == merged == sum(map(len, keys)) - whole.num_rows
