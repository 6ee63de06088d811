"""What is done with null and NaN before an operation sees them: the `missing=` of every transform (numerics section 5).

"keep" adds no node. A value replaces both; "error" and "quarantine" reject the row.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.expr.literal import row_value, type_of
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, register
from featureprep.expr.ops.unify import common_type
from featureprep.expr.params import one_of, scalar
from featureprep.expr.row import RowCode, RowValue
from featureprep.types import format_type, is_float, is_integer


def missing_mask(x: pa.Array) -> Mask:
    """Which cells are null or NaN, shape (n,)."""
    if is_float(x.type):
        return np.isnan(x.to_numpy(zero_copy_only=False))  # nulls show as NaN
    return x.is_null().to_numpy(zero_copy_only=False)


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


def _require_fit(value: int, dtype: pa.DataType) -> None:
    try:
        pa.scalar(value, dtype)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise TypeMismatchError(
            f"missing={value} does not fit the column, which is {format_type(dtype)}", hint="cast the column first"
        ) from error


@register
class FillMissing(Op):
    """Null and NaN replaced by a value."""

    name = "fill_missing"
    limits = {"value": scalar()}
    distinct = True

    def bind(self, call: Call) -> Signature:
        x, value = call.in_types[0], call.params["value"]
        if is_integer(x) and is_integer(type_of(value)):
            _require_fit(value, x)
            return Signature(x, nullable=False)
        out = common_type([x, type_of(value)], "the column and missing=")
        if not is_float(out) and out != x and x != pa.null():
            raise TypeMismatchError(f"missing= is {format_type(type_of(value))}, the column {format_type(x)}")
        return Signature(out, (out,), nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return replace_missing(args[0], pa.scalar(call.params["value"], call.out_type))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        test = missing_test(args[0])
        if not test:
            return args[0].name
        out = code.new()
        code.emit(f"{out} = {code.const(row_value(pa.scalar(call.params['value'], call.out_type).as_py()))} if {test} else {args[0]}")
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
