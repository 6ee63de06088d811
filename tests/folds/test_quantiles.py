from __future__ import annotations

import math
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError, TypeMismatchError
from featureprep.folds import quantiles as module
from featureprep.folds import radix
from featureprep.folds.quantiles import Quantiles, Runs

QS = [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.9, 0.999, 1.0]


def run(array: pa.Array) -> Quantiles:
    fold = Runs()
    return fold.finish(fold.update(fold.init(), array))


def view(result: Quantiles) -> Any:
    return result.n, result.nulls, result.nans, result.infs, result.quantiles(QS), [result.order_statistic(k) for k in range(result.n)]


@pytest.mark.parametrize("dtype", [pa.float64(), pa.float32(), pa.int64(), pa.uint64(), pa.bool_()], ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_order_statistics_are_the_sorted_values_however_cut(dtype: pa.DataType, data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(dtype))
    result = same_bits(Runs(), (array,), data, view)
    expected = sorted(float(v) + 0.0 for v in array.to_pylist() if v is not None and math.isfinite(v))
    assert [result.order_statistic(k) for k in range(result.n)] == expected
    assert result.n + result.nulls + result.nans + result.infs == len(array)
    assert all(q is not None and math.isfinite(q) for q in result.quantiles(QS)) or not expected


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_have_numpys_bits(values: list[float], q: float) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        expected = float(np.quantile(np.array(values) + 0.0, q))
    assume(math.isfinite(expected))
    assert run(pa.array(values)).quantile(q) == expected


def test_many_quantiles_of_many_runs_have_numpys_bits() -> None:
    rng = np.random.default_rng(3)
    values = rng.lognormal(size=30_000)
    fold = Runs()
    state = fold.init()
    for part in np.array_split(values, 100):  # more than the runs that are kept apart
        state = fold.merge(state, fold.update(fold.init(), pa.array(part)))
    result = fold.finish(state)
    assert len(result.runs) < 100
    qs = np.linspace(0, 1, 97)
    assert result.quantiles(qs) == np.quantile(values, qs).tolist()


def test_finite_where_numpy_overflows() -> None:
    result = run(pa.array([-1.7e308, 1.7e308]))
    assert result.quantile(0.5) == 0.0
    assert result.quantile(0.25) == pytest.approx(-0.85e308)
    assert result.quantile(1.0) == 1.7e308


@settings(max_examples=40)
@given(data=st.data())
def test_added_values_are_rows(data: Any, arrays: Any, same_bits: Any) -> None:
    array = data.draw(arrays(pa.float64()))
    value, count = data.draw(st.none() | st.floats()), data.draw(st.integers(0, 5))
    fold = Runs()
    state = fold.add_value(fold.update(fold.init(), array), value, count)
    added = fold.finish(fold.merge(fold.decode(fold.encode(state)), fold.init()))
    assert view(added) == view(run(pa.array(array.to_pylist() + [value] * count, pa.float64())))


@given(st.lists(st.integers(-40, 40).map(float), min_size=1, max_size=60), st.sampled_from([0.0, 0.5, 2.0**60, 1e300]))
def test_whole_numbers_of_a_small_range_are_counted(values: list[float], shift: float) -> None:
    array = np.array(values, np.float64) + shift
    fold = Runs()
    state = fold.update(fold.init(), pa.array(array))
    result = fold.finish(state)
    whole = shift == 0.0 and 2 * (max(values) - min(values)) < len(values)
    assert bool(result.runs) != whole
    assert view(result)[-1] == sorted(array.tolist())


DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
NEAR = st.integers(-3, 3).map(lambda k: math.ldexp(float(0x1_0000_0000_0001 + k), -20)) | st.sampled_from([1.5, -1.5, 0.0, 5e-324, -5e-324])


@settings(max_examples=60)
@given(st.lists(DOUBLES | NEAR, min_size=1, max_size=80), st.integers(1, 5), st.integers(1, 30), st.integers(0, 3))
def test_digit_by_digit_is_as_sorted(values: list[float], pieces: int, most: int, more: int) -> None:
    array = np.array(values) + 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(radix, "_SORTED_AT", 0)  # every digit is looked at
        runs = [radix.Run.of(part) for part in np.array_split(array, pieces) if len(part)]
        counted = radix.Counted.of([radix.Counted(np.array([value]), np.array([more + 1])) for value in array[:more]])
        pool = radix.Pool(runs, counted)
        expected = np.sort(np.concatenate([array, np.repeat(counted.values, counted.counts)]))
        assert pool.select(np.arange(len(expected))).tolist() == expected.tolist()
    found = list(pool.slices(most))
    unique, times = np.unique(expected, return_counts=True)
    assert np.concatenate([part.values for part in found]).tolist() == unique.tolist()
    assert np.concatenate([part.counts for part in found]).tolist() == times.tolist()
    assert pool.unique(most) == len(unique)
    for inclusive in (False, True):
        upto = np.searchsorted(expected, expected, "right" if inclusive else "left")
        assert pool.below(expected, inclusive=inclusive).tolist() == upto.tolist()
    assert pool.below(np.array([-0.0]), inclusive=True)[0] == (expected <= 0).sum()


@pytest.mark.parametrize("step", [1.0, 2.0**-40, 2.0**40, 0.1])
def test_different_values_are_counted_whatever_their_pattern(step: float) -> None:
    rng = np.random.default_rng(5)
    values = (rng.integers(1, 30_000, 50_000) * step).astype(np.float64)
    assert radix.different(values) == len(np.unique(values))
    assert radix.different(values[:0]) == 0
    one = np.full(5000, step)
    assert radix.different(one) == 1


def test_many_counted_values_of_one_digit_are_cut_too() -> None:
    counted = radix.Counted(np.arange(1.0, 2.0, 2.0**-12), np.full(4096, 50))
    pool = radix.Pool([], counted)
    assert pool.unique(100) == 4096
    assert sum(len(part.values) for part in pool.slices(100)) == 4096


def test_runs_stay_views_of_a_memory_map(tmp_path: Path) -> None:
    fold = Runs()
    path = tmp_path / "state"
    path.write_bytes(fold.encode(fold.update(fold.init(), pa.array(np.arange(1000.0) + 0.25))))
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    result = fold.finish(fold.merge(fold.decode(memoryview(mapped)), fold.init()))
    start = np.frombuffer(mapped, np.uint8).ctypes.data
    address = result.runs[0].values.__array_interface__["data"][0]
    assert start < address < start + path.stat().st_size
    assert address % 8 == 0
    assert result.quantile(0.5) == 499.75


def test_batches_wait_to_be_grouped_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GROUP_AT", 100)
    fold = Runs()
    state = fold.init()
    for _ in range(25):
        state = fold.update(state, pa.array(np.random.default_rng(0).normal(size=10)))
    assert len(fold.finish(state).runs) == 3


def test_nothing_has_no_quantile() -> None:
    result = run(pa.array([None, math.nan, math.inf], pa.float64()))
    assert (result.n, result.nulls, result.nans, result.infs, result.quantile(0.5)) == (0, 1, 1, 1, None)
    with pytest.raises(ArgumentError, match="order_statistic"):
        result.order_statistic(0)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_q_outside_the_unit_interval_is_refused(q: float) -> None:
    with pytest.raises(ArgumentError, match="'q' parameter of quantile"):
        run(pa.array([1.0])).quantile(q)


def test_text_is_refused() -> None:
    with pytest.raises(TypeMismatchError, match="runs takes numbers"):
        run(pa.array(["a"]))


def test_broken_states_are_refused() -> None:
    fold = Runs()
    good = fold.encode(fold.add_value(fold.update(fold.init(), pa.array([1.0, 2.5])), 3.0, 2))
    assert fold.finish(fold.decode(good)).quantile(1.0) == 3.0
    ends = good.rindex((2).to_bytes(8, "little"))
    for bad in (
        b"",
        good[:-1],
        good[:-8],
        good.replace(b'"nans":0', b'"nans":"'),
        good[:ends] + (3).to_bytes(8, "little") + good[ends + 8 :],
    ):
        with pytest.raises(CorruptArtefactError):
            fold.decode(bad)
