"""Runners behind a job server: the functions run in a worker pool of this process (LOOPBACK), or in processes that the runner starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from featureprep.engines.base import Engine
from featureprep.engines.beam.engine import BeamEngine
from tests.engines.beam.dying import a_killed_worker_ends_the_run_and_resume_finishes_it, the_job_is_the_same, the_verbs_work
from tests.engines.beam.servers import LIGHT, program, server

RESTARTS = "restart-strategy.type: fixed-delay\nrestart-strategy.fixed-delay.attempts: 3\nrestart-strategy.fixed-delay.delay: 1 s\n"
BESIDE: dict[str, Any] = {"parallelism": 2}
"""For Flink, which does one thing at a time unless it is told."""


@pytest.fixture(scope="module")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of Beam's job server for Flink. It makes a Flink for each pipeline, so that a killed worker harms no other test."""
    with server("flink", tmp_path_factory.mktemp("flink")) as address:
        yield address


@pytest.fixture(scope="module", params=["flink", "prism", "python"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The options that name a job server."""
    if request.param == "flink":
        yield {"job_endpoint": request.getfixturevalue("flink"), **BESIDE}
        return
    with server(request.param, tmp_path_factory.mktemp(request.param)) as address:
        yield {"job_endpoint": address}


@pytest.fixture(scope="module", params=["flink", "prism"])
def starter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The options that name a job server which starts processes."""
    if request.param == "flink":
        # two workers, kept from one stage of a pipeline to the next
        yield {"job_endpoint": request.getfixturevalue("flink"), **BESIDE, "sdk_worker_parallelism": 2, "environment_cache_millis": 10_000}
        return
    with server("prism", tmp_path_factory.mktemp("prism-starter")) as address:
        yield {"job_endpoint": address}


def starting(folder: Path, **options: Any) -> Engine:
    """An engine whose runner starts `featureprep.engines.beam.worker` by a command."""
    command = folder / "worker"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m featureprep.engines.beam.worker "$@"\n')
    command.chmod(0o755)
    config = json.dumps({"command": str(command)})
    return BeamEngine(runner="PortableRunner", environment_type="PROCESS", environment_config=config, **options)


@pytest.fixture
def loopback(place: dict[str, Any]) -> Iterator[Engine]:
    made = BeamEngine("beam://PortableRunner", environment_type="LOOPBACK", **place)
    yield made
    made.close()


@pytest.fixture
def started(starter: dict[str, Any], tmp_path: Path) -> Iterator[Engine]:
    made = starting(tmp_path, **starter)
    yield made
    made.close()


def test_verbs(loopback: Engine) -> None:
    the_verbs_work(loopback)


def test_a_job(loopback: Engine, tmp_path: Path) -> None:
    the_job_is_the_same(loopback, tmp_path)


def test_a_killed_worker(started: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    ended = a_killed_worker_ends_the_run_and_resume_finishes_it(started, tmp_path)
    if request.node.callspec.params["starter"] == "flink":
        assert ended, "Flink gives up, unless it is told to restart"


@pytest.mark.soak
@pytest.mark.parametrize("time", range(10))
def test_a_killed_worker_again_and_again(time: int, started: Engine, tmp_path: Path) -> None:
    a_killed_worker_ends_the_run_and_resume_finishes_it(started, tmp_path)


@pytest.mark.soak  # a server of its own, and six starts of workers
def test_a_flink_that_is_told_to_restart_goes_on_without_a_killed_worker(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "flink-conf.yaml").write_text(RESTARTS)
    with server("flink", tmp_path, "--flink-conf-dir", str(tmp_path / "conf")) as address:
        engine = starting(tmp_path, job_endpoint=address, **BESIDE)
        ended = a_killed_worker_ends_the_run_and_resume_finishes_it(engine, tmp_path)
        engine.close()
    assert not ended


@pytest.mark.soak  # a server of its own
def test_the_runner_for_flink_starts_one_server_and_leaves_none(request: pytest.FixtureRequest) -> None:
    # in a process of its own: Beam leaves the output of a server that it has stopped unclosed, which Python warns of whenever it finds it
    code = f"from {__name__} import the_verbs_have_one_server as check; check({str(program('flink'))!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=request.config.rootpath, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def the_verbs_have_one_server(jar: str) -> None:
    engine = BeamEngine("beam://FlinkRunner?flink_master=[local]", flink_job_server_jar=jar, job_server_jvm_properties=LIGHT, **BESIDE)
    try:
        the_verbs_work(engine)
        assert len(servers()) == 1, servers()
    finally:
        engine.close()
    assert not servers()


def servers() -> list[str]:
    """The commands of Java that this process has started and that still run."""
    return [" ".join(one.cmdline()) for one in psutil.Process().children(recursive=True) if one.name() == "java"]
