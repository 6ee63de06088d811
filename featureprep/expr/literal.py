"""Literals: Python values as typed constants of an expression."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import ArgumentError
from featureprep.expr.node import Node
from featureprep.types import format_type, is_list, parse_type


def type_of(value: Any) -> pa.DataType:
    """The type of a Python value: ints are int64 (uint64 above its range), lists take their first item's.

    Raises
    ------
    ArgumentError
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
        case str():
            return pa.string()
        case bytes():
            return pa.binary()
        case dt.datetime():
            return pa.timestamp("us")
        case dt.date():
            return pa.date32()
        case Decimal() if value.is_finite():
            exact = pa.scalar(value)
            return pa.decimal128(exact.type.precision, exact.type.scale)
        case list() | tuple():
            return pa.list_(type_of(next((item for item in value if item is not None), None)))
    raise ArgumentError(
        f"{value!r} ({type(value).__name__}) cannot be a literal", hint="use a number, text, bytes, bool, date, datetime, Decimal or a list"
    )


def literal(value: Any, site: str | None = None) -> Node:
    """The node of a literal; NumPy scalars are taken as their Python values."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    return Node("lit", (), {"value": value, "type": format_type(type_of(value))}, site)


def scalar_of(node: Node, dtype: pa.DataType | None = None) -> pa.Scalar:
    """The literal as an Arrow scalar."""
    dtype = dtype or parse_type(node.params["type"])
    value = node.params["value"]
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return pa.scalar(list(value) if is_list(dtype) and value is not None else value, dtype)


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
