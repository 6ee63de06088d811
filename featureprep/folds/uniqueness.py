"""Whether no key occurs twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.count_parts import COUNT, join_tables, key_names
from featureprep.folds.count_table import CountTable
from featureprep.folds.counting import CountingFold
from featureprep.folds.distinct import canonical
from featureprep.types import format_type, logical

EXAMPLES: Final = 5


@dataclass(frozen=True)
class UniquenessResult:
    """Of the `n` keys without a null part (`nulls` have one), `n_distinct` are different.

    Attributes
    ----------
    n_duplicated_rows : int
        Rows whose key occurs more than once.
    examples : tuple of tuples
        Up to five keys that occur more than once, the smallest ones in ascending order, part by part as row code holds values
        (dates as days, timestamps as microseconds).
    """

    n: int
    nulls: int
    n_distinct: int
    n_duplicated_rows: int
    examples: tuple[tuple[Any, ...], ...]

    @property
    def unique(self) -> bool:
        return self.n == self.n_distinct


@dataclass(frozen=True)
class ReducedKeys:
    """What one shard has to say; `examples` is a table of its smallest duplicated keys."""

    n: int
    nulls: int
    n_distinct: int
    n_duplicated_rows: int
    examples: pa.Table | None


@dataclass(frozen=True)
class Uniqueness(CountingFold):
    """Of one or several columns of scalar types; all NaNs are equal here, and -0.0 equals 0.0.

    Attributes
    ----------
    columns : int
        How many columns make a key.
    """

    name: ClassVar[str] = "uniqueness"
    columns: int = 1

    def __post_init__(self) -> None:
        if type(self.columns) is not int or self.columns < 1:
            raise ArgumentError.of("columns", self.name, "a whole number from 1", self.columns)

    @property
    def width(self) -> int:
        return self.columns

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        if len(columns) != self.columns:
            raise ArgumentError.of("columns", self.name, f"{self.columns} columns", len(columns))
        for array in columns:
            dtype = logical(array.type)
            if pa.types.is_nested(dtype):
                raise TypeMismatchError(f"{self.name} takes scalars, not {format_type(dtype)}", hint="name the fields that make the key")
        arrays = [canonical(array) for array in columns]
        valid = np.ones(len(arrays[0]), np.bool_)
        for array in arrays:
            if array.null_count:
                valid &= array.is_valid().to_numpy(zero_copy_only=False)
        kept = int(np.count_nonzero(valid))
        state.n += kept
        state.nulls += len(valid) - kept
        if kept < len(valid):
            mask = pa.array(valid)
            arrays = [array.filter(mask) for array in arrays]
        if not any(pa.types.is_null(array.type) for array in arrays):
            state.add(arrays, np.ones(kept, np.int64))
        return state

    def reduce(self, state: CountTable) -> ReducedKeys:
        table = state.everything()
        if table is None:
            return ReducedKeys(state.n, state.nulls, 0, 0, None)
        twice = table.filter(pc.greater(table[COUNT], 1))
        return ReducedKeys(state.n, state.nulls, table.num_rows, pc.sum(twice[COUNT]).as_py() or 0, self._smallest(twice))

    def finish_shards(self, parts: Iterable[ReducedKeys]) -> UniquenessResult:
        reduced = list(parts)
        tables = [part.examples for part in reduced if part.examples is not None]
        numbers = {name: sum(getattr(part, name) for part in reduced) for name in ("n", "nulls", "n_distinct", "n_duplicated_rows")}
        return UniquenessResult(**numbers, examples=_rows(self._smallest(join_tables(tables))) if tables else ())

    def _smallest(self, table: pa.Table) -> pa.Table:
        order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in key_names(self.columns)])
        return table.take(order.slice(0, EXAMPLES))


def _rows(table: pa.Table) -> tuple[tuple[Any, ...], ...]:
    columns = []
    for column in table.columns[:-1]:
        if pa.types.is_date32(column.type):
            column = column.cast(pa.int32())
        elif pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        columns.append(column.to_pylist())
    return tuple(zip(*columns, strict=True))
