"""How columns flow through expressions: for each node, which columns reach its value, and by what kind of transformation.

Types and subtypes are those of OpenLineage's columnLineage facet: DIRECT (IDENTITY, TRANSFORMATION, AGGREGATION) where the
value flows, INDIRECT (CONDITIONAL, JOIN...) where it only decides which value does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node, describe, walk

EMBEDDED = "$embedded:"
"""Prefix of the pseudo columns `$embedded:<table>:<column>`, a column of an embedded table, and `$embedded:<table>`, its keys alone."""

_PSEUDO = ("$malformed:", "$malformed_text:")
_MAX_TEXT = 500
_MAX_NODES = 200


@dataclass(frozen=True, order=True)
class Transformation:
    """One step, or several in a row, from a column to a value."""

    type: str
    subtype: str

    def then(self, after: Transformation) -> Transformation:
        """This one followed by `after`: what is indirect stays so, an aggregation stays one, else identity gives way."""
        for one in (after, self):
            if one.type == "INDIRECT":
                return one
        for one in (after, self):
            if one.subtype == "AGGREGATION":
                return one
        return after if self == IDENTITY else self


IDENTITY = Transformation("DIRECT", "IDENTITY")
CHANGED = Transformation("DIRECT", "TRANSFORMATION")
AGGREGATION = Transformation("DIRECT", "AGGREGATION")
CONDITIONAL = Transformation("INDIRECT", "CONDITIONAL")
JOIN = Transformation("INDIRECT", "JOIN")
GROUP_BY = Transformation("INDIRECT", "GROUP_BY")
FILTER = Transformation("INDIRECT", "FILTER")
SORT = Transformation("INDIRECT", "SORT")
WINDOW = Transformation("INDIRECT", "WINDOW")

Flow = Mapping[str, frozenset[Transformation]]
"""Columns of one table by name, and the ways in which each reaches a value."""


def flows(roots: Iterable[Node], schema: pa.Schema, malformed: str = "error") -> dict[str, Flow]:
    """The flow into every node of some expressions over `schema`, by node key.

    Columns of embedded tables appear as pseudo columns (see `EMBEDDED`), a column's malformed mask as the column itself.
    """
    binder = Binder(schema, malformed=malformed)
    done: dict[str, Flow] = {}
    for node in walk(roots):
        args = [done[arg.key] for arg in node.args]
        done[node.key] = _flow(node, args, binder)
    return done


def _flow(node: Node, args: list[Flow], binder: Binder) -> Flow:
    match node.op:
        case "col":
            return {_real(node.params["name"]): frozenset({_way_of(node.params["name"])})}
        case "as_dtype" if _keeps_type(node, binder):
            return args[0]
        case "when":
            conditions = args[: len(args) - 1 : 2]
            values = [*args[1::2], args[-1]]
            return merged([*(through(c, CONDITIONAL) for c in conditions), *(through(v, CHANGED) for v in values)])
        case "embedded":
            table, column = node.params["table"], node.params["column"]
            looked_up = EMBEDDED + (table if column is None else f"{table}:{column}")
            return merged([*(through(arg, JOIN) for arg in args), {looked_up: frozenset({IDENTITY})}])
    return merged(through(arg, CHANGED) for arg in args)


def _real(name: str) -> str:
    for prefix in _PSEUDO:
        name = name.removeprefix(prefix)
    return name


def _way_of(name: str) -> Transformation:
    return IDENTITY if _real(name) == name else CHANGED


def _keeps_type(node: Node, binder: Binder) -> bool:
    try:
        bound = binder.bind(node)
    except FeatureprepError:  # a pseudo column, or an operation that is not installed here: then it is taken to change something
        return False
    return bool(bound.type == bound.args[0].type)


def through(flow: Flow, step: Transformation) -> dict[str, frozenset[Transformation]]:
    """A flow that goes on through one more step."""
    return {column: frozenset(way.then(step) for way in ways) for column, ways in flow.items()}


def merged(parts: Iterable[Flow]) -> dict[str, frozenset[Transformation]]:
    """Several flows into one value."""
    out: dict[str, frozenset[Transformation]] = {}
    for part in parts:
        for column, ways in part.items():
            out[column] = out[column] | ways if column in out else ways
    return out


def expression_text(node: Node) -> str:
    """The expression as `describe` writes it, cut to 500 characters.

    Expressions share their parts, so the text of one can be exponentially longer than itself: over 200 nodes, what is
    deepest is shown as an ellipsis.
    """
    sizes: dict[str, int] = {}
    for part in node.walk():
        sizes[part.key] = 1 + sum(min(sizes[arg.key], _MAX_NODES + 1) for arg in part.args)
    text = describe(node if sizes[node.key] <= _MAX_NODES else _pruned(node))
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _pruned(node: Node, depth: int = 3, width: int = 5) -> Node:
    if not node.args:
        return node
    if depth == 0:
        return Node("col", (), {"name": "…"})
    more = [Node("col", (), {"name": "…"})] if len(node.args) > width else []
    return Node(node.op, [*(_pruned(arg, depth - 1, width) for arg in node.args[:width]), *more], node.params)
