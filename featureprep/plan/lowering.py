"""What lowering knows of a table, and what all verbs need while they are lowered: its columns, types, pipes, exchanges and ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, TypeMismatchError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node
from featureprep.expr.ops.unify import common_type
from featureprep.plan import steps
from featureprep.plan.physical import Embedded, Exchange, Input, LedgerStep, Pipe, Rule
from featureprep.types import format_type, is_float


@dataclass(frozen=True)
class Rows:
    """A table while it is lowered."""

    input: Input
    schema: pa.Schema
    env: Mapping[str, Node]
    """Each column as an expression over the input's columns."""
    rules: tuple[Rule, ...]
    passes: tuple[str, ...]
    made: bool
    """A verb has made values out of several rows."""
    admits: tuple[Rule, ...] = ()
    """Every rule about rows of the present entry table, also those judged before an exchange that only chose rows."""

    def last(self) -> str:
        """The ledger step that the rows went through last."""
        return self.passes[-1]


def col(name: str) -> Node:
    """A column as a node."""
    return Node("col", (), {"name": name})


def cast_to(node: Node, dtype: pa.DataType, site: str | None) -> Node:
    """An expression cast by the job's policy for cells that do not fit."""
    return Node("cast", (node,), {"to": format_type(dtype), "malformed": None}, site)


class Lowering:
    """A plan while it is lowered: the exchanges and ledger steps so far.

    Parameters
    ----------
    malformed : {"error", "null", "quarantine"}
        The job's policy.
    """

    def __init__(self, malformed: str) -> None:
        self.malformed = malformed
        self.exchanges: list[Exchange] = []
        self.embedded: list[Embedded] = []
        self.order: list[Exchange | Embedded] = []
        self.ledger: list[LedgerStep] = []
        self._titles: Counter[str] = Counter()
        self._ids: set[str] = set()
        self._binders: dict[int, Binder] = {}

    # Ledger.

    def _step(self, title: str, inputs: tuple[str, ...], site: str | None) -> str:
        """A new step of the ledger; its id."""
        name = title
        while name in self._ids:
            self._titles[title] += 1
            name = f"{title} #{self._titles[title] + 1}"
        self._ids.add(name)
        self.ledger.append(LedgerStep(name, title, inputs, site))
        return name

    # Columns and types.

    def _known(self, rows: Rows, names: Iterable[str]) -> None:
        """Refuse names of columns that the rows lack."""
        missing = [name for name in names if name not in rows.env]
        if missing:
            raise ColumnNotFoundError.of(missing, list(rows.env))

    def _reads(self, rows: Rows, node: Node, what: str) -> None:
        """Refuse an expression over columns that the rows lack, at the line that names the first."""
        missing = sorted(node.columns() - rows.env.keys())
        if missing:
            at = next(part.site for part in node.walk() if part.op == "col" and part.params["name"] == missing[0])
            raise ColumnNotFoundError.of(missing, rows.env, where=f"{at}: {what}" if at else None)

    def _type(self, rows: Rows, over_base: Node) -> pa.DataType:
        """The type of an expression over the columns of the rows' input."""
        if id(rows.schema) not in self._binders:  # a binder keeps its schema, so ids are not given twice
            self._binders[id(rows.schema)] = Binder(rows.schema, malformed=self.malformed)
        return self._binders[id(rows.schema)].bind(over_base).type

    def _common_keys(self, step: steps.Join | steps.JoinAsof, left: Rows, right: Rows) -> tuple[Rows, Rows]:
        """Both sides with their keys cast to one type, so that equal values meet."""
        envs = (dict(left.env), dict(right.env))
        for a, b in zip(step.left_on, step.right_on, strict=True):
            types = (self._type(left, left.env[a]), self._type(right, right.env[b]))
            wanted = common_type(types, f"the join keys {a!r} and {b!r}")
            if is_float(wanted) and not all(is_float(t) or t == pa.null() for t in types):
                shown = " and ".join(format_type(t) for t in types)
                raise TypeMismatchError(
                    f"the join keys {a!r} and {b!r} are {shown}: as floats, keys that differ could meet", hint="cast both to one type first"
                )
            for env, name, dtype in zip(envs, (a, b), types, strict=True):
                if dtype != wanted:
                    env[name] = cast_to(env[name], wanted, step.site)
        return replace(left, env=envs[0]), replace(right, env=envs[1])

    def _right_names(self, step: steps.Join | steps.JoinAsof, left: Rows, right: Rows) -> dict[str, str]:
        """The right side's columns that join, and their names afterwards; keys named alike appear once."""
        shared = {b for a, b in zip(step.left_on, step.right_on, strict=True) if a == b}
        names = {n: n + step.suffix if n in left.env else n for n in right.env if n not in shared}
        taken = [new for new in names.values() if new in left.env] + [n for n, k in Counter(names.values()).items() if k > 1]
        if taken:
            raise ArgumentError(f"the join would give two columns the name {taken[0]!r}", hint="rename one, or give another suffix=")
        return names

    # Pipes and exchanges.

    def _pipe(self, rows: Rows, emit: Mapping[str, Node]) -> Pipe:
        return Pipe(rows.input, rows.schema, rows.rules, emit, rows.passes)

    def _meet(
        self, kind: str, pipes: tuple[Pipe, ...], keys: tuple[tuple[str, ...], ...], params: Mapping[str, Any], schema: pa.Schema, at: str
    ) -> Input:
        """A new exchange; the stage that it leaves."""
        made = Exchange(f"x{len(self.exchanges) + 1}", kind, pipes, keys, params, schema, at)
        self.exchanges.append(made)
        self.order.append(made)
        return Input("stage", made.name)

    def _exchange(
        self, kind: str, pipes: tuple[Pipe, ...], keys: tuple[tuple[str, ...], ...], params: Mapping[str, Any], schema: pa.Schema, at: str
    ) -> Rows:
        """A new stage of values made of several rows."""
        stage = self._meet(kind, pipes, keys, params, schema, at)
        return Rows(stage, schema, {n: col(n) for n in schema.names}, (), (at,), made=True)
