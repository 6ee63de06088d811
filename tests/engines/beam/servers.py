"""Job servers on loopback, each in a process of its own: what an engine finds when it is given the address of one."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil
import pytest

from tools import beam_runners

WAIT = 120.0  # seconds until a server listens
LIGHT = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g"]
"""Of Java's: its runs here are too short for a compiler that takes its time."""


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextlib.contextmanager
def server(kind: str, folder: Path, *more: str) -> Iterator[str]:
    """The address of a server of a kind, which is told `more`; the test is skipped where it cannot be had."""
    port = free_port()
    log = folder / f"{kind}.log"
    with log.open("wb") as out:
        process = subprocess.Popen([*_command(kind, port, folder), *more], stdout=out, stderr=out, cwd=folder)
    try:
        _wait(process, port, log)
        yield f"localhost:{port}"
    finally:
        _stop(process)


def _command(kind: str, port: int, folder: Path) -> list[str]:
    if kind == "python":
        return [sys.executable, "-m", "apache_beam.runners.portability.local_job_service_main", "-p", str(port)]
    if kind == "prism":
        return [str(program(kind)), "-job_port", str(port), "-serve_http=false", "-log_level", "warn"]
    ports = {"job": port, "artifact": free_port(), "expansion": free_port()}
    given = [part for name, number in ports.items() for part in (f"--{name}-port", str(number))]
    java = ["java", *LIGHT, f"-Djava.io.tmpdir={folder}"]  # a killed one leaves files
    return [*java, "-jar", str(program(kind)), "--flink-master", "[local]", "--artifacts-dir", str(folder), *given]


def program(kind: str) -> Path:
    """Where the program of a server is; the test is skipped where it cannot be had."""
    found = _found(kind)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def _found(kind: str) -> Path | str:
    """The same, or why it cannot be had; asked for once a session."""
    try:
        return beam_runners.prism(build=False) if kind == "prism" else beam_runners.flink()
    except beam_runners.UnavailableError as error:
        return str(error)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
            return
        time.sleep(0.2)
    pytest.fail(f"the server does not listen: {log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a server and what it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        left = psutil.Process(process.pid).children(recursive=True)
        for one in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    process.kill()
    process.wait()
