"""Exact sums by group, held as lanes: lane k of a group counts 2**(24 k), so that sums of whatever pieces add up lane by lane.

A double is cut at multiples of 24 bits that are the same for all numbers, by adding and subtracting 1.5 * 2**(24 k + 52) (Rump,
Ogita and Oishi 2008, "Accurate floating-point summation", part I); integers and decimals are cut by their bits. The parts of
one lane are whole numbers below 2**24, so that doubles add up 2**29 of them exactly in any order. A square of a double is
its rounded product and that product's error (Dekker 1971), two doubles. Beyond 2**39 rows a group's lanes would not fit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from featureprep.folds.codes import Ids
from featureprep.hashing.layout import fixed_values

Floats = np.ndarray[Any, np.dtype[np.float64]]
Lanes = dict[int, Ids]
"""By k the lanes of all groups, each of int64 and shape (groups,); those that are absent are 0."""

BITS: Final = 24
_MASK: Final = (1 << BITS) - 1
_LOWEST: Final = -45
"""The lane of the smallest doubles: 2**-1074 is 2**6 of its units."""
_HUGE: Final = 2.0**900
_STRIP: Final = 1 << 15
"""Values cut at a time: what is made of them stays in the cache."""
_SPLITTER: Final = float((1 << 27) + 1)


def add(into: Lanes, more: Mapping[int, Ids], lift: int = 0) -> None:
    """Add other lanes of the same groups, times 2**(24 lift)."""
    for k, lane in more.items():
        if k + lift in into:
            into[k + lift] += lane
        else:
            into[k + lift] = lane


def float_sums(values: Floats, ids: Ids, groups: int) -> Lanes:
    """The sums of finite doubles; `ids` are their groups, in [0, groups)."""
    out: Lanes = {}
    huge = np.abs(values) >= _HUGE
    if huge.any():
        for k, part, of in _parts(values[huge] * 2.0 ** (-10 * BITS), ids[huge]):
            add(out, {k + 10: _whole(np.bincount(of, part, groups), -BITS * k)})
        values, ids = values[~huge], ids[~huge]
    for k, part, of in _parts(values, ids):
        add(out, {k: _whole(np.bincount(of, part, groups), -BITS * k)})
    return out


def float_squares(values: Floats, ids: Ids, groups: int) -> Lanes:
    """The sums of the squares of finite doubles."""
    size = np.abs(values)
    top = float(size.max(initial=0.0))
    low = float(size.min(where=size > 0, initial=1.0))
    out: Lanes = {}
    # a product and its error are doubles only between these bounds; 2**1200 is 50 lanes
    for inside, power in (((size >= 2.0**480), -600), ((size < 2.0**-400), 600)) if top >= 2.0**480 or low < 2.0**-400 else ():
        add(out, _squares(np.ldexp(values[inside], power), ids[inside], groups), -2 * power // BITS)
    if out:
        between = (size < 2.0**480) & (size >= 2.0**-400)
        values, ids = values[between], ids[between]
    add(out, _squares(values, ids, groups))
    return out


def integer_sums(values: np.ndarray[Any, Any], ids: Ids, groups: int) -> Lanes:
    """The sums of int64 or uint64."""
    out: Lanes = {}
    k = 0
    while len(values) and (int(values.max()) > _MASK or int(values.min()) < -_MASK):
        out[k] = _whole(np.bincount(ids, values & values.dtype.type(_MASK), groups))
        values = values >> values.dtype.type(BITS)  # rounds down: what is left is below nothing by one at most
        k += 1
    out[k] = _whole(np.bincount(ids, values, groups))
    return out


def integer_squares(values: np.ndarray[Any, Any], ids: Ids, groups: int) -> Lanes:
    """The sums of the squares of int64 or uint64."""
    top = max(int(values.max(initial=0)), -int(values.min(initial=0)))
    if top < 1 << 31:
        return integer_sums((small := values.astype(np.int64)) * small, ids, groups)
    if top <= 1 << 53:
        return float_squares(values.astype(np.float64), ids, groups)
    digits = [values & values.dtype.type(_MASK), values >> values.dtype.type(BITS) & values.dtype.type(_MASK)]
    return _digit_squares([*(d.astype(np.int64) for d in digits), (values >> values.dtype.type(2 * BITS)).astype(np.int64)], ids, groups)


def decimal_sums(array: pa.Array, ids: Ids, groups: int) -> Lanes:
    """The sums of the unscaled integers of decimal128, without nulls."""
    small = _small_decimals(array)
    if small is not None:
        return integer_sums(small, ids, groups)
    return {k: _whole(np.bincount(ids, digit, groups)) for k, digit in enumerate(_digits(array)) if digit.any()}


def decimal_squares(array: pa.Array, ids: Ids, groups: int) -> Lanes:
    """The sums of the squares of the unscaled integers of decimal128, without nulls."""
    small = _small_decimals(array)
    return _digit_squares(_digits(array), ids, groups) if small is None else integer_squares(small, ids, groups)


def whole_number(lanes: Mapping[int, Ids], group: int) -> tuple[int, int]:
    """A group's sum as a Python int and the power of two that it counts."""
    lowest = min(lanes, default=0)
    return sum(int(lane[group]) << BITS * (k - lowest) for k, lane in lanes.items()), BITS * lowest


