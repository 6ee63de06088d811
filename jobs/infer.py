"""Proposing a contract from all rows of some sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.jobs.profile import statistics_of
from featureprep.jobs.sources import bind_source
from featureprep.validators.contract import Contract
from featureprep.validators.inference import MAX_STRING_DOMAIN, infer_source


@dataclass(frozen=True)
class Proposal:
    """A contract, the rows of each source that it was inferred from, and their statistics."""

    contract: Contract
    rows: Mapping[str, int]
    statistics: Mapping[str, Mapping[str, Any]]


def infer(
    sources: Mapping[str, Source], folder: str | None, engine: Engine, *, partitions: int | None = None, max_values: int = MAX_STRING_DOMAIN
) -> Proposal:
    """A contract that the rows of `sources` meet.

    Parameters
    ----------
    sources : mapping of name to Source
        One source gives a contract without source names, for whatever its source will be called.
    folder : str or None
        What relative paths are relative to.
    max_values : int
        String columns of at most so many distinct values get them as their domain.

    Raises
    ------
    ParseError
        For a record that cannot be parsed, where a source's `on_error` is "fail".
    RequestError
        For a column whose name begins with `$`.
    WorldError
        When a file cannot be read.
    """
    found = []
    rows: dict[str, int] = {}
    every: dict[str, Mapping[str, Any]] = {}
    for name, source in sources.items():
        bound = bind_source(name, source, folder, None, engine, None, partitions)
        _check_names(name, bound.schema.names)
        statistics = statistics_of(bound, engine, partitions=partitions)
        rows[name], every[name] = statistics["rows"], statistics
        called = name if len(sources) > 1 else ""
        found.append(infer_source(statistics, bound.schema, source=called, max_string_domain=max_values))
    return Proposal(Contract(tuple(found)), rows, every)


def _check_names(source: str, names: Sequence[str]) -> None:
    taken = [name for name in names if name.startswith("$")]
    if taken:
        raise RequestError(
            f"column {taken[0][:80]!r}: names that begin with $ are taken",
            where=source,
            hint="rename it; a CSV file can be read with other names: names=[...] and header=True, or --names A,B,C --header",
        )
