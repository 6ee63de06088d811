"""cyclic: what comes round again (hours, weekdays, angles) as a point on a circle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, apply, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, register
from featureprep.expr.ops.functional import Forms, Functional
from featureprep.expr.params import MALFORMED, Limit, check, number, one_of
from featureprep.kernels.arrays import values_of
from featureprep.kernels.result import BAD, Batch, some
from featureprep.transforms._columns import column as as_column
from featureprep.transforms._vectors import dense_array
from featureprep.types import dense, is_numeric

_F64 = pa.float64()
_TURN = 2 * math.pi
_PERIODS: Mapping[str, int] = {
    "quarter": 4,
    "month": 12,
    "day": 31,
    "day_of_year": 366,
    "weekday": 7,
    "iso_week": 53,
    "hour": 24,
    "minute": 60,
    "second": 60,
}
_POSITIVE = Limit("a finite number above 0", lambda v: number(0).ok(v) and v > 0)


def cyclic(
    column: str | Expr, *, period: float | None = None, part: str | None = None, missing: Any = "keep", malformed: str | None = None
) -> Expr:
    """(sin a, cos a) with a = 2 pi x / period radians: the end of a period lies beside its beginning.

    Parameters
    ----------
    column : str or Expr
        Numbers; with `part`, dates or timestamps (naive and zoned ones are taken in UTC).
    period : number above 0
        After how much x comes round again, in the unit of x.
    part : {"quarter", "month", "day", "day_of_year", "weekday", "iso_week", "hour", "minute", "second"}
        In place of `period`: x is this part of a date, as `date_parts` gives it, and the period the number of its values: 4, 12, 31, 366, 7, 53,
        24, 60, 60.
    missing : {"keep", "error", "quarantine"} or a value
        For null and NaN. "keep" leaves null null and makes both elements NaN of NaN. A value (a date, with `part`) is put in first.
    malformed : {"null", "error", "quarantine"}, optional
        For an infinity, which has no place on the circle. The job's policy by default.

    Returns
    -------
    Expr
        fixed_size_list<float64>[2], elements named `sin` and `cos`, each from -1 to 1.

    Raises
    ------
    ArgumentError
        When not exactly one of `period` and `part` is given, or an argument is outside its limits.
    TypeMismatchError
        At bind time, for a column that is not of numbers (of dates or timestamps, with `part`).

    Notes
    -----
    x is brought below the period first (C's fmod, which is exact), so that large numbers lose nothing. Nothing is learned: an empty, constant or
    all-null column is nothing special. There are no unknown values.

    References
    ----------
    scikit-learn user guide, "Time-related feature engineering", trigonometric features.

    Examples
    --------
    >>> cyclic("wind_direction", period=360)
    cyclic(wind_direction, period=360)
    >>> cyclic("start", part="hour")
    cyclic(dt_part(start, part='hour'), period=24)
    """
    if (period is None) == (part is None):
        raise ArgumentError("cyclic takes either period= or part=", where=site(), hint='cyclic("start", part="hour")')
    node = as_column("cyclic", column, missing)
    if part is not None:
        check("cyclic", {"part": one_of(*_PERIODS)}, {"part": part}, where=site())
        node, period = Node("dt_part", (node,), {"part": part}, site()), _PERIODS[part]
    return apply("cyclic", node, period=period, malformed=malformed)


@register
class Cyclic(Functional):
    """Sine and cosine of a number's place in its period."""

    name = "cyclic"
    limits = {"period": _POSITIVE, "malformed": MALFORMED}
    takes = "numbers"
    distinct = True

    def accepts(self, dtype: pa.DataType) -> bool:
        return is_numeric(dtype)

    def wanted(self, dtype: pa.DataType) -> pa.DataType:
        return _F64 if is_numeric(dtype) or dtype in (pa.bool_(), pa.null()) else dtype

    def result(self, dtype: pa.DataType, params: Mapping[str, Any]) -> pa.DataType:
        return dense(_F64, 2)

    def elements(self, call: Call) -> list[str] | None:
        return ["sin", "cos"]

    def forms(self, dtype: pa.DataType, params: Mapping[str, Any]) -> Forms:
        period = float(params["period"])

        def batch(array: pa.Array) -> Batch:
            x = values_of(array)
            valid = np.asarray(array.is_valid())
            wrong = np.isinf(x) & valid
            angle = pa.array(np.fmod(np.where(np.isfinite(x), x, np.nan), period) / period * _TURN)
            values = np.stack([values_of(pc.sin(angle)), values_of(pc.cos(angle))], axis=1)
            return dense_array(values, _F64, valid & ~wrong), some(wrong)

        def row(x: float) -> Any:
            if x - x != 0:  # NaN or an infinity
                return [x, x] if x != x else BAD
            angle = math.fmod(x, period) / period * _TURN
            return [math.sin(angle), math.cos(angle)]

        return batch, row
