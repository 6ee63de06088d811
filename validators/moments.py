"""Dates and timestamps of the data as Python values, whatever their year."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa

from featureprep.expr.rowvalues import from_arrow, to_python
from featureprep.kernels.formatting import formatter
from featureprep.types import is_temporal, logical

_FIRST_DAY, _LAST_DAY = -719162, 2932896  # years 1 to 9999
_DAY: Final = 86_400_000_000


class FarMoment(str):
    """One that Python's date and datetime cannot hold: its text (zoned ones in UTC), as features spell it."""

    __slots__ = ()


def moment(value: int | None, dtype: pa.DataType) -> Any:
    """What days or microseconds since the epoch stand for: a date, a datetime in the zone of the type, or a `FarMoment`."""
    if value is None:
        return None
    days = value if pa.types.is_date32(dtype) else value // _DAY
    convert = to_python(dtype)
    made = value if convert is None or not _FIRST_DAY <= days <= _LAST_DAY else convert(value)
    # an int: its zone shifts it out of the years
    return FarMoment(formatter(dtype)(value)) if isinstance(made, int) else made


def python_values(array: pa.Array) -> list[Any]:
    """As `to_pylist`, where that would fail with a `FarMoment`, in lists and structs with the number of days or microseconds."""
    dtype = logical(array.type)
    convert = to_python(dtype)
    if convert is None:
        return list(array.to_pylist())
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    return [moment(value, dtype) if is_temporal(dtype) else convert(value) for value in from_arrow(whole)]
