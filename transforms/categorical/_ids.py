"""Ids of known values, and what becomes of unknown ones: what vocabulary and ordinal share."""

from __future__ import annotations

import pyarrow as pa

from featureprep.expr.op import Call, Issues, Signature
from featureprep.expr.ops.lookup import lookup_table
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import Limit, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import build
from featureprep.transforms.categorical._lookup import look_up

UNKNOWN_ID = Limit("-1", lambda v: v == -1 and isinstance(v, int)) | one_of("null", "error", "quarantine")


def id_type(call: Call) -> Signature:
    """int64; null and NaN are null, and unknown values if the policy says so."""
    nullable = pa.types.is_floating(call.in_types[0]) or call.params["unknown"] == "null"
    return Signature(pa.int64(), nullable=True if nullable else None)


def ids_of_batch(call: Call, issues: Issues, x: pa.Array, known: pa.Array) -> pa.Array:
    """The position of each value among the known ones; unknown ones by their policy."""
    found = look_up(x, known)
    null = found.missing
    if call.params["unknown"] == "null":
        null = null | found.unknown
    elif call.params["unknown"] != -1:
        issues.add("unknown", found.unknown)
    return build(found.ids, pa.int64(), ~null if null.any() else None)


def id_of_row(call: Call, code: RowCode, x: RowValue, known: pa.Array) -> str:
    """The same in row code."""
    out, get, test = code.new(), code.const(lookup_table(known).get), missing_test(x)
    if call.params["unknown"] == -1:
        guard = f"None if {test} else " if test else ""
        code.emit(f"{out} = {guard}{get}({x}, -1)")
        return out
    code.emit(f"{out} = {get}({x})")  # null and NaN are never known
    if call.params["unknown"] != "null":
        with code.block(f"if {out} is None and not ({test}):" if test else f"if {out} is None:"):
            code.fail(call, "unknown", out)
    return out
