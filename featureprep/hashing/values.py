"""One stable 64-bit hash of a value, the same in batches and for one value, on every engine and in every release.

- string, binary: XXH3-64 of the bytes (UTF-8) with the seed;
- numbers: the SplitMix64 mix of their canonical 64 bits, salted by kind and seed: integers by value, whatever their width
  (an int64 and a uint64 with the same bits hash alike; no column holds both), floats by the bits of the float64
  (one NaN, -0.0 as 0.0, float32 widened), dates by days, timestamps by microseconds, decimals by their unscaled 128 bits;
- lists and structs: an ordered combination of the hashes of their elements and their length;
- null: a constant of the seed.
"""

from __future__ import annotations

import zlib
from itertools import repeat
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from xxhash import xxh3_64_intdigest

from featureprep.hashing.layout import fixed_values, list_bounds, null_mask, plain
from featureprep.hashing.mixing import GOLDEN, MASK64, Words, mix_word, mix_words

CANONICAL_NAN: Final = 0x7FF8000000000000
_FEW: Final = 64
_ELEMENTS: Final = 1 << 18


def salt(kind: str, seed: int) -> int:
    """What the bits of a kind of value are combined with before they are mixed."""
    return mix_word(mix_word(seed & MASK64) ^ (zlib.crc32(kind.encode()) * GOLDEN & MASK64))


def hash64(array: pa.Array, seed: int = 0, *, distinct: bool = False) -> Words:
    """The hash of every value of an array.

    Parameters
    ----------
    array : pa.Array
        Of any logical type in any encoding; dictionaries are hashed once per entry, text once per distinct value.
    seed : int
        In [0, 2**64).
    distinct : bool
        The values are known to repeat seldom: repeated ones are not looked for. Changes no hash.

    Returns
    -------
    np.ndarray of uint64, shape (n,)

    Raises
    ------
    TypeMismatchError
        For a type that has no logical type.
    """
    dtype = array.type
    if pa.types.is_dictionary(dtype):
        if len(array.dictionary) <= 2 * len(array):
            return _take(hash64(array.dictionary, seed), array.indices, seed)
        array = array.dictionary_decode()
    array = plain(array)
    dtype = array.type
    if pa.types.is_null(dtype):
        return np.full(len(array), salt("null", seed), np.uint64)
    if _is_bytes(dtype):
        if len(array) > _FEW and not distinct:
            coded = array.dictionary_encode()
            return _take(_hash_bytes(coded.dictionary, seed), coded.indices, seed)
        hashes = _hash_bytes(array, seed)
    elif pa.types.is_struct(dtype):
        hashes = _hash_struct(array, seed)
    elif pa.types.is_nested(dtype):
        rows = _rows_at_once(array)
        hash_rows = _hash_vectors if pa.types.is_fixed_size_list(dtype) else _hash_lists
        hashes = np.concatenate([hash_rows(array.slice(at, rows), seed) for at in range(0, max(1, len(array)), rows)])
    elif pa.types.is_decimal(dtype):
        halves = fixed_values(array, "<u8,<u8")
        hashes = mix_words(halves["f0"] ^ np.uint64(salt("decimal", seed)))
        hashes = mix_words(np.add(hashes, halves["f1"], out=hashes))
    else:
        words, kind = _words(array)
        hashes = mix_words(words ^ np.uint64(salt(kind, seed)))
    nulls = null_mask(array)
    if nulls is not None:
        hashes[nulls] = salt("null", seed)
    return hashes


def is_fixed_width(dtype: pa.DataType) -> bool:
    """Whether hashing a slice of such an array costs no more than its share of the whole."""
    return bool(pa.types.is_primitive(dtype))


def _is_bytes(dtype: pa.DataType) -> bool:
    return dtype in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def _take(hashes: Words, indices: pa.Array, seed: int) -> Words:
    nulls = null_mask(indices)
    if nulls is None:
        every: Words = hashes[indices.to_numpy(zero_copy_only=False)]
        return every
    taken = np.full(len(indices), salt("null", seed), np.uint64)
    taken[~nulls] = hashes[indices.drop_null().to_numpy(zero_copy_only=False)]
    return taken


