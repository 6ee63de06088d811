"""FarmHash Fingerprint64 of a byte string: what TensorFlow's `string_to_hash_bucket_fast` and BigQuery's FARM_FINGERPRINT use.

Written from the algorithm of FarmHash (Geoff Pike, Google, 2014, MIT; function `farmhashna::Hash64`), which is fixed for ever
under the name Fingerprint64. One call takes 2 us up to 16 bytes, 12 us for 100: for distinct values, not for rows.
"""

from __future__ import annotations

import struct
from typing import Final

_K0: Final = 0xC3A5C85C97CB3127
_K1: Final = 0xB492B66FBE98F273
_K2: Final = 0x9AE16A3B2F90404F
_MASK: Final = (1 << 64) - 1

_word = struct.Struct("<Q").unpack_from
_half = struct.Struct("<I").unpack_from
_block = struct.Struct("<8Q").unpack_from


def farm_fingerprint64(data: bytes) -> int:
    """Fingerprint64, in [0, 2**64).

    BigQuery's FARM_FINGERPRINT is the same number read as a signed one; TensorFlow's bucket is its remainder by the number
    of buckets.
    """
    size = len(data)
    if size <= 16:
        return _upto16(data, size)
    if size <= 32:
        return _upto32(data, size)
    if size <= 64:
        return _upto64(data, size)
    return _long(data, size)


def _rotate(word: int, shift: int) -> int:
    word &= _MASK
    return (word >> shift) | (word << (64 - shift)) & _MASK


def _shift_mix(word: int) -> int:
    word &= _MASK
    return word ^ (word >> 47)


def _pair(u: int, v: int, mul: int) -> int:
    first = _shift_mix(((u ^ v) & _MASK) * mul)
    return _shift_mix(((v ^ first) & _MASK) * mul) * mul & _MASK


def _upto16(data: bytes, size: int) -> int:
    mul = _K2 + size * 2
    if size >= 8:
        a = _word(data)[0] + _K2
        b = _word(data, size - 8)[0]
        return _pair(_rotate(b, 37) * mul + a, (_rotate(a, 25) + b) * mul, mul)
    if size >= 4:
        return _pair(size + (_half(data)[0] << 3), _half(data, size - 4)[0], mul)
    if size > 0:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[size - 1] << 2)
        return _shift_mix(y * _K2 ^ z * _K0) * _K2 & _MASK
    return _K2


def _upto32(data: bytes, size: int) -> int:
    mul = _K2 + size * 2
    a = _word(data)[0] * _K1
    b = _word(data, 8)[0]
    c = _word(data, size - 8)[0] * mul
    d = _word(data, size - 16)[0] * _K2
    return _pair(_rotate(a + b, 43) + _rotate(c, 30) + d, a + _rotate(b + _K2, 18) + c, mul)


def _upto64(data: bytes, size: int) -> int:
    mul = _K2 + size * 2
    a = _word(data)[0] * _K2
    b = _word(data, 8)[0]
    c = _word(data, size - 8)[0] * mul
    d = _word(data, size - 16)[0] * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    z = _pair(y, a + _rotate(b + _K2, 18) + c, mul)
    e = _word(data, 16)[0] * mul
    f = _word(data, 24)[0]
    g = (y + _word(data, size - 32)[0]) * mul
    h = (z + _word(data, size - 24)[0]) * mul
    return _pair(_rotate(e + f, 43) + _rotate(g, 30) + h, e + _rotate(f + a, 18) + g, mul)


def _weak(w: int, x: int, y: int, z: int, a: int, b: int) -> tuple[int, int]:
    a += w
    b = _rotate(b + a + z, 21)
    total = a + x + y
    return (total + z) & _MASK, (b + _rotate(total, 44) + a) & _MASK


def _long(data: bytes, size: int) -> int:
    seed = 81
    y = (seed * _K1 + 113) & _MASK
    z = _shift_mix(y * _K2 + 113) * _K2 & _MASK
    x = (seed * _K2 + _word(data)[0]) & _MASK
    v1 = v2 = w1 = w2 = 0
    end = (size - 1) // 64 * 64
    for at in range(0, end, 64):
        s0, s1, s2, s3, s4, s5, s6, s7 = _block(data, at)
        x = (_rotate(x + y + v1 + s1, 37) * _K1 & _MASK) ^ w2
        y = _rotate(y + v2 + s6, 42) * _K1 + v1 + s5
        z = _rotate(z + w1, 33) * _K1
        v1, v2 = _weak(s0, s1, s2, s3, v2 * _K1, x + w1)
        w1, w2 = _weak(s4, s5, s6, s7, z + w2, y + s2)
        x, z = z & _MASK, x
    mul = _K1 + ((z & 0xFF) << 1)
    s0, s1, s2, s3, s4, s5, s6, s7 = _block(data, size - 64)
    w1 += (size - 1) & 63
    v1 += w1
    w1 += v1
    x = (_rotate(x + y + v1 + s1, 37) * mul & _MASK) ^ (w2 * 9 & _MASK)
    y = _rotate(y + v2 + s6, 42) * mul + v1 * 9 + s5
    z = _rotate(z + w1, 33) * mul
    v1, v2 = _weak(s0, s1, s2, s3, v2 * mul, x + w1)
    w1, w2 = _weak(s4, s5, s6, s7, z + w2, y + s2)
    x, z = z, x
    return _pair(_pair(v1, w1, mul) + _shift_mix(y) * _K0 + z, _pair(v2, w2, mul) + x, mul)
