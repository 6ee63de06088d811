"""Points of a distribution against the sorted values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.folds import points as module
from featureprep.folds.quantiles import Quantiles, Runs
from featureprep.folds.radix import Counted

FINITE = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-3, 3).map(float),
    st.sampled_from([1.7e308, -1.7e308, 5e-324, 1.0, np.nextafter(1.0, 2.0)]),
)


def quantiles(values: Any, pieces: int = 1) -> Quantiles:
    fold = Runs()
    state = fold.init()
    for part in np.array_split(np.asarray(values, np.float64), pieces):
        state = fold.merge(state, fold.update(fold.init(), pa.array(part)))
    return fold.finish(state)


def check(values: Any, ranks: list[int], found: module.Points) -> None:
    """Figure by figure as NumPy has them of all values sorted."""
    ascending = np.sort(np.asarray(values, np.float64) + 0.0)
    wanted = np.unique(ascending[ranks])
    assert found.values.tobytes() == wanted.tobytes()
    assert found.below.tolist() == np.searchsorted(ascending, wanted, "left").tolist()
    assert found.upto.tolist() == np.searchsorted(ascending, wanted, "right").tolist()


@pytest.mark.parametrize("bins", [2, 7, 1 << 13])
@given(values=st.lists(FINITE, min_size=1, max_size=80), data=st.data())
def test_every_figure(bins: int, values: list[float], data: st.DataObject) -> None:
    ranks = sorted(data.draw(st.sets(st.integers(0, len(values) - 1))))
    most = data.draw(st.integers(1, 100))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_BINS", bins)
        patched.setattr(module, "_SORTED_TO", 0)
        runs = quantiles(values, data.draw(st.integers(1, 3)))
        check(values, ranks, runs.points(np.array(ranks, np.int64), most))
        counted: list[Counted] = []
        check(values, ranks, runs.points(np.array(ranks, np.int64), most, counted.append))
    different, counts = np.unique(np.asarray(values) + 0.0, return_counts=True)
    assert np.concatenate([part.values for part in counted]).tolist() == different.tolist()
    assert np.concatenate([part.counts for part in counted]).tolist() == counts.tolist()


@pytest.mark.parametrize("shape", ["normal", "cauchy", "lognormal", "rounded", "constant", "two ends", "tiny", "whole and halves"])
def test_many_values(shape: str) -> None:
    rng = np.random.default_rng(4)
    n = 150_000
    values = {
        "normal": rng.normal(size=n),
        "cauchy": rng.standard_cauchy(n),
        "lognormal": rng.lognormal(sigma=9.0, size=n),
        "rounded": rng.normal(size=n).round(2),
        "constant": np.full(n, 0.1),
        "two ends": rng.choice([-1.7e308, 1.7e308, 0.5], n),
        "tiny": rng.choice([5e-324, 1e-323, 2e-323], n),
        "whole and halves": np.concatenate([rng.integers(0, 1000, n // 2).astype(float), rng.random(n // 2)]),
    }[shape]
    ranks = np.unique(rng.integers(0, n, 900))
    check(values, ranks.tolist(), quantiles(values, 3).points(ranks, 1 << 14))


def test_no_values_have_no_points() -> None:
    found = quantiles([]).points(np.empty(0, np.int64), 10)
    assert len(found.values) == len(found.below) == len(found.upto) == 0
