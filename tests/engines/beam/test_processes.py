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
from featureprep.engines.beam.processes import Processes, any_died, check_alive
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
