"""The engine of this process, as the suite starts it."""

from __future__ import annotations

from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.testing.host import EngineHost


class PandasHost(EngineHost):
    name = "pandas"

    def start(self) -> Engine:
        return PandasEngine(2)

    def stop(self) -> None:
        """Nothing outlives its verbs."""
