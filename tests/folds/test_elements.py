"""Vectors, dense and sparse, against plain loops; the same however cut and merged."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featureprep.errors import CorruptArtefactError, TypeMismatchError
from featureprep.folds.elements import PLACES, Elements, ElementsResult, is_vector
from featureprep.types import sparse
from tests.folds.conftest import VALUES

KINDS = [pa.int8(), pa.bool_(), pa.uint64(), pa.float32(), pa.float64()]
FEW = settings(max_examples=30)


def run(array: pa.Array) -> ElementsResult:
    fold = Elements()
    result: ElementsResult = fold.finish(fold.update(fold.init(), array))
    return result


def finite(values: list[Any]) -> list[float]:
    return [float(v) + 0.0 for v in values if v is not None and math.isfinite(v)]


def check(result: ElementsResult, cells: list[list[Any]]) -> None:
    """`cells`: the elements of each place."""
    assert result.nonzero.tolist() == [sum(v is not None and v == v and v != 0 for v in place) for place in cells[:PLACES]]
    assert result.missing.tolist() == [sum(v is None or v != v for v in place) for place in cells[:PLACES]]
    for ends, pick in ((result.low, min), (result.high, max)):
        wanted = [pick(finite(place), default=None) for place in cells[:PLACES]]
        assert [None if math.isnan(end) else end for end in ends] == wanted
        assert not [end for end in ends if end == 0 and math.copysign(1, end) < 0]
    every = [v for place in cells for v in place]
    assert result.elements.n == len(finite(every))
    assert result.elements.nulls == every.count(None)
    assert result.elements.nans == sum(v is not None and v != v for v in every)
    if finite(every):
        exact = [Fraction(v) for v in every if v is not None and math.isfinite(v)]
        assert result.elements.mean == float(sum(exact) / len(exact))
        assert result.elements.max == max(finite(every))


@pytest.mark.parametrize("item", KINDS, ids=str)
@FEW
@given(data=st.data())
def test_dense(item: pa.DataType, data: Any, same_bits: Any) -> None:
    size = data.draw(st.integers(1, 4))
    cell = st.lists(st.none() | VALUES[item], min_size=size, max_size=size)
    rows = data.draw(st.lists(st.none() | cell, max_size=12))
    result = same_bits(Elements(), (pa.array(rows, pa.list_(item, size)),), data)
    there = [row for row in rows if row is not None]
    assert (result.n, result.nulls) == (len(there), len(rows) - len(there))
    if rows:
        assert result.size == size
        check(result, [[pa.scalar(row[i], item).as_py() for row in there] for i in range(size)])


@pytest.mark.parametrize("item", [pa.int64(), pa.float64()], ids=str)
@FEW
@given(data=st.data())
def test_sparse(item: pa.DataType, data: Any, same_bits: Any) -> None:
    entries = st.dictionaries(st.integers(0, 5) | st.sampled_from([300, 2**31 - 1]), st.none() | VALUES[item], max_size=4)
    rows = data.draw(st.lists(st.none() | entries, max_size=12))
    cells = [None if row is None else {"indices": sorted(row), "values": [row[k] for k in sorted(row)]} for row in rows]
    result = same_bits(Elements(), (pa.array(cells, sparse(item)),), data)
    there = [row for row in rows if row is not None]
    size = max((max(row) + 1 for row in there if row), default=0)
    assert (result.n, result.nulls, result.size) == (len(there), len(rows) - len(there), size)
    near = [[row[i] for row in there if i in row] for i in range(min(size, PLACES))]
    far = [row[i] for row in there for i in row if i >= PLACES]
    check(result, [*near, *([[]] * (PLACES - len(near)) if far else []), *([far] if far else [])])


def test_only_the_first_places_are_looked_at_one_by_one() -> None:
    wide = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2 * 1000, dtype=np.float64)), 1000)
    result = run(wide)
    assert (result.size, len(result.nonzero), len(result.low)) == (1000, PLACES, PLACES)
    assert result.elements.n == 2000
    assert result.elements.mean == 999.5
    assert result.high[-1] == 1000 + PLACES - 1
    assert len(Elements().encode(Elements().update(Elements().init(), wide))) < 10_000


def test_what_only_looks_like_a_sparse_vector() -> None:
    rows = [
        {"indices": [0, 1], "values": [1.0]},
        {"indices": None, "values": [2.0]},
        {"indices": [-1, None, 2], "values": [3.0, 4.0, 5.0]},
        {"indices": [1], "values": None},
    ]
    result = run(pa.array(rows, sparse(pa.float64())))
    assert (result.n, result.size, result.elements.n, result.elements.mean) == (4, 3, 1, 5.0)
    assert result.nonzero.tolist() == [0, 0, 1]


def test_no_places_and_no_rows() -> None:
    assert run(pa.array([[], None], pa.list_(pa.float64(), 0))).size == 0
    assert run(pa.array([], pa.list_(pa.int8(), 2))).nonzero.tolist() == [0, 0]
    assert run(pa.array([None], sparse(pa.int64()))).nulls == 1


@pytest.mark.parametrize(
    "dtype", [pa.list_(pa.float64()), pa.list_(pa.string(), 2), pa.float64(), pa.struct([("a", pa.int64())]), sparse(pa.string())], ids=str
)
def test_other_types_are_refused(dtype: pa.DataType) -> None:
    assert not is_vector(dtype)
    with pytest.raises(TypeMismatchError, match="takes vectors of numbers"):
        run(pa.array([], dtype))


def test_a_damaged_state() -> None:
    fold = Elements()
    good = fold.encode(fold.update(fold.init(), pa.array([[1, 2]], pa.list_(pa.int8(), 2))))
    for bad in (good[:-1], good.replace(b'"size":2', b'"size":3'), b""):
        with pytest.raises(CorruptArtefactError):
            fold.decode(bad)
