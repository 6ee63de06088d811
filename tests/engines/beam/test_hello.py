"""Addresses at which nothing listens, or something else than what the options say."""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.error import URLError

import pytest
from apache_beam.utils.subprocess_server import JavaJarServer

from featureprep.engines.beam.engine import BeamEngine
from featureprep.errors import WorldError
from featureprep.testing.verbs import PARTITIONS, Sum
from tests.engines.beam.servers import free_port
from tests.engines.listeners import saying, silent


def refused(engine: BeamEngine) -> WorldError:
    """How it is refused when it starts."""
    try:
        with pytest.raises(WorldError) as caught:
            engine.start()
    finally:
        engine.close()
    assert caught.value.exit_code == 3
    return caught.value


def test_no_job_server() -> None:
    address = f"127.0.0.1:{free_port()}"
    error = refused(BeamEngine(runner="PortableRunner", job_endpoint=address))
    assert (error.what, error.where) == ("no job server answers there", address)
    assert "--job-port" in str(error.hint)


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None])
def test_something_that_does_not_answer_as_a_job_server(words: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.beam.hello.ANSWER", 1.0)
    with silent() if words is None else saying(words) as port:
        error = refused(BeamEngine(f"beam://PortableRunner?job_endpoint=127.0.0.1:{port}"))
    assert error.what.startswith("something listens there, but has not answered as a job server")
    assert error.where == f"127.0.0.1:{port}"
    assert "--job-port" in str(error.hint)


def test_the_time_that_beam_is_told_to_wait_for_a_job_server() -> None:
    with silent() as port:
        error = refused(BeamEngine(runner="PortableRunner", job_endpoint=f"localhost:{port}", job_server_timeout=1))
    assert error.what.endswith("in 1 seconds")


@pytest.mark.parametrize("said", ["127.0.0.1:{}", "http://127.0.0.1:{}", "http://127.0.0.1:{}/", " localhost:{}", "[::1]:{}"])
def test_no_flink(said: str) -> None:
    master = said.format(free_port())
    error = refused(BeamEngine(runner="FlinkRunner", flink_master=master))
    assert (error.what, error.where) == ("no Flink answers there", f"flink_master={master.strip()}")
    assert "flink_master=" in str(error.hint)


def test_the_port_of_flink_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.beam.hello.FLINK_PORT", free_port())
    assert refused(BeamEngine(runner="FlinkRunner", flink_master="localhost")).where == "flink_master=localhost"


@pytest.mark.parametrize("master", ["[local]", "[auto]", None])
def test_a_flink_of_the_runners_own_is_not_looked_for(master: str | None) -> None:
    engine = BeamEngine(runner="FlinkRunner", **({} if master is None else {"flink_master": master}))
    engine.start()
    engine.close()


def test_a_flink_that_a_job_server_knows_is_not_looked_for_here() -> None:
    engine = BeamEngine(runner="FlinkRunner", flink_master=f"127.0.0.1:{free_port()}", job_endpoint="embed")
    engine.start()
    engine.close()


def test_a_job_server_whose_program_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object) -> None:
        raise URLError("no network here")

    monkeypatch.setattr(JavaJarServer, "JAR_CACHE", str(tmp_path / "jars"))
    monkeypatch.setattr(JavaJarServer, "_download_jar_to_cache", offline)
    engine = BeamEngine("beam://FlinkRunner?flink_master=[local]")
    with contextlib.closing(engine), pytest.raises(WorldError, match="Unable to fetch remote job server jar") as caught:
        engine.fold(engine.scan(PARTITIONS), Sum())
    assert "flink_job_server_jar=" in str(caught.value.hint)
    assert "python -m tools.beam_runners flink" in str(caught.value.hint)
