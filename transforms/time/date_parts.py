"""date_parts: parts of dates and timestamps as numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.params import check, one_of, sequence
from featureprep.kernels.arrays import values_of
from featureprep.kernels.calendar import DAY
from featureprep.kernels.result import Batch
from featureprep.kernels.timeparts import PARTS, part_batch, part_row
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array
from featureprep.types import TIMESTAMP, dense, is_temporal

_PART = one_of(*PARTS)


def date_parts(column: str | Expr, parts: str | Sequence[str], *, missing: Any = "keep") -> Expr:
    """One part of a date or timestamp as a number, or several as a vector.

    Parameters
    ----------
    column : str or Expr
        Dates (their time of day is midnight) or timestamps (naive ones are UTC; zoned ones are taken in UTC too). An offset in a text
        is taken off when it is read: 21:15+02:00 is of hour 19; `col("t").dt.to_local("Europe/Berlin")` gives what clocks there show.
    parts : str, or list of different str
        Of "year", "quarter" (1 to 4), "month" (1 to 12), "day" (1 to 31), "day_of_year" (1 to 366), "weekday" (Monday 0 to Sunday 6),
        "iso_week" (1 to 53), "hour", "minute", "second", "microsecond".
    missing : {"keep", "error", "quarantine"}, date or datetime
        For null. "keep" leaves null null. A value is put in first.

    Returns
    -------
    Expr
        int64 for one part; for a list fixed_size_list<int64>, one element a part in the given order, named by it.

    Raises
    ------
    ArgumentError
        For an unknown or repeated part, or none.
    TypeMismatchError
        At bind time, for a column that is not of dates or timestamps; text is cast first: `col("t").cast("timestamp")`.

    Notes
    -----
    Nothing is learned: an empty, constant or all-null column is nothing special. There is no NaN, there are no unknown values, and nothing
    is malformed.

    References
    ----------
    ISO 8601 (weeks); Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"; `featureprep.kernels.timeparts`.

    Examples
    --------
    >>> date_parts("start", "hour")
    dt_part(start, part='hour')
    >>> date_parts("start", ["hour", "weekday"])
    date_parts(start, parts=['hour', 'weekday'])
    """
    node = as_column("date_parts", column, missing)
    if isinstance(parts, str):
        check("date_parts", {"parts": _PART}, {"parts": parts}, where=site())
        return apply("dt_part", node, part=parts)
    return apply("date_parts", node, parts=list(parts) if isinstance(parts, Sequence) else parts)


@register
class DateParts(Functional):
    """Several parts side by side."""

    name = "date_parts"
    limits = {"parts": sequence(_PART, at_least=1)}
    kinds = ()
    takes = "a date or timestamp"

    def check(self, node: Node) -> None:
        super().check(node)
        parts = list(node.params["parts"])
        if len(set(parts)) < len(parts):
            raise ArgumentError.of("parts", self.name, "different from each other", parts, where=node.site)

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_temporal(dtype)

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        return TIMESTAMP if dtype == pa.null() else dtype

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dense(pa.int64(), len(params["parts"]))

    def elements(self, call: Call) -> list[str] | None:
        return list(call.params["parts"])

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        slow = [part_row(dtype, part) for part in params["parts"]]
        fast = [_OF_DATE.get(part, _of_value(one)) for part, one in zip(params["parts"], slow, strict=True)]
        day = 1 if pa.types.is_date32(dtype) else DAY

        def batch(array: pa.Array) -> Batch:
            columns = [values_of(part_batch(array, part)[0]) for part in params["parts"]]
            return dense_array(np.stack(columns, axis=1), pa.int64(), np.asarray(array.is_valid())), None

        def row(value: int) -> list[int]:
            ordinal = value // day + _EPOCH
            if not 1 <= ordinal <= _LAST:
                return [part(value) for part in slow]
            date = dt.date.fromordinal(ordinal)
            return [part(date, value) for part in fast]

        return batch, row


# Python's calendar is the same one, and ten times as fast as our formulas on one value; it ends with the year 9999
_EPOCH, _LAST = dt.date(1970, 1, 1).toordinal(), dt.date.max.toordinal()
_OF_DATE: dict[str, Callable[[dt.date, int], int]] = {
    "year": lambda date, value: date.year,
    "quarter": lambda date, value: (date.month + 2) // 3,
    "month": lambda date, value: date.month,
    "day": lambda date, value: date.day,
    "weekday": lambda date, value: date.weekday(),
    "iso_week": lambda date, value: date.isocalendar()[1],
}


def _of_value(part: Callable[[int], int]) -> Callable[[dt.date, int], int]:
    return lambda date, value: part(value)
