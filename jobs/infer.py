"""Proposing a contract from all rows of some sources."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from featureprep.engines.base import Engine
from featureprep.io.base import Source
from featureprep.jobs.look import Look, look
from featureprep.jobs.scaffold.code import comment
from featureprep.validators.contract import Contract
from featureprep.validators.inference import MAX_STRING_DOMAIN, infer_source


@dataclass(frozen=True)
class Proposal:
    """A contract, and what it was inferred from: what all rows of each source are."""

    contract: Contract
    looks: Mapping[str, Look]
    on_error: Mapping[str, str]

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each source has."""
        return {name: found.rows for name, found in self.looks.items()}

    @property
    def unparsable(self) -> dict[str, int]:
        """How many records of each source are not among its rows."""
        return {name: found.unparsable.count for name, found in self.looks.items()}

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
        told = "".join(f"# {comment(name)}: {self.from_rows(name)}\n" for name in self.looks if self.unparsable[name])
        return f"{head}{newline}{told}{body}"


def infer(
    sources: Mapping[str, Source], folder: str | None, engine: Engine, *, partitions: int | None = None, max_values: int = MAX_STRING_DOMAIN,
    ranges: bool = False, keys: bool = False, sensitive: Mapping[str, Collection[str]] | None = None,
) -> Proposal:  # fmt: skip
    """A contract that the rows of `sources` meet.

    Parameters
    ----------
    sources : mapping of name to Source
        One source gives a contract without source names, for whatever its source will be called.
    folder : str or None
        What relative paths are relative to.
    max_values : int
        String columns of at most so many distinct values get them as their domain.
    ranges : bool
        Numbers, dates and timestamps get the range that they have.
    keys : bool
        Columns that no two rows have in common are `unique`; where there is none, pairs of columns are `keys` (`jobs.keys_found`).
    sensitive : mapping of source to names, optional
        Columns whose values are not told; they are marked so.

    Raises
    ------
    ParseError
        For a record that cannot be parsed, where a source's `on_error` is "fail".
    RequestError
        For a column whose name begins with `$`.
    WorldError
        When a file cannot be read.
    """
    hidden = {name: frozenset((sensitive or {}).get(name, ())) for name in sources}
    looks = {
        name: look(name, source, folder, engine, partitions=partitions, ranges=ranges, keys=keys, hidden=hidden[name])
        for name, source in sources.items()
    }
    found = [
        infer_source(
            seen.statistics,
            seen.schema,
            source=name if len(looks) > 1 else "",
            max_string_domain=max_values,
            misfits={column: found.count for column, found in seen.misfits.items()},
            ends=seen.ends,
            unique=seen.keys.columns,
            keys=seen.keys.pairs,
            sensitive=hidden[name],
        )
        for name, seen in looks.items()
    ]
    return Proposal(Contract(tuple(found)), looks, {name: source.on_error for name, source in sources.items()})
