"""Moments and quantiles by key: those of the rows of each key, whatever the cuts, the order and the tree of merges."""

from __future__ import annotations

import functools
import itertools
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, CorruptArtefactError, RequestError, TypeMismatchError
from featureprep.folds import keyed_moments, keyed_runs
from featureprep.folds.keyed_moments import KeyedMoments, KeyedMomentsResult
from featureprep.folds.keyed_runs import KeyedQuantiles, KeyedRuns
from featureprep.folds.moments import Moments
from featureprep.folds.quantiles import Runs

QS = [0.0, 0.25, 1 / 3, 0.5, 0.9, 1.0]
BOTH = pytest.mark.parametrize("fold", [KeyedMoments(), KeyedRuns()], ids=lambda fold: fold.name)
KEYS = [pa.string(), pa.float64(), pa.int64(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.decimal128(20, 2), pa.binary(), pa.float32()]


def view(result: Any) -> Any:
    assert isinstance(result, (KeyedMomentsResult, KeyedQuantiles))
    return result.columns, result.moments if isinstance(result, KeyedMomentsResult) else result.quantiles(QS)


def of(fold: Any, *columns: pa.Array) -> Any:
    return fold.finish(fold.update(fold.init(), *columns))


def one_key(fold: Any, values: list[Any], dtype: pa.DataType) -> Any:
    """The same from the fold that knows no keys."""
    numbers = pa.array(values, dtype).cast(pa.float64(), safe=False)
    return of(Moments(), numbers) if isinstance(fold, KeyedMoments) else of(Runs(), numbers).quantiles(QS)


def present(value: Any) -> bool:
    return value is not None and value == value


@BOTH
@pytest.mark.parametrize("key", KEYS, ids=str)
@settings(max_examples=15)
@given(data=st.data())
def test_each_key_has_what_its_rows_have(fold: Any, key: pa.DataType, data: Any, arrays: Any, same_bits: Any, as_bits: Any) -> None:
    dtype = data.draw(st.sampled_from([pa.float64(), pa.int64(), pa.bool_()]))
    values = data.draw(arrays(dtype))
    keys = data.draw(arrays(key, len(values)))
    found, summaries = view(same_bits(fold, (values, keys), data, view))
    rows: dict[Any, list[Any]] = {}
    for value, name in zip(values.to_pylist(), keys.to_pylist(), strict=True):
        if present(name) and present(value) and math.isfinite(value):
            rows.setdefault(name, []).append(value)  # 0.0 and -0.0 are one key of a dict too
    assert sorted(rows) == (found[0].to_pylist() if found else [])
    for name, summary in zip(sorted(rows), summaries, strict=True):
        assert as_bits(summary) == as_bits(one_key(fold, rows[name], dtype))


@pytest.mark.parametrize("name", ["keyed_moments", "keyed_runs"])
@settings(max_examples=15)
@given(data=st.data())
def test_keys_of_two_columns(name: str, data: Any, arrays: Any, same_bits: Any, as_bits: Any) -> None:
    fold = KeyedMoments(2) if name == "keyed_moments" else KeyedRuns(2)
    values = data.draw(arrays(pa.float64()))
    first, second = data.draw(arrays(pa.string(), len(values))), data.draw(arrays(pa.float64(), len(values)))
    found, summaries = view(same_bits(fold, (values, first, second), data, view))
    rows: dict[Any, list[float]] = {}
    for value, *pair in zip(values.to_pylist(), first.to_pylist(), second.to_pylist(), strict=True):
        if all(map(present, pair)) and present(value) and math.isfinite(value):
            rows.setdefault(tuple(pair), []).append(value)
    pairs: list[Any] = list(zip(*(column.to_pylist() for column in found), strict=True)) if found else []
    assert pairs == sorted(rows)
    for pair, summary in zip(pairs, summaries, strict=True):
        assert as_bits(summary) == as_bits(one_key(fold, rows[pair], pa.float64()))


def test_by_hand() -> None:
    values, keys = pa.array([1.0, 5.0, 3.0, None, math.nan, 7.0, math.inf, 9.0]), pa.array(["b", "a", "b", "b", "c", None, "a", "b"])
    result = of(KeyedMoments(), values, keys)
    assert result.columns[0].to_pylist() == ["a", "b"]
    assert [(m.n, m.mean, m.min, m.max) for m in result.moments] == [(1, 5.0, 5.0, 5.0), (3, 13 / 3, 1.0, 9.0)]
    assert result.moments[1].variance == pytest.approx((1 + 9 + 81) / 3 - (13 / 3) ** 2)
    assert of(KeyedRuns(), values, keys).quantiles([0, 0.5, 0.75]) == [[5.0, 5.0, 5.0], [1.0, 3.0, 6.0]]


@BOTH
def test_nothing_to_learn_from(fold: Any) -> None:
    for values, keys in [([], []), ([None, math.nan], ["a", "b"]), ([1.0], [None])]:
        result = of(fold, pa.array(values, pa.float64()), pa.array(keys, pa.string()))
        assert view(result)[1] in ((), [])
        assert [key.type for key in result.keys([pa.string()])] == [pa.string()]
    assert view(of(fold, pa.array([1.0, 2.0]), pa.nulls(2)))[1] in ((), [])


@BOTH
def test_many_rows_and_keys_in_many_pieces(fold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """So small limits that sums, runs and blocks are made again and again; one key is larger than a block."""
    monkeypatch.setattr(keyed_moments, "_COMPACT_AT", 64)
    monkeypatch.setattr(keyed_moments, "_SUM_AT", 200)
    for name, limit in {"_GROUP_AT": 128, "_SHORT": 200, "_BLOCK": 300, "_MANY": 3}.items():
        monkeypatch.setattr(keyed_runs, name, limit)
    rng = np.random.default_rng(5)
    numbers = rng.lognormal(0, 20, 6000) * rng.choice([-1, 1], 6000)
    keys = np.minimum(rng.geometric(0.1, 6000), 90) % 60
    state = fold.init()
    for part in np.array_split(np.arange(6000), 31):
        piece = fold.update(fold.init(), pa.array(numbers[part]), pa.array(keys[part]))
        state = fold.merge(state, fold.decode(fold.encode(piece)) if part[0] % 2 else piece)
    found, summaries = view(fold.finish(state))
    assert found[0].to_pylist() == sorted(set(keys.tolist()))
    for name, summary in zip(found[0].to_pylist(), summaries, strict=True):
        assert summary == one_key(fold, numbers[keys == name].tolist(), pa.float64())


@BOTH
def test_too_many_keys_are_refused_by_the_name_of_the_limit(fold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.folds.keys.MAX_KEYS", 3)
    a = fold.update(fold.init(), pa.array([1.0, 2.0, 3.0]), pa.array(["a", "b", "c"]))
    b = fold.update(fold.init(), pa.array([1.0, 2.0, 3.0]), pa.array(["b", "d", "c"]))
    assert len(view(fold.finish(fold.decode(fold.encode(a))))[1]) == 3
    with pytest.raises(RequestError, match=r"there are too many keys: .* at most 3 \(MAX_KEYS\)") as caught:
        fold.finish(fold.merge(a, b))
    assert caught.value.hint


@BOTH
def test_too_many_keys_are_refused_in_the_same_words_in_any_order(fold: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed_moments, "_SUM_AT", 2)  # so states are summed, and keys counted, while they are merged
    monkeypatch.setattr(keyed_moments, "_COMPACT_AT", 2)
    monkeypatch.setattr("featureprep.folds.keys.MAX_KEYS", 3)
    sizes = (2, 5, 1, 7)
    bounds = np.cumsum((0, *sizes))
    pieces = [[f"k{i}" for i in range(low, high)] for low, high in itertools.pairwise(bounds)]
    told = set()
    for order in itertools.permutations(pieces):
        with pytest.raises(RequestError) as caught:
            fold.finish(functools.reduce(fold.merge, [fold.update(fold.init(), pa.array([1.0] * len(k)), pa.array(k)) for k in order]))
        told.add(str(caught.value))
    assert len(told) == 1


@BOTH
def test_what_is_no_number_or_no_key_is_refused(fold: Any) -> None:
    with pytest.raises(TypeMismatchError, match="of string"):
        of(fold, pa.array(["1"]), pa.array(["a"]))
    with pytest.raises(TypeMismatchError, match="no keys of type list"):
        of(fold, pa.array([1.0]), pa.array([["a"]]))
    states = [fold.update(fold.init(), pa.array([1.0]), pa.array(key)) for key in (["a"], [1])]
    with pytest.raises(TypeMismatchError, match="a key has two types"):
        fold.finish(fold.merge(*states))
    with pytest.raises(ArgumentError, match="'q' parameter"):
        of(KeyedRuns(), pa.array([1.0]), pa.array(["a"])).quantiles([1.5])


@BOTH
def test_a_damaged_state_is_told(fold: Any) -> None:
    data = fold.encode(fold.update(fold.init(), pa.array([1.0, 2.0]), pa.array(["a", "b"])))
    wider = type(fold)(2)
    for bad in (
        b"",
        data[:-1],
        data[:200],
        wider.encode(wider.init()),
        KeyedMoments.encode(KeyedMoments(), keyed_moments.KeyedMomentsState())[:-1],
    ):
        with pytest.raises(CorruptArtefactError):
            fold.decode(bad)
    other = KeyedRuns() if isinstance(fold, KeyedMoments) else KeyedMoments()
    with pytest.raises(CorruptArtefactError):
        other.decode(data)
