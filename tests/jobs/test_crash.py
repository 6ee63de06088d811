"""Promise 4: runs that are killed, sources that change, disks that fill: a reader sees whole versions, and the run can be finished."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp
from featureprep.errors import RequestError, SourceChangedError, StoreError
from featureprep.jobs.loading import load_job
from featureprep.jobs.resume import resume
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging, staged_runs
from tests.jobs.cases import SCHEMA, main_rows, prints, write_csv

JOB = """
import featureprep as fp
from featureprep import col, agg
from featureprep import transforms as T

@fp.job(sources={"main": fp.read_csv("in/*.csv", null_values=[""])}, split=fp.split(train=0.7, eval=0.3, by="key"))
def case(main):
    main = main.drop_duplicates().quarantine(when=col("count") > 35, reason="many")
    both = main.join(main.group_by("key").agg(n=agg.count(), mean=agg.mean("amount")), on="key", how="left")
    return both.features(
        amount=T.standard_scale(T.impute("amount")), group=T.one_hot("group"), n=T.bucketize("n", 3), mean="mean",
        label=fp.label(col("flag").cast("int8")), keep=["id"],
    )
"""
RUN = "import sys; from featureprep.jobs.loading import load_job; load_job(sys.argv[1]).run(store=sys.argv[2], partitions=5)"


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for i in range(6):
        write_csv(tmp_path / f"in/{i}.csv", main_rows(60, seed=i), SCHEMA)
    path = tmp_path / "job.py"
    path.write_text(JOB, encoding="utf-8")
    return path


def start(job_file: Path, store: Path, code: str = RUN) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, str(job_file), str(store)], stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def staged(store: Path) -> set[str]:
    """The runs that can be resumed. A killed process may leave a temporary file in a folder of staging: that is vacuum's."""
    opened = ObjectStore.open(str(store))
    return {run_id for run_id in staged_runs(opened) if Staging(opened, run_id).manifest() is not None}


def kill_and_mend(job_file: Path, store: Path, rounds: int, seed: int) -> int:
    """Kill runs at random moments; after each the store is whole, and what was killed can be finished. The number killed in work."""
    rng = random.Random(seed)
    expected = load_job(str(job_file)).run(store=str(store), partitions=5)
    began = time.monotonic()
    assert finish(start(job_file, store)) == (0, "")
    whole = time.monotonic() - began
    killed = 0
    for _ in range(rounds):
        before, known = fp.open_dataset(str(store), "case@latest").version, staged(store)
        process = start(job_file, store)
        until = time.monotonic() + 30
        while not staged(store) - known and process.poll() is None and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(rng.random() * whole * 0.4)
        process.send_signal(signal.SIGKILL)
        code, _ = finish(process)
        dataset = fp.open_dataset(str(store), "case@latest")
        dataset.to_arrow("train", verify=True)
        assert dataset.version == before + (code == 0 or not staged(store) - known or _committed(store, staged(store) - known))
        assert dataset.fingerprint == expected.dataset.fingerprint
        assert fp.open_graph(str(store), "case@latest").fingerprint == expected.graph.fingerprint
        for run_id in staged(store) - known:
            killed += code != 0
            mended = resume(str(store), run_id)
            assert prints(mended) == prints(expected)
            assert mended.run_id == run_id
            assert mended.ledger.to_json() == expected.ledger.to_json()
            assert run_id not in staged(store)
            mended.dataset.check()
    after = load_job(str(job_file)).run(store=str(store), partitions=5)
    assert prints(after) == prints(expected)
    runs = [fp.open_dataset(str(store), f"case@{n}").run_id for n in range(1, after.dataset.version + 1)]
    assert len(set(runs)) == len(runs)  # no run has two versions
    return killed


def _committed(store: Path, run_ids: set[str]) -> bool:
    return fp.open_dataset(str(store), "case@latest").run_id in run_ids


def test_runs_killed_at_random_points(job_file: Path, tmp_path: Path) -> None:
    kill_and_mend(job_file, tmp_path / "store", 3, seed=int.from_bytes(os.urandom(2), "big"))


