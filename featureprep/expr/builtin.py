"""Importing this registers the expression operations."""

from featureprep.expr.checked import Checked  # noqa: F401
from featureprep.expr.ops import (  # noqa: F401
    arithmetic,
    boolean,
    casting,
    choice,
    column,
    comparison,
    embedded,
    list_items,
    lists,
    lookup,
    math,
    present,
    sampling,
    structs,
    temporal,
    text,
    typed,
)
from featureprep.expr.udf import UdfOp  # noqa: F401
