"""A real cluster: a standalone master with two workers, by its own address and through a Spark Connect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from featureprep.engines.spark.engine import SparkEngine
from featureprep.testing.verbs import PARTITIONS, by_four, collect
from tests.engines.hosts.spark_cluster import SMALL, Cluster, standalone
from tests.engines.spark.trips import outcome, write_trips

Function = Callable[[int, Iterator[Any]], Iterator[Any]]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with standalone(tmp_path_factory.mktemp("spark-cluster")) as made:
        yield made


@pytest.fixture(scope="session")
def remote(cluster: Cluster) -> Iterator[SparkEngine]:
    """An engine on the cluster's Spark Connect server."""
    made = SparkEngine(cluster.connect)
    made.start()
    yield made
    made.close()


def killing(folder: Path, *partitions: int) -> Function:
    """A function that, where it is first run for one of these partitions, kills the Java process of its executor."""

    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        yield from items
        mark = folder / f"killed-{partition}"
        if partition in partitions and not mark.exists():
            mark.touch()
            executor = psutil.Process().parents()[1]  # this process, Spark's daemon of Python, and that one's Java
            assert "CoarseGrainedExecutorBackend" in " ".join(executor.cmdline())
            executor.kill()
            time.sleep(60)

    return function


def test_slow_tasks_that_are_run_twice_count_once(remote: SparkEngine, tmp_path: Path) -> None:
    """Speculative execution: the first attempt of one partition is slow, and a second one starts beside it."""

    def slow(partition: int, items: Iterator[int]) -> Iterator[int]:
        yield from items
        try:
            (tmp_path / f"{partition}").touch(exist_ok=False)
        except FileExistsError:
            (tmp_path / f"{partition}-again").touch()
        else:
            end = time.monotonic() + 60
            while partition == 2 and time.monotonic() < end and not (tmp_path / "2-again").exists():
                time.sleep(0.02)

    batches = remote.map(remote.scan([[i] for i in range(8)]), slow)
    met = remote.exchange(remote.map(batches, by_four), 4)
    assert remote.write(met, lambda bucket, blobs: [sorted(blob[0] for blob in blobs)]) == [[[i, i + 4]] for i in range(4)]
    assert (tmp_path / "2-again").exists()


def test_a_killed_executor_changes_nothing(remote: SparkEngine, tmp_path: Path) -> None:
    """One is killed while it sends, and one while what was sent meets: then what the dead one had made is made again."""
    sent = remote.map(remote.map(remote.scan(PARTITIONS), killing(tmp_path, 3)), by_four)
    met = remote.map(remote.exchange(sent, 4), killing(tmp_path, 1))
    assert remote.write(met, lambda bucket, blobs: [sorted(blob[0] for blob in blobs)]) == [[[4, 8]], [[1, 5, 9]], [[2, 6]], [[3, 7]]]
    assert len(list(tmp_path.iterdir())) == 2
    assert remote.write(remote.scan(PARTITIONS), collect) == PARTITIONS


class Deadly(SparkEngine):
    """Every verb loses an executor."""

    folder: Path

    def _lose(self, batches: Any, verb: str) -> Any:
        (self.folder / verb).mkdir(exist_ok=True)
        return self.map(batches, killing(self.folder / verb, 0))

    def fold(self, batches: Any, merger: Any, label: str = "") -> Any:
        return super().fold(self._lose(batches, "fold"), merger, label)

    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        return super().exchange(self._lose(batches, "exchange"), buckets, label)

    def write(self, batches: Any, sink: Any, label: str = "") -> Any:
        return super().write(self._lose(batches, "write"), sink, label)


def lose_executors(cluster: Cluster, folder: Path) -> None:
    """A job each of whose verbs loses an executor gives what it gives in this process."""
    from featureprep.jobs.loading import load_job

    job = load_job(str(write_trips(folder)))
    engine = Deadly(cluster.connect)
    engine.folder = folder / "marks"
    engine.folder.mkdir()
    try:
        made = job.run(engine=engine, store=str(folder / "spark"), partitions=4, progress=False)
    finally:
        engine.close()
    here = job.run(engine="pandas", store=str(folder / "pandas"), partitions=2, progress=False)
    assert outcome(made) == outcome(here)
    assert {mark.parent.name for mark in engine.folder.rglob("killed-0")} == {"fold", "exchange", "write"}


def test_a_job_whose_executors_are_killed_gives_the_same(cluster: Cluster, tmp_path: Path) -> None:
    lose_executors(cluster, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("time", range(10))
def test_a_job_whose_executors_are_killed_gives_the_same_each_time(time: int, cluster: Cluster, tmp_path: Path) -> None:
    """Ten times: races between a death and what Spark makes of it."""
    lose_executors(cluster, tmp_path)


def test_the_command_line_on_a_standalone_master(cluster: Cluster, tmp_path: Path) -> None:
    from featureprep.jobs.loading import load_job

    job = write_trips(tmp_path)
    defaults = tmp_path / "conf"
    defaults.mkdir()
    (defaults / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in SMALL.items()))
    env = os.environ | {"SPARK_CONF_DIR": str(defaults), "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "featureprep",
        "run",
        str(job),
        "--engine",
        cluster.master,
        "--store",
        str(tmp_path / "s"),
        "--json",
    ]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # nothing of Spark's
    said = json.loads(done.stdout)
    here = load_job(str(job)).run(engine="pandas", store=str(tmp_path / "pandas"), progress=False)
    assert (said["dataset_fingerprint"], said["graph_fingerprint"], said["engine"]) == (*outcome(here)[:2], "spark")
