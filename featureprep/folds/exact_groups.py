"""Exact sums and sums of squares of doubles by group, in whole numbers, so that neither order nor grouping of additions shows.

A double is m * 2**e with a whole m below 2**53; with e = 16 q + r it is (m << r) * 2**(16 q). The shifted mantissa is cut
into digits of 23 bits. Rows of one group and one q form cells of at most 2**14 rows, in which digits and their products
are summed in int64 without overflow; the sums of a cell make one Python integer, the cells of a group another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from featureprep.folds.codes import Ids

Objects = np.ndarray[Any, np.dtype[np.object_]]
Words = np.ndarray[Any, np.dtype[np.uint64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_DIGIT: Final = 23
_STEP: Final = 16
_CELL: Final = 1 << 14


@dataclass(frozen=True)
class Magnitudes:
    """Numbers as sign, digits (lowest first) and power: sum(digit[k] << (23 k)) * 2**(16 q), each of shape (n,)."""

    negative: Mask
    digits: Sequence[Words]
    power: Ids


@dataclass(frozen=True)
class ExactGroups:
    """The exact moments of each group, arrays of shape (groups,).

    Attributes
    ----------
    counts : np.ndarray of int64
        Values taken.
    totals : np.ndarray of Python int
        In units of 2**unit.
    squares : np.ndarray of Python int
        In units of 2**(2 unit).
    units : np.ndarray of int64
    """

    counts: Ids
    totals: Objects
    squares: Objects
    units: Ids


def of_floats(values: np.ndarray[Any, np.dtype[np.float64]]) -> Magnitudes:
    """Finite doubles that are not zero (a zero would only widen its group's range of powers)."""
    bits = values.view(np.uint64)
    exponent = (bits >> np.uint64(52)) & np.uint64(0x7FF)
    mantissa = bits & np.uint64((1 << 52) - 1)
    mantissa |= (exponent > 0).astype(np.uint64) << np.uint64(52)
    e = np.maximum(exponent, np.uint64(1)).view(np.int64) - 1075
    shift = (e & (_STEP - 1)).view(np.uint64)
    return Magnitudes(values < 0, [_digit(mantissa, k, shift) for k in range(3)], e >> 4)


def exact_groups(numbers: Magnitudes, ids: Ids, counts: Ids) -> ExactGroups:
    """Sum `numbers` by group.

    Parameters
    ----------
    numbers : Magnitudes
        Of n numbers.
    ids : np.ndarray of int64, shape (n,)
        Their groups, in [0, groups).
    counts : np.ndarray of int64, shape (groups,)
        How many values each group has; zeros may be counted without being among the numbers.
    """
    groups = len(counts)
    lowest = int(numbers.power.min(initial=0))
    span = int(numbers.power.max(initial=0)) - lowest + 1
    key = ids * span + (numbers.power - lowest)
    order = np.argsort(key)
    key = key[order]
    starts = np.unique(np.concatenate([np.flatnonzero(key[1:] != key[:-1]) + 1, np.arange(0, len(key), _CELL)]))
    stops = np.append(starts[1:], len(key))
    cell_group, cell_power = np.divmod(key[starts], span)
    digits = [digit[order].view(np.int64) for digit in numbers.digits]
    sign = 1 - 2 * numbers.negative[order].astype(np.int64)
    base = np.full(groups, span, np.int64)
    np.minimum.at(base, cell_group, cell_power)
    base[base == span] = -lowest  # no number: unit 1
    lift = _STEP * (cell_power - base[cell_group])
    totals = [_cell_sums(digit * sign, starts, stops) for digit in digits]
    squared: list[Ids] = []
    for k in range(2 * len(digits) - 1):
        pairs = [(i, k - i) for i in range(len(digits)) if i <= k - i < len(digits)]
        lane = sum((digits[i] * digits[j] * (1 if i == j else 2) for i, j in pairs), np.zeros(len(key), np.int64))
        squared.append(_cell_sums(lane, starts, stops))
    return ExactGroups(
        counts,
        _gather(totals, lift, cell_group, groups),
        _gather(squared, 2 * lift, cell_group, groups),
        _STEP * (base + lowest),
    )


def _digit(words: Words, k: int, shift: Words | np.uint64) -> Words:
    """Digit k of `words << shift`, of at most 69 bits; shift is below 16."""
    moved = words << shift if k == 0 else words >> (np.uint64(k * _DIGIT) - shift)
    return moved & np.uint64((1 << _DIGIT) - 1)


def _cell_sums(lane: Ids, starts: Ids, stops: Ids) -> Ids:
    running = np.zeros(len(lane) + 1, np.int64)
    np.cumsum(lane, out=running[1:])  # wraps; the difference of two is right all the same
    return running[stops] - running[starts]


def _gather(lanes: Sequence[Ids], lift: Ids, cell_group: Ids, groups: int) -> Objects:
    """The whole number of each group from its cells' lanes; lane k counts 2**(23 k), a cell 2**lift."""
    gathered = np.zeros(groups, np.object_)
    if not lanes:
        return gathered
    cells: Any = lanes[0].astype(np.object_)
    for k, lane in enumerate(lanes[1:], 1):
        if lane.any():
            cells = cells + (lane.astype(np.object_) << k * _DIGIT)
    if lift.any():
        cells = cells << lift.astype(np.object_)
    np.add.at(gathered, cell_group, cells)
    return gathered
