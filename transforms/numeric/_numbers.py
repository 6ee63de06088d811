"""What the numeric transforms take: one column of numbers, as float64."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep.expr.misfit import wrong_type
from featureprep.expr.op import Call, find
from featureprep.expr.params import Limit, number
from featureprep.types import is_numeric

F64 = pa.float64()


def numbers(call: Call, first: int | None = None) -> tuple[pa.DataType, ...]:
    """The arguments' types, float64 each; with `first`, of so many arguments, and the others' as they are.

    Raises
    ------
    TypeMismatchError
        For a column that is neither of numbers nor of bools (as 0 and 1).
    """
    taken = call.in_types[:first]
    for dtype in taken:
        if not is_numeric(dtype) and dtype not in (pa.bool_(), pa.null()):
            op = find(call.node.op)
            raise wrong_type(op.called or op.name, "numbers", dtype)
    return (*(F64,) * len(taken), *call.in_types[len(taken) :])


def _ascending(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) == 2 and all(number(0, 1).ok(q) for q in value) and value[0] < value[1]


QUANTILE_RANGE = Limit("two numbers in the range [0, 1], ascending", _ascending)
