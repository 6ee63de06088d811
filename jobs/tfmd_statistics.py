"""The statistics of a source as TFMD's message: what TFDV and Facets draw and compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa

from featureprep.engines.pandas import PandasEngine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.io.reader import read_fragment
from featureprep.jobs.profile import contract_of
from featureprep.jobs.sources import BoundSource, bind_source
from featureprep.validators import tfmd
from featureprep.validators.contract import Contract

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.statistics_pb2 import DatasetFeatureStatisticsList


def tfmd_statistics(
    sources: Mapping[str, Source], folder: str | None, *, contract: Contract | None = None, slice_by: Sequence[Sequence[str]] = ()
) -> DatasetFeatureStatisticsList:
    """The statistics of one source, computed in this process, one batch of rows after the other.

    Parameters
    ----------
    sources : mapping of name to Source
        Exactly one.
    contract : Contract, optional
        Types the cells of files without types of their own. Columns that it marks as sensitive are left out.
    slice_by : sequence of columns
        Add the statistics of the rows with each value of a column, or each combination of values of several.

    Returns
    -------
    DatasetFeatureStatisticsList
        See `featureprep.validators.tfmd.statistics`. Records that cannot be parsed are not among the rows; cells that do not fit their
        type are missing.

    Raises
    ------
    RequestError
        For several sources, and to slice by a sensitive column.
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
    told = sorted(hidden.intersection(chain.from_iterable(slice_by)))
    if told:
        raise RequestError(f"the column {told[0]!r} is sensitive: its values would be the names of slices", where="--slice-by")
    bound = bind_source(name, source, folder, stated, PandasEngine(1), None, None)
    shown = [column for column in bound.schema.names if column not in hidden]
    return tfmd.statistics(_rows(bound, shown), slice_by=[list(columns) for columns in slice_by])


def _rows(bound: BoundSource, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for fragment in bound.fragments:
        for batch in read_fragment(bound.source, fragment, bound.schema, columns):
            yield batch.batch
