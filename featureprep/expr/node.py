"""An expression as data: a frozen tree of named operations with JSON parameters, compared by content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from featureprep import canonical
from featureprep.errors import ArgumentError, CorruptArtefactError, short

MAX_NODES = 100_000
_MAX_PARAM_DEPTH = 32
_SHOWN_NODES, _SHOWN_DEPTH, _SHOWN_TEXT = 60, 20, 200


def freeze(value: Any, depth: int = 0) -> Any:
    """Lists as tuples, dicts as read-only views and NumPy scalars as Python's, all the way down.

    Raises
    ------
    ArgumentError
        For lists and dicts nested too deep (or into themselves).
    """
    if depth > _MAX_PARAM_DEPTH:
        raise ArgumentError(f"a parameter is nested deeper than {_MAX_PARAM_DEPTH}")
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item, depth + 1) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item, depth + 1) for item in value)
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()  # of nanoseconds `item` would make an int
    return value.item() if isinstance(value, np.generic) else value


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
        stack = [*self.args]
        while stack:  # arguments first: no recursion, however deep the expression
            missing = [arg for arg in stack[-1].args if "key" not in arg.__dict__]
            if missing:
                stack += missing
            else:
                _ = stack.pop().key
        return canonical.digest([self.op, self.params, [arg.key for arg in self.args]])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return describe(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # flat, for an expression may be deeper than pickle can follow
        nodes = list(self.walk())
        place = {node.key: i for i, node in enumerate(nodes)}
        return _grown, ([(node.op, [place[arg.key] for arg in node.args], _thawed(node.params), node.site) for node in nodes],)

    def walk(self) -> Iterator[Node]:
        """Every distinct node below and including this one, arguments before their users."""
        return walk([self])

    def columns(self) -> set[str]:
        """Names of the columns read."""
        return {node.params["name"] for node in self.walk() if node.op == "col"}

    def replace(self, mapping: Mapping[str, Node]) -> Node:
        """This expression with columns replaced by expressions."""
        done: dict[str, Node] = {}
        for node in self.walk():
            if node.op == "col":
                done[node.key] = mapping.get(node.params["name"], node)
                continue
            args = [done[arg.key] for arg in node.args]
            same = all(new.key == old.key for new, old in zip(args, node.args, strict=True))
            done[node.key] = node if same else Node(node.op, args, node.params, node.site)
        return done[self.key]


def _grown(rows: Iterable[tuple[str, list[int], Mapping[str, Any], str | None]]) -> Node:
    """The last of some nodes, each of which names its arguments by their places before it."""
    made: list[Node] = []
    for op, args, params, where in rows:
        made.append(Node(op, [made[i] for i in args], params, where))
    return made[-1]


def _thawed(value: Any) -> Any:
    """What `freeze` was given, in plain containers."""
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return tuple(map(_thawed, value)) if isinstance(value, tuple) else value


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
    """The expression as a person would write it (for messages and rule names; not parsed back); `...` for parts of a large one."""
    return _Describer().text(node, 0)


def _column_text(name: str) -> str:
    """The name of a column; pseudo columns as what they tell of one."""
    prefix, _, real = name.partition(":")
    return f"{prefix[1:]}({real})" if prefix in ("$malformed", "$malformed_text") else name


class _Describer:
    """Shows so many nodes and no more: written out, an expression with shared parts can be exponentially long."""

    def __init__(self) -> None:
        self.left = _SHOWN_NODES

    def text(self, node: Node, depth: int) -> str:
        self.left -= 1
        if self.left < 0 or depth > _SHOWN_DEPTH:
            return "..."
        if node.op == "col":
            return _column_text(str(node.params.get("name")))
        if node.op == "lit":
            return short(node.params.get("value"), _SHOWN_TEXT)
        shown = [self.text(arg, depth + 1) for arg in node.args]
        if node.op in _INFIX and len(shown) == 2:
            left, right = (f"({text})" if arg.op in _INFIX else text for arg, text in zip(node.args, shown, strict=True))
            return f"{left} {_INFIX[node.op]} {right}"
        if node.op == "not" and len(shown) == 1:
            return f"~({shown[0]})"
        if node.op == "cast" and len(shown) == 1:
            inner = f"({shown[0]})" if node.args[0].op in _INFIX else shown[0]
            return f"{inner}.cast({node.params.get('to')})"
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
        For anything but a table of nodes whose arguments come before their users, and for an operation of a later version.
    RequestError
        For an operation that nothing installed provides, or with other arguments or parameters than it takes.
    """
    from featureprep.expr.op import find, require_version

    nodes, used, roots = _read(data)
    for node, (op, version) in zip(nodes, used, strict=True):
        require_version(op, version)
        find(op).check(node)
    return roots, used


def _read(data: Any) -> tuple[list[Node], list[tuple[str, int]], dict[str, Node]]:
    try:
        nodes: list[Node] = []
        used: list[tuple[str, int]] = []
        if not isinstance(data["nodes"], list) or not isinstance(data["roots"], dict):
            raise CorruptArtefactError("stored expressions are a list of nodes and an object of roots")
        if len(data["nodes"]) > MAX_NODES:
            raise CorruptArtefactError(f"{len(data['nodes'])} nodes are more than the {MAX_NODES} that are read")
        for entry in data["nodes"]:
            op, args, params, version = entry["op"], entry["args"], entry["params"], entry["version"]
            if not isinstance(op, str) or not isinstance(args, list) or not isinstance(params, dict) or type(version) is not int:
                raise CorruptArtefactError("a node is not made of an operation, its version, parameters and arguments")
            nodes.append(Node(op, [_earlier(nodes, i) for i in args], canonical.from_jsonable(params)))
            used.append((op, version))
        return nodes, used, {str(name): _earlier(nodes, i) for name, i in data["roots"].items()}
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        if isinstance(error, CorruptArtefactError):
            raise
        raise CorruptArtefactError(f"stored expressions cannot be read: {error!r}") from error


def _earlier(nodes: list[Node], i: Any) -> Node:
    if type(i) is not int or not 0 <= i < len(nodes):
        raise CorruptArtefactError("a node has an argument that does not come before it")
    return nodes[i]
