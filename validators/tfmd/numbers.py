"""Numbers written as text, as the domains of TFDV read them (absl::SimpleAtoi, absl::SimpleAtof)."""

from __future__ import annotations

import math
import re
from ctypes import c_float
from typing import Final

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
_SPACE: Final = "[ \\t\\n\\v\\f\\r]*"
_INT: Final = re.compile(f"{_SPACE}([+-]?[0-9]+){_SPACE}")
_FLOAT: Final = re.compile(
    f"{_SPACE}([+-]?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan))(?:\\([0-9a-z_]*\\))?{_SPACE}", re.IGNORECASE
)
_LONGEST: Final = 4000
"""Digits of a number that is still read: the standard library refuses more, and 64 bits hold 19."""


def int64(text: str) -> int | None:
    """The whole number that the text is, spaces around it aside; None of anything else and beyond 64 bits."""
    found = _INT.fullmatch(text)
    if found is None or len(found[1]) > _LONGEST:
        return None
    value = int(found[1])
    return value if INT64_MIN <= value <= INT64_MAX else None


def float32(text: str) -> float | None:
    """The number that the text is, rounded to 32 bits (beyond their range: infinity); None of anything else."""
    found = _FLOAT.fullmatch(text)
    return None if found is None else as_float32(float(found[1]))


def is_int64(value: float) -> bool:
    """Whether a number is in the range of 64 bits; as a double, the greatest of them is one more than it is."""
    return INT64_MIN <= value <= float(INT64_MAX)


def as_int64(value: float) -> int:
    """A number cut to a whole one of 64 bits, the nearest end where it is beyond them; 0 of NaN."""
    if math.isnan(value):
        return 0
    return max(INT64_MIN, min(INT64_MAX, int(value))) if math.isfinite(value) else (INT64_MAX if value > 0 else INT64_MIN)


def as_float32(value: float) -> float:
    """A number rounded to 32 bits, as the ends of a `FloatDomain` are: other than they, it would be unequal to itself."""
    return c_float(value).value
