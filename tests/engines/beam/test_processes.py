"""Worker processes of Beam's runner in this process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from featureprep.engines.base import Engine
from featureprep.engines.beam.processes import Processes, any_died, check_alive, log_end
from featureprep.errors import WorldError
from tests.engines.beam.dying import a_killed_worker_ends_the_run_and_resume_finishes_it, the_job_is_the_same, the_verbs_work


def test_verbs(processes: Engine) -> None:
    the_verbs_work(processes)


def test_a_job(processes: Engine, tmp_path: Path) -> None:
    the_job_is_the_same(processes, tmp_path)


def test_a_killed_worker(processes: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    a_killed_worker_ends_the_run_and_resume_finishes_it(processes, tmp_path)
    assert capfd.readouterr().err == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "run_worker"]


@pytest.mark.soak
@pytest.mark.parametrize("time", range(10))
def test_a_killed_worker_again_and_again(time: int, processes: Engine, tmp_path: Path) -> None:
    a_killed_worker_ends_the_run_and_resume_finishes_it(processes, tmp_path)


def test_what_a_worker_died_of_is_told(tmp_path: Path) -> None:
    made = Processes(str(tmp_path))
    workers = tmp_path / "odd 'name'"
    workers.mkdir()
    try:
        command = made.command(str(workers))
        check_alive(str(workers))
        subprocess.run(command, shell=True, check=True)  # there is no runner for it: it ends with an error
        assert any_died(str(workers))
        assert not list(workers.glob("worker-*"))
        with pytest.raises(WorldError, match=r"a worker process died \(with exit code 1\)(.|\n)*CONTROL_API_SERVICE_DESCRIPTOR"):
            check_alive(str(workers))
    finally:
        made.close()
        made.close()


@pytest.mark.parametrize(
    "log, told",
    [
        ("", ""),
        ("INFO:apache_beam.runners.worker.sdk_worker:State channel established.\nDEBUG:root:x\n", ""),
        ("INFO:a:b\nWARNING:apache_beam.runners:odd\nWARNING:root:mine\n\nMemoryError\nINFO:c:d\n", "WARNING:root:mine\nMemoryError"),
        ("".join(f"line {i:04}\n" for i in range(10_000)), "\n".join(f"line {i:04}" for i in range(9_940, 10_000))),
        ("first\n" + "x" * 700 + "\n", "x" * 600 + "..."),
        ("x" * 700 + "\nlast\n", "last"),
        ("y" * 100_000, "y" * 600 + "..."),
        ("caf\u00e9\r\n", "caf\u00e9"),
    ],
)
def test_whole_lines_of_a_log_are_told_that_say_something(log: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(log.encode())
    assert log_end(tmp_path / "log") == told


def test_a_killed_worker_is_told_without_what_beam_says_of_itself(tmp_path: Path) -> None:
    (tmp_path / "died-7").write_text("-9")
    (tmp_path / "log").write_text("INFO:apache_beam.runners.worker.sdk_worker:Control channel established.\n" * 20)
    with pytest.raises(WorldError, match=r"by signal 9") as caught:
        check_alive(str(tmp_path))
    assert caught.value.hint == "most often memory is too small: have fewer workers, or cut the input finer with partitions="


def test_a_zygote_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "apache_beam.py").write_text("raise ImportError('no Beam here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorldError, match=r"cannot be started(.|\n)*no Beam here"):
        Processes(str(tmp_path)).command(str(tmp_path))


def test_a_killed_driver_leaves_no_process(tmp_path: Path) -> None:
    script = tmp_path / "driver.py"
    script.write_text(
        "import time\nfrom pathlib import Path\nfrom featureprep.engines.beam.engine import BeamEngine\n"
        "def slow(partition, items):\n    Path('at work').touch()\n    time.sleep(100)\n    return items\n"
        "engine = BeamEngine(direct_running_mode='multi_processing', direct_num_workers=2)\n"
        "engine.write(engine.scan([[1], [2]]), slow)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen([sys.executable, str(script)], cwd=tmp_path, env=env) as driver:
        try:
            until = time.monotonic() + 120
            while not (tmp_path / "at work").exists() and time.monotonic() < until:
                time.sleep(0.1)
            started = psutil.Process(driver.pid).children(recursive=True)
            assert any("featureprep.engines.beam.zygote" in " ".join(one.cmdline()) for one in started)
        finally:
            driver.kill()
    gone, left = psutil.wait_procs(started, timeout=60)
    assert left == []
    assert len(gone) > 2
