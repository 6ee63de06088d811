"""What the numeric transforms take: one column of numbers, as float64."""

from __future__ import annotations

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call
from featureprep.types import format_type, is_numeric

F64 = pa.float64()


def numbers(call: Call) -> tuple[pa.DataType, ...]:
    """The arguments' types, float64 each.

    Raises
    ------
    TypeMismatchError
        For a column that is neither of numbers nor of bools (as 0 and 1).
    """
    for dtype in call.in_types:
        if not is_numeric(dtype) and dtype not in (pa.bool_(), pa.null()):
            name = call.node.op
            raise TypeMismatchError(f"{name} takes numbers, not {format_type(dtype)}", hint="cast it first: col(...).cast('float64')")
    return (F64,) * len(call.in_types)
