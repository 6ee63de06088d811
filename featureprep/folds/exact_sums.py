"""Exact sums of doubles and of their squares, at the speed of a few passes of memory.

A block of values with magnitude under 2**e is cut into at most four slices of 22 bits each: slice k holds multiples of
2**(e - 22 k), found by adding and subtracting 1.5 * 2**(e - 22 k + 52) (Rump, Ogita and Oishi 2008, "Accurate floating-point
summation", part I). Sums and inner products of up to 2**9 such slices need no more than 53 bits, so NumPy's sum and dot are
exact on them in whatever order they add, with or without fused multiply-add. Values with bits below the last slice (the third one
where these are few), at least 2**13 times smaller than the block's largest, are taken as a block of their own.

Totals are Python integers: sums in units of 2**-1074 (every double is a multiple), sums of squares in units of 2**-2148.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

UNIT: Final = 1074
SQUARE_UNIT: Final = 2 * UNIT
_BLOCK: Final = 1 << 9
_STRIP: Final = 1 << 16
"""Values cut at a time: a few slices of them stay in the cache. A sum of slices has room for far more than an inner product."""
_BITS: Final = 22
_SLICES: Final = 4
_WORDS: Final = 3
"""Slices of a 64-bit integer."""
_FEW: Final = 64
"""One value of so many may have bits below the third slice, before all are cut once more."""
_SHIFT: Final = 600
_EXACT_INT: Final = 1 << 53

_room = threading.local()


def exact_sums(values: np.ndarray[Any, Any]) -> tuple[int, int]:
    """The sum in units of 2**-1074 and the sum of squares in units of 2**-2148.

    Parameters
    ----------
    values : np.ndarray of float64 (all finite), int64 or uint64, shape (n,)
    """
    total = squares = 0
    whole = values.dtype.kind in "iu"
    for start in range(0, len(values), _STRIP):
        block = values[start : start + _STRIP]
        if not whole:
            part, part_squares = _float_block(block, 0)
        elif int(block.max()) <= _EXACT_INT and int(block.min()) >= -_EXACT_INT:
            part, part_squares = _float_block(block.astype(np.float64), 0)
        else:
            part, part_squares = _integer_block(block)
        total += part
        squares += part_squares
    return total, squares


def units(value: float) -> int:
    """A finite double in units of 2**-1074."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator << UNIT) // denominator


def _float_block(block: Floats, shift: int) -> tuple[int, int]:
    """The sums of at most 2**16 finite values that stand for themselves times 2**shift."""
    total = squares = 0
    while len(block):
        top = max(float(np.max(block)), -float(np.min(block)))
        if top == 0.0:
            break
        exponent = math.frexp(top)[1]
        rest: Floats = block[:0]
        factor = 0
        if exponent > 480:
            small = np.abs(block) < 1.0
            rest, block, factor = block[small], block[~small] * 2.0**-_SHIFT, _SHIFT
        elif exponent < -440:
            block, factor = block * 2.0**_SHIFT, -_SHIFT
        slices, grid, left = _cut(block, exponent - factor)
        part, part_squares = _combine(slices, grid, shift + factor)
        total, squares = total + part, squares + part_squares
        if left is not None:  # void in the slices; no value is in both
            more, more_squares = _float_block(left, shift + factor)
            total, squares = total + more, squares + more_squares
        block = rest
    return total, squares


def _cut(block: Floats, exponent: int) -> tuple[list[Floats], int, Floats | None]:
    """Slices whose sum is the block, the exponent of the first one's grid, and the values that have bits below the last one, if any.

    Such values are 0 in all slices. The slices are good until the next call in this thread.
    """
    *slices, left = (room[: len(block)] for room in _thread_room())
    grid = exponent - _BITS
    rest = block
    for k, part in enumerate(slices):
        anchor = math.ldexp(1.5, grid - k * _BITS + 52)
        np.add(rest, anchor, out=part)
        np.subtract(part, anchor, out=part)
        rest = np.subtract(rest, part, out=left)
        if not rest.any():
            return slices[: k + 1], grid, None
        if k >= _SLICES - 2:
            below = np.flatnonzero(rest != 0.0)
            if k == _SLICES - 1 or len(below) * _FEW <= len(block):
                break
    slices = slices[: k + 1]
    for part in slices:
        part[below] = 0.0
    return slices, grid, block[below]


def _thread_room() -> Floats:
    """Room for the slices of a strip and for what is left of it; each thread has its own, which stays in the cache."""
    room: Floats | None = getattr(_room, "slices", None)
    if room is None:
        room = _room.slices = np.empty((_SLICES + 1, _STRIP))
    return room


def _combine(slices: Sequence[np.ndarray[Any, Any]], grid: int, shift: int) -> tuple[int, int]:
    """The sums of values given as slices; slice k holds multiples of 2**(grid - 22 k), to be multiplied by 2**shift."""
    last = len(slices) - 1
    lowest = grid - last * _BITS
    total = squares = 0
    for i, a in enumerate(slices):
        unit = grid - i * _BITS
        total += int(math.ldexp(float(np.add.reduce(a)), -unit)) << (unit - lowest)
        for j in range(i, last + 1):
            product_unit = unit + grid - j * _BITS
            product = _product(a, slices[j], -product_unit)
            squares += (product if i == j else 2 * product) << (product_unit - 2 * lowest)
    return _scaled(total, lowest + shift + UNIT), _scaled(squares, 2 * (lowest + shift) + SQUARE_UNIT)


def _product(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], shift: int) -> int:
    """The inner product times 2**shift, a block at a time: those of up to 2**10 blocks add up as 64-bit integers."""
    whole = len(a) // _BLOCK * _BLOCK
    rest = int(math.ldexp(float(np.dot(a[whole:], b[whole:])), shift))
    if not whole:
        return rest
    blocks = np.vecdot(a[:whole].reshape(-1, _BLOCK), b[:whole].reshape(-1, _BLOCK))
    return rest + int(np.ldexp(blocks, shift).astype(np.int64).sum())


def _scaled(value: int, shift: int) -> int:
    # a negative shift drops zeros only: every double is a multiple of the unit
    return value << shift if shift >= 0 else value >> -shift


def _integer_block(block: np.ndarray[Any, Any]) -> tuple[int, int]:
    """The sums of integers beyond 2**53: three slices of bits 44.., 22-43, 0-21, the first one signed."""
    mask = block.dtype.type((1 << _BITS) - 1)
    slices = []
    for k in range(_WORDS - 1, -1, -1):
        part = block >> block.dtype.type(k * _BITS)
        piece = part if k == _WORDS - 1 else part & mask
        slices.append(piece.astype(np.float64) * 2.0 ** (k * _BITS))
    return _combine(slices, (_WORDS - 1) * _BITS, 0)
