"""Shapes of arrays in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.folds.value_counts import ValueCounts
from featureprep.validators.drift import CategoryShape, NumericShape, category_shape, numeric_shape

Numbers = Callable[..., NumericShape]
Categories = Callable[..., CategoryShape]


@pytest.fixture(scope="session")
def numbers() -> Numbers:
    """Of values: a list with None for null, or an array, where NaN stays NaN."""

    def made(values: Any, points: int = 1025) -> NumericShape:
        array = pa.array(values if isinstance(values, np.ndarray) else list(values), pa.float64())
        folds: tuple[Any, Any] = (Runs(), Moments())
        runs, moments = (fold.finish(fold.update(fold.init(), array)) for fold in folds)
        return numeric_shape(runs, moments, points=points)

    return made


@pytest.fixture(scope="session")
def texts() -> Categories:
    """Of values of any scalar type."""

    def made(values: Sequence[Any], limit: int = 1000, dtype: pa.DataType | None = None) -> CategoryShape:
        fold = ValueCounts()
        return category_shape(fold.finish(fold.update(fold.init(), pa.array(values, dtype or pa.string()))), limit=limit)

    return made
