from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ColumnNotFoundError, CorruptArtefactError, TypeMismatchError
from featureprep.folds.counts import RowCount
from featureprep.folds.moments import Moments
from featureprep.folds.multi import FoldSet
from featureprep.folds.uniqueness import Uniqueness
from featureprep.folds.value_counts import ValueCounts

FOLDS = FoldSet(
    {"mean of x": (Moments(), ["x"]), "values": (ValueCounts(), ["y"]), "key": (Uniqueness(2), ["x", "y"]), "n": (RowCount(), ["y"])}
)


@settings(max_examples=30)
@given(data=st.data())
def test_gives_what_each_fold_gives_alone(data: Any, arrays: Any, as_bits: Any) -> None:
    rows = data.draw(st.integers(0, 10))
    columns = {"x": data.draw(arrays(pa.float64(), rows)), "y": data.draw(arrays(pa.string(), rows)), "unused": pa.nulls(rows)}
    cut = data.draw(st.integers(0, rows))
    left = FOLDS.update(FOLDS.init(), {name: array.slice(0, cut) for name, array in columns.items()})
    right = FOLDS.update(FOLDS.init(), {name: array.slice(cut) for name, array in columns.items()})
    results = FOLDS.finish(FOLDS.merge(FOLDS.decode(FOLDS.encode(right)), left))
    for key, (fold, names) in FOLDS.folds.items():
        alone = fold.finish(fold.update(fold.init(), *(columns[name] for name in names)))
        assert as_bits(results[key]) == as_bits(alone)


def test_columns_are_those_looked_at() -> None:
    assert FOLDS.columns == ["x", "y"]


def test_errors_name_columns_and_folds() -> None:
    with pytest.raises(ColumnNotFoundError, match="no column 'y'"):
        FOLDS.update(FOLDS.init(), {"x": pa.array([1])})
    with pytest.raises(TypeMismatchError, match="mean of x"):
        FOLDS.update(FOLDS.init(), {"x": pa.array(["1"]), "y": pa.array(["1"])})


def test_states_of_another_set_are_refused() -> None:
    other = FoldSet({"n": (RowCount(), ["y"])})
    with pytest.raises(CorruptArtefactError, match="fold set"):
        FOLDS.decode(other.encode(other.init()))
