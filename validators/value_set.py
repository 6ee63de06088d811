"""The distinct values of a column with their counts: what a foreign key is held against, and what is held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.count_parts import COUNT, join_tables
from featureprep.folds.count_table import CountTable
from featureprep.folds.counting import CountingFold
from featureprep.types import format_type, logical

_WHOLE = pa.decimal128(20, 0)


@dataclass(frozen=True)
class ValueSetResult:
    """`n` values that are neither null nor NaN, and `missing` cells that are; `table` has `key0` and `count`, None where there is no value."""

    n: int
    missing: int
    table: pa.Table | None

    def absent_from(self, other: ValueSetResult) -> pa.Table | None:
        """The rows of `table` whose value the other does not have, ascending; None where there are none."""
        if self.table is None or other.table is None:
            found = self.table
        else:
            mine, theirs = self.table["key0"].combine_chunks(), other.table["key0"].combine_chunks()
            if mine.type != theirs.type:  # integers of different widths
                mine, theirs = mine.cast(_WHOLE), theirs.cast(_WHOLE)
            found = self.table.filter(pc.invert(pc.is_in(mine, value_set=theirs)))
        return None if found is None or not found.num_rows else found.take(pc.sort_indices(found, sort_keys=[("key0", "ascending")]))


@dataclass(frozen=True)
class ValueSet(CountingFold):
    """Of one column of scalars. Any number of values: the state spills to disk; the result is held in memory."""

    name: ClassVar[str] = "value_set"

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        (array,) = columns
        if pa.types.is_nested(logical(array.type)):
            raise TypeMismatchError(f"{self.name} takes scalars, not {format_type(array.type)}", hint="name a field")
        state.add_array(array)
        return state

    def reduce(self, state: CountTable) -> ValueSetResult:
        # the table first: what waits in a dictionary is counted by that
        table = state.everything()
        return ValueSetResult(state.n, state.nulls + state.nans, table)

    def finish_shards(self, parts: Iterable[ValueSetResult]) -> ValueSetResult:
        reduced = list(parts)
        tables = [part.table for part in reduced if part.table is not None and part.table.num_rows]
        return ValueSetResult(
            sum(part.n for part in reduced), sum(part.missing for part in reduced), join_tables(tables) if tables else None
        )


def counted(table: pa.Table) -> int:
    """The rows that a table of values and counts stands for."""
    total: Any = pc.sum(table[COUNT]).as_py()
    return int(total or 0)
