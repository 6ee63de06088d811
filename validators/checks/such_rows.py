"""Rows that hold given values, as an expression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.validators.checks.base import column
from featureprep.validators.moments import FarMoment


def holding(names: Sequence[str], found: Iterable[Sequence[Any]]) -> Node | None:
    """True of rows that hold one of some combinations of values in these columns; None where there is none.

    NaN is found where NaN is, 0.0 where -0.0 is. No value is null.
    """
    combinations = [reduce(_both, map(_is, names, values)) for values in found]
    return reduce(either, combinations) if combinations else None


def lacking(names: Sequence[str]) -> Node:
    """True of rows in which one of these columns is null."""
    return reduce(either, [Node("is_null", (column(name),)) for name in names])


def either(one: Node, other: Node) -> Node:
    """True where one of both is."""
    return Node("or", (one, other))


def _both(one: Node, other: Node) -> Node:
    return Node("and", (one, other))


def _is(name: str, value: Any) -> Node:
    if isinstance(value, float) and value != value:
        return Node("is_nan", (column(name),))
    if isinstance(value, FarMoment):  # no literal can hold it
        return Node("eq", (Node("cast", (column(name),), {"to": "string"}), literal(str(value))))
    return Node("eq", (column(name), literal(value)))
