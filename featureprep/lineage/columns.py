"""Column lineage of a lowered plan: for every written column, the columns of sources it comes from.

*Direct* inputs flow row by row: serving needs them. *Fit-time* inputs are what was learnt over: the mean that a column is
scaled by, the table that a join embedded in the graph. What only decides which rows there are (filters, keys, orders) belongs
to the whole dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from featureprep.errors import ColumnNotFoundError
from featureprep.expr.node import Node
from featureprep.lineage import flow
from featureprep.lineage.flow import Flow, Transformation, expression_text, flows, through
from featureprep.plan.physical import Exchange, Input, Physical, Pipe
from featureprep.run.levels import FitPlan


@dataclass(frozen=True, order=True)
class InputField:
    """A column of a source that a written column, or the choice of rows, depends on.

    Attributes
    ----------
    kind : "direct" or "fit"
        "direct": a value of the row itself; "fit": values of all rows that were learnt from, frozen into the graph.
    description : str
        The text of the written column's expression, of the node that learns, or of the rule.
    type, subtype : str
        As OpenLineage's columnLineage facet has them.
    masking : bool
        Whether the value cannot be told from the result; never claimed.
    """

    source: str
    column: str
    kind: str
    type: str
    subtype: str
    description: str
    masking: bool = False


@dataclass(frozen=True)
class ColumnLineage(Mapping[str, tuple[InputField, ...]]):
    """The inputs of every written column, by its name, in written order; `dataset` has those that decide which rows there are."""

    fields: Mapping[str, tuple[InputField, ...]]
    dataset: tuple[InputField, ...]

    def __getitem__(self, column: str) -> tuple[InputField, ...]:
        try:
            return self.fields[column]
        except KeyError:
            raise ColumnNotFoundError.of([column], self.fields) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __contains__(self, column: object) -> bool:
        return column in self.fields

    def direct_inputs(self, column: str) -> tuple[InputField, ...]:
        """The inputs of the same row; raises ColumnNotFoundError for a column that is not written."""
        return tuple(f for f in self[column] if f.kind == "direct")

    def fit_inputs(self, column: str) -> tuple[InputField, ...]:
        """The inputs that were learnt from; raises ColumnNotFoundError for a column that is not written."""
        return tuple(f for f in self[column] if f.kind == "fit")


def column_lineage(physical: Physical, fit: FitPlan | None) -> ColumnLineage:
    """Where the written columns of a plan come from.

    Parameters
    ----------
    physical : Physical
    fit : FitPlan or None
        None where nothing is fitted in this run (`apply`): its constants come from another version, so no column has fit-time
        inputs among this run's sources but by embedded tables.

    Returns
    -------
    ColumnLineage
        A mapping of written column to its inputs, sorted; a constant column has none.
    """
    return _Tracer(physical, fit).run()


@dataclass(frozen=True, order=True)
class _Origin:
    source: str
    column: str
    way: Transformation
    fit: bool = False


_Origins = frozenset[_Origin]


class _Tracer:
    def __init__(self, physical: Physical, fit: FitPlan | None) -> None:
        self.physical = physical
        self.learnt = {learner.node.key: learner for learner in fit.learners} if fit else {}
        self.stages: dict[str, dict[str, _Origins]] = {}
        self.tables: dict[str, dict[str, _Origins]] = {}
        self.dataset: set[InputField] = set()

    def run(self) -> ColumnLineage:
        plan = self.physical
        for exchange in plan.exchanges:  # in the order in which they were made, so inputs first
            self.stages[exchange.name] = self._exchange(exchange)
        for table in plan.embedded:
            self._rules(table.pipe)
        self._rules(plan.final)
        learnt_over = [n for learner in self.learnt.values() for need in learner.needs.values() for n in need.item.nodes]
        known = flows([*plan.nodes.values(), *learnt_over], plan.final.schema, plan.malformed)
        fields = {name: self._written(plan.final.input, node, known) for name, node in plan.nodes.items()}
        return ColumnLineage(fields, tuple(sorted(self.dataset)))

    # From the columns of one place to those of sources.

    def _origins(self, at: Input, name: str) -> _Origins:
        if name.startswith(flow.EMBEDDED):
            return self._looked_up(name)
        if at.kind == "source":
            return frozenset({_Origin(at.name, name, flow.IDENTITY)})
        return self.stages[at.name][name]

    def _looked_up(self, name: str) -> _Origins:
        """A column of an embedded table, with the table's keys by which it is found. The table is a constant: fit-time."""
        table, _, column = name.removeprefix(flow.EMBEDDED).partition(":")
        embedded = next(e for e in self.physical.embedded if e.name == table)
        if table not in self.tables:
            self.tables[table] = self._columns(embedded.pipe, embedded.pipe.emit)
        columns = self.tables[table]
        found = {replace(o, way=o.way.then(flow.JOIN), fit=True) for key in embedded.keys for o in columns[key]}
        return frozenset(found | {replace(o, fit=True) for o in (columns[column] if column else ())})

    def _resolve(self, at: Input, flow_: Flow) -> _Origins:
        return frozenset(
            replace(origin, way=origin.way.then(way))
            for column, ways in flow_.items()
            for way in ways
            for origin in self._origins(at, column)
        )

    def _columns(self, pipe: Pipe, emit: Mapping[str, Node]) -> dict[str, _Origins]:
        known = flows(emit.values(), pipe.schema, self.physical.malformed)
        return {name: self._resolve(pipe.input, known[node.key]) for name, node in emit.items()}

    # What decides which rows there are.

    def _note(self, origins: Iterable[_Origin], way: Transformation, description: str) -> None:
        for origin in origins:
            kind = "fit" if origin.fit else "direct"
            self.dataset.add(InputField(origin.source, origin.column, kind, way.type, way.subtype, description))

    def _rules(self, pipe: Pipe) -> None:
        known = flows([rule.node for rule in pipe.rules], pipe.schema, self.physical.malformed)
        for rule in pipe.rules:
            origins = self._resolve(pipe.input, through(known[rule.node.key], flow.FILTER))
            # the name of a contract's rule says it all, and keeps to itself what must not be told
            condition = "" if rule.lenient else f": {expression_text(rule.node)}"
            self._note(origins, flow.FILTER, f"{rule.kind} {rule.name}{condition}")

    # Where rows meet.

    def _exchange(self, exchange: Exchange) -> dict[str, _Origins]:
        for pipe in exchange.pipes:
            self._rules(pipe)
        sides = [self._columns(pipe, pipe.emit) for pipe in exchange.pipes]
        first = exchange.pipes[0]
        if exchange.kind in ("shift", "rolling"):
            return self._windowed(exchange, sides[0])
        way = flow.JOIN if exchange.kind in ("join", "join_asof") else flow.GROUP_BY
        for side, keys in zip(sides, exchange.keys, strict=True):
            for key in keys if exchange.kind != "gather" else ():  # a sample's rows are put apart: nothing meets
                self._note(side[key], way, exchange.step)
        if exchange.kind == "drop_duplicates":
            for i, _ in enumerate(exchange.params.get("order_by", ())):
                self._note(sides[0][f"$order{i}"], flow.SORT, exchange.step)
        if first.whole:  # it only chose rows: its own columns leave as they came
            return {name: self._origins(first.input, name) for name in first.schema.names}
        if exchange.kind == "join_asof":
            for side, moment in zip(sides, exchange.params["on"], strict=True):
                self._note(side[moment], way, exchange.step)
            for name in exchange.params["order_by"]:
                self._note(sides[1][name], flow.SORT, exchange.step)
        if exchange.kind in ("join", "join_asof"):
            names: Mapping[str, str] = exchange.params["right_names"]
            return {**sides[0], **{new: sides[1][old] for old, new in names.items()}}
        if exchange.kind == "group_by":
            return self._grouped(exchange, sides[0])
        if exchange.kind == "union":
            return {name: frozenset().union(*(side[name] for side in sides)) for name in exchange.schema.names}
        if exchange.kind == "explode":
            return self._exploded(exchange, sides[0])
        everything = frozenset(replace(o, way=o.way.then(flow.CHANGED)) for origins in sides[0].values() for o in origins)
        return dict.fromkeys(exchange.schema.names, everything)

    def _grouped(self, exchange: Exchange, side: Mapping[str, _Origins]) -> dict[str, _Origins]:
        return {key: side[key] for key in exchange.keys[0]} | _aggregated(exchange.params["grouping"].aggregates, side)

    def _exploded(self, exchange: Exchange, side: Mapping[str, _Origins]) -> dict[str, _Origins]:
        """Elements come of their list; where an element stands is its list's affair too, and so is how often the other columns occur."""
        column, position = exchange.params["column"], exchange.params["position"]
        elements = frozenset(replace(origin, way=origin.way.then(flow.CHANGED)) for origin in side[column])
        self._note(side[column], flow.FILTER, exchange.step)
        return {**side, column: elements} | ({} if position is None else {position: elements})

    def _windowed(self, exchange: Exchange, side: Mapping[str, _Origins]) -> dict[str, _Origins]:
        """The rows stay what they are: key and order only decide which rows' values the new columns have."""
        params = exchange.params
        around = {replace(o, way=o.way.then(flow.WINDOW)) for name in (*exchange.keys[0], *params["order_by"]) for o in side[name]}
        if exchange.kind == "shift":
            taken = {name: [column for column in (of, params["fills"].get(name)) if column] for name, of in params["columns"].items()}
            made = {
                n: frozenset(replace(o, way=o.way.then(flow.CHANGED)) for column in of for o in side[column]) for n, of in taken.items()
            }
        else:
            made = _aggregated(params["aggregates"], side)
        return {name: made[name] | around if name in made else side[name] for name in exchange.schema.names}

    # Written columns.

    def _written(self, at: Input, node: Node, known: Mapping[str, Flow]) -> tuple[InputField, ...]:
        found: set[InputField] = set()
        text = expression_text(_user_node(node))
        for origin in self._resolve(at, known[node.key]):
            kind = "fit" if origin.fit else "direct"
            found.add(InputField(origin.source, origin.column, kind, origin.way.type, origin.way.subtype, text))
        for part in node.walk():
            learner = self.learnt.get(part.key)
            if learner is None:
                continue
            over = [n for need in learner.needs.values() for n in need.item.nodes]
            for origin in (o for n in over for o in self._resolve(at, known[n.key])):
                way = origin.way.then(flow.AGGREGATION)
                found.add(InputField(origin.source, origin.column, "fit", way.type, way.subtype, expression_text(part)))
        return tuple(sorted(found))


def _aggregated(aggregates: Mapping[str, Any], side: Mapping[str, _Origins]) -> dict[str, _Origins]:
    """The origins of aggregates: of their values, and of what these are put in order by."""
    out: dict[str, _Origins] = {}
    for name, one in aggregates.items():
        taken = () if one.column is None else side[one.column]
        sorts = frozenset(replace(o, way=o.way.then(flow.SORT)) for column in one.order for o in side[column])
        out[name] = sorts | frozenset(replace(origin, way=origin.way.then(flow.AGGREGATION)) for origin in taken)
    return out


def _user_node(node: Node) -> Node:
    """Without the cast to the job's float type that every feature ends in."""
    return node.args[0] if node.op == "as_dtype" else node


def derived_from(lineage: ColumnLineage, columns: Mapping[str, Collection[str]]) -> set[str]:
    """The written columns with a direct or fit-time input among these columns, by source: what a sensitive column has become."""
    return {name for name, fields in lineage.items() if any(f.column in columns.get(f.source, ()) for f in fields)}
