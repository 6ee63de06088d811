"""and, or, not (Kleene: null is "unknown"), is_null, is_nan."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import TypeMismatchError
from featureprep.expr.misfit import spoken, wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.row import RowCode, RowValue
from featureprep.types import format_type, is_float

BOOL = pa.bool_()


def _want_bool(call: Call) -> Signature:
    for dtype in call.in_types:
        if dtype not in (BOOL, pa.null()):
            raise TypeMismatchError(
                f"{spoken(call.node.op)} takes true or false, not {format_type(dtype)}",
                hint="compare first: (a > 1) & (b < 2), each in parentheses",
            )
    return Signature(BOOL, (BOOL,) * len(call.in_types))


@register
class And(Op):
    """Kleene and: False if either is False, else null if either is null."""

    name = "and"
    arity = (2, 2)

    def bind(self, call: Call) -> Signature:
        return _want_bool(call)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.and_kleene(*args)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        a, b = args
        out = code.new()
        if a.nullable or b.nullable:
            code.emit(f"{out} = False if {a} is False or {b} is False else None if {a} is None or {b} is None else True")
        else:
            code.emit(f"{out} = {a} and {b}")
        return out


@register
class Or(Op):
    """Kleene or: True if either is True, else null if either is null."""

    name = "or"
    arity = (2, 2)

    def bind(self, call: Call) -> Signature:
        return _want_bool(call)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.or_kleene(*args)

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        a, b = args
        out = code.new()
        if a.nullable or b.nullable:
            code.emit(f"{out} = True if {a} or {b} else None if {a} is None or {b} is None else False")
        else:
            code.emit(f"{out} = {a} or {b}")
        return out


@register
class Not(Op):
    """Not; null stays null."""

    name = "not"

    def bind(self, call: Call) -> Signature:
        return _want_bool(call)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.invert(args[0])

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"not {args[0]}")


@register
class IsNull(Op):
    """Whether a value is null. NaN is not."""

    name = "is_null"
    distinct = True

    def bind(self, call: Call) -> Signature:
        return Signature(BOOL, nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.is_null(args[0])

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        out = code.new()
        code.emit(f"{out} = {args[0]} is None")
        return out


@register
class IsNan(Op):
    """Whether a float is NaN; False for other numbers, null for null."""

    name = "is_nan"

    def bind(self, call: Call) -> Signature:
        dtype = call.in_types[0]
        if not (is_float(dtype) or pa.types.is_integer(dtype) or dtype == pa.null()):
            raise wrong_type(self.name, "numbers", dtype)
        return Signature(BOOL)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.is_nan(args[0].cast(pa.float64(), safe=False))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{args[0]} != {args[0]}")
