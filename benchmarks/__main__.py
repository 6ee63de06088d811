"""`make bench`: the speed table of this machine, every figure measured in this run.

python -m benchmarks [--rows 200000 --rows 2000000] [--only polars --only row] [--runs 5]
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine
from benchmarks.apart import PEERS, UnavailableError, interpreter_of
from benchmarks.comparisons import NAMES, OWN_ROWS, comparisons
from benchmarks.processes import measure, warm
from benchmarks.table import render

ROWS = (200_000, 2_000_000)


def main() -> None:
    """Make the data, measure what the asked rows of the table need, print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="The speed table of this machine.")
    own = ", ".join(f"{rows} for {name}" for name, rows in OWN_ROWS.items())
    parser.add_argument(
        "--rows", type=int, action="append", help=f"rows of data; may be repeated (default: {' and '.join(map(str, ROWS))}; {own})"
    )
    parser.add_argument("--only", choices=NAMES, action="append", help="these rows of the table; may be repeated (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="the median of so many runs, taken in turn (default: 5)")
    parser.add_argument("--folder", help="where data and stores go; data that is there is used again (default: a temporary folder)")
    asked = parser.parse_args()
    print(machine.describe(), flush=True)
    with tempfile.TemporaryDirectory(prefix="featureprep-bench-") as temporary:
        folder = Path(asked.folder or temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        for rows, names in _tables(asked.rows, asked.only or _at_hand()):
            print(f"\n{rows:,} rows, the median of {asked.runs} runs; {machine.load()}", flush=True)
            wanted = comparisons(names, rows, folder)
            tasks = list(dict.fromkeys(task for row in wanted for task in (row.ours, row.peer)))
            warm(folder)
            costs = measure(tasks, asked.runs, folder, lambda line: print(line, file=sys.stderr, flush=True))
            print(render(wanted, costs))
            print(machine.load(), flush=True)


def _at_hand() -> list[str]:
    """All rows of the table but those whose peer is not installed, where it is not there."""
    found = list(NAMES)
    for name in PEERS:
        try:
            interpreter_of(name)
        except UnavailableError as error:
            print(f"left out: {error}", flush=True)
            found.remove(name)
    return found


def _tables(asked: Sequence[int] | None, names: Sequence[str]) -> list[tuple[int, list[str]]]:
    """How many rows, and which rows of the table are measured on them."""
    if asked:
        return [(rows, list(names)) for rows in asked]
    usual, own = [name for name in names if name not in OWN_ROWS], [name for name in names if name in OWN_ROWS]
    return [*((rows, usual) for rows in ROWS if usual), *((OWN_ROWS[name], [name]) for name in own)]


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:  # which has said on stderr what was wrong
        sys.exit(f"a measured process failed, so there is no table: {shlex.join(error.cmd[1:])}")
    except UnavailableError as error:
        sys.exit(str(error))
