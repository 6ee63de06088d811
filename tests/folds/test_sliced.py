"""Folds by slice: those of each value's rows alone, whatever the cut and the order."""

from __future__ import annotations

import datetime as dt
import pickle
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, TypeMismatchError
from featureprep.folds import sliced
from featureprep.folds.moments import Moments
from featureprep.folds.sliced import Sliced
from featureprep.folds.value_counts import ValueCounts

FOLD = Sliced(2, ((Moments(), (0,)), (ValueCounts(), (1,)), (ValueCounts(), (0,))))
ROW = st.tuples(
    st.none() | st.sampled_from(["a", "b", ""]), st.none() | st.booleans(), st.none() | st.floats(), st.none() | st.sampled_from(["x", "y"])
)


def arrays(rows: list[tuple[Any, ...]], *, encoded: bool = False) -> list[pa.Array]:
    kinds = (pa.string(), pa.bool_(), pa.float64(), pa.string())
    made = [pa.array([row[at] for row in rows], kind) for at, kind in enumerate(kinds)]
    return [made[0].dictionary_encode(), *made[1:3], made[3].dictionary_encode()] if encoded else made


def plain(found: Any) -> Any:
    return {key: (n, [re.sub(r" at 0x\w+", "", repr(one)) for one in results]) for key, (n, results) in found.items()}


@given(st.lists(ROW, max_size=30), st.lists(st.integers(0, 30), max_size=3), st.booleans(), st.randoms(use_true_random=False))
def test_slices_are_those_of_their_rows_alone(rows: list[tuple[Any, ...]], cuts: list[int], encoded: bool, random: Any) -> None:
    mixed = random.sample(rows, len(rows))
    ends = [0, *sorted(min(at, len(rows)) for at in cuts), len(rows)]
    states = []
    for at, (start, end) in enumerate(pairwise(ends)):
        state = FOLD.update(FOLD.init(), *arrays(mixed[start : start + (end - start) // 2], encoded=encoded))
        state = FOLD.update(state, *arrays(mixed[start + (end - start) // 2 : end], encoded=encoded and at % 2 == 0))
        states.append(pickle.loads(pickle.dumps(state)) if at % 2 else FOLD.decode(FOLD.encode(state)))
    merged = FOLD.init()
    for state in random.sample(states, len(states)):
        merged = FOLD.merge(merged, state)
    expected = {}
    for key in {row[:2] for row in rows}:
        of_key = arrays([row for row in rows if row[:2] == key])[2:]
        inner = [fold.finish(fold.update(fold.init(), *(of_key[at] for at in places))) for fold, places in FOLD.folds]
        expected[key] = (sum(row[:2] == key for row in rows), inner)
    found = FOLD.finish(merged) or {}
    assert plain(found) == plain(expected)
    assert list(found) == sorted(
        found, key=lambda key: [(value is None, value or 0) if not isinstance(value, str) else (False, value) for value in key]
    )


def test_rows_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sliced, "_TOGETHER", 10)
    fold = Sliced(1, ((Moments(), (0,)),), only=((1,), (None,)))
    state = fold.init()
    for start in range(0, 100, 7):
        part = np.arange(start, min(start + 7, 100))
        state = fold.update(state, pa.array(part % 3, mask=part % 4 == 0), pa.array(part * 1.0))
    found = fold.finish(state) or {}
    assert list(found) == [(1,), (None,)]
    assert [n for n, _ in found.values()] == [sum(i % 4 != 0 and i % 3 == 1 for i in range(100)), 25]
    assert found[(None,)][1][0].mean == 48.0


def test_dates_and_too_many() -> None:
    days = pa.array([dt.date(2024, 1, 1), dt.date(1969, 12, 31), None], pa.date32())
    fold = Sliced(1)
    assert list(fold.finish(fold.update(fold.init(), days)) or ()) == [(-1,), (19723,), (None,)]
    for most, few in ((3, True), (2, False)):
        fold = Sliced(1, most=most)
        states = [fold.update(fold.init(), days.slice(at, 1)) for at in range(3)]
        merged = states[0]
        for state in states[1:]:
            merged = fold.merge(merged, fold.decode(fold.encode(state)))
        assert (fold.finish(fold.decode(fold.encode(merged))) is not None) == few
        assert (fold.finish(fold.update(fold.init(), days)) is not None) == few


def test_what_cannot_be() -> None:
    with pytest.raises(TypeMismatchError, match="float64"):
        Sliced(1).finish(Sliced(1).update(Sliced(1).init(), pa.array([1.0])))
    with pytest.raises(CorruptArtefactError):
        FOLD.decode(Moments().encode(Moments().init()))
