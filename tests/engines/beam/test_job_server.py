"""Runners that start a job server themselves."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.portability.job_server import EmbeddedJobServer, JobServer

from featureprep.engines.beam.engine import BeamEngine
from tests.engines.beam.dying import the_verbs_work


class Counted(JobServer):  # type: ignore[misc]
    """Beam's own in this process; tells what happens to it."""

    said: ClassVar[list[str]] = []
    service: Any = None

    def start(self) -> Any:
        if self.service is None:  # Beam's for a process does the same when it is asked again
            self.said.append("start")
            self.service = EmbeddedJobServer().start()
        return self.service

    def stop(self) -> None:
        self.said.append("stop")


class OtherFlinkRunner(FlinkRunner):  # type: ignore[misc]
    """Would start a `Counted` for each pipeline."""

    def default_job_server(self, options: PipelineOptions) -> Counted:
        return Counted()


@pytest.mark.parametrize("pipelines", [0, 3])
def test_one_server_serves_all_pipelines_and_ends_with_the_engine(pipelines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counted, "said", [])
    engine = BeamEngine(runner=f"{__name__}.OtherFlinkRunner", environment_type="LOOPBACK")
    engine.start()
    if pipelines:
        the_verbs_work(engine)
    engine.close()
    engine.close()
    assert Counted.said == (["start", "stop"] if pipelines else [])
