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
from featureprep.expr.params import NONE, Limit, integer, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.kernels.arrays import build
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._buckets import HASH, bucket_of, buckets, check_hash
from featureprep.transforms.categorical._lookup import look_up, single, typed

_MINUS_ONE = Limit("-1", lambda v: v == -1 and isinstance(v, int))


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
        "unknown": _MINUS_ONE | one_of("null", "error", "quarantine") | NONE,
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
        nullable = pa.types.is_floating(dtype) or call.params["unknown"] == "null"
        return Signature(pa.int64(), nullable=True if nullable else None)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts(top_k=call.params["top_k"], min_count=call.params["min_count"]))}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        return {"values": typed(results["counts"].values, call.in_types[0])}

    def size(self, call: Call) -> int | None:
        return None if call.constants is None else len(call.constants["values"]) + int(call.params["oov_buckets"])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), known, params = args, call.fitted["values"], call.params
        found = look_up(x, known)
        ids, null = found.ids, found.missing
        if params["oov_buckets"] and found.unknown.any():
            others = x.filter(pa.array(found.unknown))
            ids = ids.copy()
            ids[found.unknown] = len(known) + buckets(others, params["oov_buckets"], params["hash"], 0)
        elif params["unknown"] == "null":
            null = null | found.unknown
        elif params["unknown"] in ("error", "quarantine"):
            issues.add("unknown", found.unknown)
        return build(ids, pa.int64(), ~null if null.any() else None)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        known, params, out, (x,) = call.fitted["values"], call.params, code.new(), args
        get = code.const(lookup_table(known).get)
        test = missing_test(x)
        guard = f"None if {test} else " if test else ""
        if params["unknown"] == -1:
            code.emit(f"{out} = {guard}{get}({x}, -1)")
            return out
        code.emit(f"{out} = {get}({x})")  # null and NaN are in no vocabulary
        present = f" and not ({test})" if test else ""
        if params["oov_buckets"]:
            bucket = code.const(bucket_of(x.type, params["oov_buckets"], params["hash"], 0))
            with code.block(f"if {out} is None{present}:"):
                code.emit(f"{out} = {code.const(len(known))} + {bucket}({x})")
        elif params["unknown"] != "null":
            with code.block(f"if {out} is None{present}:"):
                code.fail(call, "unknown", out)
        return out
