"""The engine that shakes: everything crosses through pickle, in any order, twice."""

from __future__ import annotations

from featureprep.engines.base import Engine
from featureprep.testing.host import EngineHost
from featureprep.testing.shaken import ShakenEngine


class ShakenHost(EngineHost):
    name = "shaken"

    def start(self) -> Engine:
        return ShakenEngine(seed=1)

    def stop(self) -> None:
        """It holds nothing."""
