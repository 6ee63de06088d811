"""The benchmark's rows have the shape its table speaks of."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from benchmarks.data import BUCKETIZED, NUMERIC, ONE_HOT, TIMESTAMP, VOCABULARIES, make


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    files = make(tmp_path_factory.mktemp("bench"), rows=200_000, files=3)
    assert len(files) == 3
    return ds.dataset(files).to_table()


def test_fifteen_columns_in_order(table: pa.Table) -> None:
    assert table.num_rows == 200_000
    assert table.column_names == [*NUMERIC, *BUCKETIZED, *ONE_HOT, *VOCABULARIES, TIMESTAMP]
    assert len(table.column_names) == 15
    assert table.schema.field(TIMESTAMP).type == pa.timestamp("us")


def test_nulls_are_where_they_are_said_to_be(table: pa.Table) -> None:
    share = {name: table[name].null_count / table.num_rows for name in table.column_names}
    assert all(0.045 < share[name] < 0.055 for name in NUMERIC)
    assert all(0.018 < share[name] < 0.022 for name in VOCABULARIES)
    assert all(share[name] == 0 for name in (*BUCKETIZED, *ONE_HOT, TIMESTAMP))


def test_vocabularies_have_their_sizes(table: pa.Table) -> None:
    distinct = {name: pc.count_distinct(table[name]).as_py() for name in (*ONE_HOT, *VOCABULARIES)}
    assert distinct["kind"] == 10
    assert distinct["small"] == 100
    assert distinct["medium"] == 10_000
    assert 0.6 * 100_000 < distinct["large"] <= 100_000  # 200,000 draws; two million reach nearly all


def test_the_same_seed_gives_the_same_rows_and_old_files_go(tmp_path: Path) -> None:
    first = ds.dataset(make(tmp_path, rows=1001, files=4)).to_table()
    again = make(tmp_path, rows=1001, files=2)
    assert sorted(tmp_path.iterdir()) == again
    assert ds.dataset(make(tmp_path, rows=1001, files=4)).to_table().equals(first)
    assert not ds.dataset(make(tmp_path, rows=1001, files=4, seed=2)).to_table().equals(first)
