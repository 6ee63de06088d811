"""Column types as pandera writes them: names of pandas' (NumPy's, nullable ones, Arrow's), and of Polars'."""

from __future__ import annotations

import re
from typing import Final

import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.types import format_type, is_float, is_integer, parse_type

UNSTATED: Final = ("", "none", "object", "category", "categorical")
"""Names that say nothing of the values."""
_WORDS: Final = {
    "bool": "bool", "boolean": "bool", "int": "int64", "float": "float64", "double": "float64", "half": "float32",
    "str": "string", "string": "string", "large_string": "string", "utf8": "string", "binary": "binary", "large_binary": "binary",
    "date": "date", "date32": "date", "date32[day]": "date",
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": f"float{bits}" for bits in (32, 64)},
}  # fmt: skip
_STORED: Final = re.compile(r"(.*)\[(?:pyarrow|python|pyarrow_numpy)\]")
_MOMENT: Final = re.compile(r"(?:datetime64|timestamp)\[[a-z]+(?:, *(?:tz=)?([^\]]+))?\]")
_POLARS_MOMENT: Final = re.compile(r"Datetime(?:\(.*?time_zone=(?:None|'([^']+)').*\))?")
_DECIMAL: Final = re.compile(r"decimal(?:128)?\( *(?:precision=)?(\d+), *(?:scale=)?(\d+) *\)", re.IGNORECASE)
_LIST: Final = re.compile(r"(?:large_)?list<(?:item|element): (.+?)(?: not null)?>|List\((.+)\)")


def read_dtype(name: str) -> str | None:
    """Our name of the type that pandera calls so; None where there is none."""
    found = _known(name.strip())
    try:
        return None if found is None else format_type(parse_type(found))
    except FeatureprepError:  # such as a time zone that is none
        return None


def _known(name: str) -> str | None:
    if stored := _STORED.fullmatch(name):
        name = stored[1]
    if moment := _MOMENT.fullmatch(name) or _POLARS_MOMENT.fullmatch(name):
        return f"timestamp[{moment[1]}]" if moment[1] else "timestamp"
    if number := _DECIMAL.fullmatch(name):
        return f"decimal({number[1]}, {number[2]})"
    if items := _LIST.fullmatch(name):
        inner = _known(items[1] or items[2])
        return None if inner is None else f"list<{inner}>"
    return _WORDS.get(name.lower())


def pandera_dtype(dtype: pa.DataType, *, nullable: bool) -> str | None:
    """What pandera calls a type, in pandas; None where it has no name.

    Whole numbers and bools that may be null are pandas' nullable ones, `Int64` and `boolean`.
    """
    name = format_type(dtype)
    if is_integer(dtype):
        return name.replace("uint", "UInt").replace("int", "Int") if nullable else name
    if is_float(dtype):
        return name
    if pa.types.is_boolean(dtype):
        return "boolean" if nullable else "bool"
    if pa.types.is_timestamp(dtype):
        return f"datetime64[ns, {dtype.tz}]" if dtype.tz else "datetime64[ns]"
    if pa.types.is_decimal(dtype):
        return f"Decimal({dtype.precision}, {dtype.scale})"
    return {"string": "str", "date": "date"}.get(name)
