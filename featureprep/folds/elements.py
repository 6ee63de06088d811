"""What stands in the places of a column of vectors: how often a place is not zero, and its extremes; moments of all elements together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.exact_sums import UNIT
from featureprep.folds.moments import Moments, MomentsResult, MomentsState
from featureprep.hashing.layout import list_bounds, plain
from featureprep.types import format_type, is_float, is_integer, is_sparse, logical

PLACES: Final = 256
"""The first places are looked at one by one, all of them in the moments."""
_STRIP: Final = 1 << 20
_MOMENTS: Final = Moments()
_COUNTS: Final = ("n", "nulls", "size")

Counts = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]


def is_vector(dtype: pa.DataType) -> bool:
    """Whether `Elements` takes it: a fixed-size list of numbers or bools, or a sparse vector of numbers."""
    dtype = logical(dtype)
    if is_sparse(dtype):
        item = dtype.field(1).type.value_type
    elif pa.types.is_fixed_size_list(dtype):
        item = dtype.value_type
    else:
        return False
    return is_integer(item) or is_float(item) or bool(pa.types.is_boolean(item))


@dataclass(frozen=True)
class ElementsResult:
    """Of vectors.

    Attributes
    ----------
    n, nulls : int
        Vectors that are there, and that are null.
    size : int
        Places of a dense vector; of sparse ones, the places up to the last that is stored anywhere.
    elements : MomentsResult
        Of all elements together; of sparse vectors, of those that are stored.
    nonzero, missing : np.ndarray of int64, shape (min(size, 256),)
        How many vectors have something else than zero at a place (null and NaN are not counted), and how many null or NaN.
    low, high : np.ndarray of float64, of the same shape
        The smallest and the largest finite element of a place (of sparse vectors, among those stored), NaN where there is none.
    """

    n: int
    nulls: int
    size: int
    elements: MomentsResult
    nonzero: Counts
    missing: Counts
    low: Floats
    high: Floats


def _zeros() -> Counts:
    return np.zeros(0, np.int64)


def _none() -> Floats:
    return np.zeros(0, np.float64)


@dataclass
class ElementsState:
    """`low` is inf and `high` -inf at places without a finite element."""

    n: int = 0
    nulls: int = 0
    size: int = 0
    moments: MomentsState = field(default_factory=_MOMENTS.init)
    nonzero: Counts = field(default_factory=_zeros)
    missing: Counts = field(default_factory=_zeros)
    low: Floats = field(default_factory=_none)
    high: Floats = field(default_factory=_none)

    def widen(self, size: int) -> None:
        """Room for the places of vectors of this size."""
        self.size = max(self.size, size)
        more = min(self.size, PLACES) - len(self.nonzero)
        if more > 0:
            self.nonzero, self.missing = (np.append(counts, np.zeros(more, np.int64)) for counts in (self.nonzero, self.missing))
            self.low, self.high = np.append(self.low, np.full(more, np.inf)), np.append(self.high, np.full(more, -np.inf))


@dataclass(frozen=True)
class Elements(Fold):
    """Of vectors as `is_vector` says."""

    name: ClassVar[str] = "elements"

    def init(self) -> ElementsState:
        return ElementsState()

    def update(self, state: ElementsState, *columns: pa.Array) -> ElementsState:
        (array,) = columns
        if not is_vector(array.type):
            raise TypeMismatchError(f"{self.name} takes vectors of numbers, not {format_type(array.type)}")
        array = plain(array)
        state.n += len(array) - array.null_count
        state.nulls += array.null_count
        array = array.drop_null()
        if is_sparse(logical(array.type)):
            return _sparse(state, array)
        size = array.type.list_size
        state.widen(size)
        rows = max(1, _STRIP // max(size, 1))
        for start in range(0, len(array) if size else 0, rows):
            part = array.slice(start, rows)
            _dense(state, list_bounds(part)[0], size)
        return state

    def merge(self, a: ElementsState, b: ElementsState) -> ElementsState:
        size = max(a.size, b.size)
        for state in (a, b):
            state.widen(size)
        return ElementsState(
            a.n + b.n, a.nulls + b.nulls, size, _MOMENTS.merge(a.moments, b.moments), a.nonzero + b.nonzero, a.missing + b.missing,
            np.minimum(a.low, b.low), np.maximum(a.high, b.high),
        )  # fmt: skip

    def finish(self, state: ElementsState) -> ElementsResult:
        ends = (np.where(np.isfinite(end), end + 0.0, np.nan) for end in (state.low, state.high))
        return ElementsResult(state.n, state.nulls, state.size, _MOMENTS.finish(state.moments), state.nonzero, state.missing, *ends)

    def encode(self, state: ElementsState) -> bytes:
        header = {name: getattr(state, name) for name in _COUNTS}
        arrays = [state.nonzero, state.missing, state.low, state.high]
        return pack(header, [_MOMENTS.encode(state.moments), *(np.ascontiguousarray(each).tobytes() for each in arrays)])

    def decode(self, data: bytes | memoryview) -> ElementsState:
        header, buffers = unpack(data, self.name)
        counts = integers(header, _COUNTS, self.name)
        places = min(counts["size"], PLACES)
        if len(buffers) != 5 or any(len(buffer) != 8 * places for buffer in buffers[1:]):
            raise corrupt(self.name)
        arrays = [np.frombuffer(buffer, kind).copy() for buffer, kind in zip(buffers[1:], ("<i8", "<i8", "<f8", "<f8"), strict=True)]
        return ElementsState(counts["n"], counts["nulls"], counts["size"], _MOMENTS.decode(buffers[0]), *arrays)


def _dense(state: ElementsState, elements: pa.Array, size: int) -> None:
    _add_moments(state, elements)
    values, valid = _numbers(elements)
    places = min(size, PLACES)
    block = np.ascontiguousarray(values.reshape(-1, size)[:, :places].T)  # a row a place: reductions along columns take many times as long
    there = None if valid is None else valid.reshape(-1, size)[:, :places].T
    finite = there
    if block.dtype.kind == "f" and not np.isfinite(block).all():
        numbers = ~np.isnan(block)
        there = numbers if there is None else numbers & there
        finite = np.isfinite(block) & there
    if there is not None:
        state.missing += np.count_nonzero(~there, axis=1)
    state.nonzero += np.count_nonzero(block if there is None else (block != 0) & there, axis=1)
    low = block.min(axis=1) if finite is None else np.where(finite, block, np.inf).min(axis=1)
    high = block.max(axis=1) if finite is None else np.where(finite, block, -np.inf).max(axis=1)
    np.minimum(state.low, low, out=state.low)
    np.maximum(state.high, high, out=state.high)


def _sparse(state: ElementsState, array: pa.Array) -> ElementsState:
    sizes = [pc.list_value_length(part).fill_null(-1) for part in array.flatten()]
    array = array.filter(pc.equal(*sizes))  # a stranger's struct may look like a vector and be none
    at, elements = (list_bounds(part)[0] for part in array.flatten())
    whole = pc.fill_null(pc.greater_equal(at, 0), False)
    if not pc.all(whole, min_count=0).as_py():
        at, elements = at.filter(whole), elements.filter(whole)
    _add_moments(state, elements)
    places = at.to_numpy(zero_copy_only=False).astype(np.int64)
    if len(places) == 0:
        return state
    state.widen(int(places.max()) + 1)
    values, valid = _numbers(elements)
    near = places < PLACES
    if not near.all():
        places, values, valid = places[near], values[near], None if valid is None else valid[near]
    there = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), bool)
    if valid is not None:
        there &= valid
    wide = len(state.nonzero)
    state.missing += np.bincount(places[~there], minlength=wide)
    state.nonzero += np.bincount(places[there & (values != 0)], minlength=wide)
    finite = there & np.isfinite(values)
    np.minimum.at(state.low, places[finite], values[finite])
    np.maximum.at(state.high, places[finite], values[finite])
    return state


def _numbers(elements: pa.Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.bool_]] | None]:
    """The elements with anything in place of nulls, and which are not null (None: all)."""
    valid = elements.is_valid().to_numpy(zero_copy_only=False) if elements.null_count else None
    filled = elements if valid is None else elements.fill_null(False if pa.types.is_boolean(elements.type) else 0)
    return filled.to_numpy(zero_copy_only=False), valid


def _add_moments(state: ElementsState, elements: pa.Array) -> None:
    """Whole numbers of up to 16 bits (those of one_hot and multi_hot, and bools) are added as such, which is far faster."""
    small = pa.types.is_boolean(elements.type) or (is_integer(elements.type) and elements.type.bit_width <= 16)
    if not small or elements.null_count:
        state.moments = _MOMENTS.update(state.moments, elements)
        return
    values = elements.to_numpy(zero_copy_only=False)
    if values.dtype == np.bool_:
        values = values.view(np.int8)
    if len(values) == 0:
        return
    low, high = int(values.min()), int(values.max())
    total = int(values.sum(dtype=np.int64))
    squares = total if (low, high) in ((0, 1), (0, 0), (1, 1)) else int(np.square(values, dtype=np.int64).sum())
    added = MomentsState(n=len(values), total=total << UNIT, squares=squares << (2 * UNIT), low=float(low), high=float(high))
    state.moments = _MOMENTS.merge(state.moments, added)
