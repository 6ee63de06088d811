"""A bucket too large for memory is cut by its keys: no row is lost, equal keys stay together, and arrival makes no difference."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.relational.bucket import to_blobs
from featureprep.run.gathered import GROUPS, Gathered

SCHEMA = pa.schema([("k", pa.int64()), ("x", pa.int64())])


def rows(keys: list[int], start: int = 0) -> pa.Table:
    return pa.table({"k": keys, "x": range(start, start + len(keys))}, SCHEMA)


def gathered(tables: list[pa.Table], limit: int, kind: int = 0) -> list[list[tuple[int, int]]]:
    made = Gathered([["k"]], limit)
    for table in tables:
        for _, blob in to_blobs(table, np.zeros(table.num_rows, np.int32)):
            made.add(kind, blob)
    return [
        sorted(zip(table["k"].to_pylist(), table["x"].to_pylist(), strict=True))
        for table in (pa.concat_tables([SCHEMA.empty_table(), *part.tables(kind)]) for part in made.parts())
    ]


@given(st.lists(st.lists(st.integers(0, 40), max_size=30), max_size=8), st.sampled_from([0, 500, 3000, 1 << 20]), st.randoms())
def test_every_row_is_in_one_part_with_its_key(keys: list[list[int]], limit: int, random: object) -> None:
    tables = [rows(some, 1000 * i) for i, some in enumerate(keys)]
    parts = gathered(tables, limit)
    every = sorted(pair for part in parts for pair in part)
    assert every == sorted((k, x) for table in tables for k, x in zip(table["k"].to_pylist(), table["x"].to_pylist(), strict=True))
    held = [{k for k, _ in part} for part in parts]
    assert sum(map(len, held)) == len(set().union(*held))
    assert gathered(tables[::-1], limit) == parts


def test_small_buckets_are_one_part_and_large_ones_several() -> None:
    tables = [rows(list(range(500)), 500 * i) for i in range(4)]
    assert len(gathered(tables, 1 << 20)) == 1
    assert len(gathered(tables, 10_000)) > 8
    assert len(gathered([], 10)) == 1


@pytest.mark.parametrize("kind", [0, GROUPS])
def test_one_key_with_nearly_all_rows_is_not_cut_for_ever(kind: int) -> None:
    tables = [rows([7] * 1000, 1000 * i) for i in range(3)] + [rows([1, 2, 3], 5000)]
    parts = gathered(tables, 1000, kind)
    assert max(map(len, parts)) >= 3000
    assert sum(map(len, parts)) == 3003


def test_without_keys_nothing_is_cut() -> None:
    made = Gathered([[]], 10)
    made.add_table(0, rows([1, 2, 3]))
    (part,) = made.parts()
    assert part.table(0, SCHEMA).num_rows == 3
    assert part.size == part.sized(0) > 10
