"""The demo: it runs, twice, and leaves what it says; each command that it names works; its job is order-free and serves what it wrote."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from examples.demo.generate import COLUMNS, generate, generate_faulty_drop
from featureprep.cli import cli
from featureprep.errors import ContractError
from featureprep.jobs.loading import load_job
from tests.examples.harness import ROOT, assert_same_bits, cut_and_shuffle, served


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "FEATUREPREP_DATA"}
    command = [sys.executable, "-W", "error", "-m", "examples.demo", str(folder)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def records(paths: list[Path]) -> list[list[str]]:
    """Headers left out; `newline=""` keeps the line breaks inside cells."""
    found = []
    for path in paths:
        with path.open(newline="", encoding="utf-8") as lines:
            found += list(csv.reader(lines))[1:]
    return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder where the demo was run, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = demo(folder)
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


def test_it_tells_what_was_made_and_leaves_it(shown: tuple[Path, str]) -> None:
    folder, told = shown
    dataset = fp.open_dataset(str(folder / "store"), "trips@1")
    dataset.check()
    assert f"dataset {dataset.fingerprint}" in told
    assert f"{sum(dataset.splits.values()):,} written" in told
    assert dataset.to_arrow().num_rows == sum(dataset.splits.values())
    assert set(dataset.splits) == {"train", "eval"}


def test_the_rows_that_left_are_those_with_the_flaws(shown: tuple[Path, str]) -> None:
    """Counted by hand from the generated files."""
    _, told = shown
    lines = records(sorted((shown[0] / "trips").glob("*.csv")))
    trips = [dict(zip(COLUMNS, line, strict=True)) for line in lines if len(line) == len(COLUMNS)]
    number = re.compile(r"-?[0-9]+(\.[0-9]+)?")

    def bad(trip: dict[str, str], name: str) -> bool:
        return bool(trip[name]) and not number.fullmatch(trip[name])

    for name in ("seconds", "miles", "fare", "tips"):
        kind, dtype = "dropped" if name == "tips" else "quarantined", "int64" if name == "seconds" else "float64"
        assert taken(told, f"{name} is {dtype}") == (sum(bad(trip, name) for trip in trips), kind)
    assert taken(told, "fare is at least 0.0") == (sum(trip["fare"].startswith("-") for trip in trips), "quarantined")
    sizes = Counter(len(line) for line in lines)
    for size in set(sizes) - {len(COLUMNS)}:
        assert taken(told, f"unparsable: {size} fields where {len(COLUMNS)} are expected") == (sizes[size], "quarantined")
    twice = sum(count - 1 for count in Counter(map(tuple, lines)).values())
    assert taken(told, "drop_duplicates") == (twice, "dropped")


def taken(told: str, rule: str) -> tuple[int, str]:
    """How many rows a rule took, as it was printed."""
    found = re.search(rf"([0-9,]+) (dropped|quarantined) +{re.escape(rule)}$", told, re.MULTILINE)
    assert found, rule
    return int(found[1].replace(",", "")), found[2]


def test_the_faulty_month_is_refused_for_each_of_its_faults(shown: tuple[Path, str]) -> None:
    folder, told = shown
    refused = told.split("3. ", 1)[1].split("4. ", 1)[0]
    faults = generate_faulty_drop(folder / "again").flaws
    assert "'Prepaid Crad'" in refused
    assert f"{faults['unseen payment type']} of 2,000 rows, such as" in refused
    assert f"company is null in at most 0.1 of the rows: {faults['no company']} of 2,000" in refused
    assert "FAILED     dropoff_lon exists" in refused
    assert f"seconds is int64: {faults['wrong type']} of" in refused
    assert "fare is at most 300.0" in refused
    assert "refused, as it should be" in refused


def test_three_rows_are_served_and_one_is_rejected(shown: tuple[Path, str]) -> None:
    served_part = shown[1].split("4. ", 1)[1].split("5. ", 1)[0]
    assert served_part.count("a training run would keep this row\n") == 2
    assert "rejected: the row is rejected: malformed: fare" in served_part
    assert "leave this row out: fare is float64" in served_part


def test_a_second_time_gives_the_same_fingerprints(shown: tuple[Path, str]) -> None:
    folder, first = shown
    again = demo(folder)
    assert (again.returncode, again.stderr) == (0, "")
    prints = re.compile(r"fingerprints: (.*)")
    assert prints.findall(again.stdout) == prints.findall(first)
    assert "the same as trips@1" in again.stdout
    assert "of 6 files were known" in again.stdout


def test_the_commands_to_try_next_work(
    shown: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    commands = [shlex.split(line) for line in shown[1].split("5. ", 1)[1].splitlines() if line.startswith("   ") and line[3] != " "]
    verbs = [next(word for word in command if word in cli.list_commands(None)) for command in commands]  # type: ignore[arg-type]
    assert verbs == ["explain", "stats", "lineage", "report", "validate", "run", "diff"]
    for verb, command in zip(verbs, commands, strict=True):
        code = cli.main(command[command.index(verb) :], standalone_mode=False)
        assert code == (1 if verb == "validate" else 0), capsys.readouterr().err
    assert (shown[0] / "report.html").stat().st_size > 1000


def test_the_job_is_order_free_and_serves_what_it_wrote(tmp_path: Path) -> None:
    made = generate(tmp_path, rows=3000, seed=5)
    job, store = load_job(str(ROOT / "examples" / "demo" / "job.py")), str(tmp_path / "store")

    def run(**options: Any) -> fp.Run:
        return job.run(store=store, **{"sources": {"trips": [str(file) for file in made.files]}, **options})

    first = run(partitions=1)
    wanted = first.dataset.fingerprint, first.graph.fingerprint
    lines = []
    for record in records(list(made.files)):
        quoted = ['"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n') else cell for cell in record]
        lines.append(",".join(quoted))
    mixed = cut_and_shuffle(lines, tmp_path / "mixed", header=",".join(COLUMNS) + "\n")
    for options in ({"partitions": 7}, {"partitions": 64}, {"sources": {"trips": mixed}}):
        other = run(**options)
        assert (other.dataset.fingerprint, other.graph.fingerprint) == wanted, options

    rows = {record[0]: _row(record) for record in records(list(made.files)) if len(record) == len(COLUMNS)}
    written = first.dataset.to_arrow()
    found = [first.graph.training(rows[trip]) for trip in written["trip_id"].to_pylist()]
    assert_same_bits(served(found, first.dataset.schema), written)
    kept = set(written["trip_id"].to_pylist())
    for trip, row in rows.items():
        assert (first.graph.admits(row) is None) == (trip in kept), trip


def _row(record: list[str]) -> dict[str, str | None]:
    """The cells of a record, as text."""
    return {name: cell or None for name, cell in zip(COLUMNS, record, strict=True)}


def test_the_faulty_month_stops_a_run(tmp_path: Path) -> None:
    faulty = generate_faulty_drop(tmp_path)
    job = load_job(str(ROOT / "examples" / "demo" / "job.py"))
    with pytest.raises(ContractError, match="6 rules of the contract failed"):
        job.run(store=str(tmp_path / "store"), sources={"trips": str(faulty.files[0])})
