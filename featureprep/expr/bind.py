"""Binding: expressions against a schema, giving every node its types, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, FeatureprepError, TypeMismatchError
from featureprep.expr.node import Node, describe
from featureprep.expr.op import Call, Op, find
from featureprep.types import logical


@dataclass(frozen=True, eq=False)
class Bound:
    """A node with its types and its bound arguments (implicit casts inserted)."""

    op: Op
    call: Call
    args: tuple[Bound, ...]

    @property
    def node(self) -> Node:
        return self.call.node

    @property
    def type(self) -> pa.DataType:
        return self.call.out_type

    @property
    def nullable(self) -> bool:
        return self.call.nullable

    @property
    def key(self) -> str:
        return self.call.node.key


class Binder:
    """Binds expressions over one schema; equal nodes are bound once.

    Parameters
    ----------
    schema : pa.Schema
        The columns that `col` may name. A field's `nullable` is believed.
    constants : mapping of node key to constants
        Of the operations that have been fitted so far.
    malformed : str
        The job's policy.
    where : str, optional
        Put into errors that name no place.
    """

    def __init__(
        self,
        schema: pa.Schema,
        constants: Mapping[str, Mapping[str, Any]] | None = None,
        malformed: str = "error",
        where: str | None = None,
    ) -> None:
        self.schema = schema
        self.constants = constants or {}
        self.malformed = malformed
        self.where = where
        self._done: dict[str, Bound] = {}

    def bind(self, node: Node) -> Bound:
        """The bound expression.

        Raises
        ------
        ColumnNotFoundError, TypeMismatchError, ArgumentError
        """
        for part in node.walk():  # arguments first: no recursion, however deep the expression
            if part.key not in self._done:
                try:
                    self._done[part.key] = self._bind_one(part)
                except FeatureprepError as error:
                    if isinstance(error, TypeMismatchError):
                        error.columns = tuple(arg.params["name"] for arg in part.args if arg.op == "col")
                    raise error.at(_place(part, node, self.where)) from None
        return self._done[node.key]

    def _bind_one(self, node: Node) -> Bound:
        op = find(node.op)
        op.check(node)
        args = tuple(self._done[arg.key] for arg in node.args)
        if node.op == "col":
            return self._column(op, node)
        call = self._call(node, args)
        wanted = op.bind(call)
        if wanted.args is not None:
            cast = tuple(self._cast(arg, to) for arg, to in zip(args, wanted.args, strict=True))
            if any(new is not old for new, old in zip(cast, args, strict=True)):
                args, call = cast, self._call(node, cast)
        nullable = any(arg.nullable for arg in args) if wanted.nullable is None else wanted.nullable
        if "malformed" in op.issue_kinds and call.policy("malformed") == "null":
            nullable = True
        return Bound(op, replace(call, out_type=wanted.out, nullable=nullable), args)

    def _call(self, node: Node, args: tuple[Bound, ...]) -> Call:
        return Call(
            node=node,
            in_types=tuple(arg.type for arg in args),
            in_nullable=tuple(arg.nullable for arg in args),
            constants=self.constants.get(node.key),
            malformed=self.malformed,
            args=tuple(arg.node for arg in args),
            inner=tuple(arg.call for arg in args),
        )

    def _column(self, op: Op, node: Node) -> Bound:
        name = node.params["name"]
        at = self.schema.get_all_field_indices(name)
        if not at:
            raise ColumnNotFoundError.of([name], self.schema.names)
        field = self.schema.field(at[0])
        nullable = field.nullable or self.malformed == "null"  # a malformed cell becomes null
        call = Call(node, (), (), malformed=self.malformed, out_type=logical(field.type), nullable=nullable)
        return Bound(op, call, ())

    def _cast(self, arg: Bound, to: pa.DataType) -> Bound:
        if arg.type == to:
            return arg
        from featureprep.types import format_type

        node = Node("cast", (arg.node,), {"to": format_type(to), "malformed": None}, arg.node.site)
        if node.key not in self._done:
            self._done[node.key] = self._bind_one(node)
        return self._done[node.key]


def _place(part: Node, root: Node, where: str | None) -> str:
    site = part.site or root.site or where
    step = describe(part)
    step = step if len(step) <= 120 else step[:117] + "..."
    return f"{site}: {step}" if site else step


def walk_bound(roots: Iterable[Bound]) -> Iterator[Bound]:
    """Every distinct bound node, arguments first."""
    seen: set[str] = set()
    for root in roots:
        stack: list[tuple[Bound, bool]] = [(root, False)]
        while stack:
            bound, expanded = stack.pop()
            if bound.key in seen:
                continue
            if expanded:
                seen.add(bound.key)
                yield bound
            else:
                stack.append((bound, True))
                stack.extend((arg, False) for arg in reversed(bound.args))