def _words(array: pa.Array) -> tuple[Words, str]:
    """The canonical bits of plain fixed-width values and their kind."""
    dtype = array.type
    if pa.types.is_boolean(dtype):
        return fixed_values(array.cast(pa.uint8()), "u1").astype(np.uint64), "bool"
    if pa.types.is_unsigned_integer(dtype):
        return fixed_values(array, f"<u{dtype.bit_width // 8}").astype(np.uint64), "int"
    if pa.types.is_floating(dtype):
        with np.errstate(invalid="ignore"):  # signalling NaNs in the slots of nulls
            values = fixed_values(array, f"<f{dtype.bit_width // 8}").astype(np.float64)
            values += 0.0  # -0.0 + 0.0 is 0.0
        words = values.view(np.uint64)
        words[np.isnan(values)] = CANONICAL_NAN
        return words, "float"
    kind = "int" if pa.types.is_integer(dtype) else ("date" if pa.types.is_date32(dtype) else "timestamp")
    return fixed_values(array, f"<i{dtype.bit_width // 8}").astype(np.int64).view(np.uint64), kind


def _hash_bytes(array: pa.Array, seed: int) -> Words:
    if array.null_count:  # whose hashes the caller replaces
        array = pc.fill_null(array, b"" if _is_binary(array.type) else "")
    if not _is_binary(array.type):
        array = array.view(pa.large_binary() if array.type == pa.large_string() else pa.binary())
    return np.fromiter(map(xxh3_64_intdigest, array.to_numpy(zero_copy_only=False), repeat(seed)), np.uint64, count=len(array))


def _is_binary(dtype: pa.DataType) -> bool:
    return dtype in (pa.binary(), pa.large_binary())


def _rows_at_once(array: pa.Array) -> int:
    """Lists that are hashed together: about so many that the words of their elements stay in cache (a wide vector has thousands a row)."""
    size = array.type.list_size if pa.types.is_fixed_size_list(array.type) else -(-len(list_bounds(array)[0]) // max(1, len(array)))
    return max(_FEW, _ELEMENTS // max(1, size))


def _hash_lists(array: pa.Array, seed: int) -> Words:
    elements, starts, stops = list_bounds(array)
    hashes = hash64(elements, seed)
    # the position of each element in its list; elements under null rows get one too, and are summed into no row
    lengths = np.diff(starts, append=len(hashes))
    positions = np.arange(len(hashes), dtype=np.int64) - np.repeat(starts, lengths)
    hashes += (positions.view(np.uint64) + np.uint64(1)) * np.uint64(GOLDEN)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(mix_words(hashes), dtype=np.uint64)])
    return _close(sums[stops] - sums[starts], (stops - starts).view(np.uint64), seed)


def _hash_vectors(array: pa.Array, seed: int) -> Words:
    """`_hash_lists` for lists of one length."""
    size, n = array.type.list_size, len(array)
    elements = array.values.slice(array.offset * size, n * size)
    positions = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(GOLDEN)
    sums = np.zeros(n, np.uint64)
    if elements.type == pa.int8() and not elements.null_count and n > _FEW:
        every = hash64(pa.array(np.arange(256, dtype=np.uint8).view(np.int8)), seed)  # there are 256 different elements
        matrix = fixed_values(elements, "u1").reshape(n, size)
        for i in range(size):
            sums += mix_words(every + positions[i]).take(matrix[:, i], mode="wrap")  # which looks at no bounds: none is beyond
    elif size:
        hashes = hash64(elements, seed)
        matrix = hashes.reshape(n, size)
        matrix += positions
        mix_words(hashes)
        if size <= _FEW:  # a sum along so short an axis takes longer than one of columns
            for i in range(size):
                sums += matrix[:, i]
        else:
            matrix.sum(axis=1, dtype=np.uint64, out=sums)
    return _close(sums, size, seed)


def _hash_struct(array: pa.Array, seed: int) -> Words:
    total = np.zeros(len(array), np.uint64)
    for i in range(array.type.num_fields):
        total += mix_words(hash64(array.field(i), seed) + np.uint64((i + 1) * GOLDEN & MASK64))
    return _close(total, array.type.num_fields, seed)


def _close(sums: Words, lengths: int | Words, seed: int) -> Words:
    """The hashes of rows by the sums of their elements' and their lengths, or the length of all."""
    salted = salt("list", seed)
    if isinstance(lengths, int):
        sums += np.uint64(mix_word(lengths ^ salted))
    else:
        sums += mix_words(lengths ^ np.uint64(salted))
    return mix_words(sums)
