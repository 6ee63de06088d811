"""The rows of the speed table that concern one machine, and the data each of them needs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection
from pathlib import Path

from benchmarks.apart import interpreter_of
from benchmarks.processes import python
from benchmarks.table import Comparison

NAMES = ("polars", "settings", "sklearn", "memory", "new-file", "row", "engines", "joins", "tft", "tfdv")
OWN_ROWS = {"joins": 5_000_000, "tft": 50_000, "tfdv": 2_000_000}
"""Rows of data that these are for."""
FILES, NEW_FILE_OF, MEMORY_FILES = 8, 30, 20
CSV_PART = 10
"""TFDV takes a minute or more for 2,000,000 rows of CSV: its row is of a tenth of the rows."""
SETTLED = 2.5
"""Seconds after which a file counts as one that was not written a moment ago."""
MANY_ROWS = 2_000_000
"""From so many rows on ratios of whole runs have a limit: of fewer, what a run does once is most of it. They are shown."""
LIMITS = {"dask": 1.5}
CASES = {
    "small-join": "a join with 98,000 rows",
    "large-join": "a join with a fifth as many rows",
    "keys": "groups of 100,000 keys",
    "owners": "groups of a fifth as many keys",
}
"""The jobs of `meeting_job`, and what they do."""


def comparisons(names: Collection[str], rows: int, folder: Path) -> list[Comparison]:
    """The rows of these names for so many rows of data, which are made below `folder`.

    "memory" compares a tenth of the rows with all of them, in files of one size.
    """
    found: list[Comparison] = []
    if {"polars", "settings", "sklearn"} & set(names):
        found += _speed(names, rows, folder)
    if "memory" in names:
        found += _memory(rows, folder)
    if "new-file" in names:
        found += _new_file(rows, folder)
    if "row" in names:
        found += _row(rows, folder)
    if "engines" in names:
        found += _engines(rows, folder)
    if "joins" in names:
        found += _joins(rows, folder)
    if "tft" in names:
        found += _tft(rows, folder)
    if "tfdv" in names:
        found += _tfdv(rows, folder)
    return found


def _speed(names: Collection[str], rows: int, folder: Path) -> list[Comparison]:
    data = _data(folder, rows, FILES)
    contract = _contract(data) if {"polars", "settings"} & set(names) else ""
    setting = {name: ("featureprep", name, data, contract) for name in ("statistics", "contract", "everything")}
    plain, peer, tuned = ("featureprep", "plain", data, ""), ("polars", data), ("polars-tuned", data)
    found = []
    if "polars" in names:
        found += [
            Comparison("polars", f"{rows:,} rows, against Polars", plain, peer, _of_many(rows, 1.0)),
            Comparison("polars", f"{rows:,} rows, everything on, against Polars", setting["everything"], peer, _of_many(rows, 2.0)),
            Comparison("polars", f"{rows:,} rows, against tuned Polars", plain, tuned, None),
            Comparison("polars", f"{rows:,} rows, everything on, against tuned Polars", setting["everything"], tuned, None),
        ]
    if "settings" in names:
        found += [
            Comparison("settings", f"{rows:,} rows, statistics on, against without", setting["statistics"], plain, None),
            Comparison("settings", f"{rows:,} rows, statistics and contract on, against without", setting["contract"], plain, None),
        ]
    if "sklearn" in names:
        found.append(Comparison("sklearn", f"{rows:,} rows, against scikit-learn", plain, ("sklearn", data), _of_many(rows, 3.0), "faster"))
    return found


def _of_many(rows: int, limit: float) -> float | None:
    return limit if rows >= MANY_ROWS else None


def _memory(rows: int, folder: Path) -> list[Comparison]:
    many, few = (_data(folder, rows // part, MEMORY_FILES // part) for part in (1, 10))
    title = f"peak memory, {rows:,} rows against {rows // 10:,}"
    return [
        Comparison("memory", title, ("featureprep", "plain", many, ""), ("featureprep", "plain", few, ""), _of_many(rows, 1.2), "memory"),
        Comparison(
            "memory",
            f"{title}, everything on",
            ("featureprep", "everything", many, _contract(many)),
            ("featureprep", "everything", few, _contract(few)),
            _of_many(rows, 1.2),
            "memory",
        ),
    ]


def _new_file(rows: int, folder: Path) -> list[Comparison]:
    every = _data(folder, rows, NEW_FILE_OF)
    growing = Path(f"{every}-growing")
    store = _made(f"{growing}-store", lambda target: _on_all_but_one(every, growing, target))
    _link(every, growing, NEW_FILE_OF)
    title = f"fit of {rows:,} rows with 1 of {NEW_FILE_OF} files new, against a full fit"
    return [Comparison("new-file", title, ("fit", str(growing), store), ("fit", str(growing), ""), _of_many(rows, 0.1))]


def _row(rows: int, folder: Path) -> list[Comparison]:
    data = _data(folder, rows, FILES)
    ours, peer = ("row", _store(data)), ("sklearn-row", data)
    return [
        Comparison("row", f"one row, p50, fitted on {rows:,} rows", ours, ours, 5e-6, "seconds"),
        Comparison("row", f"one row, fitted on {rows:,} rows, against scikit-learn", ours, peer, 10_000.0, "faster"),
    ]


def _engines(rows: int, folder: Path) -> list[Comparison]:
    data = _data(folder, rows, FILES)
    alone, peer = ("engine", "pandas", data), ("spark-ml", data)
    others = ("dask", "spark", "beam")
    return [
        *(
            Comparison("engines", f"{rows:,} rows on {name}, against pandas", ("engine", name, data), alone, LIMITS.get(name))
            for name in others
        ),
        Comparison("engines", f"{rows:,} rows on spark, against Spark ML", ("engine", "spark", data), peer, 10.0, "faster"),
        *(Comparison("engines", f"two rows on {name}", ("empty", name), ("empty", name), None, "seconds") for name in ("pandas", *others)),
        *(Comparison("engines", f"two rows on {name}, from nothing", ("start", name), ("start", name), None, "seconds") for name in others),
    ]


def _joins(rows: int, folder: Path) -> list[Comparison]:
    data = _made(f"{folder}/{rows}-rows-to-meet", lambda target: python("benchmarks.meeting_data", target, "--rows", str(rows)))
    return [
        Comparison("joins", f"{rows:,} rows on spark, {what}, against Spark", ("meeting", case, data), ("spark-meeting", case, data), None)
        for case, what in CASES.items()
    ]


def _tft(rows: int, folder: Path) -> list[Comparison]:
    data = _data(folder, rows, FILES)
    fitted = _made(f"{data}-tft", lambda target: python("benchmarks.task", "tft", data, target, interpreter=interpreter_of("tft")))
    title = f"{rows:,} rows on beam, against TFT"
    return [
        Comparison("tft", title, ("engine", "beam", data), ("tft", data), 10.0, "faster"),
        Comparison("tft", f"one row, fitted on {rows:,} rows, against TFT", ("row", _store(data)), ("tft-row", fitted), 200.0, "faster"),
    ]


def _tfdv(rows: int, folder: Path) -> list[Comparison]:
    data, fewer = _data(folder, rows, FILES), rows // CSV_PART
    few = _data(folder, fewer, 1)
    csv = _made(f"{few}.csv", lambda target: python("benchmarks.data", few, "--csv", target))
    named = {"parquet": (rows, "Parquet files", data), "csv": (fewer, "a CSV file", csv), "frame": (rows, "a data frame", data)}
    return [
        Comparison(
            "tfdv",
            f"statistics and contract of {n:,} rows in {what}, against TFDV",
            ("infer", form, path),
            ("tfdv", form, path),
            5.0,
            "faster",
        )
        for form, (n, what, path) in named.items()
    ]


def _data(folder: Path, rows: int, files: int) -> str:
    return _made(
        f"{folder}/{rows}-rows-{files}-files",
        lambda target: python("benchmarks.data", target, "--rows", str(rows), "--files", str(files)),
    )


def _on_all_but_one(folder: str, growing: Path, store: str) -> None:
    """A run on the folder that a file will come to."""
    shutil.rmtree(growing, ignore_errors=True)
    _link(folder, growing, NEW_FILE_OF - 1)
    time.sleep(SETTLED)
    python("benchmarks.task", "featureprep", "plain", str(growing), "", store)


def _link(folder: str, target: Path, count: int) -> None:
    target.mkdir(exist_ok=True)
    for path in sorted(Path(folder).glob("*.parquet"))[:count]:
        if not (target / path.name).exists():
            os.link(path, target / path.name)


def _contract(data: str) -> str:
    return _made(f"{data}.yaml", lambda target: python("featureprep", "infer", f"{data}/*.parquet", "-o", target))


def _store(data: str) -> str:
    return _made(f"{data}-store", lambda target: python("benchmarks.task", "featureprep", "plain", data, "", target))


def _made(target: str, make: Callable[[str], object]) -> str:
    """The file or folder, made where it is not there; what an interrupted run began is not taken for it."""
    if not Path(target).exists():
        path = Path(target)
        partial = path.with_name(f"unfinished-{path.name}")
        if partial.is_dir():
            shutil.rmtree(partial)
        make(str(partial))
        partial.rename(path)
    return target
