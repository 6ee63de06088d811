"""A Dask cluster of two worker processes, as the suite starts it."""

from __future__ import annotations

import os
import signal

from featureprep.engines.base import Engine
from featureprep.engines.dask.engine import DaskEngine
from featureprep.testing.host import EngineHost


class DaskHost(EngineHost):
    name = "dask"

    def __init__(self) -> None:
        self._dask = DaskEngine(workers=2)

    def start(self) -> Engine:
        self._dask.start()
        return self._dask

    def stop(self) -> None:
        self._dask.close()

    def kill_a_worker(self) -> None:
        pids = self._dask.client.run(os.getpid)
        os.kill(min(pids.values()), signal.SIGKILL)
