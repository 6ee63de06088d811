"""An expression as data: a frozen tree of named operations with JSON parameters, compared by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from featureprep import canonical
from featureprep.errors import CorruptArtefactError

MAX_NODES = 100_000


def freeze(value: Any) -> Any:
    """Lists as tuples and dicts as read-only views, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    return value


class Node:
    """One operation applied to arguments.

    Attributes
    ----------
    op : str
        Name of a registered operation.
    args : tuple of Node
    params : mapping
        JSON values (see `canonical`), read-only.
    site : str or None
        `file:line` where the user wrote it. Not part of the node's identity.
    """

    __slots__ = ("__dict__", "args", "op", "params", "site")

    def __init__(self, op: str, args: Iterable[Node] = (), params: Mapping[str, Any] | None = None, site: str | None = None) -> None:
        self.op = op
        self.args = tuple(args)
        self.params: Mapping[str, Any] = freeze(dict(params or {}))
        self.site = site

    @cached_property
    def key(self) -> str:
        """sha256 of operation, parameters and arguments: equal keys mean equal expressions."""
        return canonical.digest([self.op, self.params, [arg.key for arg in self.args]])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return describe(self)

    def walk(self) -> Iterator[Node]:
        """Every distinct node below and including this one, arguments before their users."""
        return walk([self])

    def columns(self) -> set[str]:
        """Names of the columns read."""
        return {node.params["name"] for node in self.walk() if node.op == "col"}

    def replace(self, mapping: Mapping[str, Node]) -> Node:
        """This expression with columns replaced by expressions."""
        return _replace(self, mapping, {})


def _replace(node: Node, mapping: Mapping[str, Node], done: dict[str, Node]) -> Node:
    if node.key not in done:
        if node.op == "col":
            done[node.key] = mapping.get(node.params["name"], node)
        else:
            args = [_replace(arg, mapping, done) for arg in node.args]
            same = all(new is old for new, old in zip(args, node.args, strict=True))
            done[node.key] = node if same else Node(node.op, args, node.params, node.site)
    return done[node.key]


def walk(roots: Iterable[Node]) -> Iterator[Node]:
    """Every distinct node of several expressions, arguments first, in a fixed order."""
    seen: set[str] = set()
    for root in roots:
        stack: list[tuple[Node, bool]] = [(root, False)]
        while stack:
            node, expanded = stack.pop()
            if node.key in seen:
                continue
            if expanded:
                seen.add(node.key)
                yield node
            else:
                stack.append((node, True))
                stack.extend((arg, False) for arg in reversed(node.args))


_INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "floordiv": "//", "mod": "%", "eq": "==", "ne": "!=", "lt": "<", "le": "<=",
          "gt": ">", "ge": ">=", "and": "&", "or": "|"}  # fmt: skip


def describe(node: Node) -> str:
    """The expression as a person would write it (for messages and rule names; not parsed back)."""
    if node.op == "col":
        return str(node.params["name"])
    if node.op == "lit":
        return repr(node.params["value"])
    if node.op in _INFIX and len(node.args) == 2:
        left, right = (f"({describe(a)})" if a.op in _INFIX else describe(a) for a in node.args)
        return f"{left} {_INFIX[node.op]} {right}"
    if node.op == "not":
        return f"~({describe(node.args[0])})"
    if node.op == "cast":
        return f"{describe(node.args[0])}.cast({node.params['to']})"
    shown = [describe(arg) for arg in node.args]
    shown += [f"{k}={_short(v)}" for k, v in sorted(node.params.items()) if v is not None]
    return f"{node.op}({', '.join(shown)})"


def _short(value: Any) -> str:
    text = repr(list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value)
    return text if len(text) <= 40 else text[:37] + "..."


def to_json(roots: Mapping[str, Node], versions: Mapping[str, int]) -> dict[str, Any]:
    """Named expressions as one table of nodes, each written once; `versions` gives each operation's version."""
    index: dict[str, int] = {}
    nodes: list[dict[str, Any]] = []
    for node in walk(roots.values()):
        index[node.key] = len(nodes)
        entry: dict[str, Any] = {"op": node.op, "version": versions[node.op], "params": canonical.to_jsonable(node.params)}
        nodes.append({**entry, "args": [index[arg.key] for arg in node.args]})
    return {"nodes": nodes, "roots": {name: index[node.key] for name, node in roots.items()}}


def from_json(data: Any) -> tuple[dict[str, Node], list[tuple[str, int]]]:
    """The inverse: the named expressions, and the (operation, version) pairs in use.

    Raises
    ------
    CorruptArtefactError
        For anything but a table of nodes whose arguments come before their users.
    """
    try:
        nodes: list[Node] = []
        used: list[tuple[str, int]] = []
        if len(data["nodes"]) > MAX_NODES:
            raise CorruptArtefactError(f"{len(data['nodes'])} nodes are more than the {MAX_NODES} that are read")
        for entry in data["nodes"]:
            if not isinstance(entry["op"], str) or not all(0 <= i < len(nodes) for i in entry["args"]):
                raise CorruptArtefactError("a node has an argument that does not come before it")
            nodes.append(Node(entry["op"], [nodes[i] for i in entry["args"]], canonical.from_jsonable(entry["params"])))
            used.append((entry["op"], int(entry["version"])))
        return {str(name): nodes[i] for name, i in data["roots"].items()}, used
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, CorruptArtefactError):
            raise
        raise CorruptArtefactError(f"stored expressions cannot be read: {error!r}") from error
