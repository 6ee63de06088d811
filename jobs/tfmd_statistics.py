"""The statistics of a source as TFMD's message: what TFDV and Facets draw and compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ColumnNotFoundError, RequestError
from featureprep.io.base import Source
from featureprep.io.reader import read_fragment
from featureprep.jobs.profile import contract_of
from featureprep.jobs.slices import COUNTED, MAX_SLICES, Slicing, refuse_absent, refuse_sensitive, refuse_too_many
from featureprep.jobs.sources import BoundSource, bind_source
from featureprep.validators import tfmd
from featureprep.validators.contract import Contract
from featureprep.validators.tfmd.generators.slices import Key, name_of, sliced
from featureprep.validators.tfmd.generators.top_values import label
from featureprep.validators.tfmd.statistics import Progress

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList

_BYTES: Final = 1 << 26
"""Of batches that are sliced together."""


def tfmd_statistics(
    sources: Mapping[str, Source], folder: str | None, *, contract: Contract | None = None, slice_by: Sequence[Any] = (),
    max_slices: int = MAX_SLICES, progress: Progress | None = None,
) -> DatasetFeatureStatisticsList:  # fmt: skip
    """The statistics of one source, computed in this process, one batch of rows after the other.

    Parameters
    ----------
    sources : mapping of name to Source
        Exactly one.
    contract : Contract, optional
        Types the cells of files without types of their own. Columns that it marks as sensitive are left out.
    slice_by : sequence of columns
        Add the statistics of the rows with each value of a column, or each combination of values of several; as for `source_statistics`,
        but that rows without a value are in no slice, rows with several in the slice of each.
    max_slices : int
        With more slices than that, none are made.
    progress : function, optional
        Called with (what is done, parts of it that are done, parts in all).

    Returns
    -------
    DatasetFeatureStatisticsList
        See `featureprep.validators.tfmd.statistics`. Records that cannot be parsed are not among the rows; cells that do not fit their
        type are missing.

    Raises
    ------
    RequestError
        For several sources, too many slices, and to slice by a sensitive column.
    ParseError
        For a record that cannot be parsed, where the source's `on_error` is "fail".
    MissingExtraError
        Without `tensorflow-metadata`.
    """
    if len(sources) != 1:
        raise RequestError(
            f"a TFMD message is of one source, not {len(sources)}: {', '.join(sources)}", hint="name one: --source NAME=FILE"
        )
    ((name, source),) = sources.items()
    stated = None if contract is None else contract_of(contract, name, sources)
    hidden = frozenset() if stated is None else stated.sensitive
    slicings = [Slicing.of(given) for given in slice_by]
    refuse_sensitive(slicings, hidden)
    bound = bind_source(name, source, folder, stated, PandasEngine(1), None, None)
    shown = [column for column in bound.schema.names if column not in hidden]
    return statistics_of_columns(bound, shown, slice_by=slicings, max_slices=max_slices, progress=progress)


def statistics_of_columns(
    bound: BoundSource,
    columns: Sequence[str],
    *,
    slice_by: Sequence[Slicing] = (),
    max_slices: int = MAX_SLICES,
    progress: Progress | None = None,
) -> DatasetFeatureStatisticsList:
    """The statistics of some columns of a source; as `tfmd_statistics` has them."""
    if slice_by:
        _count(bound, columns, slice_by, max_slices, progress)
    rows = _rows(bound, columns, f"statistics of {bound.name}", progress)
    chosen = [slicing for slicing in slice_by if any(value is not None for _, value in slicing.columns)]
    return tfmd.statistics(
        _together(rows) if slice_by else rows,
        slice_by=[slicing.names for slicing in slice_by if slicing not in chosen],
        slice_functions=[partial(_chosen, slicing) for slicing in chosen],
        progress=progress,
    )


def _together(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in fewer batches: each slice of a batch costs as much as thousands of rows."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        if waiting and (batch.schema != waiting[0].schema or sum(one.nbytes for one in waiting) >= _BYTES):
            yield from _joined(waiting)
            waiting = []
        waiting.append(batch)
    yield from _joined(waiting)


def _joined(batches: Sequence[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if batches:
        yield from pa.Table.from_batches(batches).unify_dictionaries().combine_chunks().to_batches()


def _count(bound: BoundSource, columns: Sequence[str], slicings: Sequence[Slicing], most: int, progress: Progress | None) -> None:
    """Refuse too many slices, from a look at their columns alone, and a value that no row has."""
    names = {name for slicing in slicings for name in slicing.names}
    if missing := sorted(names - set(columns)):
        raise ColumnNotFoundError.of(missing, columns, where="--slice-by")
    keys: list[set[Key]] = [set() for _ in slicings]
    for batch in _rows(bound, [name for name in columns if name in names], f"slices of {bound.name}", progress):
        for found, slicing in zip(keys, slicings, strict=True):
            found.update(key for key, _ in sliced(batch, slicing.names) if _is_chosen(slicing, key))
        if any(len(found) > COUNTED for found in keys):
            refuse_too_many(slicings, None, most)
    for slicing, found in zip(slicings, keys, strict=True):
        refuse_absent(slicing, len(found), bound.name)
    refuse_too_many(slicings, sum(map(len, keys)), most)


def _chosen(slicing: Slicing, batch: pa.RecordBatch) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The slices of a batch that have the values."""
    return ((name_of(key), piece) for key, piece in sliced(batch, slicing.names) if _is_chosen(slicing, key))


def _is_chosen(slicing: Slicing, key: Key) -> bool:
    pairs = zip(key, slicing.columns, strict=True)
    return all(wanted is None or (label(value) if isinstance(value, bytes) else str(value)) == wanted for (_, value), (_, wanted) in pairs)


def _rows(bound: BoundSource, columns: Sequence[str], what: str, progress: Progress | None) -> Iterator[pa.RecordBatch]:
    total = len(bound.fragments)
    for at, fragment in enumerate(bound.fragments):
        if progress is not None:
            progress(what, at, total)
        for batch in read_fragment(bound.source, fragment, bound.schema, columns):
            yield batch.batch
    if progress is not None:
        progress(what, total, total)
