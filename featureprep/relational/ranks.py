"""The order of values: ascending, text and binary by bytes, false before true; then NaN, then null."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.codes import canonical_values
from featureprep.relational.rows import Indices
from featureprep.types import format_type, logical


@dataclass(frozen=True)
class Ranked:
    """Values by their rank.

    Attributes
    ----------
    ranks : np.ndarray of int64, shape (n,)
        Index into `values`; `len(values)` for NaN, `len(values) + 1` for null.
    values : pa.Array
        The distinct canonical values, ascending, without NaN and null.
    """

    ranks: Indices
    values: pa.Array

    def sort_key(self, *, descending: bool) -> Indices:
        """Numbers that sort as asked; NaN and then null stay last in both directions."""
        if not descending:
            return self.ranks
        top = len(self.values)
        return np.where(self.ranks < top, top - 1 - self.ranks, self.ranks)


def check_ordered(dtype: pa.DataType, owner: str) -> None:
    """Raise TypeMismatchError unless values of this type have an order: any type but lists and structs."""
    if pa.types.is_nested(logical(dtype)):
        raise TypeMismatchError(f"{owner}: {format_type(dtype)} values have no order", hint="use a part of it, or its length")


def ranked(array: pa.Array | pa.ChunkedArray, owner: str) -> Ranked:
    """Rank every value of a scalar column; equal canonical values have equal ranks.

    Raises
    ------
    TypeMismatchError
        For lists and structs, with `owner` named.
    """
    check_ordered(array.type, owner)
    array = canonical_values(array)
    if pa.types.is_null(array.type):
        return Ranked(np.ones(len(array), np.int64), array.slice(0, 0))
    coded = array.dictionary_encode()
    entries = coded.dictionary
    sortable = entries.cast(pa.uint8()) if pa.types.is_boolean(entries.type) else entries
    order = pc.array_sort_indices(sortable).to_numpy()
    values = entries.take(pa.array(order))
    if pa.types.is_floating(values.type) and len(values) and values[-1].as_py() != values[-1].as_py():
        values = values.slice(0, len(values) - 1)  # NaN sorts last
    rank_of = np.empty(len(order) + 1, np.int64)
    rank_of[order] = np.arange(len(order))
    rank_of[-1] = len(values) + 1
    return Ranked(rank_of[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)], values)
