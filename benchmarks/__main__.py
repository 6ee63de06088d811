"""`make bench`: the figures of this machine, each measured in this run.

python -m benchmarks [--rows 200000]
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import data
from benchmarks.job import make_job

ROUNDS, CALLS = 40, 500


def main() -> None:
    """Generate the rows, run the job with and without its extras, time one row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--files", type=int, default=8)
    asked = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}, {asked.rows:,} rows x 15 columns in {asked.files} files")
    with tempfile.TemporaryDirectory(prefix="featureprep-bench-") as folder:
        data.make(f"{folder}/rows", asked.rows, asked.files)
        job = make_job(f"{folder}/rows")
        for title, options in (("without statistics", {"statistics": False}), ("with statistics", {"statistics": True})):
            start = time.perf_counter()
            run = job.run(store=f"{folder}/store {title}", **options)
            print(f"fit + transform + write {title}: {time.perf_counter() - start:.2f} s, {len(run.scans)} scans")
        print(f"one row, in process: p50 {row_microseconds(run.graph, a_row()):.2f} us (to reach: 5 us)")


def a_row() -> dict[str, Any]:
    """One request with every column the job needs."""
    numbers = {name: 0.25 * i for i, name in enumerate((*data.NUMERIC, *data.BUCKETIZED))}
    texts = {name: f"{name}-1" for name in (*data.ONE_HOT, *data.VOCABULARIES)}
    return {**numbers, **texts, data.TIMESTAMP: dt.datetime(2024, 2, 29, 12, 30, tzinfo=dt.UTC).replace(tzinfo=None)}


def row_microseconds(graph: Callable[[Mapping[str, Any]], Any], row: Mapping[str, Any]) -> float:
    """The median over rounds of the time of one call."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        for _ in range(CALLS):
            graph(row)
        rounds.append((time.perf_counter_ns() - start) / CALLS / 1000)
    return statistics.median(rounds)


if __name__ == "__main__":
    main()
