"""A process that has imported what workers need, and forks one whenever it is asked: so worker processes start at once.

    python -m featureprep.engines.beam.zygote SOCKET

Who connects sends a worker's environment as JSON on one line, and is let go when the worker has ended. In the folder that FEATUREPREP_WORKERS of that
environment names, there is a file `worker-<process id>` while a worker lives, and `died-<process id>` with its exit code if it did not end well.
The process ends with its standard input, and its workers with it, so none outlives the driver. It has neither threads nor gRPC channels of
its own, which would not survive a fork.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass

FOLDER = "FEATUREPREP_WORKERS"


@dataclass(frozen=True)
class Worker:
    """A process that was forked, who asked for it, and the folder of its pipeline."""

    asked: socket.socket
    folder: str


class Zygote:
    """The process's loop."""

    def __init__(self, path: str) -> None:
        self._workers: dict[int, Worker] = {}
        self._woken, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a handler of Python's own is what writes to the descriptor
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)

    def serve(self) -> None:
        """Until standard input ends."""
        with selectors.DefaultSelector() as found:
            for file in (self._listener, self._woken, sys.stdin):
                found.register(file, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in found.select()]
                if self._woken in ready:
                    self._woken.recv(4096)
                    self._reap()
                if self._listener in ready:
                    self._fork()
                if sys.stdin in ready and not os.read(sys.stdin.fileno(), 4096):
                    break
        for pid in self._workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _fork(self) -> None:
        asked, _ = self._listener.accept()
        with asked.makefile() as file:
            line = file.readline()
        if not line:
            asked.close()
            return
        environment: dict[str, str] = json.loads(line)
        pid = os.fork()
        if pid:
            self._workers[pid] = Worker(asked, environment[FOLDER])
            _touch(f"{environment[FOLDER]}/worker-{pid}", "")
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for held in (self._listener, self._woken, self._wake, asked, *(other.asked for other in self._workers.values())):
                held.close()
            _work(environment)
            code = 0
        except BaseException:  # noqa: BLE001  (the process ends here, whatever it was)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            worker = self._workers.pop(pid)
            with contextlib.suppress(OSError):
                os.remove(f"{worker.folder}/worker-{pid}")
            if status:
                _touch(f"{worker.folder}/died-{pid}", str(os.waitstatus_to_exitcode(status)))
            worker.asked.close()


def _touch(path: str, text: str) -> None:
    with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as file:  # its pipeline, and the folder, may be gone
        file.write(text)


def _work(environment: dict[str, str]) -> None:
    """Be a worker until the runner says that it is done."""
    from apache_beam.runners.worker import sdk_worker_main

    os.environ.clear()
    os.environ.update(environment)
    log = os.open(f"{environment[FOLDER]}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    sdk_worker_main.main([])


def main(path: str) -> None:
    """Import what workers import, then serve."""
    from apache_beam.runners.worker import sdk_worker_main  # noqa: F401

    from featureprep.engines.beam import work  # noqa: F401

    Zygote(path).serve()


if __name__ == "__main__":
    main(sys.argv[1])
