"""Tasks in processes of their own. This process stays small: it imports neither a library that is measured nor NumPy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.apart import interpreter_of
from benchmarks.table import Cost, Task


def measure(tasks: Sequence[Task], runs: int, folder: Path, told: Callable[[str], None]) -> dict[Task, Cost]:
    """The median cost of each task over `runs` rounds; a round runs every task once, so what else the machine does falls on all."""
    costs: dict[Task, list[Cost]] = {task: [] for task in tasks}
    for number in range(1, runs + 1):
        for task, found in costs.items():
            cost = run(task, folder)
            found.append(cost)
            what = " ".join(Path(part).name for part in task if part)
            told(f"round {number} of {runs}, {what}: {cost.wall:.6g} s, {cost.cpu:.6g} CPU s, {cost.peak:.0f} MB")
    return {task: Cost.median(found) for task, found in costs.items()}


def run(task: Task, folder: Path) -> Cost:
    """One run. What the task writes goes below `folder`, and is removed."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = python("benchmarks.task", *task, f"{scratch}/out", interpreter=interpreter_of(task[0]))
    return Cost(**json.loads(done.splitlines()[-1]))


def python(module: str, *arguments: str, interpreter: str = sys.executable) -> str:
    """What a module prints. Its errors go to this process's stderr, and end it.

    Modules are compiled once and kept, as an installation does, whatever this process was told.
    """
    command = [interpreter, "-m", module, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    where = Path(__file__).parent.parent
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=where, env=environment).stdout


def warm(folder: Path) -> None:
    """Read every file below a folder once, so that all tasks find them in the file cache."""
    for path in (path for path in folder.rglob("*") if path.suffix in (".parquet", ".csv")):
        with path.open("rb") as file, Path("/dev/null").open("wb") as nowhere:
            shutil.copyfileobj(file, nowhere)
