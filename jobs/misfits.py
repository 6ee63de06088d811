"""What is behind an error about a column's type: the cells of a text column that are no numbers, looked up where it begins; or no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import FeatureprepError, TypeMismatchError, short
from featureprep.io.base import Fragment
from featureprep.jobs.sources import BoundSource
from featureprep.kernels.casts import cast
from featureprep.validators.contract import SourceContract

_BATCHES = 8
"""Batches that are looked at: enough for an example, few enough not to make an error wait."""
_EXAMPLES = 3
_EMPTY = "is null in the rows at its beginning"


def with_examples(error: TypeMismatchError, bound: Mapping[str, BoundSource], contracts: Mapping[str, SourceContract]) -> TypeMismatchError:
    """The error, telling what a text column holds that a number was expected of; sensitive columns are not shown.

    Where a source without rows made its columns text, that is told.
    """
    empty = next((source for source in bound.values() if source.inferred and _empty(source)), None)
    if empty is not None:
        error.what = (
            f"{error.what}; the source {empty.name!r} has no rows, so nothing tells the types of its columns: they are taken for text"
        )
        column = next((name for name in error.columns if name in empty.schema.names), empty.schema.names[0])
        cure = f"state the types in the job: schema={{{short(column)}: 'int64', ...}} of the source, or a contract; or give files with rows"
        error.hint = cure if len(bound) == 1 or not error.hint else f"{cure}; else {error.hint}"
        return error
    if "takes numbers" not in error.what:
        return error
    for column in error.columns:
        holders = [source for source in bound.values() if column in source.schema.names and source.schema.field(column).type == pa.string()]
        if len(holders) != 1:
            continue
        (source,) = holders
        if source.name in contracts and column in contracts[source.name].sensitive:
            continue
        try:
            told = _told(source, column)
        except FeatureprepError:  # the source itself is damaged there; the error at hand is the one to tell
            continue
        error.what = f"{error.what}; {short(column)} {told}"
        if told == _EMPTY:
            error.hint = f"leave the column out, or say its type: schema={{{column!r}: 'float64', ...}}"
    return error


def _empty(source: BoundSource) -> bool:
    """Whether it has no row; what cannot be read is no answer."""
    rows = source.input()
    try:
        return not any(batch.n for piece in source.fragments for batch in rows.read(piece, source.schema.names[:1]))
    except FeatureprepError:
        return False


def _told(source: BoundSource, column: str) -> str:
    found: dict[str, str] = {}
    seen = 0
    for piece, rows, cells in islice(_beginning(source, column), _BATCHES):
        _, misfits = cast(cells, pa.float64())
        seen += len(cells) - cells.null_count
        for at in [] if misfits is None else np.flatnonzero(misfits).tolist():
            text = cells[at].as_py()
            if text not in found:
                found[text] = str(source.input().origins(piece, [int(rows[at])])[0])
            if len(found) == _EXAMPLES:
                break
    if found:
        return "holds " + ", ".join(f"{short(text, 40)} ({place})" for text, place in [*found.items()][:_EXAMPLES])
    if not seen:
        return _EMPTY
    return "begins with numbers, but is text by schema=, by the contract, or by a later cell"


def _beginning(source: BoundSource, column: str) -> Iterator[tuple[Fragment, np.ndarray[Any, np.dtype[np.int64]], pa.Array]]:
    """Fragment, row numbers and cells of the column's first batches."""
    for piece in source.fragments:
        for batch in source.input().read(piece, [column]):
            cells = batch.columns[column]
            yield piece, batch.rows, cells.dictionary_decode() if isinstance(cells, pa.DictionaryArray) else cells
