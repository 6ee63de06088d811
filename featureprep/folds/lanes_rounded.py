"""Sums held as lanes, brought to doubles, integers and decimals: rounded once, all groups together, by whole numbers alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from featureprep.folds import digits
from featureprep.folds.codes import Ids
from featureprep.folds.digits import DIVIDED_UNIT, Words
from featureprep.folds.lanes import BITS, Floats, Lanes, whole_number
from featureprep.folds.moments import rounded, rounded_sqrt

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_MASK: Final = np.int64((1 << BITS) - 1)
_CHUNK: Final = 1 << 14
_TEN: Final = 9
"""Powers of ten that a divisor of one digit has room for."""
_ROOM: Final = 3
"""Lanes that the highest one's carry has room in."""


def quotients(lanes: Lanes, divisors: Ids, scale: int = 0) -> Floats:
    """Each group's sum divided by its divisor (at least 1) and by 10**scale, rounded once."""
    out = np.empty(len(divisors))
    for at, part in _chunks(lanes, len(divisors)):
        negative, found, unit = _magnitudes(part, len(divisors[at]))
        for factor in _tens(-scale, len(divisors[at])):
            found = digits.times(found, factor)
        found, unit = _lifted(found, unit, scale)
        quotient, more = digits.divided(found, [_words(divisors[at]), *_tens(scale, len(divisors[at]))])
        out[at] = digits.rounded(negative, quotient, unit + DIVIDED_UNIT, more)
    for group in np.flatnonzero(divisors > int(digits.LOW)).tolist():  # more than a digit
        total, power = whole_number(lanes, group)
        out[group] = rounded(*_shifted(total * _ten_to(-scale), int(divisors[group]) * _ten_to(scale), power))
    return out


def variances(counts: Ids, sums: Lanes, squares: Lanes, *, ddof: int = 0, scale: int = 0, root: bool = False) -> Floats:
    """Each group's variance (or its root), rounded once: (n * squares - sums**2) / (n * (n - ddof)) / 10**(2 scale); 0 for n <= ddof."""
    out = np.zeros(len(counts))
    lowest = min(min(sums, default=0), min(squares, default=0) // 2)
    sums = sums if lowest in sums else {lowest: np.zeros_like(counts), **sums}
    squares = squares if 2 * lowest in squares else {2 * lowest: np.zeros_like(counts), **squares}
    for (at, total), (_, square) in zip(_chunks(sums, len(counts)), _chunks(squares, len(counts)), strict=True):
        n = counts[at]
        _, of_sums, unit = _magnitudes(total, len(n))
        _, of_squares, _ = _magnitudes(square, len(n))
        spread = digits.minus(digits.times(of_squares, _words(n)), digits.squared(of_sums))
        for factor in _tens(-2 * scale, len(n)):
            spread = digits.times(spread, factor)
        spread, unit = _lifted(spread, 2 * unit, 2 * scale)
        quotient, more = digits.divided(spread, [_words(n), _words(n - ddof), *_tens(2 * scale, len(n))])
        if root:
            found = digits.rounded_root(quotient, unit + DIVIDED_UNIT, more)
        else:
            found = digits.rounded(np.zeros(len(n), np.bool_), quotient, unit + DIVIDED_UNIT, more)
        out[at] = np.where(n > ddof, found, 0.0)
    for group in np.flatnonzero(counts > int(digits.LOW)).tolist():
        size = int(counts[group])
        (one, power), (two, finer) = whole_number(sums, group), whole_number(squares, group)
        top = size * (two << finer - 2 * lowest * BITS) - (one * one << 2 * (power - lowest * BITS))
        divisor = size * (size - ddof) * _ten_to(2 * scale)
        out[group] = (rounded_sqrt if root else rounded)(*_shifted(top * _ten_to(-2 * scale), divisor, 2 * lowest * BITS))
    return out


def integers(lanes: Lanes, groups: int, low: int, high: int) -> tuple[list[int] | np.ndarray[Any, Any], Mask]:
    """Each group's sum as an integer, and where it is not in [low, high] (the number is 0 there). Lanes below 0 are empty."""
    about = np.zeros(groups)
    for k, lane in lanes.items():
        about += np.ldexp(lane.astype(np.float64), BITS * k)
    if float(np.abs(about).max(initial=0.0)) < 2.0**62:
        total = np.zeros(groups, np.int64)
        for k, lane in lanes.items():  # wraps on the way, and comes out right: the sum is below 2**63
            total += lane << np.int64(BITS * k) if BITS * k < 64 else 0
        bad = (total < low) if low > -(1 << 62) else np.zeros(groups, np.bool_)
        return np.where(bad, 0, total), bad
    found = [total << power for total, power in (whole_number(lanes, group) for group in range(groups))]
    bad = np.fromiter((not low <= total <= high for total in found), np.bool_, count=groups)
    return [0 if wrong else total for total, wrong in zip(found, bad.tolist(), strict=True)], bad


def _chunks(lanes: Mapping[int, Ids], groups: int) -> Iterator[tuple[slice, dict[int, Ids]]]:
    """The groups so many at a time that what is made of them stays in the cache."""
    for start in range(0, groups, _CHUNK):
        at = slice(start, start + _CHUNK)
        yield at, {k: lane[at] for k, lane in lanes.items()}


def _magnitudes(lanes: Mapping[int, Ids], groups: int) -> tuple[Mask, list[Words], int]:
    """The sign of each sum, the digits of its magnitude, the lowest first, and the power of two that it counts."""
    lowest, highest = min(lanes, default=0), max(lanes, default=0)
    none = np.zeros(groups, np.int64)
    some = [lanes.get(k, none) for k in range(lowest, highest + 1 + _ROOM)]
    carry = none
    for lane in some:
        carry = (lane + carry) >> BITS
    negative = carry < 0
    sign = 1 - 2 * negative.astype(np.int64)
    packed = [np.zeros(groups, np.uint64) for _ in range(len(some) * BITS // digits.BITS + 2)]
    carry = none
    for k, lane in enumerate(some):
        full = lane * sign + carry
        carry = full >> BITS
        digit = (full & _MASK).view(np.uint64)
        place, shift = divmod(BITS * k, digits.BITS)
        packed[place] |= (digit << np.uint64(shift)) & digits.LOW
        packed[place + 1] |= digit >> np.uint64(digits.BITS - shift)
    while len(packed) > 1 and not packed[-1].any():
        packed.pop()
    return negative, packed, BITS * lowest


def _lifted(found: Sequence[Words], unit: int, scale: int) -> tuple[list[Words], int]:
    """A number in smaller units, so that its quotient by 10**scale keeps as many bits as one by a group's size."""
    more = -(-scale * 10 // (3 * digits.BITS)) if scale > 0 else 0  # ten is below 2**(10 / 3)
    return [*(np.zeros_like(found[0]) for _ in range(more)), *found], unit - more * digits.BITS


def _words(numbers: Ids) -> Words:
    """Divisors and factors of one digit; where they are larger (or not above 0), 1, for the result is made otherwise."""
    return np.where((numbers > 0) & (numbers <= int(digits.LOW)), numbers, 1).view(np.uint64)


def _tens(scale: int, groups: int) -> Sequence[Words]:
    """10**scale as divisors of one digit."""
    powers = [min(_TEN, scale - done) for done in range(0, scale, _TEN)]
    return [np.full(groups, 10**power, np.uint64) for power in powers]


def _ten_to(power: int) -> int:
    return int(10 ** max(power, 0))


def _shifted(numerator: int, denominator: int, power: int) -> tuple[int, int]:
    return (numerator << power, denominator) if power >= 0 else (numerator, denominator << -power)
