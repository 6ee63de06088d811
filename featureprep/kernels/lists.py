"""Functions of list columns (variable or fixed length). A null cell gives null; null elements are skipped, except by `len` and `get`.

`sum`, `mean`, `min` and `max` take lists of numbers. `sum` of floats is float64, added from left to right starting with 0.0; of integers exact int64, bad if it does
not fit; of nothing 0. `mean` is that float sum of the elements as float64, divided by their number; of nothing null. `min` and `max` keep the type: NaN
if any element is NaN, and 0.0 for a zero of either sign; of nothing null.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.kernels.arrays import Vector, build, build_checked, from_rows, valid_of, values_of
from featureprep.kernels.nested import Lengths, collect, elements_of, lengths_of, owners_of, starts_of
from featureprep.kernels.result import BAD, Batch, Mask

Row = Callable[[list[Any]], Any]

_FEW = 16
_LOW, _HIGH = -(2**63), 2**63 - 1


def len_batch(array: pa.Array) -> Batch:
    """The number of elements, nulls among them, int64."""
    return build(lengths_of(array), pa.int64(), valid_of(array)), None


def get_batch(array: pa.Array, index: int) -> Batch:
    """The element at a position, from the end if negative; null where there is none."""
    lengths = lengths_of(array)
    at = index if index >= 0 else lengths + index
    there = (at >= 0) & (at < lengths)
    places = np.where(there, starts_of(lengths)[:-1] + at, 0)
    return elements_of(array).take(pa.array(places, mask=~there)), None


def get_row(index: int) -> Row:
    """The row form of `get_batch`."""
    return lambda values: values[index] if -len(values) <= index < len(values) else None


def contains_batch(array: pa.Array, value: Any) -> Batch:
    """Whether an element equals a value given in row form; NaN equals NaN, 0.0 equals -0.0."""
    lengths, elements = lengths_of(array), elements_of(array)
    if isinstance(value, float) and value != value:
        hits = pc.is_nan(elements)
    else:
        needle, _ = from_rows([value], elements.type)
        hits = pc.equal(elements, needle[0])
    found = np.zeros(len(array), dtype=bool)
    found[owners_of(lengths)[values_of(hits.fill_null(False))]] = True
    return build(found, pa.bool_(), valid_of(array)), None


def contains_row(value: Any) -> Row:
    """The row form of `contains_batch`."""
    if isinstance(value, float) and value != value:
        return lambda values: any(item != item for item in values if item is not None)
    return lambda values: any(item == value for item in values if item is not None)


def join_batch(array: pa.Array, separator: str) -> Batch:
    """The elements of lists of strings as one text with a separator between them."""
    lengths, elements = _without_nulls(array)
    return pc.binary_join(collect(lengths, elements, valid_of(array)), separator), None


def join_row(separator: str) -> Row:
    """The row form of `join_batch`."""
    return lambda values: separator.join(item for item in values if item is not None)


def _without_nulls(array: pa.Array) -> tuple[Lengths, pa.Array]:
    lengths, elements = lengths_of(array), elements_of(array)
    if elements.null_count == 0:
        return lengths, elements
    there = values_of(elements.is_valid())
    return np.bincount(owners_of(lengths)[there], minlength=len(lengths)).astype(np.int64), elements.drop_null()


def _left_to_right(step: Any, start: Any, values: Vector, lengths: Lengths) -> Vector:
    """Fold each cell's elements with a NumPy ufunc in order: position by position over all cells, long cells by one `accumulate` each."""
    starts = starts_of(lengths)[:-1]
    out = np.full(len(lengths), start, dtype=values.dtype)
    longest = int(lengths.max(initial=0))
    short = (longest - lengths).astype(np.uint16 if longest < 2**16 else np.int64)  # 16 bits are sorted by radix
    order = np.argsort(short, kind="stable")
    counts = lengths[order]
    position, active = 0, int((counts > 0).sum())  # exact: counts cells
    while active > _FEW:
        cells = order[:active]
        out[cells] = step(out[cells], values[starts[cells] + position])
        position += 1
        active = int(np.searchsorted(-counts, -position, side="left"))
    for cell in order[:active].tolist():
        rest = values[starts[cell] + position : starts[cell] + lengths[cell]]
        out[cell] = step.accumulate(np.concatenate([out[cell : cell + 1], rest]))[-1]
    return out


