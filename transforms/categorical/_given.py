"""Values that a job gives in place of learned ones: the categories of one_hot and multi_hot, the order of ordinal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError
from featureprep.expr.expression import site
from featureprep.expr.ops.lookup import key_array, lookup_table
from featureprep.expr.params import Limit
from featureprep.types import format_type

GIVEN = Limit("a list of at least one value", lambda v: isinstance(v, (list, tuple)) and len(v) > 0)


def listed(owner: str, param: str, values: Any) -> list[Any]:
    """What a user gives as a list: any iterable but one text, not empty; raises ArgumentError for anything else."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise ArgumentError.of(param, owner, "a list of values", values, where=site())
    found = list(values.tolist()) if hasattr(values, "tolist") else list(values)
    if not found:
        raise ArgumentError.of(param, owner, "a list of at least one value", found, where=site())
    return found


def given_keys(owner: str, param: str, values: Any, dtype: pa.DataType, where: str | None) -> pa.Array:
    """The given values as an array of the column's type, in their order.

    Raises
    ------
    ArgumentError
        For null and NaN, for a value that the type cannot hold, and for values that are equal.
    TypeMismatchError
        For values of another kind than the column's.
    """
    keys, kept = key_array(values, dtype, param)
    if len(kept) < len(values):
        taken = set(kept)
        other = next(value for i, value in enumerate(values) if i not in taken)
        raise ArgumentError(f"the value {other!r} of {param} is no {format_type(dtype)}", where=where)
    if len(lookup_table(keys)) < len(keys):
        raise ArgumentError.of(param, owner, "different from each other", list(values), where=where)
    return keys
