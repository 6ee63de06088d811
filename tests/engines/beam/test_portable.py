"""Runners behind a job server: the functions run in a worker pool of this process (LOOPBACK), or in processes that the runner starts."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from featureprep.engines.base import Engine
from featureprep.engines.beam.engine import BeamEngine
from tests.engines.beam.dying import a_killed_worker_ends_the_run_and_resume_finishes_it, the_job_is_the_same, the_verbs_work
from tests.engines.beam.servers import server


@pytest.fixture(scope="module", params=["flink", "prism", "python"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a job server."""
    with server(request.param, tmp_path_factory.mktemp(request.param)) as (port, _):
        yield f"localhost:{port}"


@pytest.fixture(scope="module", params=["flink", "prism"])
def starter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a job server that starts processes."""
    with server(request.param, tmp_path_factory.mktemp(f"{request.param}-starter")) as (port, _):
        yield f"localhost:{port}"


@pytest.fixture
def loopback(place: str) -> Iterator[Engine]:
    made = BeamEngine("beam://PortableRunner", job_endpoint=place, environment_type="LOOPBACK")
    yield made
    made.close()


@pytest.fixture
def started(starter: str, tmp_path: Path) -> Iterator[Engine]:
    """An engine whose runner starts `featureprep.engines.beam.worker` by a command."""
    command = tmp_path / "worker"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m featureprep.engines.beam.worker "$@"\n')
    command.chmod(0o755)
    config = json.dumps({"command": str(command)})
    made = BeamEngine(runner="PortableRunner", job_endpoint=starter, environment_type="PROCESS", environment_config=config)
    yield made
    made.close()


def test_verbs(loopback: Engine) -> None:
    the_verbs_work(loopback)


def test_a_job(loopback: Engine, tmp_path: Path) -> None:
    the_job_is_the_same(loopback, tmp_path)


def test_a_killed_worker(started: Engine, tmp_path: Path) -> None:
    a_killed_worker_ends_the_run_and_resume_finishes_it(started, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("time", range(10))
def test_a_killed_worker_again_and_again(time: int, started: Engine, tmp_path: Path) -> None:
    a_killed_worker_ends_the_run_and_resume_finishes_it(started, tmp_path)
