"""What a column has learnt, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {"idf": "inverse document frequencies", "max": "maximum", "min": "minimum", "std": "standard deviation", "n": "number of values"}


def learnt_words(constants: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The constants with names that are words ("std" is "standard deviation", "idf_values" is "idf values")."""
    return [(_NAMES.get(name, name.replace("_", " ")), value) for name, value in constants.items()]
