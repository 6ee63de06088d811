"""vocabulary: values as their ids in a vocabulary learned from the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import NONE, integer
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.kernels.arrays import build
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._buckets import HASH, bucket_of, buckets, check_hash
from featureprep.transforms.categorical._ids import UNKNOWN_ID, id_of_row, id_type, ids_of_batch
from featureprep.transforms.categorical._lookup import look_up, single, typed


def vocabulary(
    column: str | Expr,
    *,
    top_k: int | None = None,
    min_count: int = 1,
    oov_buckets: int = 0,
    hash: str = "xxh3",
    unknown: int | str | None = None,
    missing: Any = "keep",
) -> Expr:
    """The id of a value in the vocabulary of the fitted rows: the most frequent value is 0.

    Parameters
    ----------
    column : str or Expr
        Any single values: text, numbers, bools, dates, bytes.
    top_k : int, optional
        Keep this many of the most frequent values; all by default.
    min_count : int
        Keep values that occur in at least this many fitted rows.
    oov_buckets : int
        How many ids after the vocabulary are for values outside it: such a value gets len(vocabulary) + hash(value) mod oov_buckets.
    hash : {"xxh3", "farm", "murmur3"}
        The hash of these buckets (seed 0). "farm" is TensorFlow's Fingerprint64, "murmur3" the signed MurmurHash3_x86_32; both over text only.
    unknown : {-1, "null", "error", "quarantine"}, optional
        For values outside the vocabulary where there are no buckets: the id -1 (the default), null, or a rejected row.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" makes both null. A value is put in before the fit and counts as that value.

    Returns
    -------
    Expr
        int64.

    Raises
    ------
    ArgumentError
        When `unknown` is given beside `oov_buckets`, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists and structs, and for "farm" or "murmur3" over anything but text.

    Notes
    -----
    Ids go by count descending, then value ascending (text by its UTF-8 bytes). Null and NaN are not counted and are never unknown; -0.0 is 0.0.
    With no rows, or nothing but nulls, the vocabulary is empty and every value unknown; a constant column has the one id 0.
    Nothing here is malformed.

    References
    ----------
    tf.Transform, `tft.compute_and_apply_vocabulary`: with hash="farm" the out-of-vocabulary ids are the same. xxHash: XXH3-64.

    Examples
    --------
    >>> vocabulary("occupation", top_k=1000, oov_buckets=2)
    vocabulary(occupation, hash='xxh3', min_count=1, oov_buckets=2, top_k=1000)
    """
    if unknown is None and oov_buckets == 0:
        unknown = -1
    node = as_column("vocabulary", column, missing)
    return apply("vocabulary", node, top_k=top_k, min_count=min_count, oov_buckets=oov_buckets, hash=hash, unknown=unknown)


@register
class Vocabulary(Op):
    """Ids by count. Constant: values, in the order of their ids."""

    name = "vocabulary"
    limits = {
        "top_k": integer(1) | NONE,
        "min_count": integer(1),
        "oov_buckets": integer(0, 2**31),
        "hash": HASH,
        "unknown": UNKNOWN_ID | NONE,
    }
    kinds = ("unknown",)
    distinct = True

    def check(self, node: Node) -> None:
        super().check(node)
        unknown = node.params["unknown"]
        if (unknown is None) != (node.params["oov_buckets"] > 0):
            raise ArgumentError.of("unknown", self.name, "left out where oov_buckets are given", unknown, where=node.site or site())

    def bind(self, call: Call) -> Signature:
        dtype = single(call)
        check_hash(self.name, call.params["hash"], dtype)
        return id_type(call)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts(top_k=call.params["top_k"], min_count=call.params["min_count"]))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        return {"values": typed(results["counts"].values, call.in_types[0])}

    def size(self, call: Call) -> int | None:
        return None if call.constants is None else len(call.constants["values"]) + int(call.params["oov_buckets"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), known, params = args, call.fitted["values"], call.params
        if not params["oov_buckets"]:
            return ids_of_batch(call, issues, x, known)
        found = look_up(x, known)
        ids = found.ids
        if found.unknown.any():
            ids = ids.copy()
            ids[found.unknown] = len(known) + buckets(x.filter(pa.array(found.unknown)), params["oov_buckets"], params["hash"], 0)
        return build(ids, pa.int64(), ~found.missing if found.missing.any() else None)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        known, params, (x,) = call.fitted["values"], call.params, args
        if not params["oov_buckets"]:
            return id_of_row(call, code, x, known)
        out, test = code.new(), missing_test(x)
        code.emit(f"{out} = {code.const(lookup_table(known).get)}({x})")  # null and NaN are in no vocabulary
        bucket = code.const(bucket_of(x.type, params["oov_buckets"], params["hash"], 0))
        with code.block(f"if {out} is None and not ({test}):" if test else f"if {out} is None:"):
            code.emit(f"{out} = {code.const(len(known))} + {bucket}({x})")
        return out
