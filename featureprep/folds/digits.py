"""Whole numbers too wide for 64 bits, many at once: digits of 32 bits, the lowest first, each an array of shape (n,).

A number is sum(digit[j] * 2**(32 j)) * 2**unit. Everything is exact but `rounded` and `rounded_root`, which round once, to the nearest
double, ties to even, subnormal ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

Words = np.ndarray[Any, np.dtype[np.uint64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

BITS: Final = 32
LOW: Final = np.uint64((1 << BITS) - 1)
_HALF: Final = np.uint64(BITS)
_MORE: Final = 6
"""Digits after the point of a quotient: of the smallest one, a whole 128 bits are known."""


def times(digits: Sequence[Words], factor: Words) -> list[Words]:
    """Numbers times factors below 2**32, in one digit more."""
    out, carry = [], np.zeros_like(digits[0])
    for digit in digits:
        full = digit * factor + carry
        out.append(full & LOW)
        carry = full >> _HALF
    return [*out, carry]


def squared(digits: Sequence[Words]) -> list[Words]:
    """The squares, in twice as many digits."""
    n = len(digits)
    lanes = [np.zeros_like(digits[0]) for _ in range(2 * n + 1)]
    for i, a in enumerate(digits):
        for j in range(i, n):
            product = a * digits[j]
            low, high = product & LOW, product >> _HALF
            if i != j:
                low, high = low << np.uint64(1), high << np.uint64(1)
            lanes[i + j] += low
            lanes[i + j + 1] += high
    out, carry = [], np.zeros_like(digits[0])
    for lane in lanes[: 2 * n]:
        full = lane + carry
        out.append(full & LOW)
        carry = full >> _HALF
    return out


def minus(a: Sequence[Words], b: Sequence[Words]) -> list[Words]:
    """a - b, where that is not below 0."""
    size = max(len(a), len(b))
    none = np.zeros_like(a[0])
    out, carry = [], np.zeros(len(none), np.int64)
    for j in range(size):
        full = (a[j] if j < len(a) else none).view(np.int64) - (b[j] if j < len(b) else none).view(np.int64) + carry
        out.append((full & np.int64(LOW)).view(np.uint64))
        carry = full >> BITS
    return out


def divided(digits: Sequence[Words], divisors: Sequence[Words]) -> tuple[list[Words], Mask]:
    """The numbers divided by each of `divisors` (from 1, below 2**32) in turn, with 6 more digits (the unit is 192 bits lower).

    Returns
    -------
    digits : list of np.ndarray of uint64
        Rounded down.
    more : np.ndarray of bool, shape (n,)
        Where something is left.
    """
    out = [np.zeros_like(digits[0]) for _ in range(_MORE)] + list(digits)
    more = np.zeros(len(digits[0]), np.bool_)
    for divisor in divisors:
        rest = np.zeros_like(digits[0])
        for j in range(len(out) - 1, -1, -1):
            full = (rest << _HALF) | out[j]
            out[j] = full // divisor
            rest = full - out[j] * divisor
        more |= rest != 0
    return out, more


DIVIDED_UNIT: Final = -BITS * _MORE


def rounded(negative: Mask, digits: Sequence[Words], unit: int, more: Mask | None = None) -> Floats:
    """The nearest doubles, as `moments.rounded` gives them: infinite beyond them, 0.0 for zero, -0.0 for a little less.

    Parameters
    ----------
    more : np.ndarray of bool, shape (n,), optional
        Where a little is to be added to the magnitude: less than one unit.
    """
    (words,), exponents, rest = _leading(digits, 1, unit, even=False)
    values = _to_doubles(words, exponents, rest if more is None else rest | more)
    return np.where(negative, -values, values)


def rounded_root(digits: Sequence[Words], unit: int, more: Mask) -> Floats:
    """The nearest doubles to the square roots; `unit` is even, `more` as in `rounded`."""
    (high, low), exponents, rest = _leading(digits, 2, unit, even=True)
    rest = rest | more | (low & np.uint64(3) != 0)
    zero = high == 0
    # of 125 or 126 bits, so that the root has 63 and nothing below overflows
    low = (low >> np.uint64(2)) | (high << np.uint64(62))
    high = np.where(zero, np.uint64(1) << np.uint64(60), high >> np.uint64(2))
    root = (np.sqrt(high.astype(np.float64)) * 2.0**32).astype(np.uint64) - np.uint64(1 << 13)  # below the root, by less than 2**14
    lacks_high, lacks_low = _difference(high, low, root)
    lack = lacks_high.astype(np.float64) * 2.0**64 + lacks_low.astype(np.float64)
    root = root + (lack / (2.0 * root.astype(np.float64))).astype(np.uint64)  # right within one, by Newton's step
    lacks_high, _ = _difference(high, low, root)
    root = root - (lacks_high < 0).astype(np.uint64)
    lacks_high, lacks_low = _difference(high, low, root)
    root = root + ((lacks_high > 0) | (lacks_low > root << np.uint64(1))).astype(np.uint64)
    lacks_high, lacks_low = _difference(high, low, root)
    rest = rest | (lacks_high != 0) | (lacks_low != 0)
    return _to_doubles(np.where(zero, np.uint64(0), root << np.uint64(1)), exponents // 2, rest)


def _difference(high: Words, low: Words, root: Words) -> tuple[Ints, Words]:
    """The 128-bit numbers minus the squares of `root`, as a signed high and an unsigned low word."""
    a, b = root >> _HALF, root & LOW
    middle = a * b
    square_low = b * b
    square_high = a * a + (middle >> np.uint64(31))
    added = square_low + (middle << np.uint64(33))
    square_high = square_high + (added < square_low).astype(np.uint64)
    less = low - added
    return (high - square_high - (low < added).astype(np.uint64)).view(np.int64), less


def _leading(digits: Sequence[Words], size: int, unit: int, *, even: bool) -> tuple[list[Words], Ints, Mask]:
    """The leading `size` words of 64 bits of each number, the exponent of the last one's lowest bit, and whether anything is below.

    The first bit is set (with `even`, the first or the second one, so that the exponent is even); zero is all zeros.
    """
    n = len(digits[0])
    below = 2 * size + 1
    table = np.zeros((len(digits) + below, n), np.uint64)
    table[below:] = digits
    set_ = table != 0
    top = len(table) - 1 - np.argmax(set_[::-1], axis=0)
    some = set_.any(axis=0)
    top = np.where(some, top, below)
    at = np.arange(n)
    parts = [table[top - k, at] for k in range(below)]
    rest = (np.argmax(set_, axis=0) <= top - below) & some
    _, lengths = np.frexp(parts[0].astype(np.float64))
    shift = BITS - lengths.astype(np.int64)
    shift = np.where(parts[0] == 0, 0, shift)
    if even:
        shift &= ~1
    left, right = shift.view(np.uint64), np.uint64(BITS) - shift.view(np.uint64)
    moved = [((parts[k] << left) & LOW) | (parts[k + 1] >> right) for k in range(2 * size)]
    rest = rest | (((parts[-1] << left) & LOW) != 0)
    words = [(moved[2 * k] << _HALF) | moved[2 * k + 1] for k in range(size)]
    exponents = unit + BITS * (top - below - (2 * size - 1)) - shift
    return words, exponents, rest


def _to_doubles(words: Words, exponents: Ints, rest: Mask) -> Floats:
    """words * 2**exponents, a little more where `rest`, as the nearest doubles; the first bit of a word is set, or it is zero."""
    words = words | rest.astype(np.uint64)
    beyond = np.maximum(-1022 - (63 + exponents), 0)  # bits that a subnormal double lacks
    cut = np.minimum(11 + beyond, 64)
    kept = np.where(cut < 64, words >> np.minimum(cut, 63).view(np.uint64), np.uint64(0))
    half = np.uint64(1) << (cut - 1).view(np.uint64)
    below = words & (half | (half - np.uint64(1)))
    kept = kept + ((below > half) | ((below == half) & (kept & np.uint64(1) == 1))).astype(np.uint64)
    with np.errstate(over="ignore"):
        values = np.ldexp(kept.astype(np.float64), (exponents + cut).astype(np.int32))
    return np.where((words == 0) | (11 + beyond > 64), 0.0, values)
