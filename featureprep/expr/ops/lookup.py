"""is_in and map_values: membership and replacement by a table written in the job."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, TypeMismatchError, short
from featureprep.expr.literal import type_of
from featureprep.expr.op import Call, Issues, Op, Signature, register
from featureprep.expr.ops.unify import common_type
from featureprep.expr.params import BOOL, NONE, scalar, sequence
from featureprep.expr.row import RowCode, RowValue
from featureprep.kernels.arrays import to_rows
from featureprep.types import format_type, is_float, is_integer, is_numeric
from featureprep.zones import in_utc

LIST = sequence(scalar() | NONE)


def key_of(value: Any, dtype: pa.DataType, what: str) -> Any:
    """A key as a value of the column's type, or None where no value of that type equals it.

    Raises
    ------
    ArgumentError, TypeMismatchError
        For null and NaN, and for a value of another kind than the column's.
    """
    if value is None or value != value:
        raise ArgumentError(f"{what} holds {'null' if value is None else 'NaN'}", hint="use is_null() or is_nan() beside it")
    given = type_of(value)
    if pa.types.is_timestamp(given) and pa.types.is_timestamp(dtype):
        try:
            return in_utc(value)
        except OverflowError as error:
            raise TypeMismatchError(f"{what} holds {short(value)}, which is outside the years 1 to 9999 in UTC") from error
    if given == dtype:
        return value
    if not (is_numeric(given) and is_numeric(dtype)):
        raise TypeMismatchError(
            f"{what} holds {short(value)}, but the column is {format_type(dtype)}",
            hint="give values of the column's type, or cast the column",
        )
    try:
        plain = int(value) if is_integer(dtype) else float(value) if is_float(dtype) else Decimal(value)
        exact = pa.scalar(plain, dtype).as_py()
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        return None
    return exact if exact == value else None


def key_array(values: Any, dtype: pa.DataType, what: str) -> tuple[pa.Array, list[int]]:
    """The keys that a column of this type can hold, and their positions in `values`."""
    if pa.types.is_nested(dtype):
        raise TypeMismatchError(f"{what} takes single values, not {format_type(dtype)}")
    keys = [key_of(v, dtype, what) for v in values]
    kept = [i for i, key in enumerate(keys) if key is not None]
    return pa.array([keys[i] for i in kept], dtype), kept


def _canonical(values: pa.Array) -> pa.Array:
    return pc.add(values, pa.scalar(0.0, values.type)) if is_float(values.type) else values  # -0.0 becomes 0.0


@register
class IsIn(Op):
    """Whether a value is one of those given; null for null. An integer equals a float of the same value."""

    name = "is_in"
    limits = {"values": LIST}
    distinct = True

    def bind(self, call: Call) -> Signature:
        if call.in_types[0] != pa.null():
            key_array(call.params["values"], call.in_types[0], "is_in")
        return Signature(pa.bool_())

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,) = args
        if x.type == pa.null():
            return pa.nulls(len(x), pa.bool_())
        keys, _ = key_array(call.params["values"], x.type, "is_in")
        found = pc.is_in(_canonical(x), value_set=_canonical(keys))
        return pc.if_else(x.is_valid(), found, pa.scalar(None, pa.bool_()))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        if args[0].type == pa.null():
            return args[0].name
        keys, _ = key_array(call.params["values"], args[0].type, "is_in")
        return code.strict(args, f"{args[0]} in {code.const(frozenset(to_rows(keys)))}")


@register
class MapValues(Op):
    """Each value replaced by what it maps to; others by `default` (null if None), or kept."""

    name = "map_values"
    limits = {"keys": LIST, "values": LIST, "default": scalar() | NONE, "keep_unmapped": BOOL}
    distinct = True

    def bind(self, call: Call) -> Signature:
        params = call.params
        if len(params["keys"]) != len(params["values"]):
            raise ArgumentError("map_values has a key without a value")
        if params["keep_unmapped"] and params["default"] is not None:
            raise ArgumentError("map_values takes default= or keep_unmapped=, not both")
        results = [type_of(v) for v in (*params["values"], params["default"])]
        if params["keep_unmapped"]:
            results.append(call.in_types[0])
        out = common_type(results, "the values of map_values()")
        if params["keep_unmapped"] and out != call.in_types[0]:
            raise TypeMismatchError(
                f"map_values keeps values of type {format_type(call.in_types[0])} but maps others to {format_type(out)}",
                hint="cast the column first",
            )
        for value in (*params["values"], params["default"]):
            try:
                pa.scalar(in_utc(value), out)
            except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
                raise TypeMismatchError(f"map_values maps to {value!r}, which is no {format_type(out)} as the others are") from error
        if call.in_types[0] != pa.null():
            key_array(params["keys"], call.in_types[0], "map_values")
        return Signature(out, nullable=True)

    def batch(self, call: Call, issues: Issues, *args: pa.Array) -> pa.Array:
        (x,) = args
        if x.type == pa.null():
            return pa.nulls(len(x), call.out_type)
        keys, kept = key_array(call.params["keys"], x.type, "map_values")
        values = pa.array([in_utc(call.params["values"][i]) for i in kept], call.out_type)
        at = pc.index_in(_canonical(x), value_set=_canonical(keys))
        mapped = values.take(at)
        hit = at.is_valid()
        rest = x if call.params["keep_unmapped"] else pa.repeat(pa.scalar(call.params["default"], call.out_type), len(x))
        out = pc.if_else(hit, mapped, rest)
        return pc.if_else(x.is_valid(), out, pa.scalar(None, call.out_type))

    def row(self, call: Call, code: RowCode, *args: RowValue) -> str:
        if args[0].type == pa.null():
            return args[0].name
        keys, kept = key_array(call.params["keys"], args[0].type, "map_values")
        values = pa.array([in_utc(call.params["values"][i]) for i in kept], call.out_type)
        table: dict[Any, Any] = {}
        for key, value in zip(to_rows(keys), to_rows(values), strict=True):
            table.setdefault(key, value)
        default = (
            args[0].name
            if call.params["keep_unmapped"]
            else code.const(to_rows(pa.array([in_utc(call.params["default"])], call.out_type))[0])
        )
        return code.strict(args, f"{code.const(table)}.get({args[0]}, {default})")


def lookup_table(values: pa.Array) -> dict[Any, int]:
    """Position of each value of an array without repeats, by row value."""
    return dict(zip(to_rows(values), range(len(values)), strict=True))


def positions(x: pa.Array, keys: pa.Array) -> pa.Array:
    """int64 position of each value among `keys`, null where it is null, NaN or not among them."""
    return pc.index_in(_canonical(x), value_set=_canonical(keys)).cast(pa.int64()) if len(keys) else pa.nulls(len(x), pa.int64())


def int64(values: np.ndarray[Any, np.dtype[np.int64]], null: np.ndarray[Any, np.dtype[np.bool_]] | None = None) -> pa.Array:
    """An int64 array with nulls where `null`."""
    return pa.array(values, pa.int64(), mask=null)
