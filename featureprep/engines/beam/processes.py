"""Worker processes of Beam's runner in this process: where they come from, and what becomes of them.

Beam's runner never hears that a worker died, and would wait for ever; so the driver looks at the files that the zygote leaves.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from featureprep.engines.beam.zygote import FOLDER
from featureprep.errors import WorldError

START = 120.0
"""Seconds in which the zygote has to be there: it imports Beam."""
LOG_TAIL = 600
"""Characters of a dead worker's log that are told."""
_LOG_READ = 1 << 16
"""Bytes of its end that are looked at."""
_ALL_IS_WELL = re.compile(r"(DEBUG|INFO):|WARNING:apache_beam\.")
"""How lines of a worker's log begin that do not say why it died."""
_CLIENT = """
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as made:
    made.connect(sys.argv[1])
    made.sendall(json.dumps(dict(os.environ)).encode() + b"\\n")
    made.recv(1)
"""
"""What the runner takes for a worker: asks for one, and ends when it has ended."""
_LISTENERS = ("beam_control_read", "read_grpc_client_inputs", "run_worker")
"""Names of the runner's threads that end with the workers they listen to."""


class Processes:
    """A zygote, started when it is first needed.

    Parameters
    ----------
    home : str
        A folder for its log, and for its socket unless the path would be longer than sockets may have.
    """

    def __init__(self, home: str) -> None:
        self._home = home
        self._socket = ""
        self._zygote: subprocess.Popen[bytes] | None = None

    def command(self, workers: str) -> str:
        """The shell command that a worker of a pipeline is started with; what becomes of it is seen in the folder `workers`.

        Raises
        ------
        WorldError
            The zygote does not start.
        """
        if self._zygote is None or self._zygote.poll() is not None:
            self._start()
        parts = [sys.executable, "-I", "-S", "-c", _CLIENT, self._socket]
        return f"{FOLDER}={shlex.quote(workers)} exec {shlex.join(parts)} 2>/dev/null"

    def _start(self) -> None:
        place = tempfile.mkdtemp(dir=self._home)
        if len(place) > 90:
            place = tempfile.mkdtemp(prefix="featureprep-", dir="/tmp")
        self._socket, log = f"{place}/zygote", Path(f"{place}/log")
        command = [sys.executable, "-m", "featureprep.engines.beam.zygote", self._socket]
        with log.open("wb") as out:
            self._zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True)  # noqa: S603
        until = time.monotonic() + START
        while not os.path.exists(self._socket):
            if self._zygote.poll() is not None or time.monotonic() > until:
                said = log_end(log)
                self.close()
                raise WorldError("Beam's worker processes cannot be started", where="beam", hint=said or None)
            time.sleep(0.02)

    def close(self) -> None:
        """End the zygote, and all workers; may be called twice."""
        zygote, self._zygote = self._zygote, None
        if zygote is None:
            return
        if zygote.stdin is not None:
            with contextlib.suppress(OSError):
                zygote.stdin.close()
        try:
            zygote.wait(10)
        except subprocess.TimeoutExpired:
            zygote.kill()
            zygote.wait()


def check_alive(workers: str) -> None:
    """See whether all workers of a pipeline live, or ended well.

    Raises
    ------
    WorldError
    """
    died = sorted(Path(workers).glob("died-*"))
    if died:
        log, code = "", "?"
        with contextlib.suppress(OSError):
            code = died[0].read_text(encoding="utf-8").strip() or code
            log = log_end(Path(f"{workers}/log"))
        how = f"by signal {code[1:]}" if code.startswith("-") else f"with exit code {code}"
        hint = "most often memory is too small: have fewer workers, or cut the input finer with partitions="
        raise WorldError(f"a worker process died ({how})", where="beam", hint=f"{hint}\n{log}".strip())


def log_end(path: Path) -> str:
    """The last lines of a process's log, but for those which say that all is well: whole lines, of at most LOG_TAIL characters."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - _LOG_READ, 0))
        lines = file.read().decode("utf-8", "replace").splitlines()
    if size > _LOG_READ and len(lines) > 1:
        del lines[0]  # of which only the end was read
    kept: list[str] = []
    room = LOG_TAIL
    for line in reversed(lines):
        if not line.strip() or _ALL_IS_WELL.match(line):
            continue
        room -= len(line) + 1
        if room < 0:
            if not kept:
                kept.append(f"{line[:LOG_TAIL]}...")
            break
        kept.append(line.rstrip())
    return "\n".join(reversed(kept))


def any_died(workers: str) -> bool:
    """Whether a worker did not end well, so that its runner waits for ever."""
    return any(Path(workers).glob("died-*"))


def end(workers: str) -> None:
    """End the workers of a pipeline that are still there, and the threads that listen to them; one that ended well left none."""
    left = list(Path(workers).glob("worker-*"))
    for path in left:
        with contextlib.suppress(OSError):
            os.kill(int(path.name.partition("-")[2]), signal.SIGKILL)
    if left or any_died(workers):
        for thread in threading.enumerate():
            if thread.name in _LISTENERS:
                thread.join(timeout=5)
