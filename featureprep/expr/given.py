"""What users give to expressions (`at`: the place in their file): types, lists of values and time zones as parameters of nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from featureprep import canonical
from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.params import NAME, check
from featureprep.kernels.zones import offset_table
from featureprep.types import format_type, parse_type


def type_name(to: Any, at: str | None) -> str:
    """The spelling of a type given by its name or as an Arrow type.

    Raises
    ------
    TypeMismatchError
    """
    try:
        return format_type(parse_type(to) if isinstance(to, str) else to)
    except TypeMismatchError as error:
        raise error.at(at or "") from None


def value_list(values: Any, at: str | None) -> list[Any]:
    """Given values as a list; a set in an order of its own content."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise ArgumentError.of("values", "is_in", "a list of values", values, where=at)
    return sorted(values, key=canonical.dumps) if isinstance(values, (set, frozenset)) else [*values]


def zone_table(zone: str, at: str | None) -> dict[str, Any]:
    """The table of a zone as a parameter."""
    check("a time zone", {"zone": NAME}, {"zone": zone}, where=at)
    try:
        return offset_table(zone).to_json()
    except ArgumentError as error:
        raise error.at(at or "") from None
