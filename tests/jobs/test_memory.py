"""Memory hangs on the size of a fragment, not on the number of rows; files that are open, on nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FRAGMENT = 100_000
RUN = """
import json, resource, sys
import featureprep as fp
from featureprep import col
from featureprep import transforms as T
from featureprep.engines.pandas import PandasEngine

path, store, statistics, partitions, files = sys.argv[1:]
if int(files):
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(files), int(files)))

@fp.job(sources={"main": fp.read_parquet(path)}, name="memory")
def job(main):
    return main.features(
        a=T.standard_scale(T.impute("a", "median")), b=T.bucketize("b", 10), c=T.standard_scale(T.impute("c", "median")),
        k=T.vocabulary("k", top_k=100), label=fp.label((col("a") > 0).cast("int8")), keep=["id"],
    )

done = job.run(store=store, engine=PandasEngine(2), statistics=statistics == "yes", partitions=int(partitions))
# of this process alone: ru_maxrss begins with what the parent had
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"mb": peak / 1024, "rows": done.dataset.splits["all"], "read": done.fragments_read, "known": done.fragments_known}))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")


def generate(path: Path, rows: int, group: int = FRAGMENT) -> None:
    """Rows of three floats, an id and a word, in row groups of one size."""
    rng = np.random.default_rng(0)
    words = pa.array([f"word {i}" for i in range(1000)])
    names = ["id", "a", "b", "c", "k"]
    types = [pa.int64(), pa.float64(), pa.float64(), pa.float64(), pa.string()]
    with pq.ParquetWriter(path, pa.schema(list(zip(names, types, strict=True)))) as out:
        for start in range(0, rows, group):
            n = min(group, rows - start)
            a = pa.array(rng.normal(size=n), mask=rng.random(n) < 0.05)
            k = words.take(pa.array(rng.integers(0, 1000, n)))
            out.write_table(
                pa.table([pa.array(np.arange(start, start + n)), a, rng.normal(size=n), rng.exponential(size=n), k], names=names)
            )


def run(path: Path, store: Path, *, statistics: bool = False, partitions: int = 1000, files: int = 0) -> dict[str, float]:
    """A run in a process of its own."""
    command = [sys.executable, "-c", RUN, str(path), str(store), "yes" if statistics else "no", str(partitions), str(files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    return found


def growth(folder: Path, few: int, many: int, *, statistics: bool) -> float:
    peaks = []
    for rows in (few, many):
        generate(folder / f"{rows}.parquet", rows)
        done = run(folder / f"{rows}.parquet", folder / f"store-{rows}", statistics=statistics)
        assert done["rows"] == rows
        assert done["read"] == rows / FRAGMENT
        peaks.append(done["mb"])
    return peaks[1] / peaks[0]


def test_five_times_the_rows(tmp_path: Path) -> None:
    assert growth(tmp_path, 200_000, 1_000_000, statistics=False) <= 1.2


@pytest.mark.soak
def test_ten_times_the_rows(tmp_path: Path) -> None:
    assert growth(tmp_path, 200_000, 2_000_000, statistics=False) <= 1.2


@pytest.mark.soak
def test_ten_times_the_rows_with_statistics(tmp_path: Path) -> None:
    """Runs are mapped from the store: what has been read of them is let go column by column."""
    assert growth(tmp_path, 200_000, 2_000_000, statistics=True) <= 1.2


def test_states_of_many_fragments_need_no_open_files(tmp_path: Path) -> None:
    """A second run takes every state from the store; each is a file."""
    generate(tmp_path / "a.parquet", 40_000, group=1_000)
    first = run(tmp_path / "a.parquet", tmp_path / "store", files=64)
    assert (first["read"], first["known"]) == (40, 0)
    second = run(tmp_path / "a.parquet", tmp_path / "store", files=64)
    assert (second["read"], second["known"]) == (0, 40)
    generate(tmp_path / "b.parquet", 300_000, group=15_000)  # states that are large enough to be mapped
    for known in (0, 20):
        assert run(tmp_path / "b.parquet", tmp_path / "store", files=64, statistics=True)["known"] == known