def sum_batch(array: pa.Array) -> Batch:
    """The sum of each cell's elements, float64 or int64."""
    lengths, elements = _without_nulls(array)
    valid, values = valid_of(array), values_of(elements)
    if values.dtype.kind == "f":
        return build(_float_sums(values, lengths), pa.float64(), valid), None
    wide = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64)
    # 32 bits at a time: neither half's sum can overflow
    low = _left_to_right(np.add, 0, (wide & wide.dtype.type(0xFFFFFFFF)).astype(np.int64), lengths)
    high = _left_to_right(np.add, 0, (wide >> wide.dtype.type(32)).astype(np.int64), lengths) + (low >> 32)
    wrong = (high >= 2**31) | (high < -(2**31))
    return build_checked((high << 32) | (low & 0xFFFFFFFF), pa.int64(), valid, wrong)


def _float_sums(values: Vector, lengths: Lengths) -> Vector:
    with np.errstate(over="ignore", invalid="ignore"):
        return _left_to_right(np.add, 0.0, values.astype(np.float64), lengths)


def sum_row(dtype: pa.DataType) -> Row:
    """The row form of `sum_batch` for lists of a type."""
    if not pa.types.is_integer(dtype.value_type):
        return _float_sum

    def exact(values: list[Any]) -> Any:
        total = 0
        for item in values:
            total += item or 0
        return total if _LOW <= total <= _HIGH else BAD

    return exact


def _float_sum(values: list[Any]) -> float:
    total = 0.0
    for item in values:
        if item is not None:
            total += item
    return total


def mean_batch(array: pa.Array) -> Batch:
    """The mean of each cell's elements, float64."""
    lengths, elements = _without_nulls(array)
    sums = _float_sums(values_of(elements), lengths)
    return build(sums / np.maximum(lengths, 1), pa.float64(), _filled(array, lengths)), None


def mean_row(values: list[Any]) -> float | None:
    """The row form of `mean_batch`."""
    there = [float(item) for item in values if item is not None]
    return _float_sum(there) / len(there) if there else None


def _filled(array: pa.Array, lengths: Lengths) -> Mask:
    """Which cells are lists with elements."""
    filled: Mask = lengths > 0
    valid = valid_of(array)
    return filled if valid is None else filled & valid


def min_batch(array: pa.Array) -> Batch:
    """The least element of each cell."""
    return _extreme(array, np.minimum, least=True)


def max_batch(array: pa.Array) -> Batch:
    """The greatest element of each cell."""
    return _extreme(array, np.maximum, least=False)


def _extreme(array: pa.Array, step: Any, *, least: bool) -> Batch:
    lengths, elements = _without_nulls(array)
    values = values_of(elements)
    if values.dtype.kind == "f":
        out = _left_to_right(step, math.inf if least else -math.inf, values, lengths) + 0.0  # no negative zero
    else:
        info = np.iinfo(values.dtype)
        out = _left_to_right(step, info.max if least else info.min, values, lengths)
    return build(out, array.type.value_type, _filled(array, lengths)), None


def _extreme_row(better: Callable[[Any, Any], bool]) -> Row:
    def extreme(values: list[Any]) -> Any:
        best = None
        for item in values:
            if item is not None:
                if item != item:
                    return math.nan
                if best is None or better(item, best):
                    best = item
        return best + 0.0 if isinstance(best, float) else best

    return extreme


min_row = _extreme_row(lambda item, best: item < best)
"""The row form of `min_batch`."""
max_row = _extreme_row(lambda item, best: item > best)
"""The row form of `max_batch`."""
