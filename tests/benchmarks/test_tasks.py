"""The measured tasks measure what the table says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks import clock, comparisons, peer_tfdv, task
from benchmarks.__main__ import _at_hand, _tables
from benchmarks.apart import UnavailableError
from benchmarks.data import make, write_csv
from benchmarks.job import make_job


def test_one_new_file_of_thirty_is_all_that_the_second_fit_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shown,) = comparisons.comparisons(["new-file"], 600, tmp_path)
    assert shown.limit is None  # of so few rows
    monkeypatch.setattr(comparisons, "MANY_ROWS", 600)
    (row,) = comparisons.comparisons(["new-file"], 600, tmp_path)
    (name, folder, store), (peer, every, nothing) = row.ours, row.peer
    assert (name, peer, nothing) == ("fit", "fit", "")
    assert folder == every
    assert row.limit == 0.1
    assert comparisons.comparisons(["new-file"], 600, tmp_path) == [row]  # the second time, what was made is there
    shutil.copytree(store, tmp_path / "copy")
    run = make_job(folder).run(store=str(tmp_path / "copy"), statistics=False)
    assert (run.fragments_read, run.fragments_known) == (1, 29)
    again = make_job(folder).run(store=str(tmp_path / "fresh"), statistics=False)
    assert (again.fragments_read, again.fragments_known) == (30, 0)
    assert again.graph.fingerprint == run.graph.fingerprint


def test_a_fit_is_timed_until_the_write_begins(tmp_path: Path) -> None:
    make(tmp_path / "rows", 100, files=2)
    timed = task.fit(str(tmp_path / "rows"), "", str(tmp_path / "store"))
    assert not timed.running
    assert timed.spent[0] > 0
    assert list((tmp_path / "store" / "bench" / "log").iterdir())  # the run itself went on


def test_settings_add_one_thing_each(tmp_path: Path) -> None:
    make(tmp_path / "rows", 100, files=2)
    given = {setting: task._job(setting, str(tmp_path / "rows"), "contract.yaml") for setting in task.SETTINGS}
    found = {name: (options["statistics"], job.contract is not None, job.split is not None) for name, (job, options) in given.items()}
    assert found == {
        "plain": (False, False, False),
        "statistics": (True, False, False),
        "contract": (True, True, False),
        "everything": (True, True, True),
    }


def test_a_clock_stops_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([(10.0, 1.0), (12.5, 2.0), (99.0, 99.0)])
    monkeypatch.setattr(clock, "_now", lambda: next(times))
    made = clock.Clock()
    assert made.running
    made.stop()
    made.stop()
    assert (made.running, made.spent) == (False, (2.5, 1.0))


def test_a_task_prints_its_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "rows", 100, files=1)
    monkeypatch.setattr("sys.argv", ["task", "polars", str(tmp_path / "rows"), str(tmp_path / "out")])
    task.main()
    cost = json.loads(capsys.readouterr().out)
    assert set(cost) == {"wall", "cpu", "peak"}
    assert cost["peak"] > 10
    assert (tmp_path / "out.parquet").stat().st_size > 0


def test_memory_is_compared_over_files_of_one_size(tmp_path: Path) -> None:
    plain, everything = comparisons.comparisons(["memory"], 2_000, tmp_path)
    assert [row.kind for row in (plain, everything)] == ["memory", "memory"]
    many, few = (sorted(Path(side[2]).glob("*.parquet")) for side in (plain.ours, plain.peer))
    assert (len(many), len(few)) == (20, 2)
    assert {pq.read_metadata(path).num_rows for path in (*many, *few)} == {100}
    assert all(Path(side[3]).is_file() for side in (everything.ours, everything.peer))  # a contract each


def test_cpu_seconds_of_other_processes_are_counted_where_asked() -> None:
    alone, family, before = clock.Clock(), clock.Clock(family=True), clock._family_cpu()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            deadline = time.monotonic() + 60
            while clock._family_cpu() < before + 0.2 and time.monotonic() < deadline:
                time.sleep(0.01)
            family.stop()
        finally:
            busy.kill()
    alone.stop()
    assert family.spent[1] >= alone.spent[1] + 0.1


def test_rows_that_have_a_size_of_their_own_are_measured_at_it() -> None:
    assert _tables(None, ["row", "joins", "tft"]) == [(200_000, ["row"]), (2_000_000, ["row"]), (5_000_000, ["joins"]), (50_000, ["tft"])]
    assert _tables(None, ["joins"]) == [(5_000_000, ["joins"])]
    assert _tables([10, 20], ["joins", "row"]) == [(10, ["joins", "row"]), (20, ["joins", "row"])]


def test_peers_are_left_out_where_they_are_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert _at_hand() == [name for name in comparisons.NAMES if name not in {"tft", "tfdv"}]
    said = capsys.readouterr().out
    assert "tft is not installed: python -m tools.tft" in said
    assert "tfdv is not installed: featureprep doctor --tfdv" in said
    with pytest.raises(UnavailableError, match="is not installed"):
        comparisons.comparisons(["tft"], 100, tmp_path)


def test_the_program_that_measures_stays_small() -> None:
    """No library that is measured may come with it."""
    code = "import sys, benchmarks.processes; print(sorted({'numpy', 'pyarrow', 'pandas'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"


def test_statistics_and_a_contract_are_what_both_make(tmp_path: Path) -> None:
    rows = comparisons.comparisons(["tfdv"], 1_000, tmp_path)
    assert [(row.ours[0], row.peer[0], row.ours[1]) for row in rows] == [("infer", "tfdv", form) for form in peer_tfdv.FORMS]
    assert all(row.ours[1:] == row.peer[1:] for row in rows)
    assert ["1,000 rows in Parquet" in rows[0].title, "100 rows in a CSV" in rows[1].title, "1,000 rows in a data" in rows[2].title] == [
        True
    ] * 3
    for row in rows:
        form, path = row.ours[1:]
        assert task.infer(form, path, str(tmp_path / form)).spent[0] > 0


def test_the_rows_of_a_csv_file_are_those_of_the_folder(tmp_path: Path) -> None:
    make(tmp_path / "rows", 100, files=2)
    write_csv(tmp_path / "rows", tmp_path / "rows.csv")
    assert '"' not in (tmp_path / "rows.csv").read_text()
    read = pd.read_csv(tmp_path / "rows.csv", parse_dates=["at"], date_format="ISO8601", float_precision="round_trip")
    pd.testing.assert_frame_equal(read, peer_tfdv.frame(str(tmp_path / "rows")), check_dtype=False, check_exact=True)


def test_every_case_of_rows_that_meet_is_compared_with_spark(tmp_path: Path) -> None:
    rows = comparisons.comparisons(["joins"], 1_000, tmp_path)
    assert [(row.ours[:2], row.peer[:2]) for row in rows] == [(("meeting", case), ("spark-meeting", case)) for case in comparisons.CASES]
    assert {row.ours[2] for row in rows} == {row.peer[2] for row in rows}
    assert all(row.limit is None for row in rows)
