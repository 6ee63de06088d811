"""Which columns have a shape, the folds it is made of, and how it is made of their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.folds.base import Fold
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.folds.radix import Counted
from featureprep.folds.value_counts import CountsResult, ValueCounts
from featureprep.types import is_float, is_integer, is_text, logical
from featureprep.validators.drift.category import LIMIT, CategoryShape, category_shape
from featureprep.validators.drift.numeric import NumericShape, numeric_shape
from featureprep.validators.drift.shapes import Shape


def is_numeric(dtype: pa.DataType) -> bool:
    """Whether a column of the type has a numeric shape."""
    dtype = logical(dtype)
    return is_integer(dtype) or is_float(dtype)


def has_shape(dtype: pa.DataType) -> bool:
    """Whether a column of the type has a shape: numbers, texts and bools do."""
    dtype = logical(dtype)
    return is_numeric(dtype) or is_text(dtype) or pa.types.is_boolean(dtype)


def shape_folds(dtype: pa.DataType) -> Mapping[str, Fold]:
    """The folds of a column that has a shape, by the names that `shape_of` knows."""
    return {"moments": Moments(), "runs": Runs()} if is_numeric(dtype) else {"values": ValueCounts(top_k=LIMIT)}


def shape_of(results: Mapping[str, Any], seen: Callable[[Counted], None] | None = None) -> Shape:
    """The shape of a column from its finished folds: `moments` and `runs`, or `values`. `seen` as `numeric_shape` has it."""
    return counts_shape(results["values"]) if "values" in results else runs_shape(results, seen)


def runs_shape(results: Mapping[str, Any], seen: Callable[[Counted], None] | None = None) -> NumericShape:
    """The shape of a column of numbers from its `moments` and `runs`."""
    return numeric_shape(results["runs"], results["moments"], seen=seen)


def counts_shape(counts: CountsResult) -> CategoryShape:
    """The shape of a column of categories from at least its `LIMIT` most frequent values.

    Where not all are kept, values that occur once are not: they tell nothing, and may name somebody.
    """
    several = int(np.count_nonzero(counts.counts[:LIMIT] > 1))
    return category_shape(counts, limit=LIMIT if counts.n_unique <= LIMIT else several)
