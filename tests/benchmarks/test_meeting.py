"""The jobs whose rows meet by key, and their peer in Spark, write the same rows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks.comparisons import CASES
from benchmarks.meeting_data import make
from benchmarks.meeting_job import make_job

ROOT = Path(__file__).parents[2]
ROWS, KEYS = 3_000, 200
ROUNDED = ("total", "mean", "spread")
"""Columns that Spark rounds in the order that rows come in."""
EVERY_CASE = """
import sys
from benchmarks import peer_spark, peer_spark_meeting
spark = peer_spark.session()
for case in sys.argv[3:]:
    peer_spark_meeting.run(spark, case, sys.argv[1], f"{sys.argv[2]}/{case}")
spark.stop()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("rows")
    make(made, ROWS, files=3, keys=KEYS)
    return made


@pytest.fixture(scope="module")
def peer(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Spark wrote, a folder a case."""
    pytest.importorskip("pyspark", reason="the spark extra is not installed")
    from tests.engines.hosts.spark import need_java

    need_java()
    made = tmp_path_factory.mktemp("spark")
    subprocess.run([sys.executable, "-c", EVERY_CASE, str(folder), str(made), *CASES], check=True, cwd=ROOT, capture_output=True)
    return made


def in_order(table: pa.Table) -> pa.Table:
    """By the columns that are not rounded."""
    table = table.select(sorted(table.column_names))
    return table.sort_by([(name, "ascending") for name in table.column_names if name not in ROUNDED])


@pytest.mark.parametrize("case", CASES)
def test_spark_writes_the_same_rows(case: str, folder: Path, peer: Path, tmp_path: Path) -> None:
    ours = in_order(make_job(case, folder).run(store=str(tmp_path), statistics=False).dataset.to_arrow())
    theirs = in_order(pq.read_table(peer / case))
    assert ours.column_names == theirs.column_names
    assert ours.num_rows == theirs.num_rows > 0
    for name in ours.column_names:
        if name in ROUNDED:
            np.testing.assert_allclose(ours[name].to_numpy(), theirs[name].to_numpy(), rtol=1e-12, atol=1e-9)
        else:
            assert ours[name].to_pylist() == theirs[name].to_pylist()


def test_joins_leave_out_keys_without_a_partner(folder: Path, tmp_path: Path) -> None:
    facts = pq.read_table(folder / "facts")
    known = set(pq.read_table(folder / "things")["key"].to_pylist())
    small = make_job("small-join", folder).run(store=str(tmp_path / "small"), statistics=False).dataset.to_arrow()
    assert small.num_rows == sum(key in known for key in facts["key"].to_pylist()) < ROWS
    large = make_job("large-join", folder).run(store=str(tmp_path / "large"), statistics=False).dataset.to_arrow()
    assert large.num_rows == ROWS - facts["owner"].null_count < ROWS


def test_the_rows_are_as_their_module_says(tmp_path: Path) -> None:
    make(tmp_path / "once", 10_000, files=3, keys=500)
    make(tmp_path / "again", 10_000, files=3, keys=500)
    once, again = (
        {name: pq.read_table(at / name) for name in ("facts", "things", "owners")} for at in (tmp_path / "once", tmp_path / "again")
    )
    assert all(once[name].equals(again[name]) for name in once)
    assert {name: table.num_rows for name, table in once.items()} == {"facts": 10_000, "things": 490, "owners": 2_000}
    assert len(list((tmp_path / "once" / "facts").iterdir())) == 3
    assert pc.count_distinct(once["facts"]["key"]).as_py() == 500
    assert 0.005 < once["facts"]["owner"].null_count / 10_000 < 0.015
    assert all(pc.count_distinct(once[name][key]).as_py() == once[name].num_rows for name, key in (("things", "key"), ("owners", "owner")))
