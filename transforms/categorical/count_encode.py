"""count_encode: values as how often they occur."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.expr.expression import Expr, apply
from featureprep.expr.op import Call, FoldRequest, Issues, Op, Signature, register
from featureprep.expr.ops.present import missing_test
from featureprep.expr.params import BOOL, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.folds.value_counts import ValueCounts
from featureprep.kernels.arrays import build, to_rows
from featureprep.transforms._columns import column as as_column
from featureprep.transforms.categorical._lookup import look_up, single, typed
from featureprep.types import is_float


def count_encode(column: str | Expr, *, normalize: bool = False, unknown: str = "zeros", missing: Any = "keep") -> Expr:
    """How many of the fitted rows have the value; with `normalize`, their share of the fitted rows that have any value.

    Parameters
    ----------
    column : str or Expr
        Any single values: text, numbers, bools, dates, bytes.
    normalize : bool
        Whether the count is divided by the number of fitted rows that are neither null nor NaN.
    unknown : {"zeros", "null", "error", "quarantine"}
        For values that no fitted row has: 0, null, or a rejected row.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" leaves null null; NaN is null in a count and NaN in a share. A value is put in before the fit and is counted.

    Returns
    -------
    Expr
        int64, in rows; float64 in [0, 1] with `normalize`.

    Raises
    ------
    ArgumentError
        When an argument is outside its limits.
    TypeMismatchError
        At bind time, for lists and structs.

    Notes
    -----
    The counts are exact; a share is one division in float64. Different values that occur equally often come out equal. -0.0 is 0.0.
    With no rows, or nothing but nulls, every value is unknown; in a constant column each is the number of rows, its share 1.0.
    Nothing here is malformed.

    References
    ----------
    pandas, `Series.value_counts(normalize=...)`; Category Encoders, `CountEncoder(handle_unknown=0)`.

    Examples
    --------
    >>> count_encode("zip", normalize=True)
    count_encode(zip, normalize=True, unknown='zeros')
    """
    return apply("count_encode", as_column("count_encode", column, missing), normalize=normalize, unknown=unknown)


@register
class CountEncode(Op):
    """The count or share of a value. Constants: values, the most frequent first, and counts (int64) or shares (float64) of each."""

    name = "count_encode"
    limits = {"normalize": BOOL, "unknown": one_of("zeros", "null", "error", "quarantine")}
    kinds = ("unknown",)
    distinct = True

    def bind(self, call: Call) -> Signature:
        floats, share = is_float(single(call)), call.params["normalize"]
        nullable = call.params["unknown"] == "null" or (floats and not share)  # NaN has a place in a share
        return Signature(pa.float64() if share else pa.int64(), nullable=True if nullable else None)

    def folds(self, call: Call) -> Mapping[str, FoldRequest]:
        return {"counts": FoldRequest(ValueCounts())}

    def fit(self, call: Call, results: Mapping[str, Any]) -> dict[str, Any]:
        counted = results["counts"]
        values = typed(counted.values, call.in_types[0])
        if call.params["normalize"]:
            return {"values": values, "shares": pa.array(counted.counts / max(1, counted.n), pa.float64())}
        return {"values": values, "counts": pa.array(counted.counts, pa.int64())}

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,), share = args, call.params["normalize"]
        figures = _figures(call).to_numpy()
        found = look_up(x, call.fitted["values"])
        out = np.append(figures, figures.dtype.type(0))[found.ids]  # the last, at -1, is that of unknown values
        null = found.missing
        if share and is_float(x.type):
            out[found.missing] = np.nan
            null = x.is_null().to_numpy(zero_copy_only=False)
        if call.params["unknown"] == "null":
            null = null | found.unknown
        elif call.params["unknown"] != "zeros":
            issues.add("unknown", found.unknown)
        return build(out, call.out_type, ~null if null.any() else None)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        (x,), out, share = args, code.new(), call.params["normalize"]
        figures = dict(zip(to_rows(call.fitted["values"]), _figures(call).to_pylist(), strict=True))
        get, zero = code.const(figures.get), code.const(0.0 if share else 0)
        tests = [f"None if {x} is None else "] if x.nullable else []
        if is_float(x.type):
            tests.append(f"{code.const(math.nan if share else None)} if {x} != {x} else ")
        if call.params["unknown"] == "zeros":
            code.emit(f"{out} = {''.join(tests)}{get}({x}, {zero})")
            return out
        code.emit(f"{out} = {''.join(tests)}{get}({x})")
        if call.params["unknown"] != "null":
            test = missing_test(x)
            with code.block(f"if {out} is None and not ({test}):" if test else f"if {out} is None:"):
                code.fail(call, "unknown", out)
        return out


def _figures(call: Call) -> pa.Array:
    return call.fitted["shares" if call.params["normalize"] else "counts"]
