"""Look-ups in a small table that is a constant of the graph: what join(serve="embed") becomes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.params import NAME, NONE
from featureprep.expr.row import RowCode, RowValue
from featureprep.expr.rowvalues import from_arrow
from featureprep.types import is_float, parse_type


def _canonical(values: pa.Array) -> pa.Array:
    return pc.add(values, pa.scalar(0.0, values.type)) if is_float(values.type) else values  # -0.0 becomes 0.0


def _codes(values: pa.Array, words: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    codes: np.ndarray[Any, np.dtype[np.int64]] = (
        pc.index_in(_canonical(values), value_set=words).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    return codes


def key_positions(table: list[pa.Array], probe: list[pa.Array]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each probe row the position of the equal row among the table's distinct key rows, -1 where there is none or a key is null.

    Parameters
    ----------
    table, probe : lists of arrays, column by column, of the same types
        NaN equals NaN, -0.0 equals 0.0.
    """
    codes, wanted = np.zeros(len(table[0]), np.int64), np.zeros(len(probe[0]), np.int64)
    bad_row, bad_probe = np.zeros(len(codes), bool), np.zeros(len(wanted), bool)
    for own, asked in zip(table, probe, strict=True):
        words = _canonical(own).unique().drop_null()
        a, b = _codes(own, words), _codes(asked, words)
        bad_row |= a < 0
        bad_probe |= b < 0
        known, codes = np.unique(codes * (len(words) + 1) + a + 1, return_inverse=True)
        mixed = wanted * (len(words) + 1) + b + 1
        at = np.minimum(np.searchsorted(known, mixed), max(len(known) - 1, 0))
        hit = known[at] == mixed if len(known) else np.zeros(len(mixed), bool)
        bad_probe |= ~hit
        wanted = np.where(hit, at, 0)
    place = np.full(int(codes.max()) + 1 if len(codes) else 1, -1, np.int64)
    good = ~bad_row
    place[codes[good]] = np.flatnonzero(good)
    return np.where(bad_probe, -1, place[wanted] if len(place) else -1)


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
        keys = call.fitted["keys"]
        at = key_positions([keys.field(i) for i in range(keys.type.num_fields)], list(args))
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


_NAN = object()


def _key(value: Any) -> Any:
    """A key by which NaN finds NaN."""
    return _NAN if isinstance(value, float) and value != value else value
