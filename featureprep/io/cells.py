"""Casting a source's cells to the types of its schema, with the misfits kept as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.kernels.casts import cast

Misfits = tuple[np.ndarray[Any, np.dtype[np.bool_]], list[str]]
"""A mask over the rows of a batch, and the texts of those that did not fit, in order."""

TEXT_SHOWN = 200


def typed(array: pa.Array, to: pa.DataType) -> tuple[pa.Array, Misfits | None]:
    """An array cast to a column's type; cells that do not fit are null in it, and listed."""
    if to == array.type or (pa.types.is_dictionary(array.type) and array.type.value_type == to):
        return array, None
    result, bad = cast(array, to)
    if bad is None:
        return result, None
    mask = np.asarray(bad)
    if not mask.any():
        return result, None
    return result, (mask, [_text(value) for value in array.filter(pa.array(mask)).to_pylist()])


def _text(value: Any) -> str:
    return (value if isinstance(value, str) else str(value))[:TEXT_SHOWN]
