"""Asking who listens where the options say that a job server or a Flink is, before anything is written: Beam itself would wait for minutes."""

from __future__ import annotations

import re
import socket

import grpc
from apache_beam.options.pipeline_options import FlinkRunnerOptions, PipelineOptions, PortableOptions
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.runner import PipelineRunner

from featureprep.errors import WorldError

CONNECT = 20.0
"""Seconds in which something has to listen there."""
ANSWER = 30.0
"""Seconds in which a job server has to answer, unless Beam's option `job_server_timeout` says fewer."""
FLINK_PORT = 8081
"""Of Flink's REST interface, where `flink_master` says none."""
_PLACE = re.compile(r"(?:https?://)?(\[[0-9a-fA-F:.]+\]|[^\[\]:/]+)(?::([0-9]{1,5}))?/?")


def check_reachable(runner: PipelineRunner, options: PipelineOptions) -> None:
    """See whether a job server answers where the options name one; else, for Flink's runner, whether something listens at its `flink_master`.

    Raises
    ------
    WorldError
    """
    portable = options.view_as(PortableOptions)
    endpoint = portable.job_endpoint or ""
    host, _, port = endpoint.rpartition(":")
    if host and port.isdecimal():  # else there is none, or one that the runner makes itself
        _knock(host, int(port), endpoint, "no job server answers there", "is it the host and port of --job-port?")
        _greet(endpoint, min(ANSWER, portable.job_server_timeout))
    elif not endpoint and isinstance(runner, FlinkRunner):
        master = (options.view_as(FlinkRunnerOptions).flink_master or "").strip()
        place = _PLACE.fullmatch(master)  # not of [local] and [auto], which are no place
        if place is not None:
            hint = "flink_master= is the host and port of the REST interface of Flink's job manager, or [local]"
            _knock(place[1], int(place[2] or FLINK_PORT), f"flink_master={master}", "no Flink answers there", hint)


def _knock(host: str, port: int, where: str, what: str, hint: str) -> None:
    try:
        socket.create_connection((host.strip("[]"), port), CONNECT).close()
    except (OSError, OverflowError, UnicodeError) as error:  # UnicodeError: a name that cannot be one
        raise WorldError(what, where=where, hint=hint) from error


def _greet(endpoint: str, seconds: float) -> None:
    """See that what listens speaks gRPC, as a job server does; through the same kind of channel as Beam's."""
    with grpc.insecure_channel(endpoint) as channel:
        ready = grpc.channel_ready_future(channel)
        try:
            ready.result(timeout=seconds)
        except grpc.FutureTimeoutError as error:
            ready.cancel()
            what = f"something listens there, but has not answered as a job server in {seconds:.0f} seconds"
            raise WorldError(what, where=endpoint, hint="is it the host and port of --job-port?") from error
