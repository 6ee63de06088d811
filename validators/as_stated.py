"""Columns of the data as the contract states them: what its rules look at in place of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa

from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.types import format_type, logical
from featureprep.validators.checks.base import column
from featureprep.validators.checks.types import fits


def as_stated(types: Mapping[str, pa.DataType], schema: pa.Schema, optional: Collection[str]) -> dict[str, Node]:
    """What stands for columns that the data does not have as stated, so that rules mean one thing everywhere.

    Columns of a narrower type (or of none: all null) are cast to the stated one; those that may be absent, and are, are null in every row.

    Parameters
    ----------
    types : mapping of name to type
        The contract's.
    schema : pa.Schema
        The data's.
    optional : names
        The columns that may be absent.
    """
    made = {}
    for name, stated in types.items():
        at = schema.get_field_index(name)
        if at < 0:
            if name in optional:
                made[name] = _cast(literal(None), stated)
        elif (actual := logical(schema.field(at).type)) != stated and fits(actual, stated):
            made[name] = _cast(column(name), stated)
    return made


def absence(name: str) -> str:
    """That a column is not there, as messages tell it."""
    return f"the source does not have the column {name!r}"


def _cast(node: Node, to: pa.DataType) -> Node:
    return Node("cast", (node,), {"to": format_type(to), "malformed": None})
