"""The bucket of a value by one of three stable hashes, in batches and for one value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from xxhash import xxh3_64_intdigest

from featureprep.errors import DataError, TypeMismatchError
from featureprep.expr.params import one_of
from featureprep.hashing.farm import farm_fingerprint64
from featureprep.hashing.murmur3 import murmur3_32_signed
from featureprep.hashing.single import hash64_value
from featureprep.hashing.values import hash64
from featureprep.kernels.arrays import to_rows
from featureprep.types import format_type, is_text

Ids = np.ndarray[Any, np.dtype[np.int64]]
HASH = one_of("xxh3", "farm", "murmur3")


def check_hash(owner: str, name: str, dtype: pa.DataType) -> None:
    """Hold a hash against the type it is to hash.

    Raises
    ------
    TypeMismatchError
        For farm and murmur3, which are defined over text, and any other type.
    """
    if name != "xxh3" and not is_text(dtype) and dtype != pa.null():
        raise TypeMismatchError(f"{owner} with hash={name!r} takes text, not {format_type(dtype)}", hint="cast it first: .cast('string')")


def buckets(x: pa.Array, n: int, name: str, seed: int) -> Ids:
    """The bucket in [0, n) of every value, shape (n_rows,); of null too."""
    if name == "xxh3":
        return (hash64(x, seed) % np.uint64(n)).astype(np.int64)
    function = bucket_of(x.type, n, name, seed)
    coded = x.dictionary_encode()
    small = np.array([function(word) for word in to_rows(coded.dictionary)] or [0], np.int64)
    ids: Ids = small[coded.indices.fill_null(0).to_numpy()]
    return ids


def bucket_of(dtype: pa.DataType, n: int, name: str, seed: int) -> Callable[[Any], int]:
    """The same for one value that is not null."""
    if not is_text(dtype):
        return lambda value: hash64_value(value, dtype, seed) % n
    if name == "farm":
        return _of_text(lambda data: farm_fingerprint64(data) % n)
    if name == "murmur3":
        return _of_text(lambda data: murmur3_32_signed(data, seed) % n)
    return _of_text(lambda data: xxh3_64_intdigest(data, seed) % n)


def _of_text(function: Callable[[bytes], int]) -> Callable[[str], int]:
    def bucket(text: str) -> int:
        try:
            return function(text.encode())
        except UnicodeEncodeError as error:
            raise DataError("the text has a lone surrogate, which has no UTF-8 spelling") from error

    return bucket
