"""How every transform takes its column: by name or as an expression, null and NaN treated as `missing=` says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from featureprep.errors import ArgumentError
from featureprep.expr.expression import Expr, site, to_column
from featureprep.expr.literal import literal
from featureprep.expr.node import Node, describe
from featureprep.expr.ops.present import with_missing
from featureprep.expr.params import check, scalar


def column(owner: str, given: Any, missing: Any = "keep") -> Node:
    """The node that a transform works on.

    Parameters
    ----------
    owner : str
        The transform, for errors.
    given : str or Expr
        The name of a column, or an expression.
    missing : {"keep", "error", "quarantine"} or a value
        "keep" hands null and NaN on; a value replaces both; the others reject the row.

    Raises
    ------
    ArgumentError
    """
    if not isinstance(given, (str, Expr)):
        raise ArgumentError.of("column", owner, "a column name or an expression", given, where=site())
    return with_missing(to_column(given), replacement("missing", owner, missing))


def names_of(nodes: Sequence[Node], taken: Collection[str] = ()) -> list[str]:
    """A name for each: the one column that it reads, or its expression where that is not one, not the only such one, or `taken`."""
    read = [sorted(node.columns()) for node in nodes]
    short = [columns[0] if len(columns) == 1 else "" for columns in read]
    return [
        name if name and name not in taken and short.count(name) == 1 else describe(node) for name, node in zip(short, nodes, strict=True)
    ]


def replacement(param: str, owner: str, value: Any) -> Any:
    """A single value that can be stored, NumPy's as Python's; raises ArgumentError for anything else."""
    check(owner, {param: scalar()}, {param: value}, where=site())
    try:
        return literal(value).params["value"]
    except ArgumentError as error:
        raise ArgumentError.of(param, owner, scalar().text, value, where=site(), hint=error.hint) from None