@pytest.mark.soak
def test_runs_killed_at_fifty_points(job_file: Path, tmp_path: Path) -> None:
    assert kill_and_mend(job_file, tmp_path / "store", 50, seed=1) > 25


# A kill at a point that is chosen: the process ends itself, as abruptly, before the n-th object of a kind is made.

DIE = """
import os, sys
from featureprep.store.objects import ObjectStore
word, after = sys.argv[3], sys.argv[4] == "after"
for name in ("create", "create_from_file"):
    def made(self, path, *args, _old=getattr(ObjectStore, name), **more):
        if word in path and not after:
            os._exit(9)
        done = _old(self, path, *args, **more)
        if word in path:
            os._exit(9)
        return done
    setattr(ObjectStore, name, made)
from featureprep.jobs.loading import load_job
load_job(sys.argv[1]).run(store=sys.argv[2], partitions=5)
"""
POINTS = [
    ("x1/part", "before"),
    ("x3/part", "after"),
    ("/train/part", "after"),
    ("write-000", "before"),
    ("write-000", "after"),
    ("graph/graph.json", "after"),
    ("report.html", "after"),
    ("case/log/", "before"),
    ("case/log/", "after"),
]


@pytest.mark.parametrize("point, moment", POINTS)
def test_a_run_that_dies_at_a_certain_object_is_finished(point: str, moment: str, job_file: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    expected = load_job(str(job_file)).run(store=str(tmp_path / "other"), partitions=5)
    process = subprocess.run(
        [sys.executable, "-c", DIE, str(job_file), str(store), point, moment], capture_output=True, text=True, check=False
    )
    assert process.returncode == 9, process.stderr
    (run_id,) = staged(store)
    committed = point == "case/log/" and moment == "after"
    if committed:
        assert fp.open_dataset(str(store), "case@1").run_id == run_id
    else:
        with pytest.raises(RequestError, match="no dataset"):
            fp.open_dataset(str(store), "case@latest")
    run = resume(str(store), run_id)
    assert prints(run) == prints(expected)
    assert run.dataset.version == 1
    run.dataset.check()
    assert not staged(store)
    assert fp.open_graph(str(store), "case@1").fingerprint == expected.graph.fingerprint


@pytest.mark.parametrize("deleted", [0, 1, 3, 5])
def test_a_run_that_dies_while_it_clears_up_is_finished(
    deleted: int, job_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, delete, left = tmp_path / "store", ObjectStore.delete, [deleted]

    def stop(self: ObjectStore, path: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        delete(self, path)

    with monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "delete", stop)
        with pytest.raises(KeyboardInterrupt):
            load_job(str(job_file)).run(store=str(store), partitions=5)
    (run_id,) = staged(store)
    committed = fp.open_dataset(str(store), "case@1")
    run = resume(str(store), run_id)
    assert (run.dataset.version, run.run_id, run.dataset.fingerprint) == (1, committed.run_id, committed.fingerprint)
    assert not staged(store)


def test_a_job_or_file_that_changed_cannot_be_resumed(job_file: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    code = subprocess.run([sys.executable, "-c", DIE, str(job_file), str(store), "write-000", "after"], check=False).returncode
    assert code == 9
    (run_id,) = staged(store)
    job_file.write_text(JOB.replace("> 35", "> 34"), encoding="utf-8")
    with pytest.raises(RequestError, match="cannot be resumed"):
        resume(str(store), run_id)
    job_file.write_text(JOB, encoding="utf-8")
    write_csv(tmp_path / "in/2.csv", main_rows(61, seed=2), SCHEMA)
    with pytest.raises((RequestError, SourceChangedError), match="changed"):
        resume(str(store), run_id)
    with pytest.raises(StoreError, match="no run"):
        resume(str(store), "r20200101t000000000-0000000000")
    write_csv(tmp_path / "in/2.csv", main_rows(60, seed=2), SCHEMA)
    assert resume(str(store), run_id).dataset.version == 1


def test_a_source_that_changes_during_the_run(job_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.jobs.driver import Driver

    fit = Driver._fit

    def change(self: Driver, *args: Any) -> None:
        fit(self, *args)
        write_csv(tmp_path / "in/3.csv", main_rows(60, seed=99), SCHEMA)

    job_file.write_text(JOB.partition("    main = main")[0] + "    return main.features(x=T.standard_scale('amount'))\n", encoding="utf-8")
    job = load_job(str(job_file))
    monkeypatch.setattr(Driver, "_fit", change)
    with pytest.raises(SourceChangedError, match=r"3\.csv") as caught:
        job.run(store=str(tmp_path / "store"))
    assert caught.value.exit_code == 3
    with pytest.raises(RequestError, match="no dataset"):
        fp.open_dataset(str(tmp_path / "store"), "case@latest")


# A full disk: a small tmpfs where this process may mount one.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", str(place)], capture_output=True, check=False).returncode
    ):
        pytest.skip("a small file system cannot be mounted here (it takes root and CAP_SYS_ADMIN)")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk(job_file: Path, small_disk: Path) -> None:
    """Fill a small file system a little more each time, so that the run fails at another object; then make room."""
    job = load_job(str(job_file))
    failed = 0
    for room in (4, 16, 40, 70, 100):
        filler = small_disk / "filler"
        free = os.statvfs(small_disk)
        filler.write_bytes(b"x" * max(free.f_bavail * free.f_frsize - room * 1024, 0))
        try:
            job.run(store=str(small_disk / "store"), partitions=5)
        except StoreError as error:
            assert error.exit_code == 3
            failed += 1
            with pytest.raises(RequestError, match="no dataset"):
                fp.open_dataset(str(small_disk / "store"), "case@latest")
        filler.unlink()
        if failed != 1 + [4, 16, 40, 70, 100].index(room):
            break
        subprocess.run(["rm", "-rf", str(small_disk / "store")], check=True)
    assert failed >= 2


FULL = """
import errno, os, sys
import featureprep.store.local as local
real, left = os.link, [int(sys.argv[3])]
def full(*args, **more):
    left[0] -= 1
    if left[0] < 0:
        raise OSError(errno.ENOSPC, "No space left on device", args[1])
    return real(*args, **more)
os.link = full
from featureprep.errors import FeatureprepError
from featureprep.jobs.loading import load_job
try:
    load_job(sys.argv[1]).run(store=sys.argv[2], partitions=5)
except FeatureprepError as error:
    print(type(error).__name__, error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.mark.parametrize("objects", [0, 1, 4, 15, 25])
def test_a_store_that_takes_no_more_objects(objects: int, job_file: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(job_file), str(tmp_path / "store"), str(objects)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr
    assert done.stderr.startswith("StoreError")
    assert "space" in done.stderr
    with pytest.raises(RequestError, match="no dataset"):
        fp.open_dataset(str(tmp_path / "store"), "case@latest")
    assert load_job(str(job_file)).run(store=str(tmp_path / "store"), partitions=5).dataset.version == 1


def test_two_runs_at_once_are_two_versions(job_file: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    first, second = start(job_file, store), start(job_file, store)
    assert [finish(first), finish(second)] == [(0, ""), (0, "")]
    one, two = (fp.open_dataset(str(store), f"case@{n}") for n in (1, 2))
    assert one.fingerprint == two.fingerprint
    assert one.run_id != two.run_id
    assert not staged(store)
    one.check()
    two.check()


def test_an_interrupt_leaves_a_run_that_can_be_resumed(job_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from featureprep.run.write import WriteParts

    write = WriteParts._write

    def stop(self: WriteParts, partition: int, pieces: Any) -> Any:
        if partition == 2:
            raise KeyboardInterrupt
        return write(self, partition, pieces)

    store = tmp_path / "store"
    with monkeypatch.context() as patched:
        patched.setattr("featureprep.jobs.prepare.FINAL_EXCHANGE_BYTES", 2000)  # several partitions after the exchange
        patched.setattr(WriteParts, "_write", stop)
        with pytest.raises(KeyboardInterrupt):
            load_job(str(job_file)).run(store=str(store), partitions=5)
        patched.setattr(WriteParts, "_write", write)
        (run_id,) = staged(store)
        assert Staging(ObjectStore.open(str(store)), run_id).manifest() is not None
        assert resume(str(store), run_id).dataset.version == 1
