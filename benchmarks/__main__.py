"""`make bench`: the speed table of this machine, every figure measured in this run.

python -m benchmarks [--rows 200000 --rows 2000000] [--only polars --only row] [--runs 3]
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import machine
from benchmarks.comparisons import NAMES, comparisons
from benchmarks.processes import measure, warm
from benchmarks.table import render

ROWS = (200_000, 2_000_000)


def main() -> None:
    """Make the data, measure what the asked rows of the table need, print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The speed table of this machine.")
    parser.add_argument(
        "--rows", type=int, action="append", help=f"rows of data; may be repeated (default: {' and '.join(map(str, ROWS))})"
    )
    parser.add_argument("--only", choices=NAMES, action="append", help="these rows of the table; may be repeated (default: all)")
    parser.add_argument("--runs", type=int, default=3, help="the median of so many runs, taken in turn (default: 3)")
    parser.add_argument("--folder", help="where data and stores go; data that is there is used again (default: a temporary folder)")
    asked = parser.parse_args()
    print(machine.describe(), flush=True)
    with tempfile.TemporaryDirectory(prefix="featureprep-bench-") as temporary:
        folder = Path(asked.folder or temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for rows in asked.rows or ROWS:
            print(f"\n{rows:,} rows, the median of {asked.runs} runs; {machine.load()}", flush=True)
            wanted = comparisons(asked.only or NAMES, rows, folder)
            tasks = list(dict.fromkeys(task for row in wanted for task in (row.ours, row.peer)))
            warm(folder)
            costs = measure(tasks, asked.runs, folder, lambda line: print(line, file=sys.stderr, flush=True))
            print(render(wanted, costs))
            print(machine.load(), flush=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:  # which has said on stderr what was wrong
        sys.exit(f"a measured process failed, so there is no table: {shlex.join(error.cmd[1:])}")
