"""== != < <= > >=. Numbers compare by their exact values, integers against floats too (a decimal against a float: as float64).

Text compares by UTF-8 bytes; NaN equals nothing; null gives null.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.ops.unify import common_type
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels import integers
from featureprep.types import format_type, is_float, is_integer

SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
KERNELS = {"eq": pc.equal, "ne": pc.not_equal, "lt": pc.less, "le": pc.less_equal, "gt": pc.greater, "ge": pc.greater_equal}


WIDE = 76
"""Digits of a decimal256: room for 38 before the point and 38 after it."""


def _plain_number(dtype: pa.DataType) -> bool:
    return is_integer(dtype) or is_float(dtype)


def _exact(dtype: pa.DataType) -> bool:
    return is_integer(dtype) or bool(pa.types.is_decimal(dtype))


def _wide(array: pa.Array, scale: int) -> pa.Array:
    digits = array.cast(pa.decimal128(20, 0)) if is_integer(array.type) else array
    return digits.cast(pa.decimal256(WIDE, scale))


class _Compare(Op):
    arity = (2, 2)
    distinct = True

    def bind(self, call: Call) -> Signature:
        a, b = call.in_types
        if (_plain_number(a) and _plain_number(b)) or (_exact(a) and _exact(b)):
            return Signature(pa.bool_())
        common = common_type([a, b], "the two sides of a comparison")
        if pa.types.is_nested(common):
            raise TypeMismatchError(f"{format_type(common)} values cannot be compared")
        return Signature(pa.bool_(), (common, common))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        a, b = args
        if a.type == pa.null():
            return pa.nulls(len(a), pa.bool_())
        if a.type == b.type:
            return KERNELS[self.name](a, b)
        if pa.types.is_decimal(a.type) or pa.types.is_decimal(b.type):
            scale = max(t.scale for t in (a.type, b.type) if pa.types.is_decimal(t))
            return KERNELS[self.name](_wide(a, scale), _wide(b, scale))
        out, _ = integers.compare(SYMBOLS[self.name], a, b)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{args[0]} {SYMBOLS[self.name]} {args[1]}")


@register
class Eq(_Compare):
    """Equal."""

    name = "eq"


@register
class Ne(_Compare):
    """Not equal."""

    name = "ne"


@register
class Lt(_Compare):
    """Less."""

    name = "lt"


@register
class Le(_Compare):
    """Less or equal."""

    name = "le"


@register
class Gt(_Compare):
    """Greater."""

    name = "gt"


@register
class Ge(_Compare):
    """Greater or equal."""

    name = "ge"
