"""Row values (see `row`) to and from Arrow and plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import TypeMismatchError
from featureprep.expr import moments
from featureprep.expr.literal import row_value, type_of
from featureprep.expr.params import encodable
from featureprep.kernels.arrays import row_type, to_rows
from featureprep.kernels.casts import can_cast, cast_value
from featureprep.kernels.result import BAD
from featureprep.types import is_list
from featureprep.zones import in_utc

_US = dt.timedelta(microseconds=1)


def to_arrow(values: Sequence[Any], dtype: pa.DataType) -> pa.Array:
    """Row values as an array."""
    stored = row_type(dtype)
    array = pa.array(values, stored)
    return array if stored == dtype else array.cast(dtype)


def from_arrow(array: pa.Array) -> list[Any]:
    """An array as row values."""
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    return to_rows(array)


def of_python(values: Sequence[Any], dtype: pa.DataType) -> pa.Array:
    """What callers are shown (see `to_python`) as an array; zones are applied here, as Arrow may leave them out (see `in_utc`)."""
    return pa.array(values if to_python(dtype) is None else [in_utc(value) for value in values], dtype)


def row_value_deep(value: Any) -> Any:
    """A Python value as row code holds it, in lists and structs too."""
    if isinstance(value, dict):
        return {k: row_value_deep(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [row_value_deep(v) for v in value]
    return row_value(value)


def to_python(dtype: pa.DataType) -> Callable[[Any], Any] | None:
    """The function from a row value to what a caller sees (`date`, `datetime`), or None where they are the same.

    What lies outside the years 1 to 9999 stays a number (of days, of microseconds).
    """
    if pa.types.is_date32(dtype):
        return _or_number(lambda v: EPOCH_DATE + dt.timedelta(days=v))
    if pa.types.is_timestamp(dtype):
        if dtype.tz is None:
            base = EPOCH.replace(tzinfo=None)
            return _or_number(lambda v: base + v * _US)
        return _or_number(lambda v: pa.scalar(v, dtype).as_py())
    if is_list(dtype) and to_python(dtype.value_type):
        inner = to_python(dtype.value_type)
        return lambda v: None if v is None else [inner(x) for x in v]  # type: ignore[misc]
    if pa.types.is_struct(dtype):
        fields = {dtype.field(i).name: to_python(dtype.field(i).type) for i in range(dtype.num_fields)}
        if any(fields.values()):
            return lambda v: None if v is None else {k: fields[k](x) if fields[k] else x for k, x in v.items()}  # type: ignore[misc]
    return None


def _or_number(convert: Callable[[int], Any]) -> Callable[[int | None], Any]:
    def shown(value: int | None) -> Any:
        try:
            return None if value is None else convert(value)
        except (OverflowError, ValueError):
            return value

    return shown


def input_converter(dtype: pa.DataType) -> Callable[[Any], Any]:
    """The function from what a caller gives to a row value of `dtype`: None for null, BAD for what does not fit.

    The value's own type decides, by the casts that batches use: text is parsed, 3.0 is an integer, 3.5 is not. NaN is null for
    anything but floats; pandas' NaT and NA are null. For integers as dates and timestamps see `featureprep.expr.moments`.
    """
    general = _general_converter(dtype)
    known: dict[type, Callable[[Any], Any]] = {}
    if pa.types.is_timestamp(dtype):
        known[dt.datetime] = _microseconds
        known[int] = moments.micros_given
    elif pa.types.is_date32(dtype):
        known[dt.date] = lambda v: v.toordinal() - _EPOCH_ORDINAL
        known[int] = moments.days_given
    elif pa.types.is_string(dtype):
        known[str] = lambda v: v if encodable(v) else BAD
    elif pa.types.is_floating(dtype):
        narrow = cast_value(pa.int64(), dtype)
        known[int] = lambda v: narrow(v) if -(2**63) <= v < 2**63 else general(v)

    def convert(value: Any) -> Any:
        return None if value is None else known.get(type(value), general)(value)

    return convert


_EPOCH_ORDINAL = EPOCH_DATE.toordinal()


def _is_pandas_null(value: Any) -> bool:
    """Whether it is pandas' NaT or NA; pandas itself is not imported here."""
    return type(value).__name__ in ("NaTType", "NAType") and type(value).__module__.startswith("pandas.")


def _microseconds(value: dt.datetime) -> int:
    """A datetime as microseconds; naive is UTC."""
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC)
    seconds = ((value.toordinal() - _EPOCH_ORDINAL) * 24 + value.hour) * 3600 + value.minute * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def _general_converter(dtype: pa.DataType) -> Callable[[Any], Any]:
    casts: dict[pa.DataType, Callable[[Any], Any] | None] = {}
    items = _items_converter(dtype)
    whole = {pa.date32(): moments.days_given}.get(dtype, moments.micros_given if pa.types.is_timestamp(dtype) else None)

    def convert(value: Any) -> Any:
        if isinstance(value, np.datetime64):
            moment = moments.of_numpy(value)
            return by_type(*moment) if isinstance(moment, tuple) else moment
        if isinstance(value, np.timedelta64):
            return BAD
        if isinstance(value, np.generic):
            value = value.item()
        elif isinstance(value, (np.ndarray, list, tuple, dict)):
            value = moments.items_of_numpy(value)
        if value is None or (isinstance(value, float) and value != value and not pa.types.is_floating(dtype)) or _is_pandas_null(value):
            return None
        if isinstance(value, dt.datetime) and getattr(value, "nanosecond", 0) != 0:  # pandas' Timestamp
            return BAD
        try:
            if isinstance(value, (list, tuple, dict)):
                pa.array([value], dtype)  # raises where it does not fit
                return items(value)
            if whole is not None and isinstance(value, int) and not isinstance(value, bool):
                return whole(value)
            given = _type_of_input(value, dtype)
        except (TypeMismatchError, ValueError, TypeError, OverflowError, pa.ArrowNotImplementedError):
            return BAD
        return by_type(given, row_value_deep(value))

    def by_type(given: pa.DataType, value: Any) -> Any:
        if given not in casts:
            same = given in (dtype, row_type(dtype))
            casts[given] = (lambda v: v) if same else cast_value(given, dtype) if can_cast(given, dtype) else None
        cast = casts[given]
        return BAD if cast is None else cast(value)

    return convert


def _items_converter(dtype: pa.DataType) -> Callable[[Any], Any]:
    """The function from a list or dict of the shape of `dtype` to one whose items are row values; BAD where one does not fit."""
    if is_list(dtype):
        inner = input_converter(dtype.value_type)

        def listed(value: Any) -> Any:
            items = [inner(item) for item in value]
            return BAD if any(item is BAD for item in items) else items

        return listed
    if pa.types.is_struct(dtype):
        fields = {dtype.field(i).name: input_converter(dtype.field(i).type) for i in range(dtype.num_fields)}

        def structured(value: Any) -> Any:
            given = dict(value)
            items = {name: field(given.get(name)) for name, field in fields.items()}
            return BAD if any(item is BAD for item in items.values()) else items

        return structured
    return lambda value: BAD


def _type_of_input(value: Any, dtype: pa.DataType) -> pa.DataType:
    """The type in which a single Python value is given."""
    if isinstance(value, Decimal) and pa.types.is_decimal(dtype):
        pa.scalar(value, dtype)
        return dtype
    if isinstance(value, dt.datetime) and pa.types.is_timestamp(dtype):
        return dtype
    return type_of(value)
