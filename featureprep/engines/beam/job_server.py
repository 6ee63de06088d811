"""The job server that a runner starts itself: one for all pipelines of an engine. Beam would start one for each, and stop none before the end."""

from __future__ import annotations

from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.portability.spark_runner import SparkRunner
from apache_beam.runners.runner import PipelineRunner


class OwnServer:
    """None, until a runner wants one."""

    def __init__(self) -> None:
        self._server: Any = None

    def lent_to(self, runner: PipelineRunner, options: PipelineOptions) -> None:
        """Have a runner take this server where it would start one."""
        if isinstance(runner, (FlinkRunner, SparkRunner)) and not options.view_as(PortableOptions).job_endpoint:
            make = runner.default_job_server

            def same(options: PipelineOptions) -> Any:
                another = make(options)  # not started yet; making it completes the options, too
                self._server = self._server or another
                return self._server

            runner.default_job_server = same

    def close(self) -> None:
        """Stop it; may be called twice."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()
