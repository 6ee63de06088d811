"""Seeing that a worker process on this machine is gone, for there are runners that then wait for ever."""

from __future__ import annotations

import os
import socket
import time
from functools import cache

from featureprep.engines.beam.folder import BEGUN, FAILED, FOLDED, MADE, SENT, Folder
from featureprep.errors import WorldError

EVERY = 5.0
"""Seconds between two looks."""
PATIENCE = 30.0
"""Seconds in which a runner may begin anew what a worker had begun that is gone."""


@cache
def machine() -> str:
    """Where process ids mean the same as in this process."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no such thing here: then nothing is known of other processes
        return f"{socket.gethostname()} {os.getpid()}"


class Watch:
    """What the workers of one pipeline have begun."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._next = 0.0
        self._gone: float | None = None

    def look(self) -> None:
        """See whether all that was begun is done, or at work.

        Raises
        ------
        WorldError
            A worker is gone, and the runner has not begun its work anew.
        """
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY
        if not self._any_gone():
            self._gone = None
        elif self._gone is None:
            self._gone = now
        elif now - self._gone > PATIENCE:
            raise WorldError(
                "a worker process is gone, and Beam's runner waits for it",
                where="beam",
                hint="look at the runner's log",
            )

    def _any_gone(self) -> bool:
        begun = self._folder.found(BEGUN)
        done = {place for kind in (SENT, FOLDED, MADE, FAILED) if begun for place in self._folder.found(kind)}
        return any(not any(_lives(self._pid(path)) for path in files) for place, files in begun.items() if place not in done)

    def _pid(self, path: str) -> int:
        try:
            return int(self._folder.get([path]))
        except LookupError:  # it is being written
            return os.getpid()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
