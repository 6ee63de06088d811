"""A user's function that judges rows. What it raises is part of the answer, so that a check that breaks ends no scan of a contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import UdfError, said
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import BOOL, NAME, one_of, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.expr.udf import MODES, Rows, check_again, check_row_wise, declared_types, resolve, run_batch, run_row, spread

TYPE: Final = pa.struct([("fine", pa.bool_()), ("error", pa.string())])
_SHOWN: Final = 200
_HALVED: Final = 4096
_TOGETHER: Final = 64
_ALONE: Final = 4


@register
class Checked(Op):
    """Whether each row is fine, as a user's function says; where it raises, that it did, for all rows of the batch.

    `hidden`: a column it looks at is sensitive, so that the text of an error may tell a value, and only its class is kept.
    """

    name = "checked"
    arity = (1, None)
    guarded = True
    limits = {
        "module": NAME, "function": NAME, "mode": one_of(*MODES), "types": sequence(NAME), "output": one_of("bool"), "sha256": NAME,
        "hidden": BOOL,
    }  # fmt: skip

    def bind(self, call: Call) -> Signature:
        return Signature(TYPE, declared_types(call), nullable=False)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        resolve(call.params)  # a function that is not here is no fault of its rows
        n = len(args[0])
        fine, error = pa.nulls(n, pa.bool_()), pa.nulls(n, pa.string())
        try:
            made = run_batch(call.params, args, where=call.node.site)
            check_row_wise(call, args, made)
            check_again(call, args, made, _parts(made))
            fine = made
        except UdfError as raised:
            error = pa.repeat(pa.scalar(_told(call, args, raised), pa.string()), n)
        return pa.StructArray.from_arrays([fine, error], fields=list(TYPE))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        def judge(*values: Any) -> dict[str, Any]:
            return {"fine": run_row(call.params, call.in_types, values), "error": None}

        out = code.new()
        code.emit(f"{out} = {code.const(judge)}({', '.join(a.name for a in args)})")
        return out


def _parts(made: pa.Array) -> Iterator[Rows]:
    """Rows whose verdict is asked again in other company: a row that is bad must be bad among bad rows only, among fine ones only, and alone.

    Evenly chosen, so that they are the same however often it is asked: up to 4096 rows in two interleaved halves from the last to the
    first, up to 64 of the bad ones and of the others each without the other, and 4 of each alone.
    """
    rows = np.arange(len(made))
    whole = spread(rows, _HALVED)[::-1]
    yield from (whole[::2], whole[1::2])
    bad = pc.equal(made, False).fill_null(False).to_numpy(zero_copy_only=False)
    for kind in (rows[bad], rows[~bad]):
        yield spread(kind, _TOGETHER)[::-1]
        yield from np.split(some := spread(kind, _ALONE), len(some)) if len(kind) else ()


def _told(call: Call, args: Sequence[pa.Array], error: UdfError) -> str:
    """What went wrong, of the first row that makes the function raise if it is a single one's doing: other rows of the batch do not matter."""
    if error.row is not None:
        try:
            run_batch(call.params, [a.slice(error.row, 1) for a in args])
        except UdfError as alone:
            error = alone
    cause = error.__cause__
    if cause is None:
        return error.what
    line = line_raised(resolve(call.params), cause)
    place = f" in line {line}" if line else ""
    if call.params["hidden"]:
        return f"it raised {type(cause).__name__}{place}; the text of the error may tell a sensitive value"
    name, _, text = said(cause).partition(": ")
    return f"it raised {name}{place}: {text}"[:_SHOWN]


def line_raised(function: Any, cause: BaseException) -> int | None:
    """The last line of a function's own file on the way to what was raised."""
    code = getattr(function, "__code__", None)
    found = None
    at = cause.__traceback__
    while at is not None and code is not None:
        if at.tb_frame.f_code.co_filename == code.co_filename:
            found = at.tb_lineno
        at = at.tb_next
    return found
