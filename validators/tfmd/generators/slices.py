"""A batch cut into slices: the rows that have a value of a column, for each value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import FeatureprepError, TypeMismatchError, UdfError, said
from featureprep.hashing.layout import whole
from featureprep.validators.tfmd.generators.copresence import valued
from featureprep.validators.tfmd.generators.paths import feature
from featureprep.validators.tfmd.generators.top_values import label
from featureprep.validators.tfmd.protos import WHOLE

Slicer = Callable[[pa.RecordBatch], Iterable[tuple[str, Any]]]
"""Gives the names and batches of the slices of a batch."""

Key = tuple[tuple[str, Any], ...]
"""What makes a slice: columns with their values. Names alone may be the same for different slices."""


def sliced(batch: pa.RecordBatch, columns: Sequence[str]) -> Iterator[tuple[Key, pa.RecordBatch]]:
    """The slices by the values of several columns together.

    A row with several values of a column is in the slice of each, one with none is in no slice.

    Raises
    ------
    TypeMismatchError
        For a column that holds neither strings nor whole numbers.
    """
    takeable = pa.RecordBatch.from_arrays([whole(column) for column in batch.columns], names=batch.schema.names)
    parts: list[tuple[Key, pa.RecordBatch]] = [((), takeable)]
    for column in columns:
        parts = [((*key, (column, value)), piece) for key, part in parts for value, piece in _by(part, column)]
    yield from parts


def name_of(key: Key) -> str:
    """`column_value_column_value`, as TFDV names slices."""
    return "_".join(f"{column}_{label(value) if isinstance(value, bytes) else value}" for column, value in key)


def _by(batch: pa.RecordBatch, column: str) -> Iterator[tuple[Any, pa.RecordBatch]]:
    if column not in batch.schema.names:
        return
    seen = next(feature((column,), batch.column(column), np.arange(batch.num_rows)))
    if seen.kind is None:
        return
    if seen.kind not in ("STRING", "INT"):
        raise TypeMismatchError(f"slices are by strings or whole numbers, not {seen.kind}", where=f"feature {column}")
    found = valued(seen, None)
    if not len(found.codes):
        return
    order = np.argsort(found.codes, kind="stable")
    codes, starts = np.unique(found.codes[order], return_index=True)
    for code, rows in zip(codes.tolist(), np.split(found.rows[order], starts[1:]), strict=True):
        try:
            taken = batch.take(pa.array(rows))
        except pa.ArrowNotImplementedError as error:
            raise TypeMismatchError(f"a column is of a type that cannot be sliced: {error}", hint="cast it, or leave it out") from error
        yield found.values[code], taken


def cut(function: Slicer, batch: pa.RecordBatch) -> list[tuple[str, Any]]:
    """The slices that a user's function makes of a batch.

    Raises
    ------
    UdfError
        Where it raises, or gives anything but pairs of a name, other than that of all rows, and a batch.
    """
    where = f"slice function {getattr(function, '__name__', function)!s}"
    try:
        found = [(name, piece) for name, piece in function(batch)]
    except FeatureprepError:
        raise
    except Exception as error:
        raise UdfError(f"it raised, or gave no pairs of a name and a batch: {said(error)}", where=where) from error
    for name, _ in found:
        if not isinstance(name, str) or name == WHOLE:
            raise UdfError(f"it gave a slice the name {name!r}", where=where, hint=f"name slices by strings other than {WHOLE!r}")
    return found
