"""The common type of values that end up in one column."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.types import format_type, is_float, is_integer, is_numeric, is_temporal, is_text

_MAX_DIGITS = 38


def common_type(types: Sequence[pa.DataType], what: str) -> pa.DataType:
    """The type that all of `types` are cast to: itself where they agree, int64 for integers, float64 for mixed numbers.

    `null` fits every type; a date beside a timestamp becomes a timestamp; decimals become the decimal that holds all of them, if one does.

    Raises
    ------
    TypeMismatchError
        When there is none.
    """
    known = [t for t in dict.fromkeys(types) if t != pa.null()]
    if not known:
        return pa.null()
    if len(known) == 1:
        return known[0]
    if all(is_integer(t) for t in known):
        return pa.uint64() if all(pa.types.is_unsigned_integer(t) for t in known) else pa.int64()
    if all(pa.types.is_decimal(t) for t in known):
        scale = max(t.scale for t in known)
        digits = scale + max(t.precision - t.scale for t in known)
        return pa.decimal128(digits, scale) if digits <= _MAX_DIGITS else pa.float64()
    if all(is_float(t) or is_integer(t) for t in known) or all(is_numeric(t) for t in known):
        return pa.float64()
    if all(is_temporal(t) for t in known):
        return next(t for t in known if pa.types.is_timestamp(t))
    shown = " and ".join(format_type(t) for t in known)
    raise TypeMismatchError(f"{what} are of different types: {shown}", hint=_cure(known))


def _cure(types: Sequence[pa.DataType]) -> str:
    if any(map(is_text, types)) and any(map(is_temporal, types)):
        return "write a time as datetime(2024, 1, 31) or date(2024, 1, 31); read one from text by .cast('timestamp')"
    if any(map(is_text, types)) and any(map(is_numeric, types)):
        return "write a number without quotes, a text with them; or cast the column: .cast('float64'), .cast('string')"
    return "cast them to one type"
