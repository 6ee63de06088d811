"""How often each value of a column occurs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.count_parts import COUNT, join_tables
from featureprep.folds.count_table import CountTable
from featureprep.folds.counting import CountingFold
from featureprep.folds.distinct import Counts
from featureprep.hashing.layout import plain
from featureprep.types import format_type, is_list, logical


@dataclass(frozen=True)
class CountsResult:
    """Distinct values, the most frequent first, equally frequent ones ascending (strings and bytes by bytes).

    Attributes
    ----------
    values : pa.Array
        Of the column's logical type (`large_string` and `large_binary` where they exceed 2 GiB); of type null where no column was seen.
    counts : np.ndarray of int64, shape (len(values),)
    n : int
        Values that are neither null nor NaN, also those cut off by `top_k` and `min_count`.
    nulls, nans : int
    n_unique : int
        Distinct values among the `n`.
    """

    values: pa.Array
    counts: Counts
    n: int
    nulls: int
    nans: int
    n_unique: int


@dataclass(frozen=True)
class ReducedCounts:
    """What one shard has to say: its best keys and its numbers."""

    table: pa.Table | None
    n: int
    nulls: int
    nans: int
    n_unique: int


class RankedCounts(CountingFold):
    """A counting fold of one column whose result is ordered and cut."""

    finishing: ClassVar[frozenset[str]] = frozenset({"top_k", "min_count"})
    top_k: int | None
    min_count: int

    def __post_init__(self) -> None:
        if self.top_k is not None and (type(self.top_k) is not int or self.top_k < 0):
            raise ArgumentError.of("top_k", self.name, "None or a whole number from 0", self.top_k)
        if type(self.min_count) is not int or self.min_count < 1:
            raise ArgumentError.of("min_count", self.name, "a whole number from 1", self.min_count)

    def reduce(self, state: CountTable) -> ReducedCounts:
        table = state.everything()
        unique = 0 if table is None else table.num_rows
        return ReducedCounts(None if table is None else self._best(table), state.n, state.nulls, state.nans, unique)

    def finish_shards(self, parts: Iterable[ReducedCounts]) -> CountsResult:
        reduced = list(parts)
        tables = [part.table for part in reduced if part.table is not None]
        numbers = {name: sum(getattr(part, name) for part in reduced) for name in ("n", "nulls", "nans", "n_unique")}
        if not tables:
            return CountsResult(values=pa.nulls(0), counts=np.empty(0, np.int64), **numbers)
        table = tables[0] if len(tables) == 1 else self._best(join_tables(tables))
        return CountsResult(values=_small_offsets(table["key0"].combine_chunks()), counts=table[COUNT].to_numpy(), **numbers)

    def _best(self, table: pa.Table) -> pa.Table:
        if self.min_count > 1:
            table = table.filter(pc.greater_equal(table[COUNT], self.min_count))
        if self.top_k and self.top_k < table.num_rows:
            counts = table[COUNT].to_numpy()
            least = np.partition(counts, -self.top_k)[-self.top_k]
            table = table.filter(pa.array(counts >= least))  # what cannot be among the first need not be sorted
        order = pc.sort_indices(table, sort_keys=[(COUNT, "descending"), ("key0", "ascending")])
        return table.take(order if self.top_k is None else order.slice(0, self.top_k))


def _small_offsets(values: pa.Array) -> pa.Array:
    small = logical(values.type)
    if small == values.type or values.nbytes >= (1 << 31) - 1:
        return values
    return values.cast(small)


@dataclass(frozen=True)
class ValueCounts(RankedCounts):
    """Of a column of any scalar type; -0.0 is 0.0, nulls and NaNs are counted apart.

    Attributes
    ----------
    top_k : int, optional
        The result holds this many values at most.
    min_count : int
        The result holds no value that occurs less often.
    explode : bool
        Count the elements of a list column; null lists and null elements count as nulls.
    """

    name: ClassVar[str] = "value_counts"
    top_k: int | None = None
    min_count: int = 1
    explode: bool = False

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        (array,) = columns
        dtype = logical(array.type)
        if self.explode and not pa.types.is_null(dtype):
            if not is_list(dtype):
                raise TypeMismatchError(f"{self.name} with explode takes lists, not {format_type(dtype)}")
            array = plain(array)
            state.nulls += array.null_count
            array = pc.list_flatten(array)
            dtype = logical(array.type)
        if pa.types.is_nested(dtype):
            raise TypeMismatchError(f"{self.name} takes scalars, not {format_type(dtype)}", hint="explode or flatten the column first")
        state.add_array(array)
        return state

    def add_value(self, state: CountTable, value: Any, count: int) -> CountTable:
        if count == 0:
            return state
        if value is None:
            state.nulls += count
        elif isinstance(value, float) and value != value:
            state.nans += count
        else:
            state.n += count
            state.add_literal(value, count)
        return state
