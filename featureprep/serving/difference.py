"""Where two columns of one type differ, bit for bit, and of which kind the difference is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.types import is_float, is_list

Codes = np.ndarray[Any, np.dtype[np.uint8]]

EQUAL: Final = 0
FLOAT32: Final = 1
"""Unequal, but the same once rounded to 32 bits."""
NULL_NAN: Final = 2
"""Null in the first column where the second has NaN: JSON has no NaN. NaN for null is `OTHER`."""
OTHER: Final = FLOAT32 | NULL_NAN


def differences(a: pa.Array, b: pa.Array) -> Codes:
    """How each two cells differ: `EQUAL`, `FLOAT32`, `NULL_NAN`, `OTHER`; uint8 of shape (n,).

    Floats are equal where their bits are; all NaN are one value; 0.0 and -0.0 are two. Lists are of the kind of all their elements that
    differ, `OTHER` where these are of two kinds, or the lengths differ; structs likewise.

    Parameters
    ----------
    a, b : pa.Array
        What was served, and what is computed. Of one logical type and length.
    """
    a, b = (side.dictionary_decode() if isinstance(side, pa.DictionaryArray) else side for side in (a, b))
    compared = _lists if is_list(a.type) else _structs if pa.types.is_struct(a.type) else _floats if is_float(a.type) else _plain
    return compared(a, b)


def _plain(a: pa.Array, b: pa.Array) -> Codes:
    same = pc.fill_null(pc.equal(a, b), False).to_numpy(zero_copy_only=False)
    return _coded(same | ~(_valid(a) | _valid(b)))


def _floats(a: pa.Array, b: pa.Array) -> Codes:
    (x, has_x), (y, has_y) = (_numbers(side) for side in (a, b))
    nan_x, nan_y = has_x & np.isnan(x), has_y & np.isnan(y)
    same = (has_x & has_y & (x == y) & (np.signbit(x) == np.signbit(y))) | (nan_x & nan_y) | ~(has_x | has_y)
    codes = _coded(same)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        p, q = x.astype(np.float32), y.astype(np.float32)
    codes[~same & has_x & has_y & np.isfinite(p) & (p == q) & (np.signbit(p) == np.signbit(q))] = FLOAT32
    codes[nan_y & ~has_x] = NULL_NAN
    return codes


def _lists(a: pa.Array, b: pa.Array) -> Codes:
    sizes = [pc.fill_null(pc.list_value_length(side), -1).to_numpy(zero_copy_only=False) for side in (a, b)]
    codes = _coded(sizes[0] == sizes[1])
    at = np.flatnonzero((sizes[0] == sizes[1]) & (sizes[0] > 0))
    if len(at):
        inner = differences(*(pc.list_flatten(side.take(pa.array(at))) for side in (a, b)))
        np.bitwise_or.at(codes, np.repeat(at, sizes[0][at]), inner)
    return codes


def _structs(a: pa.Array, b: pa.Array) -> Codes:
    valid = _valid(a), _valid(b)
    codes = _coded(valid[0] == valid[1])
    for x, y in zip(a.flatten(), b.flatten(), strict=True):
        np.bitwise_or(codes, differences(x, y), out=codes, where=valid[0] & valid[1])
    return codes


def _numbers(array: pa.Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, np.dtype[np.bool_]]]:
    filled: Callable[..., pa.Array] = pc.fill_null
    return filled(array, pa.scalar(0.0, array.type)).to_numpy(zero_copy_only=False), _valid(array)


def _valid(array: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found: np.ndarray[Any, np.dtype[np.bool_]] = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def _coded(same: np.ndarray[Any, np.dtype[np.bool_]]) -> Codes:
    return np.where(same, np.uint8(EQUAL), np.uint8(OTHER))
