"""The aggregate functions of group_by: their names, what they mean, and the types they give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

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
        "std": "Standard deviation in float64, the root of the exact variance rounded once; values and null as for var.",
        "var": "Exact squared distances from the exact mean, divided by n - ddof (ddof 0 or 1), rounded once; values as for mean; null where "
        "n - ddof is not above 0.",
        "min": "Smallest value, infinities included, NaN left out; text by bytes; null for no values.",
        "max": "Largest value, as min.",
        "quantile": "Type 7 of the finite values as float64, q in [0, 1]; null for no values.",
        "n_unique": "Number of different values that are not null; all NaN are one value, 0.0 and -0.0 another.",
        "any": "Whether a bool is true; false for no values.",
        "all": "Whether no bool is false; true for no values.",
        "first": "The value (null and NaN too) of the row that is first by the order columns, NaN after values and null after NaN; of rows "
        "that are equal there, the smallest value in the same order (lists and structs: by content).",
        "last": "As first, with the largest order columns first; NaN and null still stand after values, so a row with them is taken only "
        "where there is no other.",
        "collect": "All values as a list, null and NaN too, in the order of first, or descending=True of last; without order columns by value.",
    }
)
ORDERED: Final = ("first", "last", "collect")
"""The functions that take order columns."""


SUMMED: Final = ("sum", "mean", "std", "var", "quantile")
"""The functions of finite numbers."""


@dataclass(frozen=True)
class Reduction:
    """One aggregate: the function, the column it is taken over (None: count of rows), the columns that order the rows, parameters."""

    function: str
    column: str | None = None
    order: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)


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
    if function in ("first", "last"):
        return dtype
    if function == "collect":
        return pa.list_(dtype)
    if function in ("any", "all"):
        if not (pa.types.is_boolean(dtype) or pa.types.is_null(dtype)):
            raise TypeMismatchError(f"{function} takes true and false, not {format_type(dtype)}", hint=f'{function}(col("x") > 0)')
        return pa.bool_()
    if function in ("min", "max"):
        check_ordered(dtype, function)
        return dtype
    if not (is_numeric(dtype) or pa.types.is_boolean(dtype) or pa.types.is_null(dtype)):
        raise TypeMismatchError(f"{function} takes numbers, not {format_type(dtype)}", hint="cast the column to float64 or int64")
    if function != "sum" or pa.types.is_floating(dtype):
        return pa.float64()
    if pa.types.is_decimal(dtype):
        return pa.decimal128(38, dtype.scale)
    return pa.uint64() if pa.types.is_unsigned_integer(dtype) else pa.int64()
