"""hash_cross: combinations of values as buckets by a stable hash; nothing is learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.hashing.farm import farm_fingerprint64
from featureprep.hashing.mixing import GOLDEN, MASK64, Words, mix_word
from featureprep.hashing.values import hash64, salt
from featureprep.kernels.arrays import build, to_rows
from featureprep.transforms.categorical._buckets import bucket_of, check_hash
from featureprep.transforms.categorical._crossing import any_missing, any_missing_test, crossed, crossed_types

_TENSORFLOW_KEY = 956888297470  # 0xDECAFCAFFE
_MULTIPLIER = 0xC6A4A7935BD1E995


def hash_cross(*columns: str | Expr, buckets: int, seed: int | None = None, hash: str = "xxh3", missing: Any = "keep") -> Expr:
    """hash(values of several columns) mod buckets: every combination, seen or not, has a bucket; different ones can share one.

    Parameters
    ----------
    *columns : str or Expr
        Two or more columns of any single values: text, numbers, bools, dates, bytes. Their order matters.
    buckets : int
        How many buckets.
    seed : int, 0 to 2**63 - 1, optional
        Another seed spreads the combinations otherwise; 0 by default, and TensorFlow's default hash key 956888297470 with hash="farm".
    hash : {"xxh3", "farm"}
        "xxh3": the hash of featureprep of a struct of the values: with h(i) the hash of the i-th of n values (from 1; XXH3-64 of UTF-8 text, a
        fixed mix of the bits of other values), g = 0x9e3779b97f4a7c15 and mix the finaliser of SplitMix64, all modulo 2**64:
        mix(sum of mix(h(i) + i g) + mix(n xor s)), s being the salt of lists for the seed. "farm": FarmHash Fingerprint64 of each text,
        put together by FingerprintCat64 from the seed on, as TensorFlow's crossed columns do.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN in any of the columns. "keep" makes the result null. A value is put into each column first, so it must fit all of them.

    Returns
    -------
    Expr
        int64, in [0, buckets).

    Raises
    ------
    ArgumentError
        When fewer than two columns are given, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists and structs, and for "farm" over anything but text.

    Notes
    -----
    Values are hashed one by one and never joined: no text can look like two. There are no unknown values, and nothing here is malformed.
    -0.0 is hashed as 0.0; an integer and a float of the same value have different hashes. An empty, constant or all-null column is nothing
    special.

    References
    ----------
    xxHash (XXH3-64); see `featureprep.hashing`. TensorFlow, `tf.feature_column.crossed_column` and `tf.sparse.cross_hashed` (hash="farm").

    Examples
    --------
    >>> hash_cross("education", "sex", buckets=1000)
    hash_cross(education, sex, buckets=1000, hash='xxh3', seed=0)
    """
    if seed is None:
        seed = _TENSORFLOW_KEY if hash == "farm" else 0
    return apply("hash_cross", *crossed("hash_cross", columns, missing), buckets=buckets, seed=seed, hash=hash)


@register
class HashCross(Op):
    """The hash of the values together, modulo the number of buckets."""

    name = "hash_cross"
    arity = (2, None)
    limits = {"buckets": integer(1, 2**63 - 1), "seed": integer(0, 2**63 - 1), "hash": one_of("xxh3", "farm")}

    def bind(self, call: Call) -> Signature:
        nullable = crossed_types(call)
        for dtype in call.in_types:
            check_hash(self.name, call.params["hash"], dtype)
        return Signature(pa.int64(), nullable=nullable)

    def size(self, call: Call) -> int | None:
        return int(call.params["buckets"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        missing = any_missing(args)
        combined = _farm(args, call.params["seed"]) if call.params["hash"] == "farm" else _struct_hash(args, call.params["seed"])
        ids = (combined % np.uint64(call.params["buckets"])).astype(np.int64)
        return build(ids, pa.int64(), ~missing if missing.any() else None)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out, test = code.new(), any_missing_test(args)
        function = code.const(_bucket_of(call))
        given = f"{function}({', '.join(x.name for x in args)})"
        code.emit(f"{out} = None if {test} else {given}" if test else f"{out} = {given}")
        return out


def _struct_hash(args: tuple[pa.Array, ...], seed: int) -> Words:
    names = [str(i) for i in range(len(args))]
    return hash64(pa.StructArray.from_arrays(list(args), names), seed)


def _farm(args: tuple[pa.Array, ...], seed: int) -> Words:
    """FingerprintCat64 over the columns, shape (n,)."""
    result = np.full(len(args[0]), seed, np.uint64)
    multiplier = np.uint64(_MULTIPLIER)
    for x in args:
        coded = x.dictionary_encode()
        prints = [farm_fingerprint64(word.encode()) for word in to_rows(coded.dictionary)] or [0]
        prints_of_rows = np.array(prints, np.uint64)[coded.indices.fill_null(0).to_numpy()]
        result ^= multiplier
        result ^= _shift_mix(prints_of_rows * multiplier) * multiplier
        result *= multiplier
        result = _shift_mix(_shift_mix(result) * multiplier)
    return result


def _shift_mix(words: Words) -> Words:
    return words ^ (words >> np.uint64(47))


def _bucket_of(call: Call) -> Callable[..., int]:
    """The function from the values of one row, none of them missing, to their bucket."""
    n, seed, name = int(call.params["buckets"]), int(call.params["seed"]), call.params["hash"]
    words = [bucket_of(dtype, 1 << 64, name, seed) for dtype in call.in_types]  # the whole hash
    close = mix_word(len(words) ^ salt("list", seed))

    def together(*values: Any) -> int:
        total = close
        for i, (word, value) in enumerate(zip(words, values, strict=True), 1):
            total += mix_word((word(value) + i * GOLDEN) & MASK64)
        return mix_word(total & MASK64) % n

    def together_farm(*values: Any) -> int:
        result = seed
        for word, value in zip(words, values, strict=True):
            mixed = word(value) * _MULTIPLIER & MASK64
            result ^= _MULTIPLIER
            result ^= (mixed ^ (mixed >> 47)) * _MULTIPLIER & MASK64
            result = result * _MULTIPLIER & MASK64
            result = (result ^ (result >> 47)) * _MULTIPLIER & MASK64
            result ^= result >> 47
        return result % n

    return together_farm if name == "farm" else together
