"""Literals: Python values as typed constants of an expression."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import ArgumentError, TypeMismatchError, short
from featureprep.expr.node import Node, freeze
from featureprep.expr.params import encodable
from featureprep.kernels.casts import can_cast, cast
from featureprep.types import format_type, parse_type
from featureprep.zones import in_utc

_MAX_DEPTH = 32
_MAX_DIGITS = 38


def type_of(value: Any, depth: int = 0) -> pa.DataType:
    """The type of a Python value: ints are int64 (uint64 above its range), lists take their first item's.

    Raises
    ------
    ArgumentError
        For what is no value of any type, and for lists nested deeper than 32.
    """
    match value:
        case None:
            return pa.null()
        case bool():
            return pa.bool_()
        case int() if -(2**63) <= value < 2**63:
            return pa.int64()
        case int() if 0 <= value < 2**64:
            return pa.uint64()
        case float():
            return pa.float64()
        case str() if encodable(value):
            return pa.string()
        case bytes():
            return pa.binary()
        case dt.datetime() if value == value:  # pandas' NaT is a datetime that does not equal itself
            return pa.timestamp("us")
        case dt.date() if not isinstance(value, dt.datetime):
            return pa.date32()
        case Decimal() if value.is_finite() and (found := _decimal_type(value)) is not None:
            return found
        case list() | tuple() if depth < _MAX_DEPTH:
            return pa.list_(type_of(next((item for item in value if item is not None), None), depth + 1))
    value = dict(value) if isinstance(value, Mapping) else value
    what = f"{short(value)} ({type(value).__name__}) cannot be a literal"
    hint = "use a number, text, bytes, bool, date, datetime, Decimal or a list"
    if isinstance(value, int):
        what, hint = f"{short(value)} does not fit in 64 bits", "write it as a float or a Decimal"
    elif isinstance(value, str):
        what, hint = f"{short(value)} holds half a surrogate pair, which UTF-8 cannot store", "decode the text by its own encoding"
    raise ArgumentError(what, hint=hint)


def _decimal_type(value: Decimal) -> pa.DataType | None:
    """The narrowest type that holds it, if one does."""
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    precision = max(len(digits) + max(int(exponent), 0), scale, 1)
    return pa.decimal128(precision, scale) if precision <= _MAX_DIGITS else None


def literal(value: Any, site: str | None = None) -> Node:
    """The node of a literal; NumPy scalars are taken as their Python values."""
    value = freeze(value)
    return Node("lit", (), {"value": value, "type": format_type(type_of(value))}, site)


def scalar_of(node: Node, dtype: pa.DataType | None = None) -> pa.Scalar:
    """The literal as an Arrow scalar."""
    dtype = dtype or parse_type(node.params["type"])
    return pa.scalar(in_utc(node.params["value"]), dtype)


def scalar_as(value: Any, dtype: pa.DataType, what: str) -> pa.Scalar:
    """A Python value as a scalar of another type, by the casts that columns use.

    Raises
    ------
    TypeMismatchError
        Where it does not fit; the error calls it `what`.
    """
    given = type_of(value)
    if can_cast(given, dtype):
        with suppress(OverflowError):  # outside the years 1 to 9999 in UTC
            made, bad = cast(pa.array([in_utc(value)], given), dtype)
            if bad is None:
                return made[0]
    raise TypeMismatchError(f"{what}{value!r} does not fit the column, which is {format_type(dtype)}", hint="cast the column first")


def row_value(value: Any) -> Any:
    """A Python value as row code holds it: dates as days, timestamps as microseconds."""
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return (aware - EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (value - EPOCH_DATE).days
    if isinstance(value, (list, tuple)):
        return [row_value(item) for item in value]
    return value
