"""Several columns crossed: what cross and hash_cross share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, TypeMismatchError
from featureprep.expr.expression import Expr, site
from featureprep.expr.node import Node
from featureprep.expr.op import Call, Mask
from featureprep.expr.ops.present import missing_mask, missing_test
from featureprep.expr.row import RowValue
from featureprep.transforms._columns import column as as_column
from featureprep.types import format_type


def crossed(owner: str, columns: Sequence[str | Expr], missing: Any) -> list[Node]:
    """The columns to be crossed; raises ArgumentError for fewer than two."""
    if len(columns) < 2:
        raise ArgumentError(f"{owner} takes two columns or more, not {len(columns)}", where=site())
    return [as_column(owner, column, missing) for column in columns]


def crossed_types(call: Call) -> bool | None:
    """Whether the result can be null where no argument is (there may be NaN): True, or None for no; raises TypeMismatchError for nested types."""
    for dtype in call.in_types:
        if pa.types.is_nested(dtype):
            raise TypeMismatchError(
                f"{call.node.op} takes single values, not {format_type(dtype)}", hint="explode the list, or take a field"
            )
    return True if any(pa.types.is_floating(dtype) for dtype in call.in_types) else None


def any_missing(args: Sequence[pa.Array]) -> Mask:
    """Rows with a null or NaN among the values, shape (n,)."""
    return reduce(or_, (missing_mask(x) for x in args))


def any_missing_test(args: Sequence[RowValue]) -> str:
    """The same as a condition in row code; "" where it cannot be."""
    return " or ".join(dict.fromkeys(test for test in map(missing_test, args) if test))
