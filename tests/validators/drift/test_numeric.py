from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs
from featureprep.validators.drift import NumericShape, numeric_shape, shape_from_json

CELLS = st.one_of(
    st.none(),
    st.floats(width=64),
    st.integers(-3, 3).map(float),
    st.sampled_from([0.0, -0.0, 1.7e308, -1.7e308, 5e-324, float("nan"), float("inf")]),
)
COLUMNS = st.lists(CELLS, max_size=60)


@given(COLUMNS, st.integers(2, 12))
def test_counts_at_points_are_exact(numbers: Any, column: list[float | None], points: int) -> None:
    shape = numbers(column, points)
    finite = np.sort(np.array([v for v in column if v is not None and np.isfinite(v)]))
    assert shape.n == len(finite)
    assert shape.rows == len(column)
    assert shape.nulls == column.count(None)
    assert shape.below.tolist() == np.searchsorted(finite, shape.points, side="left").tolist()
    assert shape.upto.tolist() == np.searchsorted(finite, shape.points, side="right").tolist()
    assert set(shape.points.tolist()) <= set(finite.tolist())
    if len(finite):
        assert (shape.points[0], shape.points[-1]) == (finite[0], finite[-1])
        assert shape.error < 1 / (points - 1)
    if len(finite) <= points:
        assert shape.error == 0.0


@given(COLUMNS, st.integers(2, 12))
def test_json_gives_the_same_bits(numbers: Any, column: list[float | None], points: int) -> None:
    stored = json.dumps(numbers(column, points).to_json(), allow_nan=False)
    assert json.dumps(NumericShape.from_json(json.loads(stored)).to_json()) == stored


def test_many_values_stay_few(numbers: Any) -> None:
    rng = np.random.default_rng(1)
    shape = numbers(rng.standard_cauchy(200_000))
    assert 1025 <= len(shape.points) <= 1300
    assert shape.error < 1 / 1024
    # the 32 values at either end are there, whatever their distance
    assert (shape.unseen[:30] == 0).all()
    assert (shape.unseen[-30:] == 0).all()


def test_order_and_pieces_make_no_difference(numbers: Any) -> None:
    import pyarrow as pa

    values = np.round(np.random.default_rng(2).lognormal(size=20_000), 3)
    folds: tuple[Any, Any] = (Runs(), Moments())
    parts = [pa.array(part) for part in np.array_split(np.random.default_rng(3).permutation(values), 7)]
    made = []
    for fold in folds:
        state: Any = fold.init()
        for part in parts:
            state = fold.merge(fold.update(fold.init(), part), state)
        made.append(fold.finish(state))
    assert numeric_shape(made[0], made[1]).to_json() == numbers(values).to_json()


def test_arguments(numbers: Any) -> None:
    with pytest.raises(ArgumentError, match="points"):
        numbers([1.0], points=1)
    runs, moments = Runs(), Moments()
    with pytest.raises(ArgumentError, match="moments"):
        numeric_shape(runs.finish(runs.init()), moments.finish(moments.add_value(moments.init(), 1.0, 1)))


GOOD: dict[str, Any] = {
    "shape": "numeric",
    "n": 4,
    "nulls": 1,
    "nans": 0,
    "infs": 0,
    "mean": 2.0,
    "std": 0.5,
    "points": [1.0, 2, 3.5],
    "below": [0, 1, 3],
    "counts": [1, 1, 1],
}


def test_good() -> None:
    shape = NumericShape.from_json(GOOD)
    assert shape.unseen.tolist() == [0, 1]
    assert shape.error == 0.25


@pytest.mark.parametrize(
    "change",
    [
        {"n": 5},
        {"n": -1},
        {"n": True},
        {"n": 1 << 70},
        {"nulls": 1.0},
        {"mean": None},
        {"std": None},
        {"std": -1.0},
        {"mean": 3.6},
        {"mean": 0.9},
        {"std": float("nan")},
        {"mean": float("inf")},
        {"mean": "2"},
        {"points": [1.0, 1.0, 3.5]},
        {"points": [1.0, float("nan"), 3.5]},
        {"points": [1.0, 3.5]},
        {"points": [1.0, 10**400, 3.5]},
        {"points": "123"},
        {"points": None},
        {"below": [1, 1, 3]},
        {"below": [0, 0, 3]},
        {"below": [0, 1, -3]},
        {"counts": [1, 0, 1]},
        {"counts": [1, 1, 2]},
        {"counts": [1, [1], 1]},
        {"shape": "categories"},
        {"more": 1},
        {"n": 0},
        {"n": 0, "points": [], "below": [], "counts": []},
    ],
)
def test_bad(change: dict[str, Any]) -> None:
    with pytest.raises(CorruptArtefactError, match="stored shape"):
        NumericShape.from_json(GOOD | change)


@pytest.mark.parametrize("stored", [None, [], "numeric", 3, {}, {"shape": "numeric"}, {"shape": [1]}])
def test_no_shape(stored: Any) -> None:
    with pytest.raises(CorruptArtefactError, match="stored shape"):
        shape_from_json(stored)


def test_either_kind(numbers: Any, texts: Any) -> None:
    for shape in (numbers([1.0]), texts(["a"])):
        assert type(shape_from_json(shape.to_json())) is type(shape)


def test_a_field_is_absent() -> None:
    with pytest.raises(CorruptArtefactError, match="fields"):
        NumericShape.from_json({key: value for key, value in GOOD.items() if key != "std"})
