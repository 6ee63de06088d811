"""Disks that fill up, folders that cannot be written, files that cannot be read: one message with the place and the cure, and nothing half done."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import featureprep as fp
from featureprep.cli import cli
from featureprep.errors import RequestError, WorldError
from featureprep.jobs.loading import load_job
from featureprep.jobs.resume import resume
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import staged_runs

JOB = """
import featureprep as fp
from featureprep import transforms as T

@fp.job(sources={"rows": fp.read_csv("rows*.csv")}, split=fp.split(train=0.8, eval=0.2, by="id"))
def filling(rows):
    return rows.features(a=T.standard_scale("a"), b=T.bucketize("b", 5), t=T.vocabulary("t"), keep=["id"])
"""


def write_project(folder: Path, rows: int) -> Path:
    for part in range(3):
        lines = [f"{part * rows + i},{i * 0.37 % 1},{i * 0.73 % 7},w{i % 500}\n" for i in range(rows)]
        (folder / f"rows{part}.csv").write_text("id,a,b,t\n" + "".join(lines), encoding="utf-8")
    path = folder / "job.py"
    path.write_text(JOB, encoding="utf-8")
    return path


def call(*args: object) -> Result:
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert "Traceback" not in result.output
    assert "internal error" not in result.output
    return result


def mounted(place: Path, options: str) -> None:
    place.mkdir(exist_ok=True)
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False).returncode
    ):
        pytest.skip("a small file system cannot be mounted here (it takes root and CAP_SYS_ADMIN)")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 KiB to begin with."""
    place = tmp_path / "disk"
    mounted(place, "size=64k")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)  # mapped states may still be held


def resize(disk: Path, kib: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kib}k", str(disk)], check=True)


def test_a_disk_that_fills_up_wherever_the_run_is(tmp_path: Path, disk: Path) -> None:
    """More room each time: the run breaks at part files, at artefacts, at the commit; it is finished when there is room enough."""
    job_file = write_project(tmp_path, 2000)
    whole = load_job(str(job_file)).run(store=str(tmp_path / "whole")).dataset.fingerprint
    store = disk / "store"
    first = call("run", job_file, "--store", store)
    places = set()
    for kib in range(64, 4000, 40):
        resize(disk, kib)
        runs = staged_runs(ObjectStore.open(str(store)))
        if not runs:
            break
        result = call("resume", runs[0], "--store", store)
        if result.exit_code == 0:
            break
        assert result.exit_code == 3, result.output
        assert "No space left on device" in result.stderr
        assert "make room" in result.stderr
        where = next(line for line in result.stderr.splitlines() if "where:" in line)
        assert str(disk) in where
        places.add("state" if "_state" in where else "part" if "scratch" in where or "/data/" in where else "staging")
        with pytest.raises(RequestError, match="no dataset"):
            fp.open_dataset(str(store), "filling@latest")
    assert first.exit_code == 3
    assert "No space left on device" in first.stderr
    assert len(places) >= 2, places
    assert fp.open_dataset(str(store), "filling@1").fingerprint == whole
    assert not staged_runs(ObjectStore.open(str(store)))


def test_a_full_disk_for_states_alone_ends_no_run(tmp_path: Path) -> None:
    """States only save work: a run goes on without them, and says so."""
    job_file = write_project(tmp_path, 2000)
    whole = load_job(str(job_file)).run(store=str(tmp_path / "whole"))
    assert whole.warnings == []
    states = tmp_path / "store" / "_state"
    states.parent.mkdir()
    mounted(states, "size=16k")
    try:
        told = call("run", job_file, "--store", tmp_path / "store")
        assert told.exit_code == 0, told.output
        assert "fold states are not kept" in told.output
        assert "No space left on device" in told.output
        assert fp.open_dataset(str(tmp_path / "store"), "filling@1").fingerprint == whole.dataset.fingerprint
        assert call("run", job_file, "--store", tmp_path / "store").exit_code == 0
    finally:
        subprocess.run(["umount", "-l", str(states)], check=True)


