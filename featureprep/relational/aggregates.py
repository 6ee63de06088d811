"""The aggregate functions of group_by: their names, what they mean, and the types they give."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.relational.ranks import check_ordered
from featureprep.types import format_type, is_numeric, logical

AGGREGATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "count": "Rows of the group; with a column, its values that are not null (NaN is a value).",
        "sum": "Exact sum; 0 for no values. Integers give int64, unsigned ones uint64, decimals 38 digits, a sum beyond that is malformed; "
        "floats give float64, rounded once, NaN and infinities left out; bool counts its trues.",
        "mean": "Mean in float64, exactly rounded; NaN and infinities left out; null for no values.",
        "std": "Population standard deviation (ddof 0) in float64, the root of the exact variance rounded once; values as for mean.",
        "min": "Smallest value, infinities included, NaN left out; text by bytes; null for no values.",
        "max": "Largest value, as min.",
        "n_unique": "Number of different values that are not null; all NaN are one value, 0.0 and -0.0 another.",
    }
)


def aggregate_type(function: str, dtype: pa.DataType | None) -> pa.DataType:
    """The type of an aggregate over values of `dtype` (None: no column).

    Raises
    ------
    ArgumentError
        For another function, or one other than count without a column.
    TypeMismatchError
        For a type that the function does not take.
    """
    if function not in AGGREGATES:
        raise ArgumentError.of("function", "agg", f"one of {', '.join(AGGREGATES)}", function)
    if dtype is None:
        if function != "count":
            raise ArgumentError(f"{function} needs a column")
        return pa.int64()
    dtype = logical(dtype)
    if function in ("count", "n_unique"):
        return pa.int64()
    if function in ("min", "max"):
        check_ordered(dtype, function)
        return dtype
    if not (is_numeric(dtype) or pa.types.is_boolean(dtype) or pa.types.is_null(dtype)):
        raise TypeMismatchError(f"{function} takes numbers, not {format_type(dtype)}", hint="cast the column to float64 or int64")
    if function in ("mean", "std") or pa.types.is_floating(dtype):
        return pa.float64()
    if pa.types.is_decimal(dtype):
        return pa.decimal128(38, dtype.scale)
    return pa.uint64() if pa.types.is_unsigned_integer(dtype) else pa.int64()
