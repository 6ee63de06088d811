"""Look-ups in a small table that is a constant of the graph: what join(serve="embed") becomes."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from featureprep.expr.keytable import KeyTable
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NAME, NONE
from featureprep.expr.row import RowCode, RowValue
from featureprep.expr.rowvalues import from_arrow
from featureprep.types import is_float, parse_type


@register
class EmbeddedLookup(Op):
    """A column of a small table found by key (or, for column None, whether the key is there). A null key is never found.

    Constants: `keys`, a struct array of the table's keys; `values`, the column.
    """

    name = "embedded"
    arity = (1, None)
    limits = {"table": NAME, "column": NAME | NONE, "type": NAME}

    def bind(self, call: Call) -> Signature:
        return Signature(parse_type(call.params["type"]), nullable=call.params["column"] is not None)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        at = call.once(_table).find(args)
        if call.params["column"] is None:
            return pa.array(at >= 0)
        return call.fitted["values"].take(pa.array(at, pa.int64(), mask=at < 0))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        keys = call.fitted["keys"]
        columns = [from_arrow(keys.field(i)) for i in range(keys.type.num_fields)]
        found: list[Any] = [True] * len(keys) if call.params["column"] is None else from_arrow(call.fitted["values"])
        table = {
            tuple(_key(v) for v in key): value for key, value in zip(zip(*columns, strict=True), found, strict=True) if None not in key
        }
        default = code.const(False if call.params["column"] is None else None)
        out = code.new()
        keyed = ", ".join(f"{code.const(_key)}({a})" if is_float(a.type) else a.name for a in args)
        code.emit(f"{out} = {code.const(table)}.get(({keyed},), {default})")
        return out


def _table(call: Call) -> KeyTable:
    keys = call.fitted["keys"]
    return KeyTable([keys.field(i) for i in range(keys.type.num_fields)])


_NAN = object()


def _key(value: Any) -> Any:
    """A key by which NaN finds NaN."""
    return _NAN if isinstance(value, float) and value != value else value
