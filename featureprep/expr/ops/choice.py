"""when/then/otherwise and coalesce: only the branch that is taken counts, for its value and for its faults."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import RequestError, TypeMismatchError
from featureprep.expr.bind import Bound
from featureprep.expr.evaluate import Codes, Column
from featureprep.expr.op import Call, Issues, Mask, Op, Signature, register
from featureprep.expr.ops.unify import common_type
from featureprep.expr.row import RowCode
from featureprep.types import format_type


def _mask(values: pa.Array) -> Mask:
    return np.asarray(values.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


def _codes(column: Column) -> Codes:
    return np.zeros(len(column.values), dtype=np.int32) if column.codes is None else column.codes


def _pick(mask: pa.Array, then: pa.Array, otherwise: pa.Array) -> pa.Array:
    if pa.types.is_nested(then.type):  # if_else has no kernel for all nested types
        both = pa.concat_arrays([then, otherwise])
        n = len(then)
        return both.take(pa.array(np.where(_mask(mask), np.arange(n), np.arange(n, 2 * n))))
    return pc.if_else(mask, then, otherwise)


@register
class When(Op):
    """Arguments: condition, value, condition, value, ..., value otherwise. A null condition counts as false."""

    name = "when"
    arity = (3, None)
    lazy = True

    def check(self, node: object) -> None:
        super().check(node)  # type: ignore[arg-type]
        if len(node.args) % 2 == 0:  # type: ignore[attr-defined]
            raise RequestError("when takes pairs of condition and value, and one value more")

    def bind(self, call: Call) -> Signature:
        n = len(call.in_types)
        for dtype in call.in_types[: n - 1 : 2]:
            if dtype not in (pa.bool_(), pa.null()):
                raise TypeMismatchError(f"a condition is {format_type(dtype)}, not true or false", hint="compare: when(col('a') > 0)")
        values = [*range(1, n, 2), n - 1]
        out = common_type([call.in_types[i] for i in values], "the values of when()")
        wanted = tuple(out if i in values else pa.bool_() for i in range(n))
        return Signature(out, wanted, nullable=any(call.in_nullable[i] for i in values))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out = args[-1]
        for at in range(len(args) - 3, -1, -2):
            out = _pick(args[at].fill_null(False), args[at + 1], out)
        return out

    def branch_codes(self, call: Call, args: Sequence[Column]) -> Codes | None:
        if all(arg.codes is None for arg in args):
            return None
        codes = _codes(args[-1])
        for at in range(len(args) - 3, -1, -2):
            condition = _codes(args[at])
            codes = np.where(condition != 0, condition, np.where(_mask(args[at].values), _codes(args[at + 1]), codes))
        return codes

    def row(self, call: Call, code: RowCode, *args: Bound) -> str:  # type: ignore[override]
        while args[-1].op is self and not code.knows(args[-1]):  # otherwise(when(...)): one chain, not one block deeper
            args = (*args[:-1], *args[-1].args)
        out = code.new()
        condition = code.eval(args[0])
        if len(args) == 3:
            with code.block(f"if {condition}:"):
                code.emit(f"{out} = {code.eval(args[1])}")
            with code.block("else:"):
                code.emit(f"{out} = {code.eval(args[2])}")
            return out
        pending = code.new()
        code.emit(f"{pending} = not {condition}")
        with code.block(f"if {condition}:"):
            code.emit(f"{out} = {code.eval(args[1])}")
        for at in range(2, len(args) - 1, 2):
            with code.block(f"if {pending}:"):
                condition = code.eval(args[at])
                with code.block(f"if {condition}:"):
                    code.emit(f"{out} = {code.eval(args[at + 1])}")
                    code.emit(f"{pending} = False")
        with code.block(f"if {pending}:"):
            code.emit(f"{out} = {code.eval(args[-1])}")
        return out


@register
class Coalesce(Op):
    """The first argument that is not null; later ones are not looked at."""

    name = "coalesce"
    arity = (1, None)
    lazy = True

    def bind(self, call: Call) -> Signature:
        out = common_type(call.in_types, "the values of coalesce()")
        return Signature(out, (out,) * len(call.in_types), nullable=all(call.in_nullable))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        out = args[-1]
        for arg in reversed(args[:-1]):
            out = _pick(arg.is_valid(), arg, out)
        return out

    def branch_codes(self, call: Call, args: Sequence[Column]) -> Codes | None:
        if all(arg.codes is None for arg in args):
            return None
        codes = _codes(args[-1])
        for arg in reversed(args[:-1]):
            own = _codes(arg)
            codes = np.where(own != 0, own, np.where(_mask(arg.values.is_valid()), np.int32(0), codes))
        return codes

    def row(self, call: Call, code: RowCode, *args: Bound) -> str:  # type: ignore[override]
        first = code.eval(args[0])
        out = code.new()
        code.emit(f"{out} = {first}")
        for arg in args[1:]:
            with code.block(f"if {out} is None:"):
                code.emit(f"{out} = {code.eval(arg)}")
        return out
