"""Beam's runner in this process, two threads, as the suite starts it."""

from __future__ import annotations

from featureprep.engines.base import Engine
from featureprep.engines.beam.engine import BeamEngine
from featureprep.testing.host import EngineHost


class BeamHost(EngineHost):
    name = "beam"

    def __init__(self) -> None:
        self._beam = BeamEngine(direct_num_workers=2)

    def start(self) -> Engine:
        self._beam.start()
        return self._beam

    def stop(self) -> None:
        self._beam.close()
