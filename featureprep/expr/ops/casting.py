"""Casts: a value that does not fit the wanted type is malformed."""

from __future__ import annotations

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import MALFORMED, NAME
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.casts import can_cast, cast, cast_value
from featureprep.types import format_type, parse_type


@register
class Cast(Op):
    """The value as another type."""

    name = "cast"
    limits = {"to": NAME, "malformed": MALFORMED}
    kinds = ("malformed",)
    distinct = True

    def bind(self, call: Call) -> Signature:
        to = parse_type(call.params["to"])
        if not can_cast(call.in_types[0], to):
            raise TypeMismatchError(
                f"{format_type(call.in_types[0])} cannot be cast to {format_type(to)}",
                hint="cast it to string first, if its text is what you want",
            )
        return Signature(to)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out, bad = cast(args[0], call.out_type)
        issues.add("malformed", bad)
        return out

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        frm, to = call.in_types[0], call.out_type
        if pa.types.is_integer(frm) and to == pa.float64():
            return code.strict(args, f"float({args[0]})")
        return code.checked(call, args, f"{code.const(cast_value(frm, to))}({args[0]})")
