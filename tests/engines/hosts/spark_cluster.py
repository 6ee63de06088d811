"""A Spark standalone cluster on loopback: a master, two workers, and a Spark Connect server that runs on them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.engines.hosts.spark import IN_HASTE, free_port, need_java

PATIENCE = 180
"""Seconds for a process to answer: the machine may be busy."""
LIGHT = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SMALL = {
    "spark.cores.max": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "600m",
    "spark.executor.cores": "1",
    "spark.executor.memory": "600m",
    "spark.executor.extraJavaOptions": LIGHT,
    "spark.ui.enabled": "false",
}
"""So that two executors, one on each worker, fit beside each other."""


@dataclass(frozen=True)
class Cluster:
    """Addresses of a cluster, and its workers' processes."""

    master: str
    connect: str
    workers: list[psutil.Popen]

    def executors(self) -> list[psutil.Process]:
        """The Java processes that run tasks."""
        found = [child for worker in self.workers for child in worker.children(recursive=True)]
        return [process for process in found if "CoarseGrainedExecutorBackend" in " ".join(process.cmdline())]


@contextmanager
def standalone(folder: Path) -> Iterator[Cluster]:
    """A cluster, stopped at the end whatever state it is in.

    Parameters
    ----------
    folder : Path
        For its logs and its workers' files.
    """
    need_java()
    import pyspark

    home = Path(pyspark.__file__).parent
    port, page, connect = free_port(), free_port(), free_port()
    master = f"spark://127.0.0.1:{port}"
    env = os.environ | {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_DAEMON_JAVA_OPTS": LIGHT,
        "SPARK_DAEMON_MEMORY": "600m",  # a Connect server goes by it too
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with ExitStack() as stack:

        def start(name: str, *command: str) -> psutil.Popen:
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            made = psutil.Popen([str(home / "bin" / command[0]), *command[1:]], env=env, stdout=log, stderr=subprocess.STDOUT)
            stack.callback(_stop, made)
            return made

        listening = ("--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page))
        leader = start("master", "spark-class", "org.apache.spark.deploy.master.Master", *listening)
        _until(lambda: _listens(port), leader, folder / "master.log")
        worker = ("spark-class", "org.apache.spark.deploy.worker.Worker", "--cores", "2", "--memory", "2g", "--webui-port", "0")
        workers = []
        for i, host in enumerate(("127.0.0.1", "127.0.0.2")):  # a slow task is run again on another host only
            env["SPARK_LOCAL_IP"] = host
            workers.append(start(f"worker-{i}", *worker, "--host", host, "--work-dir", str(folder / f"work-{i}"), master))
        env["SPARK_LOCAL_IP"] = "127.0.0.1"
        _until(lambda: _alive(page) == 2, workers[0], folder / "worker-0.log")
        settings = {**SMALL, **IN_HASTE, "spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": str(connect)}
        given = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        made = start(
            "connect", "spark-submit", "--master", master, *given, "--driver-java-options", LIGHT, "--class", server, "spark-internal"
        )
        _until(lambda: _listens(connect), made, folder / "connect.log")
        yield Cluster(master, f"sc://127.0.0.1:{connect}", workers)


def _stop(process: psutil.Popen) -> None:
    if process.is_running():
        for one in [*process.children(recursive=True), process]:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
    process.wait()


def _until(happens: Callable[[], bool], process: psutil.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not happens():
        if time.monotonic() > end or process.poll() is not None:
            raise TimeoutError(f"it did not come up:\n{log.read_text()[-3000:]}")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _alive(page: int) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{page}/json/", timeout=30) as answer:
            return int(json.load(answer)["aliveworkers"])
    except (OSError, json.JSONDecodeError):  # the page comes up after the master, and what it says in JSON after the page
        return 0
