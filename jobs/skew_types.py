"""What was served as another type than the feature's: text for a number, a number for a boolean; wider and narrower numbers are not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from featureprep.types import is_float, is_integer, is_list

Mask = np.ndarray[Any, np.dtype[np.bool_]]
_BOOL: Final = "bool"
_NUMBER: Final = "number"
_TEXT: Final = "text"


def foreign(value: Any, dtype: pa.DataType) -> bool:
    """Whether a value of a record has another type than the feature, though its text or number may be convertible.

    Numbers are one type, as in JSON (1.0 is an integer). Text is taken for dates, timestamps, decimals and bytes, which JSON has no other
    way to write. NaN is null for what is no float. Lists and structs are foreign where an item is.
    """
    if isinstance(value, Mapping):
        return pa.types.is_struct(dtype) and any(foreign(value.get(field.name), field.type) for field in dtype)
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return is_list(dtype) and any(foreign(item, dtype.value_type) for item in value)
    if isinstance(value, (float, np.floating)) and math.isnan(value):
        return False
    if isinstance(value, (bool, np.bool_)):
        return _is_other(_BOOL, dtype)
    if isinstance(value, (int, float, Decimal, np.number)):
        return _is_other(_NUMBER, dtype)
    return isinstance(value, (str, bytes)) and _is_other(_TEXT, dtype)


def foreign_cells(column: pa.Array, dtype: pa.DataType, *, texts: bool) -> Mask:
    """`foreign` of each cell of a column, by the column's type; bool of shape (n,). With `texts`, text is no other type: CSV has none."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    given = column.type
    found = np.zeros(len(column), bool)
    if is_list(given) or pa.types.is_large_list(given):
        if is_list(dtype):
            inner = foreign_cells(pc.list_flatten(column), dtype.value_type, texts=texts)
            found[pc.list_parent_indices(column).to_numpy(zero_copy_only=False)[inner]] = True
        return found
    if pa.types.is_struct(given):
        if pa.types.is_struct(dtype):
            for field, inside in zip(given, column.flatten(), strict=True):
                at = dtype.get_field_index(field.name)
                if at >= 0:
                    found |= foreign_cells(inside, dtype.field(at).type, texts=texts)
        return found
    kind = _kind(given)
    if kind is None or (kind == _TEXT and texts) or not _is_other(kind, dtype):
        return found
    valid = column.is_valid()
    if is_float(given):
        valid = pc.and_(valid, pc.invert(pc.fill_null(pc.is_nan(column), False)))
    cells: Mask = valid.to_numpy(zero_copy_only=False)
    return cells


def _kind(given: pa.DataType) -> str | None:
    """What the cells of a column of this type are, where `_is_other` tells them from others."""
    types = pa.types
    if types.is_boolean(given):
        return _BOOL
    if is_integer(given) or is_float(given) or types.is_decimal(given):
        return _NUMBER
    text = types.is_string(given) or types.is_large_string(given) or types.is_binary(given) or types.is_large_binary(given)
    return _TEXT if text else None


def _is_other(kind: str, dtype: pa.DataType) -> bool:
    """Whether what is of this kind has another type than this, though it may be convertible."""
    boolean = bool(pa.types.is_boolean(dtype))
    if kind == _BOOL:
        return not boolean
    return boolean or (bool(pa.types.is_string(dtype)) if kind == _NUMBER else is_integer(dtype) or is_float(dtype))
