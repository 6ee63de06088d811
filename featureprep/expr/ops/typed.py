"""of_type: the value itself, where its column has one of the types that are meant; elsewhere refused when the job is bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import TEXT, one_of, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.types import format_type, is_float, is_integer

KINDS: Mapping[str, Callable[[pa.DataType], bool]] = {
    "bool": pa.types.is_boolean,
    "date": pa.types.is_date,
    "decimal": pa.types.is_decimal,
    "float": is_float,
    "integer": is_integer,
    "list": pa.types.is_list,
    "text": lambda dtype: bool(dtype == pa.string()),
    "timestamp": pa.types.is_timestamp,
}


@register
class OfType(Op):
    """The value itself. A query in SQL says by it for which types a function means there what it means here."""

    name = "of_type"
    limits = {"kinds": sequence(one_of(*KINDS), at_least=1), "instead": TEXT}

    def bind(self, call: Call) -> Signature:
        dtype = call.in_types[0]
        if dtype != pa.null() and not any(KINDS[kind](dtype) for kind in call.params["kinds"]):
            wanted = ", ".join(call.params["kinds"])
            raise TypeMismatchError(f"it is {format_type(dtype)}, and {wanted} is wanted here", hint=call.params["instead"])
        return Signature(dtype, (dtype,))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return args[0]

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return args[0].name
