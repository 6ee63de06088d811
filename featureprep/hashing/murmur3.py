"""MurmurHash3_x86_32 of a byte string (Austin Appleby, 2011, public domain).

Which variant others use: scikit-learn's `murmurhash3_32` (FeatureHasher: seed 0, signed) and Spark's `Murmur3_x86_32.hashUnsafeBytes2`
(HashingTF and FeatureHasher from Spark 3.0 on: seed 42, signed) are this function on UTF-8 bytes.
"""

from __future__ import annotations

import struct
from typing import Final

_MASK: Final = 0xFFFFFFFF
_C1: Final = 0xCC9E2D51
_C2: Final = 0x1B873593

SKLEARN_SEED: Final = 0
SPARK_SEED: Final = 42


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """The hash, in [0, 2**32).

    Parameters
    ----------
    data : bytes
    seed : int
        Taken modulo 2**32.
    """
    size = len(data)
    value = seed & _MASK
    whole = size & ~3
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        value ^= _scramble(word)
        value = ((value << 13) & _MASK) | (value >> 19)
        value = (value * 5 + 0xE6546B64) & _MASK
    if whole < size:
        value ^= _scramble(int.from_bytes(data[whole:], "little"))
    value ^= size
    value = ((value ^ (value >> 16)) * 0x85EBCA6B) & _MASK
    value = ((value ^ (value >> 13)) * 0xC2B2AE35) & _MASK
    return value ^ (value >> 16)


def murmur3_32_signed(data: bytes, seed: int = 0) -> int:
    """The same 32 bits as a signed number, as Spark and scikit-learn hold it; both take its remainder or absolute value from there."""
    value = murmur3_32(data, seed)
    return value - (1 << 32) if value >= 1 << 31 else value


def _scramble(word: int) -> int:
    word = (word * _C1) & _MASK
    word = ((word << 15) & _MASK) | (word >> 17)
    return (word * _C2) & _MASK
