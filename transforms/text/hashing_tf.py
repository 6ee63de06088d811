"""hashing_tf: lists of words as sparse vectors of counts by hash bucket; nothing is learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import BOOL, integer
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.nested import lengths_of, owners_of
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._buckets import HASH, bucket_of
from featureprep.transforms.categorical._buckets import buckets as bucket_ids
from featureprep.transforms.text._terms import Document, documents, entries_of
from featureprep.types import sparse

_I64 = pa.int64()


def hashing_tf(
    column: str | Expr, *, buckets: int = 2**18, binary: bool = False, seed: int = 0, hash: str = "xxh3", missing: Any = "keep"
) -> Expr:
    """How often terms of each hash bucket occur in a document: `count_vector` without a vocabulary.

    Parameters
    ----------
    column : str or Expr
        Documents as list<string>: `tokenize(...)`, `ngrams(...)`, or a column of lists.
    buckets : int
        How many: the size of the vectors.
    binary : bool
        Whether a bucket that occurs counts 1, however often it does.
    seed : int, 0 to 2**63 - 1
        Another seed spreads the terms otherwise. "farm" takes none but 0, "murmur3" uses the lower 32 bits.
    hash : {"xxh3", "farm", "murmur3"}
        As for `hash_bucket`; a term's index is its `hash_bucket(term, buckets, seed=seed, hash=hash)`.
    missing : {"keep", "error", "quarantine"}
        For null in place of a list. "keep" leaves null null.

    Returns
    -------
    Expr
        struct<indices: list<int32>, values: list<int64>>, `buckets` elements without names; indices ascend. No entries for an empty document.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of lists of text.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. Different terms can share a bucket; their counts add up. Null
    terms inside a list are left out; text has no NaN. There are no unknown values, and nothing here is malformed.

    References
    ----------
    Spark ML, `HashingTF`: the same with hash="murmur3", seed=42. scikit-learn, `HashingVectorizer(alternate_sign=False, norm=None)`, which takes
    the remainder of the absolute value of MurmurHash3 with seed 0. Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009.

    Examples
    --------
    >>> hashing_tf("words", buckets=1024)
    hashing_tf(words, binary=False, buckets=1024, hash='xxh3', seed=0)
    """
    return apply("hashing_tf", as_column("hashing_tf", column, missing), buckets=buckets, binary=binary, seed=seed, hash=hash)


@register
class HashingTf(Op):
    """Term counts by the hash of the term, modulo their number."""

    name = "hashing_tf"
    limits = {"buckets": integer(1, 2**31 - 1), "binary": BOOL, "seed": integer(0, 2**63 - 1), "hash": HASH}

    def check(self, node: Node) -> None:
        super().check(node)
        if node.params["hash"] == "farm" and node.params["seed"]:
            raise ArgumentError.of("seed", self.name, "0 with hash='farm', which has none", node.params["seed"], where=node.site)

    def bind(self, call: Call) -> Signature:
        return Signature(sparse(_I64), documents(call))

    def size(self, call: Call) -> int | None:
        return int(call.params["buckets"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (words,), params = args, call.params
        flat, owners = words.flatten(), owners_of(lengths_of(words))
        if flat.null_count:
            owners, flat = owners[np.asarray(flat.is_valid())], flat.drop_null()
        ids = bucket_ids(flat, params["buckets"], params["hash"], params["seed"])
        found = entries_of(owners, ids, params["buckets"], np.asarray(words.is_valid()))
        return found.vectors(np.ones_like(found.counts) if params["binary"] else found.counts, _I64)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        params = call.params
        bucket = bucket_of(pa.string(), params["buckets"], params["hash"], params["seed"])
        return code.strict(args, f"{code.const(_vector(bucket, binary=params['binary']))}({args[0]})")


def _vector(bucket: Callable[[str], int], *, binary: bool) -> Callable[[Document], dict[str, list[int]]]:
    """The function of one document."""

    def vector(words: Document) -> dict[str, list[int]]:
        counts: dict[int, int] = {}
        for word in words:
            if word is not None:
                at = bucket(word)
                counts[at] = counts.get(at, 0) + 1
        indices = sorted(counts)
        return {"indices": indices, "values": [1 if binary else counts[at] for at in indices]}

    return vector
