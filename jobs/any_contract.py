"""Contracts of other tools, for the data that is held against them: what they leave open about it is looked up there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from featureprep.errors import FeatureprepError
from featureprep.io.base import Source
from featureprep.jobs.engines import make_engine
from featureprep.jobs.sources import bind_source
from featureprep.types import format_type, logical, parse_type


def types_of(found: Callable[[], tuple[Source, str | None] | None]) -> Callable[[], Mapping[str, str]]:
    """What gives the types of data's columns, by our names, looked up when they are first asked for.

    Parameters
    ----------
    found : callable
        Gives the source and the folder that its paths are relative to; None where there are several.
    """

    @cache
    def types() -> Mapping[str, str]:
        try:
            source = found()
            return {} if source is None else _column_types(*source)
        except FeatureprepError:
            return {}  # it is told when the data is read to be judged

    return types


def _column_types(source: Source, folder: str | None) -> Mapping[str, str]:
    """Those that the source states, else those of all its cells, found by a scan.

    Columns of only nulls, and those of types that have no name here, are left out.
    """
    engine = make_engine("pandas")
    try:
        schema = bind_source("data", source, folder, None, engine, None, None).schema
    finally:
        engine.close()
    found = {}
    for field in schema:
        try:
            name = format_type(logical(field.type))
            parse_type(name)
        except FeatureprepError:
            continue
        if name != "null":
            found[field.name] = name
    return found
