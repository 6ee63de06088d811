"""Nasty columns, and the promise of every fold: the same bits whatever the cuts, the order and the tree of merges."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from featureprep.folds.base import Fold, KeyedFold

FLOATS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    1.7e308,
    -1.7e308,
    2.0**53 + 2,
    1e-200,
    math.nan,
    math.inf,
    -math.inf,
]
TEXTS = ["", "a", "b", "ab", "é", "\U0001f600", "\uffff", "a\x00", "Z"]

VALUES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.float64(): st.sampled_from(FLOATS) | st.floats(),
    pa.float32(): st.sampled_from([0.0, -0.0, 0.1, 1e-45, 3.4e38, math.nan, math.inf]) | st.floats(width=32),
    pa.int64(): st.sampled_from([0, 1, -1, 2**53 + 1, -(2**63), 2**63 - 1]) | st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.sampled_from([0, 1, 2**53 + 1, 2**64 - 1]) | st.integers(0, 2**64 - 1),
    pa.int8(): st.integers(-128, 127),
    pa.bool_(): st.booleans(),
    pa.string(): st.sampled_from(TEXTS) | st.text(max_size=3),
    pa.binary(): st.binary(max_size=2),
    pa.date32(): st.dates(),
    pa.timestamp("us"): st.datetimes(min_value=dt.datetime(1700, 1, 1), max_value=dt.datetime(2200, 1, 1)),
    pa.decimal128(20, 2): st.integers(-(10**19), 10**19).map(lambda n: Decimal(n).scaleb(-2)),
}


def _dress(draw: Any, values: list[Any], dtype: pa.DataType) -> pa.Array:
    """The same values in one of Arrow's encodings, perhaps as a slice."""
    before, after = draw(st.integers(0, 3)), draw(st.integers(0, 2))
    padded = values[:1] * before + values + values[:1] * after
    array = pa.array(padded, dtype)
    form = draw(st.sampled_from(["plain", "dictionary", "ends", "large"]))
    if form == "dictionary" and not pa.types.is_nested(dtype):
        array = array.dictionary_encode()
    elif form == "ends" and not pa.types.is_nested(dtype):
        from pyarrow import compute as pc

        array = pc.run_end_encode(array)
    elif form == "large" and dtype in (pa.string(), pa.binary()):
        array = array.cast(pa.large_string() if dtype == pa.string() else pa.large_binary())
    start = before if values else 0
    return array.slice(start, len(values))


@pytest.fixture(scope="session")
def arrays() -> Callable[..., st.SearchStrategy[pa.Array]]:
    """arrays(dtype, size=None): columns of a type in any encoding, a null in four."""

    @st.composite
    def strategy(draw: Any, dtype: pa.DataType, size: int | None = None) -> pa.Array:
        item = VALUES[dtype.value_type] if pa.types.is_list(dtype) else VALUES[dtype]
        value = st.lists(st.none() | item, max_size=4) if pa.types.is_list(dtype) else item
        least, most = (0, 20) if size is None else (size, size)
        return _dress(draw, draw(st.lists(st.one_of(value, value, value, st.none()), min_size=least, max_size=most)), dtype)

    return strategy


def bits(value: Any) -> Any:
    """Something that is equal for equal bits only."""
    if isinstance(value, float):
        return "nan" if value != value else value.hex()
    if isinstance(value, pa.Array):
        if pa.types.is_temporal(value.type):
            return str(value.type), value.cast(pa.int32() if value.type == pa.date32() else pa.int64()).to_pylist()
        return str(value.type), [bits(item) for item in value.to_pylist()]
    if isinstance(value, np.ndarray):
        return str(value.dtype), [bits(item) for item in value.tolist()]
    if dataclasses.is_dataclass(value):
        return [bits(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, (list, tuple)):
        return [bits(item) for item in value]
    return type(value).__name__, value


def _through_shards(fold: KeyedFold, states: list[Any], rng: random.Random) -> Any:
    """What an engine does: split all states, merge shard by shard, reduce, finish."""
    shards: dict[int, list[Any]] = {}
    for state in states:
        for number, part in fold.split(state).items():
            shards.setdefault(number, []).append(fold.decode(fold.encode(part)) if rng.random() < 0.5 else part)
    reduced = []
    for parts in shards.values():
        rng.shuffle(parts)
        merged = parts[0]
        for part in parts[1:]:
            merged = fold.merge(merged, part)
        reduced.append(fold.reduce(merged))
    rng.shuffle(reduced)
    return fold.finish_shards(reduced)


@pytest.fixture(scope="session")
def as_bits() -> Callable[[Any], Any]:
    """as_bits(result): something that is equal for equal bits only."""
    return bits


@pytest.fixture(scope="session")
def same_bits() -> Callable[..., Any]:
    """same_bits(fold, columns, data, view): assert the promise and return the result of one update over all rows.

    `view` makes something comparable of a result.
    """

    def check(fold: Fold, columns: tuple[pa.Array, ...], data: st.DataObject, view: Callable[[Any], Any] = lambda result: result) -> Any:
        result = fold.finish(fold.update(fold.init(), *columns))
        expected = bits(view(result))
        rows = len(columns[0])
        cuts = sorted(data.draw(st.lists(st.integers(0, rows), max_size=5), label="cuts"))
        rng = random.Random(data.draw(st.integers(0, 2**32), label="order"))
        pieces = [[c.slice(a, b - a) for c in columns] for a, b in zip([0, *cuts], [*cuts, rows], strict=True)]
        rng.shuffle(pieces)
        states = [fold.init()] if rng.random() < 0.3 else []
        while pieces:
            state = fold.init()
            for _ in range(min(len(pieces), rng.randint(1, 3))):
                state = fold.update(state, *pieces.pop())
            states.append(state)
        if isinstance(fold, KeyedFold) and rng.random() < 0.5:
            assert bits(view(_through_shards(fold, states, rng))) == expected
            return result
        while len(states) > 1:
            rng.shuffle(states)
            merged = fold.merge(states.pop(), states.pop())
            states.append(fold.decode(memoryview(fold.encode(merged))) if rng.random() < 0.5 else merged)
        assert bits(view(fold.finish(fold.decode(fold.encode(states[0]))))) == expected
        return result

    return check
