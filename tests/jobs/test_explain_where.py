"""`explain` says what runs where, on every engine alike but for its words, and starts none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import featureprep as fp
from featureprep import agg, col
from featureprep.cli import cli
from featureprep.jobs import meeting
from tests.jobs.cases import SCHEMA, SIDE, as_source, main_rows, make_job, side_rows

WORDS = {"beam": "GroupByKey", "dask": "peer-to-peer", "pandas": "memory", "spark": "repartitionById"}
JOB = """
import featureprep as fp
from featureprep import agg, col

@fp.job(sources={"main": fp.read_parquet("main/*.parquet"), "side": fp.read_parquet("side/*.parquet")})
def case(main, side):
    totals = main.group_by("key").agg(n=agg.count())
    return main.filter(col("id") > 100, name="late").join(totals, on="key").join(side, on="key").features(n="n", keep=["id"])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    as_source(tmp_path / "main", "parquet", main_rows(200), SCHEMA, 3)
    as_source(tmp_path / "side", "parquet", side_rows(), SIDE)
    (tmp_path / "job.py").write_text(JOB)
    return tmp_path


@pytest.mark.parametrize("engine", WORDS)
def test_explain_on_an_engine(engine: str, folder: Path) -> None:
    pytest.importorskip({"beam": "apache_beam", "dask": "distributed", "pandas": "pandas", "spark": "pyspark"}[engine])
    shown = CliRunner().invoke(cli, ["explain", f"{folder}/job.py", "--engine", engine, "--json"])
    assert shown.exit_code == 0, shown.output
    scans = {scan["name"]: scan for scan in json.loads(shown.stdout)["scans"]}
    assert list(scans) == ["group_by key", "inner join on key", "inner join on key #2", "statistics of the entry table", "write"]
    group, join = scans["group_by key"], scans["inner join on key"]
    assert group["forced_by"] == ["rows with equal keys must meet", "statistics of main"]
    assert group["runs"][0].startswith(f"{engine}: scan")
    assert WORDS[engine] in group["runs"][0]
    assert "source main, 3 partitions: 1 column" in group["runs"][0]
    assert any("stage x1 lies by these keys already: not sent" in line for line in join["runs"])
    assert any("row groups of main that 'late' drops whole are counted, not read" in line for line in join["runs"])
    assert all("source side" in line or "stage x2" in line or "broadcast" in line for line in scans["inner join on key #2"]["runs"])
    assert scans["write"]["runs"][0].startswith(f"{engine}: scan")


def test_sizes_that_the_run_only_knows(folder: Path) -> None:
    def body(main: fp.Table, side: fp.Table) -> fp.Table:
        return main.group_by("group", "key").agg(n=agg.count()).join(side.filter(col("weight") > 0), on="key").features(n="n")

    sources = fp.read_parquet(f"{folder}/main/*.parquet"), fp.read_parquet(f"{folder}/side/*.parquet")
    (join,) = [scan for scan in make_job(body, *sources).explain().scans if scan.name == "inner join on key"]
    assert join.runs[1] == "source side is broadcast instead, if it turns out to be small"
    assert meeting.small_beside(4, 1)
    assert not meeting.small_beside(3, 1)
    assert not meeting.small_beside(1 << 40, (8 << 20) + 1)
