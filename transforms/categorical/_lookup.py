"""Values of a column as their positions among known ones: what vocabulary and one_hot share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import TypeMismatchError
from featureprep.expr.op import Call, Mask
from featureprep.expr.ops.lookup import positions
from featureprep.expr.ops.present import missing_mask
from featureprep.types import format_type


@dataclass(frozen=True)
class Found:
    """Where each value stands.

    Attributes
    ----------
    ids : np.ndarray of int64, shape (n,)
        Position among the known values; -1 for what is missing or unknown.
    missing, unknown : np.ndarray of bool, shape (n,)
        Null or NaN; neither, and not among the known values.
    """

    ids: np.ndarray[Any, np.dtype[np.int64]]
    missing: Mask
    unknown: Mask


def look_up(x: pa.Array, known: pa.Array) -> Found:
    """The positions of `x` among `known`, which are of its type and different."""
    ids = positions(x, known).fill_null(-1).to_numpy()
    missing = missing_mask(x)
    return Found(ids, missing, (ids < 0) & ~missing)


def single(call: Call) -> pa.DataType:
    """The type of the one argument; raises TypeMismatchError for lists and structs."""
    dtype = call.in_types[0]
    if pa.types.is_nested(dtype):
        raise TypeMismatchError(f"{call.node.op} takes single values, not {format_type(dtype)}", hint="explode the list, or take a field")
    return dtype


def typed(values: pa.Array, dtype: pa.DataType) -> pa.Array:
    """Counted values as an array of the column's type (they have none where no row was seen)."""
    return values if values.type == dtype else values.cast(dtype)
