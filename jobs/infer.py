"""Proposing a contract from all rows of some sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.jobs.profile import fold_rows
from featureprep.jobs.scaffold.code import comment
from featureprep.jobs.sources import bind_source
from featureprep.validators.contract import Contract
from featureprep.validators.inference import MAX_STRING_DOMAIN, infer_source
from featureprep.validators.statistics import column_folds, finish


@dataclass(frozen=True)
class Proposal:
    """A contract, the rows of each source that it was inferred from, their statistics, and the records that are not among them."""

    contract: Contract
    rows: Mapping[str, int]
    statistics: Mapping[str, Mapping[str, Any]]
    unparsable: Mapping[str, int]
    on_error: Mapping[str, str]

    def from_rows(self, name: str) -> str:
        """What a source was inferred from, in words."""
        rows, bad = self.rows[name], self.unparsable[name]
        told = f"from {rows:,} {'row' if rows == 1 else 'rows'}"
        if not bad:
            return told
        what = "left out" if self.on_error[name] == "drop" else "set apart"
        return f"{told} ({bad:,} {'record' if bad == 1 else 'records'} could not be parsed and {'was' if bad == 1 else 'were'} {what})"

    def to_yaml(self) -> str:
        """The contract as a file; its head tells of records that could not be parsed."""
        head, newline, body = self.contract.to_yaml().partition("\n")
        told = "".join(f"# {comment(name)}: {self.from_rows(name)}\n" for name in self.rows if self.unparsable[name])
        return f"{head}{newline}{told}{body}"


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
    bad: dict[str, int] = {}
    for name, source in sources.items():
        bound = bind_source(name, source, folder, None, engine, None, partitions)
        _check_names(name, bound.schema.names)
        profile = fold_rows(bound, bound.schema, column_folds(bound.schema), engine, partitions=partitions, label=f"statistics of {name}")
        statistics = finish(profile.results, bound.schema)
        rows[name], every[name], bad[name] = statistics["rows"], statistics, profile.unparsable.count
        called = name if len(sources) > 1 else ""
        found.append(infer_source(statistics, bound.schema, source=called, max_string_domain=max_values))
    return Proposal(Contract(tuple(found)), rows, every, bad, {name: source.on_error for name, source in sources.items()})


def _check_names(source: str, names: Sequence[str]) -> None:
    taken = [name for name in names if name.startswith("$")]
    if taken:
        raise RequestError(
            f"column {taken[0][:80]!r}: names that begin with $ are taken",
            where=source,
            hint="rename it; a CSV file can be read with other names: names=[...], header=True",
        )
