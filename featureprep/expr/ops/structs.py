"""Fields of structs, and the float type of outputs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ColumnNotFoundError
from featureprep.expr.misfit import wrong_type
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NAME, one_of
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.casts import cast, cast_value
from featureprep.types import parse_type, with_floats


@register
class StructField(Op):
    """One field of a struct; null for a null struct."""

    name = "struct_field"
    limits = {"name": NAME}

    def bind(self, call: Call) -> Signature:
        dtype = call.in_types[0]
        if not pa.types.is_struct(dtype):
            raise wrong_type(self.name, "a struct", dtype)
        names = [dtype.field(i).name for i in range(dtype.num_fields)]
        if call.params["name"] not in names:
            raise ColumnNotFoundError.of([call.params["name"]], names)
        return Signature(dtype.field(names.index(call.params["name"])).type, nullable=True)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        return pc.struct_field(args[0], [call.params["name"]])

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        return code.strict(args, f"{args[0]}.get({code.const(call.params['name'])})")


@register
class AsDtype(Op):
    """All floats, scalar or inside vectors, in the type that the job writes; anything else unchanged."""

    name = "as_dtype"
    limits = {"dtype": one_of("float64", "float32")}

    def bind(self, call: Call) -> Signature:
        return Signature(with_floats(call.in_types[0], parse_type(call.params["dtype"])))

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        if args[0].type == call.out_type:
            return args[0]
        return cast(args[0], call.out_type)[0]

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        if call.in_types[0] == call.out_type:
            return args[0].name
        return code.strict(args, f"{code.const(cast_value(call.in_types[0], call.out_type))}({args[0]})")
