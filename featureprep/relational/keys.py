"""Keys: which rows have equal values. Decided by the values themselves, never by a hash alone.

Which values are equal, `featureprep.folds.codes` says; whether null equals null is the verb's own rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.folds.codes import codes, combine
from featureprep.hashing.layout import null_mask, plain, whole
from featureprep.relational.rows import Indices
from featureprep.types import format_type, logical


def check_key(dtype: pa.DataType, owner: str) -> None:
    """Raise TypeMismatchError unless values of this type can be the key of a join or group: any type but lists and structs."""
    if pa.types.is_nested(logical(dtype)):
        raise TypeMismatchError(f"{owner} takes no key of type {format_type(dtype)}", hint="use its parts, or its text, as keys")


def group_ids(keys: Sequence[pa.Array | pa.ChunkedArray]) -> tuple[Indices, int]:
    """The group of each row, numbered from 0 in order of appearance, and how many groups there are.

    Rows are in one group when all their keys are equal; null equals null, NaN equals NaN.

    Raises
    ------
    ArgumentError
        Without a key, or when keys are not equally long.
    """
    if not keys:
        raise ArgumentError("rows cannot be grouped without a key")
    if len({len(key) for key in keys}) > 1:
        raise ArgumentError.of("keys", "group_ids", "equally long", sorted({len(key) for key in keys}))
    ids = combine([codes(key) for key in keys])
    return ids, int(ids.max(initial=-1)) + 1


def any_null(keys: Sequence[pa.Array | pa.ChunkedArray]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """In which rows at least one key is null, shape (n,)."""
    found = np.zeros(len(keys[0]), np.bool_)
    for key in keys:
        array = plain(whole(key))
        mask = np.ones(len(array), np.bool_) if pa.types.is_null(array.type) else null_mask(array)
        if mask is not None:
            found |= mask
    return found
