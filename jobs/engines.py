"""Engines by name."""

from __future__ import annotations

from typing import Any

from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError


def make_engine(engine: Any) -> Engine:
    """An engine from its name, or itself.

    Raises
    ------
    ArgumentError
    """
    if isinstance(engine, Engine):
        return engine
    if engine == "pandas":
        from featureprep.engines.pandas import PandasEngine

        return PandasEngine()
    raise ArgumentError.of("engine", "run", "'pandas' or an Engine", engine, hint="dask, spark and beam come in a later release")
