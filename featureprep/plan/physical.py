"""What lowering makes of a plan: pipes between exchanges, as data.

A *pipe* is everything row-wise between two places where rows meet: it reads one input (a source or a stage), judges its rules
in order and emits columns, all written over the input's own columns. An *exchange* brings rows with equal keys together and
leaves a *stage*. The last pipe ends in the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.expr.node import Node
from featureprep.plan.steps import Features


@dataclass(frozen=True)
class Input:
    """Where a pipe's rows come from: kind "source" or "stage", and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Rule:
    """A statement about one row. "drop": the row stays where `node` is true. "quarantine": it is set aside where `node` is true.

    `step` is the ledger step it belongs to; `origin` says where the rule was written (file:line), never part of a fingerprint.
    `lenient`: a cell that does not fit its type counts as null here (rules of a contract, which has a rule of its own for such cells).
    """

    kind: str
    name: str
    node: Node
    step: str
    origin: str | None = None
    lenient: bool = False


@dataclass(frozen=True)
class Pipe:
    """Row-wise work over one input.

    Attributes
    ----------
    schema : pa.Schema
        The input's columns.
    rules : tuple of Rule
        In order; a row that one takes is not looked at by the next.
    emit : mapping of name to Node
        The columns that leave (for the last pipe: none; the features are).
    passes : tuple of str
        The ledger steps that these rows go through, in order.
    whole : bool
        The input's own columns leave too, as they are (with what is known of their malformed cells): the next verb only chooses rows.
    rejects : str
        The ledger step at which rows leave that `emit` rejects; "": the last one passed.
    """

    input: Input
    schema: pa.Schema
    rules: tuple[Rule, ...]
    emit: Mapping[str, Node]
    passes: tuple[str, ...]
    whole: bool = False
    rejects: str = ""

    def columns(self) -> list[str]:
        """The input columns it needs, in schema order."""
        if self.whole:
            return self.handed_on()
        used: set[str] = set()
        for node in (*self.emit.values(), *(rule.node for rule in self.rules)):
            used |= node.columns()
        return [name for name in self.schema.names if name in used]

    def handed_on(self) -> list[str]:
        """The input columns that leave as they are, where `whole`."""
        return [name for name in self.schema.names if not name.startswith("$malformed_text:")]


@dataclass(frozen=True)
class Exchange:
    """Rows with equal keys brought together, and what is done with them.

    Attributes
    ----------
    kind : "drop_duplicates", "join", "join_asof", "shift", "rolling", "group_by", "map_table" or "gather" (the rows as they are)
    keys : per pipe, the names of the emitted columns that are its keys
    params : mapping
        What the kind needs besides.
    schema : pa.Schema
        Of the stage it leaves.
    step : str
        Its ledger step.
    """

    name: str
    kind: str
    pipes: tuple[Pipe, ...]
    keys: tuple[tuple[str, ...], ...]
    params: Mapping[str, Any]
    schema: pa.Schema
    step: str


@dataclass(frozen=True)
class Embedded:
    """A small table that becomes a constant of the graph: the right side of join(serve="embed")."""

    name: str
    pipe: Pipe
    keys: tuple[str, ...]
    nodes: tuple[Node, ...]
    """The look-up nodes whose constants it gives."""
    step: str = ""
    """The ledger step of the join."""


@dataclass(frozen=True)
class LedgerStep:
    """One line of the row ledger: its id, title, inputs (ids), and place."""

    id: str
    title: str
    inputs: tuple[str, ...]
    site: str | None


@dataclass(frozen=True)
class Physical:
    """A lowered plan.

    Attributes
    ----------
    final : Pipe
        The pipe that ends in the features; its input's columns are the entry table's.
    admits : tuple of Rule
        Every row-wise rule about entry rows, in order, wherever it is judged.
    entry_source : str or None
        The source whose rows are the entry table's, if no verb made it.
    features : Features
        The features step.
    nodes : mapping of name to Node
        Every written column over the entry table, in written order.
    """

    exchanges: tuple[Exchange, ...]
    embedded: tuple[Embedded, ...]
    final: Pipe
    entry_source: str | None
    features: Features
    nodes: Mapping[str, Node]
    ledger: tuple[LedgerStep, ...]
    admits: tuple[Rule, ...] = ()
    malformed: str = "error"
    order: tuple[Exchange | Embedded, ...] = ()
    """Exchanges and embedded tables in an order in which each finds what it reads."""

    def sources(self) -> list[str]:
        """The sources read, each once, in order of first use."""
        pipes = [p for x in self.exchanges for p in x.pipes] + [e.pipe for e in self.embedded] + [self.final]
        return list(dict.fromkeys(p.input.name for p in pipes if p.input.kind == "source"))

    def columns_read(self, source: str) -> set[str]:
        """The columns of a source that its pipes read, pseudo columns among them."""
        emitting = [(pipe, pipe.emit) for exchange in self.exchanges for pipe in exchange.pipes]
        emitting += [(embedded.pipe, embedded.pipe.emit) for embedded in self.embedded] + [(self.final, self.nodes)]
        read: set[str] = set()
        for pipe, emitted in emitting:
            if pipe.input == Input("source", source):
                read |= {*pipe.columns(), *(name for node in emitted.values() for name in node.columns())}
        return read
