"""Engines by name, by address, or by what a user holds of one already: one table, whose classes are loaded when they are asked for."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, MissingExtraError


@dataclass(frozen=True)
class EngineEntry:
    """Where an engine is, and what is known of it before it is loaded.

    Attributes
    ----------
    target : str
        `module:class`. The class takes one argument: None (one of its own making), an address, or a native object.
    schemes : tuple of str
        Of the addresses that mean it.
    package : str or None
        What has to be installed; its objects (a client, a session) mean this engine too.
    extra : str or None
        The extra that installs it.
    """

    target: str
    schemes: tuple[str, ...] = ()
    package: str | None = None
    extra: str | None = None


ENGINES: dict[str, EngineEntry] = {
    "beam": EngineEntry("featureprep.engines.beam.engine:BeamEngine", ("beam",), "apache_beam", "beam"),
    "dask": EngineEntry("featureprep.engines.dask.engine:DaskEngine", ("dask",), "distributed", "dask"),
    "pandas": EngineEntry("featureprep.engines.pandas:PandasEngine"),
    "spark": EngineEntry("featureprep.engines.spark.engine:SparkEngine", ("spark", "sc"), "pyspark", "spark"),
}


def make_engine(engine: Any) -> Engine:
    """An engine from its name, its address, a native object (a Dask Client, a SparkSession, Beam's PipelineOptions), or itself.

    It is made, not started: that it reaches its cluster is known after `Engine.start`.

    Raises
    ------
    ArgumentError
    MissingExtraError
    """
    if isinstance(engine, Engine):
        return engine
    name, target = _named(engine)
    entry = ENGINES[name]
    if entry.package is not None and find_spec(entry.package) is None:
        raise MissingExtraError.of(entry.extra or name, f"engine={name!r}")
    module, _, attribute = entry.target.partition(":")
    make = getattr(importlib.import_module(module), attribute)
    made: Engine = make() if target is None else make(target)
    return made


def _named(engine: Any) -> tuple[str, Any]:
    """The name of the engine that is meant, and what it is made with."""
    if isinstance(engine, str):
        scheme, separator, place = engine.partition("://")
        if not separator and engine in ENGINES:
            return engine, None
        for name, entry in ENGINES.items():
            if separator and place and scheme in entry.schemes:
                return name, engine
    else:
        for name, entry in ENGINES.items():
            if any(base.__module__.partition(".")[0] == entry.package for base in type(engine).__mro__):
                return name, engine
    schemes = ", ".join(f"{scheme}://" for entry in ENGINES.values() for scheme in entry.schemes)
    must = f"one of {', '.join(map(repr, ENGINES))}, an address ({schemes}), a client or session of one, or an Engine"
    raise ArgumentError.of("engine", "run", must, engine, hint=_meant(engine))


def _meant(engine: Any) -> str | None:
    close = get_close_matches(engine.lower(), ENGINES, n=1) if isinstance(engine, str) else []
    return f"Did you mean {close[0]!r}?" if close else None
