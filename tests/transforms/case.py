"""What a case of the conformance check is; the families' cases are in `cases` and `cases_*`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from featureprep.expr.expression import Expr

Make = Callable[..., Expr]

ID_POLICIES = (-1, "null", "error", "quarantine")
VECTOR_POLICIES = ("zeros", "null", "error", "quarantine")


@dataclass(frozen=True)
class Case:
    """One use of a transform.

    Attributes
    ----------
    make : callable
        Of a column (name or expression), and of `missing=` and `unknown=` where it takes them.
    kind : str
        Of columns it takes; see `COLUMNS`.
    kept : str
        What `missing="keep"` makes of null: "null", "zeros", "filled" or "nan".
    value : object
        Something to give as `missing=`; None where it takes no `missing=`.
    unknown : tuple
        The policies that it takes for unknown values; the first is the default.
    """

    name: str
    make: Make
    kind: str
    kept: str = "null"
    value: Any = None
    unknown: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.name


def a_case(name: str, kind: str, make: Make, **rest: Any) -> Case:
    """A case, its name and kind of columns first."""
    return Case(name, make, kind, **rest)