def _whole(sums: np.ndarray[Any, Any], power: int = 0) -> Ids:
    return (np.ldexp(sums, power) if power else sums).astype(np.int64)


def _parts(values: Floats, ids: Ids) -> Iterator[tuple[int, Floats, Ids]]:
    """Lane, multiples of 2**(24 lane) that are left of values below 2**900, and the groups that they belong to."""
    k = -_LOWEST
    while len(values):
        top = max(float(values.max()), -float(values.min()))
        if top == 0.0:
            return
        k = max(min(math.frexp(top)[1] // BITS, k - 1), _LOWEST)  # half a unit of lane k is the largest that is left
        if k == _LOWEST:
            yield k, values, ids
            return
        anchor = math.ldexp(1.5, BITS * k + 52)
        part = values + anchor
        part -= anchor
        yield k, part, ids
        values = values - part
        some = values != 0.0
        if 2 * np.count_nonzero(some) < len(values):
            values, ids = values[some], ids[some]


def _squares(values: Floats, ids: Ids, groups: int) -> Lanes:
    product, error = np.empty_like(values), np.empty_like(values)
    for start in range(0, len(values), _STRIP):
        value, square, off = (array[start : start + _STRIP] for array in (values, product, error))
        np.multiply(value, value, out=square)
        high = value * _SPLITTER
        high -= high - value
        low = value - high
        np.multiply(high, high, out=off)
        off -= square
        high *= low
        high *= 2.0
        off += high
        low *= low
        off += low
    out = float_sums(product, ids, groups)
    add(out, float_sums(error, ids, groups))
    return out


def _small_decimals(array: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """The unscaled integers, if all of them are int64."""
    halves = fixed_values(array, "<i8,<i8")
    low, high = halves["f0"], halves["f1"]
    return np.ascontiguousarray(low) if np.array_equal(low >> np.int64(63), high) else None


def _digits(array: pa.Array) -> list[Ids]:
    """24 bits each, the lowest first, the last one with the sign."""
    halves = fixed_values(array, "<u8,<u8")
    low, high = halves["f0"], halves["f1"]
    mask = np.uint64(_MASK)
    digits = [low & mask, low >> np.uint64(24) & mask, (low >> np.uint64(48) | high << np.uint64(16)) & mask]
    digits += [high >> np.uint64(8) & mask, high >> np.uint64(32) & mask]
    return [*(digit.astype(np.int64) for digit in digits), np.ascontiguousarray(high).view(np.int64) >> np.int64(56)]


def _digit_squares(digits: list[Ids], ids: Ids, groups: int) -> Lanes:
    out: Lanes = {}
    for i, a in enumerate(digits):
        for j, b in enumerate(digits[: i + 1]):
            add(out, integer_sums(a * b * (1 if i == j else 2), ids, groups), i + j)
    return out
