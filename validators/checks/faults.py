"""Calculations that have no result though nothing they need is missing: overflow, a division by 0, NaN made of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, Final

from featureprep.expr.node import Node
from featureprep.validators.checks.base import FoldRequests, Rule, Verdict
from featureprep.validators.violations import Violations

_CALCULATIONS: Final = frozenset(
    "abs add cast cos div dt_diff dt_from_epoch dt_parse exp floordiv list_sum log log1p mod mul neg power round sin sqrt sub".split()
)
"""Operations that give null only of null, or where they have no result."""


def violation_of(expr: Node) -> Node:
    """True of a row where a statement is false, or null for want of a result."""
    wrong, faulty = Node("not", (expr,)), undecided(expr)
    return wrong if faulty is None else Node("or", (wrong, faulty))


def undecided(expr: Node) -> Node | None:
    """True where an expression is null, and one of the calculations in it has values to work on but no result.

    Null that comes of null alone is something else: nothing is known there, and nothing went wrong.

    Parameters
    ----------
    expr : Node
        Bound with malformed="null", as the result is to be.

    Returns
    -------
    Node or None
        None where no calculation in it can go wrong.
    """
    calculations = [node for node in expr.walk() if node.op in _CALCULATIONS and node.params.get("malformed") != "null"]
    if not calculations:
        return None
    return Node("and", (Node("is_null", (expr,)), reduce(_either, map(_without_result, calculations))))


def fault_folds(rule: Rule, expr: Node) -> FoldRequests:
    """What counts the rows of which the statement of a rule is undecided; nothing where it cannot be."""
    faulty = undecided(expr)
    return {} if faulty is None else {_faults(rule): (Violations(0), (faulty,))}


def with_faults(verdict: Verdict, rule: Rule, results: Mapping[str, Any]) -> Verdict:
    """The verdict on a statement, with what `fault_folds` have counted."""
    found = results.get(_faults(rule))
    rows = 0 if found is None else found.count
    if not rows:
        return verdict
    told = "one of these rows" if rows == 1 else f"{rows:,} of these rows"
    return replace(verdict, message=f"{told} cannot be judged: a division by 0, or a number that does not fit")


def _faults(rule: Rule) -> str:
    return f"{rule.id}/faults"


def _either(one: Node, other: Node) -> Node:
    return Node("or", (one, other))


def _without_result(node: Node) -> Node:
    """True where it is null and none of what it is made of is."""
    found = Node("is_null", (node,))
    for arg in node.args:
        if arg.op != "lit":
            found = Node("and", (found, Node("not", (Node("is_null", (arg,)),))))
    return found
