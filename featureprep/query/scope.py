"""Names in a query: the tables of FROM, and which column of which of them a name stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sqlglot import exp

from featureprep.errors import ArgumentError, ColumnNotFoundError, short
from featureprep.expr.node import Node
from featureprep.plan import steps
from featureprep.plan.table import Table
from featureprep.query.text import SqlText


@dataclass(frozen=True)
class Rows:
    """A table, and its columns where the plan alone tells them (None: known when data is bound)."""

    table: Table
    columns: tuple[str, ...] | None

    @classmethod
    def of(cls, table: Table) -> Rows:
        """The rows of a table of the job."""
        return cls(table, columns_of(table.step))


@dataclass
class Source:
    """A table of FROM under the name it has there. `named`: the names of its columns once tables are joined, by those of its own."""

    alias: str
    rows: Rows
    part: exp.Expr
    named: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """The name of one of its columns in the joined table."""
        return self.named.get(name, name)


def columns_of(step: steps.Step) -> tuple[str, ...] | None:
    """The columns of a table, where its verbs name all of them."""
    if isinstance(step, steps.Select):
        return step.columns
    if isinstance(step, steps.GroupBy):
        return (*step.keys, *step.aggregates)
    if not step.inputs or isinstance(step, (steps.Join, steps.MapBatches, steps.Features)):
        return None
    known = columns_of(step.inputs[0])
    if known is None:
        return None
    if isinstance(step, steps.Drop):
        return tuple(name for name in known if name not in step.columns)
    if isinstance(step, steps.Rename):
        return tuple(step.names.get(name, name) for name in known)
    if isinstance(step, steps.WithColumns):
        return tuple(dict.fromkeys((*known, *step.columns)))
    return known if isinstance(step, _SAME_COLUMNS) else None


_SAME_COLUMNS = (steps.DropDuplicates, steps.DropNulls, steps.Filter, steps.Quarantine, steps.Sample)


class Scope:
    """The tables that one SELECT sees."""

    def __init__(self, text: SqlText) -> None:
        self.text = text
        self.sources: list[Source] = []
        self.merged: dict[str, Source] = {}
        """The table that a column of USING is taken from, by its name in lower case."""

    def add(self, source: Source) -> None:
        """Another table of FROM.

        Raises
        ------
        ArgumentError
            When there is one of that name.
        """
        if self.find(source.alias) is not None:
            raise self.text.refuse(source.part, f"two tables are named {source.alias!r}", "give one of them an alias: from t as a")
        self.sources.append(source)

    def find(self, alias: str) -> Source | None:
        """The table of that name, whatever its case."""
        return next((s for s in self.sources if s.alias.lower() == alias.lower()), None)

    def resolve(self, part: exp.Column) -> tuple[Source, str, tuple[str, ...]]:
        """The table, the column, and the fields within it, that a name stands for.

        Raises
        ------
        ColumnNotFoundError, ArgumentError
            For a name of none of the tables, and one that may be of several.
        """
        names = [identifier for identifier in part.parts if isinstance(identifier, exp.Identifier)]
        source = self.find(names[0].name) if len(names) > 1 else None
        own = names[1:] if source is not None else names
        if source is None:
            source = self._holder(part, own[0])
        if len(own) > 1 and own is names and not _match(own[0], source.rows.columns or (own[0].name,)):
            raise self._no_table(part)
        return source, self._exact(source, own[0]), tuple(name.name for name in own[1:])

    def _no_table(self, part: exp.Column) -> ArgumentError:
        names = ", ".join(s.alias for s in self.sources if s.alias)
        hint = f"tables: {names}" if names else "the query in FROM has no name: from (...) as t"
        return self.text.refuse(part, f"no table is named {short(part.parts[0].name)}", hint)

    def sees(self, part: exp.Column) -> bool:
        """Whether a name begins with that of one of the tables."""
        return len(part.parts) > 1 and self.find(part.parts[0].name) is not None

    def _holder(self, part: exp.Column, name: exp.Identifier) -> Source:
        if len(self.sources) == 1:
            return self.sources[0]
        if len(part.parts) == 1 and name.name.lower() in self.merged:
            return self.merged[name.name.lower()]
        knowing = [s for s in self.sources if s.rows.columns is not None]
        found = [s for s in knowing if _match(name, s.rows.columns or ())]
        if len(knowing) == len(self.sources) and len(found) == 1:
            return found[0]
        if len(part.parts) > 1:
            raise self._no_table(part)
        if not found and len(knowing) == len(self.sources):
            every = [column for s in knowing for column in s.rows.columns or ()]
            raise ColumnNotFoundError.of([name.name], every, where=self.text.place(part))
        hint = f"write {self.sources[0].alias}.{name.name}; which columns a source has is known when its data is bound"
        raise self.text.refuse(part, f"it cannot be told which table {name.name!r} is a column of", hint)

    def _exact(self, source: Source, name: exp.Identifier) -> str:
        known = source.rows.columns
        if known is None:
            return name.name
        found = _match(name, known)
        if len(found) != 1:
            raise ColumnNotFoundError.of([name.name], known, where=self.text.place(name))
        return found[0]

    def node(self, part: exp.Column) -> Node:
        """The expression that a name stands for, over the joined table."""
        source, name, fields = self.resolve(part)
        place = self.text.place(part)
        at = place
        if fields and source.rows.columns is None and not self.sees(part):
            # whether there is such a column is known when data is bound: who meant a table reads of it then
            at += f" (FROM has no table {short(name)}: {self.text.said(part)} is read as a field of a column)"
        made = Node("col", (), {"name": source.column(name)}, at)
        for one in fields:
            made = Node("struct_field", (made,), {"name": one}, place)
        return made

    def alone(self, source: Source) -> Scope:
        """This scope with one table, under its own names."""
        scope = Scope(self.text)
        scope.sources = [replace(source, named={})]
        return scope


def _match(name: exp.Identifier, columns: Iterable[str]) -> list[str]:
    """The columns that a name means: the one spelled so; else, without quotes, those that differ in case only."""
    columns = list(columns)
    if name.name in columns:
        return [name.name]
    return [] if name.quoted else [c for c in columns if c.lower() == name.name.lower()]


def names_in(part: exp.Expr) -> Iterator[exp.Column]:
    """The columns that an expression names, but for those inside subqueries."""
    for node in part.walk(prune=lambda n: isinstance(n, exp.Query)):
        if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
            yield node


def conjuncts(part: exp.Expr | None) -> list[exp.Expr]:
    """The parts of a condition that are joined by AND."""
    if part is None:
        return []
    found: list[exp.Expr] = []
    stack = [part]
    while stack:
        one = stack.pop()
        if isinstance(one, exp.And):
            stack += [one.expression, one.this]
        elif isinstance(one, exp.Paren) and isinstance(one.this, (exp.And, exp.Paren)):
            stack.append(one.this)
        else:
            found.append(one)
    return found
