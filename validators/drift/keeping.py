"""Which columns have a shape, the folds it is made of, and how it is made of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.folds.radix import Counted
from featureprep.folds.value_counts import CountsResult, ValueCounts
from featureprep.types import is_float, is_integer, is_list, is_temporal, is_text, logical
from featureprep.validators.drift.category import LIMIT, CategoryShape, category_shape
from featureprep.validators.drift.items import ItemCounts, ItemMoments, ItemRuns
from featureprep.validators.drift.numeric import NumericShape, numeric_shape
from featureprep.validators.drift.shapes import Shape
from featureprep.validators.drift.units import LENGTH, as_number, unit_of


def is_numeric(dtype: pa.DataType) -> bool:
    """Whether a column of the type has a numeric shape: of numbers, dates and times; of lists, of their items."""
    dtype = _told(dtype)
    return is_integer(dtype) or is_float(dtype) or is_temporal(dtype) or pa.types.is_decimal(dtype)


def has_shape(dtype: pa.DataType) -> bool:
    """Whether a column of the type has a shape: numbers, texts, bools, dates and times do, and lists of numbers, texts or bools."""
    dtype = _told(dtype)
    return is_numeric(dtype) or is_text(dtype) or pa.types.is_boolean(dtype)


def has_lengths(dtype: pa.DataType) -> bool:
    """Whether a column of the type has a shape of its lengths, too: a list that has one of its items."""
    return is_list(logical(dtype)) and has_shape(dtype)


def shape_folds(name: str, dtype: pa.DataType) -> dict[str, tuple[Fold, tuple[Node, ...]]]:
    """The folds of a column that has a shape, by the names that `shape_of` and `lengths_of` know."""
    dtype, column = logical(dtype), Node("col", (), {"name": name})
    if not is_list(dtype):
        return _over(as_number(column, dtype), _NUMBERS if is_numeric(dtype) else _VALUES)
    items = _over(column, _ITEM_NUMBERS if is_numeric(dtype) else _ITEM_VALUES)
    return items | _over(Node("list_len", (column,)), _LENGTHS)


def _over(node: Node, folds: Mapping[str, Fold]) -> dict[str, tuple[Fold, tuple[Node, ...]]]:
    return {part: (fold, (node,)) for part, fold in folds.items()}


def _told(dtype: pa.DataType) -> pa.DataType:
    """Of which type the values are that a shape tells of; null where none are told."""
    dtype = logical(dtype)
    if not is_list(dtype):
        return dtype
    item = logical(dtype.value_type)
    plain = is_integer(item) or is_float(item) or is_text(item) or pa.types.is_boolean(item)
    return item if plain and not pa.types.is_fixed_size_list(dtype) else pa.null()


_NUMBERS: Final[Mapping[str, Fold]] = {"moments": Moments(), "runs": Runs()}
_VALUES: Final[Mapping[str, Fold]] = {"values": ValueCounts(top_k=LIMIT)}
_ITEM_NUMBERS: Final[Mapping[str, Fold]] = {"moments": ItemMoments(), "runs": ItemRuns()}
_ITEM_VALUES: Final[Mapping[str, Fold]] = {"values": ItemCounts(top_k=LIMIT)}
_LENGTHS: Final[Mapping[str, Fold]] = {"lengths": Moments(), "length_runs": Runs()}


def shape_of(dtype: pa.DataType, results: Mapping[str, Any], seen: Callable[[Counted], None] | None = None) -> Shape:
    """The shape of a column from its finished folds: `moments` and `runs`, or `values`. `seen` as `numeric_shape` has it."""
    if "values" in results:
        return counts_shape(results["values"])
    return runs_shape(results, seen, unit=unit_of(dtype))


def lengths_of(results: Mapping[str, Any]) -> NumericShape:
    """The shape of the lengths of a column of lists from its finished folds."""
    return numeric_shape(results["length_runs"], results["lengths"], unit=LENGTH)


def runs_shape(results: Mapping[str, Any], seen: Callable[[Counted], None] | None = None, *, unit: str = "") -> NumericShape:
    """The shape of a column of numbers from its `moments` and `runs`."""
    return numeric_shape(results["runs"], results["moments"], seen=seen, unit=unit)


def counts_shape(counts: CountsResult) -> CategoryShape:
    """The shape of a column of categories from at least its `LIMIT` most frequent values.

    Where not all are kept, values that occur once are not: they tell nothing, and may name somebody.
    """
    several = int(np.count_nonzero(counts.counts[:LIMIT] > 1))
    return category_shape(counts, limit=LIMIT if counts.n_unique <= LIMIT else several)
