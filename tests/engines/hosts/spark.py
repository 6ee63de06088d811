"""Spark as the suite starts it: one Java process a session, a local context that is a Spark Connect server too, used by all Spark tests."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from functools import lru_cache

import psutil
import pytest

from featureprep.engines.base import Engine
from featureprep.engines.spark.engine import SparkEngine
from featureprep.testing.host import EngineHost

IN_HASTE = {
    "spark.speculation": "true",
    "spark.speculation.interval": "50ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.5",
}
"""Tasks that are slow for any reason are run twice."""


@dataclass(frozen=True)
class Sparks:
    """Two engines of one Java process, and its address as a Spark Connect server."""

    classic: SparkEngine
    connect: SparkEngine
    url: str


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def need_java() -> None:
    """Skip where there is none."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java 17 or later (Debian: apt-get install openjdk-17-jre-headless)")


@lru_cache(maxsize=1)
def sparks() -> Sparks:
    """The engines, started when they are first asked for and stopped when the process ends: a start takes seconds."""
    need_java()
    port = free_port()
    config = {
        "spark.master": "local[2,4]",
        "spark.plugins": "org.apache.spark.sql.connect.SparkConnectPlugin",
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        **IN_HASTE,
    }
    before = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = sys.executable  # the server has it from there
    try:
        classic = SparkEngine(config=config)
        atexit.register(classic.close)
        classic.start()
    finally:
        os.environ.pop("PYSPARK_PYTHON")
        if before is not None:
            os.environ["PYSPARK_PYTHON"] = before
    connect = SparkEngine(f"sc://127.0.0.1:{port}")
    atexit.register(connect.close)
    return Sparks(classic, connect, f"sc://127.0.0.1:{port}")


class SparkHost(EngineHost):
    name = "spark"

    def start(self) -> Engine:
        return sparks().classic

    def stop(self) -> None:
        """The Java process serves other tests too."""

    def kill_a_worker(self) -> None:
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            for process in psutil.Process().children(recursive=True):
                # processes come and go while they are listed, and a zombie of another test has no command line
                with contextlib.suppress(psutil.NoSuchProcess):
                    workers = process.children() if "pyspark.daemon" in process.cmdline() else []
                    living = [worker for worker in workers if worker.status() != psutil.STATUS_ZOMBIE]
                    if living:
                        living[0].kill()
                        return
            time.sleep(0.05)
        raise LookupError("Spark has no Python worker to kill")
