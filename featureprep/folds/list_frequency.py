"""In how many lists each value occurs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.folds.count_table import CountTable
from featureprep.folds.document_frequency import rows_with
from featureprep.folds.value_counts import RankedCounts
from featureprep.hashing.layout import plain
from featureprep.types import format_type, is_list, logical


@dataclass(frozen=True)
class ListFrequency(RankedCounts):
    """Of a column of lists of any scalar type: a value counts once for every row whose list has it; -0.0 is 0.0.

    In the result `n` is the sum of the counts, also of values cut off, `nulls` the number of null rows and `nans` that of rows with a NaN;
    null elements are left out.

    Attributes
    ----------
    top_k : int, optional
        The result holds this many values at most.
    min_count : int
        The result holds no value that occurs in fewer rows.
    """

    name: ClassVar[str] = "list_frequency"
    top_k: int | None = None
    min_count: int = 1

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        (array,) = columns
        dtype = logical(array.type)
        if pa.types.is_null(dtype):
            state.nulls += len(array)
            return state
        if not is_list(dtype) or pa.types.is_nested(dtype.value_type):
            raise TypeMismatchError(f"{self.name} takes lists of scalars, not {format_type(dtype)}", hint="flatten the lists first")
        array = plain(array)
        state.nulls += array.null_count
        state.add_values(*rows_with(array.drop_null()))
        return state
