"""One JSON value as a value of a column's type: the meaning, of which Arrow's reader is the fast way for good blocks.

    bool            true, false
    integers        a number without fraction and exponent, in range
    floats          any number (too large: infinity, as in CSV); NaN, Infinity, -Infinity as Python writes them
    string          a string; numbers and booleans by their spelling
    decimal, date, timestamp   a string as in CSV; for decimal also a number
    list, struct    an array; an object, whose other keys are ignored and whose missing ones are null
Anything else does not fit. null always does.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from featureprep.io.cells import TEXT_SHOWN, typed
from featureprep.types import is_float, is_integer, is_temporal

_INTEGER = re.compile(r"-?[0-9]{1,20}")


class Number(str):
    """A JSON number by its text, so that no digit is lost before the type is known."""

    __slots__ = ()


class MisfitError(Exception):
    """A value does not fit its type; it becomes a malformed cell."""


class NotARecordError(Exception):
    """A record's text is no JSON object; it becomes a bad record."""


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)


class TooDeepError(NotARecordError):
    """It may be a record, but is nested deeper than is read."""


def parse_record(text: bytes) -> dict[str, Any]:
    """A record's keys and values; of a key given twice the last one counts.

    Raises
    ------
    NotARecordError
        When it is no JSON object, with the reason.
    """
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotARecordError(f"byte {text[error.start]:#04x} at its byte {error.start} cannot be decoded") from error
    except json.JSONDecodeError as error:
        raise NotARecordError(f"it is not JSON: {error.msg} at its character {error.pos}") from error
    except RecursionError as error:
        raise TooDeepError("it is nested too deep") from error
    if not isinstance(value, dict):
        raise NotARecordError(f"it is not an object but {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {Number: "a number", str: "a string", bool: "a boolean", list: "an array"}
    return names[type(value)]


def convert(value: Any, to: pa.DataType) -> Any:
    """A parsed value as Python value for a column of type `to`.

    Raises
    ------
    MisfitError
        When it does not fit.
    """
    if value is None:
        return None
    if pa.types.is_struct(to):
        if not isinstance(value, dict):
            raise MisfitError
        return {to.field(i).name: convert(value.get(to.field(i).name), to.field(i).type) for i in range(to.num_fields)}
    if pa.types.is_list(to) or pa.types.is_fixed_size_list(to):
        if not isinstance(value, list) or (pa.types.is_fixed_size_list(to) and len(value) != to.list_size):
            raise MisfitError
        return [convert(item, to.value_type) for item in value]
    if isinstance(value, (dict, list)):
        raise MisfitError
    return _scalar(value, to)


def _scalar(value: Any, to: pa.DataType) -> Any:
    if pa.types.is_boolean(to):
        if not isinstance(value, bool):
            raise MisfitError
        return value
    if is_integer(to):
        return _integer(value, to)
    if is_float(to):
        return _float(value)
    if pa.types.is_string(to):
        return _string(value)
    if (is_temporal(to) and isinstance(value, (Number, bool))) or isinstance(value, bool):
        raise MisfitError
    if pa.types.is_null(to):
        raise MisfitError
    array, misfit = typed(pa.array([_string(value)], pa.string()), to)
    if misfit is not None:
        raise MisfitError
    return array[0].as_py()


def _integer(value: Any, to: pa.DataType) -> int:
    if not isinstance(value, Number) or not _INTEGER.fullmatch(value):
        raise MisfitError
    number = int(value)
    low = -(1 << (to.bit_width - 1)) if pa.types.is_signed_integer(to) else 0
    if not low <= number <= low + (1 << to.bit_width) - 1:
        raise MisfitError
    return number


def _float(value: Any) -> float:
    if not isinstance(value, Number):
        raise MisfitError
    return float(value)


def _string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:  # an escaped half of a surrogate pair
        raise MisfitError from error
    return str(value)


def shown(value: Any) -> str:
    """A misfit's text, cut to 200 characters."""
    text = value if isinstance(value, str) else _spelled(value)
    return text[:TEXT_SHOWN].encode("utf-8", "replace").decode("utf-8")


def _spelled(value: Any) -> str:
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_spelled(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return json.dumps(value)
