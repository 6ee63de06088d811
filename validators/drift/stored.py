"""Reading stored shapes: nothing is believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from featureprep.errors import CorruptArtefactError
from featureprep.folds.radix import Floats, Ints

MOST: Final = 1 << 62
"""More rows than any table has; sums of two stay within 64 bits."""


def require(holds: bool, why: str) -> None:
    """Raise `CorruptArtefactError` unless it holds."""
    if not holds:
        raise CorruptArtefactError(f"a stored shape of a column cannot be read: {why}", hint="compute the statistics again")


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < MOST


def integer_of(stored: Mapping[str, Any], name: str) -> int:
    value = stored[name]
    require(is_count(value), f"{name} is not a count")
    return int(value)


def optional_float_of(stored: Mapping[str, Any], name: str) -> float | None:
    value = stored[name]
    require(value is None or _is_finite(value), f"{name} is not a finite number")
    return None if value is None else float(value)


def floats_of(stored: Mapping[str, Any], name: str) -> Floats:
    values = stored[name]
    require(type(values) is list and all(_is_finite(value) for value in values), f"{name} are not finite numbers")
    return np.array(values, np.float64)


def counts_of(stored: Mapping[str, Any], name: str) -> Ints:
    values = stored[name]
    require(type(values) is list and all(is_count(value) for value in values), f"{name} are not counts")
    return np.array(values, np.int64)


def _is_finite(value: Any) -> bool:
    # a whole number beyond the doubles has no float
    return (type(value) is float and math.isfinite(value)) or (type(value) is int and abs(value) < MOST)
