"""Statistics of files, of a job's sources, and of versions: computed, or as stored with the version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from featureprep import canonical
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, ColumnNotFoundError
from featureprep.io.api import from_arrow, read_parquet
from featureprep.io.base import Source
from featureprep.jobs.artefacts import STATISTICS, stored_contract, stored_file
from featureprep.jobs.profile import contract_of, statistics_of
from featureprep.jobs.slices import MAX_SLICES, Slicing, refuse_sensitive, sliced_statistics
from featureprep.jobs.sources import bind_source
from featureprep.lineage.stored import read_record
from featureprep.store.dataset import Dataset
from featureprep.types import logical
from featureprep.validators.contract import Contract

Statistics = dict[str, Any]


def source_statistics(
    sources: Mapping[str, Source], folder: str | None, engine: Engine, *, contract: Contract | None = None, partitions: int | None = None,
    shapes: bool = False, slice_by: Sequence[Any] = (), max_slices: int = MAX_SLICES,
) -> Statistics:  # fmt: skip
    """The statistics of all rows of some sources, in the form of `statistics.json`.

    Parameters
    ----------
    contract : Contract, optional
        Types the cells of files without types of their own, and says whose values are not shown.
    shapes : bool
        Keep what the sources need to be a baseline.
    slice_by : list of columns, optional
        Add the statistics of the rows with each value of a column (`"zone"`), with each combination of values (`"zone,hour"`), or with one
        value (`"zone=5"`), null among them; texts, whole numbers, bools and dates tell rows apart. Sources without the column have none.
    max_slices : int
        With more slices of a source than that, none are made.

    Returns
    -------
    dict
        `{"sources": {name: section}, "entry": None, "splits": {}}`; a section that is sliced has `"slices"`, see `sliced_statistics`.

    Raises
    ------
    ArgumentError, RequestError
        For a slicing that cannot be, too many slices, and to slice by a sensitive column.
    """
    slicings = [Slicing.of(given) for given in slice_by]
    if type(max_slices) is not int or max_slices < 1:
        raise ArgumentError.of("max_slices", "statistics", "a whole number from 1", max_slices)
    found: Statistics = {}
    has: set[str] = set()
    for name, source in sources.items():
        stated = None if contract is None else contract_of(contract, name, sources)
        bound = bind_source(name, source, folder, stated, engine, None, partitions, versions=False)
        hidden = frozenset() if stated is None else stated.sensitive
        refuse_sensitive(slicings, hidden)
        has |= set(bound.schema.names)
        mine = [slicing for slicing in slicings if len(sources) == 1 or set(slicing.names) <= set(bound.schema.names)]
        slices = sliced_statistics(bound, engine, mine, most=max_slices, partitions=partitions, sensitive=hidden) if mine else []
        found[name] = statistics_of(bound, engine, partitions=partitions, sensitive=hidden, shapes=shapes)
        if mine:
            found[name]["slices"] = slices
    lacking = {column for slicing in slicings for column in slicing.names} - has
    if lacking:
        raise ColumnNotFoundError.of(sorted(lacking), sorted(has), where="--slice-by")
    return {"sources": found, "entry": None, "splits": {}}


def version_statistics(dataset: Dataset, engine: Engine) -> Statistics:
    """The statistics that were stored with a version; where it was made without, those of its written rows, computed now.

    Raises
    ------
    CorruptArtefactError
        When the stored ones were altered.
    """
    stored = stored_statistics(dataset)
    if stored is not None:
        return stored
    hidden = sensitive_columns(dataset)
    made: Statistics = {}
    for split in dataset.splits:
        bound = bind_source(split, _rows(dataset, split), None, None, engine, None, None, versions=False)
        made[split] = statistics_of(bound, engine, sensitive=hidden)
    return {"sources": {}, "entry": None, "splits": made}


def stored_statistics(dataset: Dataset) -> Statistics | None:
    """The statistics that were stored with a version; None where it was made without.

    Raises
    ------
    CorruptArtefactError
        When they were altered.
    """
    data = stored_file(dataset.store, dataset.entry, STATISTICS)
    return None if data is None else canonical.loads(data)


def sensitive_columns(dataset: Dataset) -> frozenset[str]:
    """The written columns that come from columns which the version's contract marks as sensitive."""
    contract = stored_contract(dataset.store, dataset.entry)
    marked = {name for source in contract.sources for name in source.sensitive} if contract is not None else set()
    if not marked:
        return frozenset()
    fields = read_record(dataset.store, dataset.entry).fields
    return frozenset(column for column, uses in fields.items() if any(use.column in marked for use in uses))


def _rows(dataset: Dataset, split: str) -> Source:
    """A split's files as a source."""
    files = dataset.files(split)
    if not files:
        return from_arrow(dataset.to_arrow(split))
    _, options = dataset.store.address
    types = {field.name: logical(field.type) for field in dataset.schema}
    return read_parquet(files, schema=types, hive_partitioning=True, storage_options=options or None)
