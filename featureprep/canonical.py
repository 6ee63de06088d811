"""Canonical JSON: one text for one value, so that digests of plans, graphs and specs can be compared.

Keys sorted, no blanks, UTF-8. Floats are written by their shortest round trip (so by bits: -0.0 stays, any NaN is one NaN).
Values with no JSON spelling are tagged objects: {"$float": "nan"}, {"$bytes": base64}, {"$date": days}, {"$timestamp": us},
{"$decimal": text}. A user's own one-key object whose key starts with `$` is wrapped as {"$object": {...}}.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from featureprep.errors import CorruptArtefactError

EPOCH_DATE = dt.date(1970, 1, 1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_PLAIN = {str, int, bool, type(None)}


def to_jsonable(value: Any) -> Any:
    """`value` as JSON types, tagged where JSON has no spelling.

    Raises
    ------
    TypeError
        For a value that is not data.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        value = float(value)
        return value if math.isfinite(value) else {"$float": "nan" if value != value else ("inf" if value > 0 else "-inf")}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dt.datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return {"$timestamp": (aware - EPOCH) // _MICROSECOND, **({"aware": True} if value.tzinfo else {})}
    if isinstance(value, dt.date):
        return {"$date": (value - EPOCH_DATE).days}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("only string keys can be stored")
        plain = {key: to_jsonable(value[key]) for key in value}
        return {"$object": plain} if any(key.startswith("$") for key in plain) else plain
    if isinstance(value, (list, tuple)):
        if set(map(type, value)) <= _PLAIN:  # the words of a vocabulary
            return list(value)
        return [to_jsonable(item) for item in value]
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # NumPy scalars
        return to_jsonable(value.item())
    raise TypeError(f"{type(value).__name__} values cannot be stored")


def from_jsonable(value: Any) -> Any:
    """The inverse of `to_jsonable` (tuples come back as lists).

    Raises
    ------
    CorruptArtefactError
        For a tag that is unknown or holds something else than it should, and for a value nested too deep.
    """
    try:
        return _from(value)
    except RecursionError as error:
        raise CorruptArtefactError("a stored value is nested too deep") from error


def _from(value: Any) -> Any:
    if isinstance(value, list):
        return [_from(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next((key for key in value if key.startswith("$")), None)
    if tag is None:
        return {key: _from(item) for key, item in value.items()}
    try:
        return _untag(tag, value)
    except (ValueError, TypeError, OverflowError, InvalidOperation, binascii.Error) as error:
        if isinstance(error, CorruptArtefactError):
            raise
        raise CorruptArtefactError(f"a stored {tag} value cannot be read: {error}") from error


def _untag(tag: str, value: dict[str, Any]) -> Any:
    match value:
        case {"$object": dict(body)} if len(value) == 1:
            return {key: _from(item) for key, item in body.items()}
        case {"$float": "nan" | "inf" | "-inf" as body} if len(value) == 1:
            return float(body)
        case {"$bytes": str(body)} if len(value) == 1:
            return base64.b64decode(body, validate=True)
        case {"$date": int(days)} if len(value) == 1:
            return EPOCH_DATE + dt.timedelta(days=days)
        case {"$timestamp": int(micros)} if len(value) == 1:
            return (EPOCH + micros * _MICROSECOND).replace(tzinfo=None)
        case {"$timestamp": int(micros), "aware": True} if len(value) == 2:
            return EPOCH + micros * _MICROSECOND
        case {"$decimal": str(body)} if len(value) == 1:
            return Decimal(body)
    raise ValueError(f"{tag} is unknown, or does not stand alone with what it should hold")


def dumps(value: Any) -> str:
    """The canonical text of a value."""
    return json.dumps(to_jsonable(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def loads(text: str | bytes) -> Any:
    """The value of a canonical (or any tagged JSON) text.

    Raises
    ------
    CorruptArtefactError
        When it is not JSON, is nested too deep, or holds a bad tag.
    """
    try:
        return from_jsonable(json.loads(text, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        if isinstance(error, CorruptArtefactError):
            raise
        raise CorruptArtefactError(f"this is not valid JSON: {error}") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def digest(value: Any) -> str:
    """sha256 of the canonical text, in hex."""
    return hashlib.sha256(dumps(value).encode("utf-8", "surrogatepass")).hexdigest()
