"""A worker process for runners that start their workers by a command (PROCESS environments), where Beam's own boot program is not there.

    python -m featureprep.engines.beam.worker --id=1 --provision_endpoint=host:port

It asks the runner for what it needs, and becomes Beam's worker. Nothing is installed: this Python has the packages that the job needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any


def main(argv: Sequence[str]) -> None:
    """Serve one runner until it says that it is done."""
    parser = argparse.ArgumentParser(prog="featureprep.engines.beam.worker")
    parser.add_argument("--id", required=True)
    parser.add_argument("--provision_endpoint", required=True)
    parser.add_argument("--logging_endpoint", default="")
    parser.add_argument("--control_endpoint", default="")
    given, _ = parser.parse_known_args(argv)  # runners say more, such as where artefacts are
    worker_id = given.id.strip("'")  # Prism puts it in quotes
    from apache_beam.runners.worker import sdk_worker_main

    os.environ.update(_environment(worker_id, given.provision_endpoint, given.logging_endpoint, given.control_endpoint))
    sdk_worker_main.main([])


def _environment(worker_id: str, provision: str, logging: str, control: str) -> dict[str, str]:
    """What Beam's worker reads from its environment."""
    import grpc
    from apache_beam.portability.api import beam_provision_api_pb2 as messages
    from apache_beam.portability.api import beam_provision_api_pb2_grpc as services
    from google.protobuf import json_format

    with grpc.insecure_channel(provision) as channel:
        stub = services.ProvisionServiceStub(channel)
        info = stub.GetProvisionInfo(messages.GetProvisionInfoRequest(), metadata=[("worker_id", worker_id)], wait_for_ready=True).info
    return {
        "WORKER_ID": worker_id,
        "CONTROL_API_SERVICE_DESCRIPTOR": _descriptor(info.control_endpoint.url or control),
        "LOGGING_API_SERVICE_DESCRIPTOR": _descriptor(info.logging_endpoint.url or logging),
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }


def _descriptor(url: str) -> Any:
    from apache_beam.portability.api import endpoints_pb2
    from google.protobuf import text_format

    return text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url))


if __name__ == "__main__":
    main(sys.argv[1:])
