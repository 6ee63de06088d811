"""Folds of the items of lists: of the rows of a list column those of all its items. A null list and an empty one have none."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.folds.count_table import CountTable
from featureprep.folds.moments import Moments, MomentsState
from featureprep.folds.quantiles import Runs, RunsState
from featureprep.folds.value_counts import ValueCounts


class ItemMoments(Moments):
    """`Moments` of items."""

    name: ClassVar[str] = "item_moments"

    def update(self, state: MomentsState, *columns: pa.Array) -> MomentsState:
        return super().update(state, *map(items_of, columns))


class ItemRuns(Runs):
    """`Runs` of items."""

    name: ClassVar[str] = "item_runs"

    def update(self, state: RunsState, *columns: pa.Array) -> RunsState:
        return super().update(state, *map(items_of, columns))


class ItemCounts(ValueCounts):
    """`ValueCounts` of items."""

    name: ClassVar[str] = "item_counts"

    def update(self, state: CountTable, *columns: pa.Array) -> CountTable:
        return super().update(state, *map(items_of, columns))


def items_of(lists: pa.Array) -> pa.Array:
    """All items, null ones too; of a column that is null throughout none."""
    found: Any = lists if pa.types.is_null(lists.type) else pc.list_flatten(lists)
    return found.slice(0, 0) if pa.types.is_null(lists.type) else found
