"""Limits of parameters, declared once: they check what users and stored graphs give, and word the error."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from featureprep.errors import ArgumentError


@dataclass(frozen=True)
class Limit:
    """`text` ends the sentence "must be ..."; `ok` says whether a value fits."""

    text: str
    ok: Callable[[Any], bool]

    def __or__(self, other: Limit) -> Limit:
        return Limit(f"{self.text} or {other.text}", lambda v: self.ok(v) or other.ok(v))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def integer(low: int | None = None, high: int | None = None) -> Limit:
    """An int in [low, high]."""
    span = f"[{'-inf' if low is None else low}, {'inf' if high is None else high}]"

    def ok(v: Any) -> bool:
        return isinstance(v, int) and not isinstance(v, bool) and (low is None or v >= low) and (high is None or v <= high)

    return Limit(f"an int in the range {span}", ok)


def number(low: float | None = None, high: float | None = None) -> Limit:
    """A finite number in [low, high]."""
    span = "" if low is None and high is None else f" in the range [{'-inf' if low is None else low}, {'inf' if high is None else high}]"
    return Limit(f"a finite number{span}", lambda v: _number(v) and (low is None or v >= low) and (high is None or v <= high))


def one_of(*choices: Any) -> Limit:
    """One of some strings."""
    return Limit("one of " + ", ".join(repr(c) for c in choices), lambda v: isinstance(v, str) and v in choices)


def scalar() -> Limit:
    """Any single value that can be stored: number, text, bytes, bool, date, timestamp."""

    def ok(v: Any) -> bool:
        if isinstance(v, str):
            return encodable(v)
        if isinstance(v, Decimal):
            return v.is_finite()
        return isinstance(v, (bool, int, float, bytes)) or (isinstance(v, dt.date) and v == v)  # pandas' NaT does not equal itself

    return Limit("a single value", ok)


def encodable(text: str) -> bool:
    """Whether a text is Unicode that can be stored: no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sequence(item: Limit, *, at_least: int = 0) -> Limit:
    """A list of values that each fit."""
    many = f" (at least {at_least})" if at_least else ""
    return Limit(
        f"a list{many} whose items are each {item.text}",
        lambda v: isinstance(v, (list, tuple)) and len(v) >= at_least and all(item.ok(x) for x in v),
    )


TEXT = Limit("a string", lambda v: isinstance(v, str) and encodable(v))
NAME = Limit("a non-empty string", lambda v: isinstance(v, str) and v != "" and encodable(v))
BOOL = Limit("a bool", lambda v: isinstance(v, bool))
NONE = Limit("None", lambda v: v is None)
ANY = Limit("any value that can be stored", lambda v: True)
MALFORMED = one_of("null", "error", "quarantine") | NONE


def check(owner: str, limits: Mapping[str, Limit], params: Mapping[str, Any], *, where: str | None = None) -> None:
    """Hold `params` against `limits`.

    Raises
    ------
    ArgumentError
        For the first that is unknown, absent or outside its limit.
    """
    for name in params:
        if name not in limits:
            known = ", ".join(sorted(limits)) or "none"
            raise ArgumentError(f"{owner} has no parameter {name!r}", where=where, hint=f"its parameters: {known}")
    for name, limit in limits.items():
        if not limit.ok(params.get(name)):
            raise ArgumentError.of(name, owner, limit.text, params.get(name), where=where)
