"""What is done with null and NaN before an operation sees them: the `missing=` of every transform (numerics section 5).

"keep" adds no node. A value replaces both; "error" and "quarantine" reject the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.expr.literal import scalar_as, type_of
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, find, register
from featureprep.expr.ops.unify import common_type
from featureprep.expr.params import one_of, scalar
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import to_rows
from featureprep.types import format_type, is_float, is_integer


def missing_mask(x: pa.Array) -> Mask:
    """Which cells are null or NaN, shape (n,)."""
    if is_float(x.type):
        nan: Mask = np.isnan(x.to_numpy(zero_copy_only=False))  # nulls show as NaN
        return nan
    null: Mask = x.is_null().to_numpy(zero_copy_only=False)
    return null


def missing_test(value: RowValue) -> str:
    """The same as a condition in row code; "" where it cannot be."""
    tests = [f"{value} is None"] if value.nullable else []
    if is_float(value.type):
        tests.append(f"{value} != {value}")
    return " or ".join(tests)


def replace_missing(x: pa.Array, value: pa.Scalar) -> pa.Array:
    """Null and NaN replaced."""
    mask = missing_mask(x)
    return pc.if_else(pa.array(mask), value, x) if mask.any() else x


def _fill(value: Any, dtype: pa.DataType) -> pa.Scalar:
    return scalar_as(value, dtype, "missing=")


@register
class FillMissing(Op):
    """Null and NaN replaced by a value."""

    name = "fill_missing"
    limits = {"value": scalar()}
    distinct = True

    def bind(self, call: Call) -> Signature:
        x, value = call.in_types[0], call.params["value"]
        given = type_of(value)
        whole = is_integer(given) and (is_integer(x) or pa.types.is_decimal(x))
        out = x if whole else common_type([x, given], "the column and missing=")
        if not is_float(out) and out != x and x != pa.null():
            raise TypeMismatchError(f"missing= is {format_type(given)}, the column {format_type(x)}")
        _fill(value, out)
        return Signature(out, (out,), nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return replace_missing(args[0], _fill(call.params["value"], call.out_type))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        test = missing_test(args[0])
        if not test:
            return args[0].name
        out = code.new()
        code.emit(f"{out} = {code.const(to_rows(pa.repeat(_fill(call.params['value'], call.out_type), 1))[0])} if {test} else {args[0]}")
        return out


@register
class RequirePresent(Op):
    """The value itself; null and NaN reject the row."""

    name = "require_present"
    limits = {"missing": one_of("error", "quarantine")}
    kinds = ("missing",)
    distinct = True

    def bind(self, call: Call) -> Signature:
        return Signature(call.in_types[0], nullable=False)

    def elements(self, call: Call) -> list[str] | None:
        return find(call.inner[0].node.op).elements(call.inner[0])

    def size(self, call: Call) -> int | None:
        return find(call.inner[0].node.op).size(call.inner[0])

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        issues.add("missing", missing_mask(args[0]))
        return args[0]

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        test = missing_test(args[0])
        if test:
            with code.block(f"if {test}:"):
                code.fail(call, "missing", args[0].name)
        return args[0].name


def with_missing(node: Node, missing: object) -> Node:
    """`node` under a transform's `missing=`."""
    if isinstance(missing, str) and missing == "keep":
        return node
    if isinstance(missing, str) and missing in ("error", "quarantine"):
        return Node("require_present", (node,), {"missing": missing}, node.site)
    return Node("fill_missing", (node,), {"value": missing}, node.site)
