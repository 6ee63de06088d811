"""What a contract's rules about drift hold the data against: statistics that were kept, or other data."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from featureprep import canonical
from featureprep.engines.base import Engine
from featureprep.errors import CorruptArtefactError, RequestError, WorldError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.counts import RowCount
from featureprep.io.base import Source
from featureprep.jobs.json_columns import with_keys
from featureprep.jobs.misfit_cells import misfits_in
from featureprep.jobs.profile import fold_rows
from featureprep.jobs.sources import bind_source, pseudo_schema
from featureprep.jobs.stats import stored_statistics
from featureprep.store.dataset import Dataset
from featureprep.types import format_type
from featureprep.validators.contract import SourceContract
from featureprep.validators.drift.baseline import Baseline, baseline_of
from featureprep.validators.drift.keeping import has_lengths, has_shape, lengths_of, shape_folds, shape_of
from featureprep.validators.statistics import column_folds, finish

NOT_GIVEN: Final = Baseline(why="no baseline is given: --baseline names one")
MADE_WITHOUT: Final = "run the job without --no-statistics, or give the data itself"
"""What mends that a version has no statistics."""
_STATISTICS: Final = re.compile(rb'\s*\{\s*"(entry|sources|splits)"\s*:')
_OWN: Final = b'{"entry":'
_PARTS: Final = {"entry", "sources", "splits"}


class Reference(Protocol):
    """Where baselines come from."""

    def baseline(
        self, name: str, contract: SourceContract, columns: Collection[str], engine: Engine, *, statistics: bool = False
    ) -> Baseline:
        """That of a source, for some of its columns; `statistics`: with its section."""


@dataclass(frozen=True)
class Kept:
    """Statistics that were kept: no old data is read.

    Attributes
    ----------
    title : str
        As it is shown: "taxi@3", or the name of a file.
    sources : mapping of name to section
        Of `statistics.json`.
    """

    title: str
    sources: Mapping[str, Any]

    def baseline(
        self, name: str, contract: SourceContract, columns: Collection[str], engine: Engine, *, statistics: bool = False
    ) -> Baseline:
        """The section of that name, or of the contract's; the only one, where the contract is for a single source, too."""
        at = next((one for one in (name, contract.name) if one in self.sources), None)
        if at is None and len(self.sources) == 1 and contract.name == "":
            (at,) = self.sources
        if at is None:
            known = ", ".join(sorted(self.sources)) or "no source"
            return Baseline(self.title, why=f"{self.title} has statistics of {known}, not of {contract.name or name}")
        return baseline_of(self.sources[at], self.title, columns)


@dataclass(frozen=True)
class Data:
    """Other data, which is read once.

    Attributes
    ----------
    sources : mapping of name to Source
        By the names of those that are judged.
    folder : str or None
        What relative paths are relative to.
    """

    title: str
    sources: Mapping[str, Source]
    folder: str | None
    partitions: int | None = None

    def baseline(
        self, name: str, contract: SourceContract, columns: Collection[str], engine: Engine, *, statistics: bool = False
    ) -> Baseline:
        """The shapes of all rows. Cells that do not fit their type count as null, as in the data that is judged; its `misfits` tell of them."""
        bound = bind_source(name, self.sources[name], self.folder, contract, engine, None, self.partitions)
        bound = with_keys(bound, contract, engine, None, self.partitions) if columns else bound
        schema = pseudo_schema(bound, contract)
        there = bound.present & frozenset(schema.names)
        types = {column: schema.field(column).type for column in sorted(columns) if column in there}
        shaped = [column for column, dtype in types.items() if has_shape(dtype)]
        asked: dict[str, tuple[Fold, tuple[Node, ...]]] = {
            f"{at}/{part}": request for at, column in enumerate(shaped) for part, request in shape_folds(column, types[column]).items()
        }
        if statistics:
            asked |= column_folds(bound.schema, shapes=True)
        if not asked and schema.names:
            asked = {"rows": (RowCount(), (Node("col", (), {"name": schema.names[0]}),))}
        profile = fold_rows(bound, schema, asked, engine, partitions=self.partitions, label=f"baseline of {name}") if asked else None
        found, misfits = ({}, {}) if profile is None else (profile.results, misfits_in(profile.misfits, bound, profile.rows))
        section = finish(found, bound.schema, sensitive=contract.sensitive, shapes=True, misfits=misfits) if statistics else None
        results = {column: {part: found[f"{at}/{part}"] for part in shape_folds(column, types[column])} for at, column in enumerate(shaped)}
        shapes = {column: shape_of(types[column], parts) for column, parts in results.items()}
        lengths = {column: lengths_of(parts) for column, parts in results.items() if has_lengths(types[column])}
        others = {column: f"the column is {format_type(dtype)} in {self.title}" for column, dtype in types.items() if column not in shapes}
        told = {column: misfits[column] for column in misfits if column in columns}
        rows = None if profile is None else profile.rows
        return Baseline(self.title, shapes, others, section=section, lengths=lengths, misfits=told, rows=rows)


def of_version(dataset: Dataset) -> Kept:
    """The statistics that were kept of a version's sources.

    Raises
    ------
    CorruptArtefactError
        When they were altered.
    RequestError
        For a version without statistics.
    """
    found = kept_of(dataset)
    if found is None:
        raise RequestError(f"{title_of(dataset)} was made without statistics, so it is no baseline", hint=MADE_WITHOUT)
    return found


def kept_of(dataset: Dataset) -> Kept | None:
    """As `of_version`; None for a version without statistics."""
    stored = stored_statistics(dataset)
    return None if stored is None else Kept(title_of(dataset), stored["sources"])


def title_of(dataset: Dataset) -> str:
    """A version's name, as it is shown and typed."""
    return f"{dataset.name}@{dataset.version}"


def of_statistics_file(path: str) -> Kept | None:
    """The statistics in a file that `featureprep stats -o` wrote; None for a file of anything else.

    Raises
    ------
    CorruptArtefactError
        For one that is damaged.
    WorldError
        When the file cannot be read.
    """
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as handle:
            head = handle.read(1000)
            if _STATISTICS.match(head) is None:
                return None
            data = head + handle.read()
    except OSError as error:
        raise WorldError(f"the baseline cannot be read: {error.strerror}", where=path) from error
    try:
        found = canonical.loads(data)
    except CorruptArtefactError as error:
        if data.startswith(_OWN):
            raise error.at(path) from None
        return None
    sound = isinstance(found, dict) and set(found) == _PARTS and isinstance(found["sources"], dict)
    return Kept(os.path.basename(path), found["sources"]) if sound else None
