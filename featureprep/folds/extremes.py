"""The smallest and largest value of a column."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

import pyarrow as pa
from pyarrow import compute as pc

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import TypeMismatchError
from featureprep.folds.base import Fold
from featureprep.folds.codec import corrupt, integers, pack, unpack
from featureprep.folds.distinct import canonical, distinct
from featureprep.types import format_type, logical

_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class MinMaxResult:
    """The extremes of the `n` values that are neither null nor NaN; None where there are none.

    As row code holds values: dates as days, timestamps as microseconds, the rest as Python's bool, int, float, Decimal, str, bytes.
    """

    n: int
    nulls: int
    nans: int
    min: Any
    max: Any


@dataclass(frozen=True)
class MinMax(Fold):
    """Of any scalar type. Floats: infinities are values, 0.0 is never -0.0; strings in the order of their UTF-8 bytes."""

    name: ClassVar[str] = "min_max"

    def init(self) -> MinMaxResult:
        return MinMaxResult(0, 0, 0, None, None)

    def update(self, state: MinMaxResult, *columns: pa.Array) -> MinMaxResult:
        (array,) = columns
        dtype = logical(array.type)
        if pa.types.is_nested(dtype):
            raise TypeMismatchError(f"{self.name} takes scalars, not {format_type(dtype)}", hint="explode or flatten the column first")
        if pa.types.is_dictionary(array.type):
            values, counts, nulls = distinct(array)
            weight = int(counts.sum())
        else:
            values = canonical(array)
            nulls = values.null_count
            weight = len(values) - nulls
        nans = 0
        if pa.types.is_floating(dtype):
            not_nan = pc.invert(pc.is_nan(values))
            numbers = values.filter(not_nan)
            if pa.types.is_dictionary(array.type):
                nans = int(counts[~not_nan.to_numpy(zero_copy_only=False)].sum())
            else:
                nans = weight - len(numbers)
            values = numbers
        low, high = _ends(values)
        return self.merge(state, MinMaxResult(weight - nans, nulls, nans, low, high))

    def merge(self, a: MinMaxResult, b: MinMaxResult) -> MinMaxResult:
        counts = (a.n + b.n, a.nulls + b.nulls, a.nans + b.nans)
        if a.n == 0 or b.n == 0:
            some = b if a.n == 0 else a
            return MinMaxResult(*counts, some.min, some.max)
        return MinMaxResult(*counts, _pick(a.min, b.min, smaller=True), _pick(a.max, b.max, smaller=False))

    def add_value(self, state: MinMaxResult, value: Any, count: int) -> MinMaxResult:
        if count == 0:
            return state
        if value is None:
            return self.merge(state, MinMaxResult(0, count, 0, None, None))
        if isinstance(value, float):
            if value != value:
                return self.merge(state, MinMaxResult(0, 0, count, None, None))
            value += 0.0
        elif isinstance(value, dt.datetime):
            value = ((value if value.tzinfo else value.replace(tzinfo=dt.UTC)) - EPOCH) // _MICROSECOND
        elif isinstance(value, dt.date):
            value = (value - EPOCH_DATE).days
        return self.merge(state, MinMaxResult(count, 0, 0, value, value))

    def fill_missing(self, state: MinMaxResult, value: Any) -> MinMaxResult:
        return self.add_value(replace(state, nulls=0, nans=0), value, state.nulls + state.nans)

    def finish(self, state: MinMaxResult) -> MinMaxResult:
        return state

    def encode(self, state: MinMaxResult) -> bytes:
        return pack({"n": state.n, "nulls": state.nulls, "nans": state.nans, "ends": [state.min, state.max]})

    def decode(self, data: bytes | memoryview) -> MinMaxResult:
        header, _ = unpack(data, self.name)
        counts = integers(header, ("n", "nulls", "nans"), self.name)
        match header.get("ends"):
            case [low, high] if type(low) is type(high) and isinstance(low, (type(None), bool, int, float, Decimal, str, bytes)):
                return MinMaxResult(**counts, min=low, max=high)
        raise corrupt(self.name)


def _ends(values: pa.Array) -> tuple[Any, Any]:
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    elif pa.types.is_null(values.type):
        return None, None
    ends = pc.min_max(values)
    return ends["min"].as_py(), ends["max"].as_py()


def _pick(a: Any, b: Any, *, smaller: bool) -> Any:
    # code points of str compare as their UTF-8 bytes do
    try:
        return min(a, b) if smaller else max(a, b)
    except TypeError as error:
        kinds = f"{type(a).__name__} and {type(b).__name__}"
        raise TypeMismatchError(f"values of {kinds} have no order", hint="give a value of the column's type") from error
