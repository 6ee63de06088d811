"""Whether the values of one column never fall when its rows are ordered by another column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.folds.count_parts import COUNT, join_tables
from featureprep.folds.count_table import CountTable
from featureprep.folds.counting import CountingFold
from featureprep.folds.distinct import canonical
from featureprep.validators.moments import python_values

EXAMPLES: Final = 5


@dataclass(frozen=True)
class OrderingResult:
    """Of `n` rows that have a key and a value (`skipped` lack one), `falling` are below the value of a row with a smaller key.

    Attributes
    ----------
    examples : tuple of (key, value)
        The falling ones with the smallest keys, at most five, as Arrow gives them to Python; `FarMoment` beyond its years.
    """

    n: int
    skipped: int
    falling: int
    examples: tuple[tuple[Any, Any], ...]


@dataclass(frozen=True)
class Ordering(CountingFold):
    """Of a key and a value: the rows whose value is smaller than that of some row with a smaller key.

    Rows of one key are not held against each other, for nothing orders them. Null and NaN are skipped; 0.0 is -0.0, text is ordered
    by its UTF-8 bytes. The state holds the distinct pairs.

    Attributes
    ----------
    strict : bool
        Equal values of different keys are falling, too.
    """

    name: ClassVar[str] = "ordering"
    strict: bool = False

    @property
    def width(self) -> int:
        return 2

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        if len(columns) != 2:
            raise ArgumentError.of("columns", self.name, "a key and a value", len(columns))
        arrays = [canonical(array) for array in columns]
        kept = np.ones(len(arrays[0]), np.bool_)
        for array in arrays:
            if array.null_count:
                kept &= array.is_valid().to_numpy(zero_copy_only=False)
            if pa.types.is_floating(array.type):
                kept &= ~pc.is_nan(array).fill_null(False).to_numpy(zero_copy_only=False)
        rows = int(np.count_nonzero(kept))
        state.n += rows
        state.nulls += len(kept) - rows
        if not any(pa.types.is_null(array.type) for array in arrays):
            state.add(arrays if rows == len(kept) else [array.filter(pa.array(kept)) for array in arrays], np.ones(rows, np.int64))
        return state

    def reduce(self, state: CountTable) -> tuple[int, int, pa.Table | None]:
        return state.n, state.nulls, state.everything()

    def finish_shards(self, parts: Iterable[tuple[int, int, pa.Table | None]]) -> OrderingResult:
        reduced = list(parts)
        tables = [table for _, _, table in reduced if table is not None and table.num_rows]
        n, skipped = sum(part[0] for part in reduced), sum(part[1] for part in reduced)
        if not tables:
            return OrderingResult(n, skipped, 0, ())
        falling = self._falling(join_tables(tables))
        first = falling.slice(0, EXAMPLES)
        pairs = tuple(zip(python_values(first["key0"]), python_values(first["key1"]), strict=True))
        return OrderingResult(n, skipped, pc.sum(falling[COUNT]).as_py() or 0, pairs)

    def _falling(self, table: pa.Table) -> pa.Table:
        """The pairs that are below one of a smaller key, by key and value."""
        ordered = table.take(pc.sort_indices(table["key0"]))
        keys, values = ordered["key0"].combine_chunks(), _comparable(ordered["key1"].combine_chunks())
        new = np.ones(len(keys), np.bool_)  # the first row of each key
        new[1:] = pc.not_equal(keys.slice(1), keys.slice(0, len(keys) - 1)).to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(new)[np.cumsum(new) - 1]
        before = np.maximum.accumulate(values)[starts - 1]  # of smaller keys; of the smallest key there are none
        falling = (starts > 0) & (values <= before if self.strict else values < before)
        return ordered.filter(pa.array(falling)).sort_by([("key0", "ascending"), ("key1", "ascending")])


def _comparable(values: pa.Array) -> np.ndarray[Any, Any]:
    """Numbers in the order of the values."""
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return np.asarray(values.to_numpy())
    if pa.types.is_timestamp(values.type):
        return np.asarray(values.cast(pa.int64()).to_numpy())
    return np.asarray(pc.rank(values, tiebreaker="dense").to_numpy())
