"""Constants of a graph as JSON values and Arrow arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.expr.rowvalues import from_arrow, to_arrow
from featureprep.types import format_type, parse_type

INLINE = 256
"""Longer arrays get a file of their own."""


def plain(constants: Mapping[str, Any]) -> dict[str, Any]:
    """Constants with arrays written out, as JSON values; equal bits give equal values."""
    return {name: array_json(v) if isinstance(v, pa.Array) else canonical.to_jsonable(v) for name, v in sorted(constants.items())}


def array_json(array: pa.Array) -> dict[str, Any]:
    """An array as JSON values."""
    return {"$array": {"type": format_type(array.type), "values": canonical.to_jsonable(from_arrow(array))}}


def read_array(body: Any) -> pa.Array:
    """The inverse of `array_json`'s body.

    Raises
    ------
    CorruptArtefactError
    """
    try:
        return to_arrow(canonical.from_jsonable(body["values"]), parse_type(body["type"]))
    except (KeyError, TypeError, ValueError, pa.ArrowException, OverflowError) as error:
        raise CorruptArtefactError(f"a stored array cannot be read: {error}") from error