def test_a_full_disk_is_told_with_the_way_on(tmp_path: Path, disk: Path) -> None:
    job_file = write_project(tmp_path, 2000)
    store = disk / "store"
    resize(disk, 200)
    told = call("run", job_file, "--store", store)
    assert told.exit_code == 3
    (run_id,) = staged_runs(ObjectStore.open(str(store)))
    assert f"featureprep resume {run_id} --store {store}" in told.stderr
    assert f"frees what is not needed); then featureprep resume {run_id}" in told.stderr
    assert told.stderr.count("error: ") == 1
    vacuumed = call("vacuum", "--older-than", "1s", "--dry-run", "--store", store)
    assert vacuumed.exit_code == 0, "a full disk can be looked at"
    resize(disk, 4000)
    assert call("resume", run_id, "--store", store).exit_code == 0
    assert fp.open_dataset(str(store), "filling@1").to_arrow(verify=True).num_rows == 6000


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    job_file = write_project(tmp_path, 5000)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    code = "from featureprep.cli import main; main()"
    told = subprocess.run([sys.executable, "-c", code, "run", str(job_file), "--store", str(tmp_path / "store")], preexec_fn=limit, capture_output=True, text=True, check=False)  # fmt: skip
    assert told.returncode == 3, told.stderr
    assert "File too large" in told.stderr
    assert "ulimit -f" in told.stderr
    (run_id,) = staged_runs(ObjectStore.open(str(tmp_path / "store")))
    resume(str(tmp_path / "store"), run_id)
    assert fp.open_dataset(str(tmp_path / "store"), "filling@1").to_arrow().num_rows == 15000


def test_a_store_on_a_read_only_disk(tmp_path: Path) -> None:
    job_file = write_project(tmp_path, 20)
    place = tmp_path / "fixed"
    mounted(place, "size=64k")
    try:
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        told = call("run", job_file, "--store", place / "store")
        assert told.exit_code == 3
        assert "read-only" in told.stderr.lower()
        assert str(place) in told.stderr
        output = call("infer", tmp_path / "rows0.csv", "-o", place / "contract.yaml")
        assert output.exit_code == 3
        assert str(place) in output.stderr
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everyone may enter; the calls that must fail are made as nobody where this process is root."""
    folder = Path(tempfile.mkdtemp(prefix="featureprep-rights-"))
    folder.chmod(0o755)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def as_nobody(*args: object) -> Result:
    if os.geteuid() != 0:
        return call(*args)
    os.seteuid(65534)
    try:
        return call(*args)
    finally:
        os.seteuid(0)


def test_folders_and_files_without_permission(shared: Path) -> None:
    job_file = write_project(shared, 20)
    good = shared / "good"
    good.mkdir(mode=0o777)
    good.chmod(0o777)
    for args in (
        ["run", job_file, "--store", good / "store"],
        ["infer", shared / "rows0.csv", "-o", good / "c.yaml"],
        ["stats", "filling", "--store", good / "store"],
    ):
        assert call(*args).exit_code == 0, "all that is imported late is imported now: nobody may not read this environment"
    closed = shared / "closed"
    closed.mkdir()
    closed.chmod(0o555)
    told = as_nobody("run", job_file, "--store", closed / "store")
    assert told.exit_code == 3, told.output
    assert str(closed) in told.stderr
    assert "Permission denied" in told.stderr
    assert "rights" in told.stderr
    output = as_nobody("infer", shared / "rows0.csv", "-o", closed / "c.yaml")
    assert output.exit_code == 3, output.output
    assert "rights" in output.stderr
    (shared / "rows0.csv").chmod(0o200 if os.geteuid() == 0 else 0)
    source = as_nobody("infer", shared / "rows0.csv")
    assert source.exit_code == 3, source.output
    assert "rows0.csv" in source.stderr
    assert "rights" in source.stderr
    run: Any = as_nobody("run", job_file, "--store", good / "other")
    assert run.exit_code == 3, run.output
    assert "rows0.csv" in run.stderr
    hidden = shared / "hidden"
    hidden.mkdir()
    hidden.chmod(0o700 if os.geteuid() == 0 else 0)
    unread = as_nobody("stats", "filling", "--store", hidden / "store")
    assert unread.exit_code in (2, 3), unread.output
    served = as_nobody("trace", hidden / "graph", "--row", "{}")
    assert served.exit_code == 3, served.output
    assert str(hidden) in served.stderr
    job_file.write_text(job_file.read_text() + "# so that what Python compiled of it is out of date\n")
    job_file.chmod(0o200 if os.geteuid() == 0 else 0)
    job = as_nobody("run", job_file, "--store", good / "store")
    assert job.exit_code in (2, 3), job.output
    assert "job.py" in job.stderr


def test_errors_of_places_are_the_world_s(tmp_path: Path) -> None:
    with pytest.raises(WorldError):
        fp.job(sources={"a": fp.read_csv(str(tmp_path))}, name="n")(lambda a: a).run(store=str(tmp_path / "store"))
