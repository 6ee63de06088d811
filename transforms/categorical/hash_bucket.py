"""hash_bucket: values as buckets by a stable hash; nothing is learned."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_mask, missing_test
from featureprep.expr.params import integer
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import build
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._buckets import HASH, bucket_of, buckets, check_hash
from featureprep.transforms.categorical._lookup import single


def hash_bucket(column: str | Expr, n: int, *, seed: int = 0, hash: str = "xxh3", missing: Any = "keep") -> Expr:
    """hash(value) mod n: every value, seen or not, has a bucket; different values can share one.

    Parameters
    ----------
    column : str or Expr
        Any single values: text, numbers, bools, dates, bytes.
    n : int
        How many buckets.
    seed : int, 0 to 2**63 - 1
        Another seed spreads the values otherwise. "farm" takes none but 0, "murmur3" uses the lower 32 bits.
    hash : {"xxh3", "farm", "murmur3"}
        "xxh3": XXH3-64 of UTF-8 text, a fixed mix of the bits of other values. "farm": FarmHash Fingerprint64 of text, as TensorFlow's
        `string_to_hash_bucket_fast` and BigQuery's FARM_FINGERPRINT (read as unsigned). "murmur3": MurmurHash3_x86_32 of text as a signed
        number, its remainder not negative, as Spark ML's HashingTF with seed 42; where n is a power of two, also scikit-learn's
        `murmurhash3_32(text, seed)` mod n.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" makes both null. A value is put in first, and hashed.

    Returns
    -------
    Expr
        int64, in [0, n).

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists and structs, and for "farm" or "murmur3" over anything but text.

    Notes
    -----
    There are no unknown values, and nothing here is malformed. -0.0 is hashed as 0.0; an integer and a float of the same value have different
    buckets. An empty, constant or all-null column is nothing special.

    References
    ----------
    xxHash (XXH3-64); FarmHash (Fingerprint64); MurmurHash3_x86_32 (Appleby); see `featureprep.hashing`.

    Examples
    --------
    >>> hash_bucket("user", 1024)
    hash_bucket(user, hash='xxh3', n=1024, seed=0)
    """
    return apply("hash_bucket", as_column("hash_bucket", column, missing), n=n, seed=seed, hash=hash)


@register
class HashBucket(Op):
    """The hash of a value, modulo n."""

    name = "hash_bucket"
    limits = {"n": integer(1, 2**63 - 1), "seed": integer(0, 2**63 - 1), "hash": HASH}
    distinct = True

    def check(self, node: Node) -> None:
        super().check(node)
        if node.params["hash"] == "farm" and node.params["seed"]:
            raise ArgumentError.of("seed", self.name, "0 with hash='farm', which has none", node.params["seed"], where=node.site)

    def bind(self, call: Call) -> Signature:
        dtype = single(call)
        check_hash(self.name, call.params["hash"], dtype)
        return Signature(pa.int64(), nullable=True if pa.types.is_floating(dtype) else None)

    def size(self, call: Call) -> int | None:
        return int(call.params["n"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), params = args, call.params
        missing = missing_mask(x)
        return build(buckets(x, params["n"], params["hash"], params["seed"]), pa.int64(), ~missing if missing.any() else None)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), params, out = args, call.params, code.new()
        bucket = code.const(bucket_of(x.type, params["n"], params["hash"], params["seed"]))
        test = missing_test(x)
        code.emit(f"{out} = None if {test} else {bucket}({x})" if test else f"{out} = {bucket}({x})")
        return out
