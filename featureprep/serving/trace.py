"""`graph.trace(row)`: every value that a graph computes for one row, the rules that judge it, and the policies that stand behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep.errors import RowRejected
from featureprep.expr.bind import Binder, Bound
from featureprep.expr.node import Node, describe
from featureprep.expr.row import RowCode
from featureprep.expr.rowvalues import from_arrow, to_python
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.serving.graph import TransformGraph

SHOWN = 5
"""Values of a learnt list that a step holds."""


class Trace(list[dict[str, Any]]):
    """The steps of one row, in the order computed; prints as a table, and shows itself in a notebook.

    Each step is a dict:

    number, op
        Of the step, from 1 (other steps name it as `#number`), and what it does.
    expression, formula : str
        The whole expression, and the same over the steps before: `standard_scale(#2)`.
    type, value
        The value as `graph(row)` gives it.
    feature : str
        Where the value is a written column. A value that is several columns has a step for each.
    learnt : dict
        The constants in use; of long ones the first values, as text.
    policies : dict
        Kind of issue ("missing", "unknown", "malformed") to the policy in force, where there is one.

    A row that a policy rejects ends with a step of "rejected" (the rule) and "where" only.

    Attributes
    ----------
    graph, fingerprint : str
        Name and fingerprint of the graph.
    dropped_by : str or None
        The rule that would take the row out of a training run: what `graph.admits(row)` gives.
    rules : list of dict
        Every rule that judges rows: kind ("drop" keeps where true, "quarantine" takes where true; a contract's takes where false, whatever its
        kind), name, expression, value, takes.
    malformed : str
        The job's policy, for what says none.
    row : dict
        What the row gives for the columns that the graph needs.
    absent : list of str
        Columns that the row lacks: read as null.
    after : str or None
        The step that makes the entry table, where rows meet to make it: the row is one that leaves that step.
    unknown : list of str
        Keys of the row that the graph does not need.
    skipped : list of str
        Expressions that were not computed: branches not taken, or what follows a rejection.
    """

    def __init__(
        self, steps: Sequence[dict[str, Any]], *, graph: str, fingerprint: str, dropped_by: str | None, rules: Sequence[dict[str, Any]],
        malformed: str, row: Mapping[str, Any], absent: Sequence[str], unknown: Sequence[str], skipped: Sequence[str], after: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(steps)
        self.graph = graph
        self.fingerprint = fingerprint
        self.dropped_by = dropped_by
        self.rules = list(rules)
        self.malformed = malformed
        self.row = dict(row)
        self.absent = list(absent)
        self.unknown = list(unknown)
        self.skipped = list(skipped)
        self.after = after

    @property
    def rejected(self) -> str | None:
        """The rule that rejected the row, if one did."""
        return self[-1]["rejected"] if self and "rejected" in self[-1] else None

    def to_json(self) -> dict[str, Any]:
        """As values for `featureprep.canonical`."""
        return {**{name: value for name, value in vars(self).items() if name != "row"}, "steps": list(self)}

    def to_text(self) -> str:
        """Aligned, for a terminal."""
        from featureprep.notebook.trace import trace_text

        return trace_text(self)

    def to_html(self) -> str:
        """One self-contained page."""
        from featureprep.notebook.page import page_of

        return page_of(f"Trace of one row: {self.graph}", self._repr_html_())

    def _repr_html_(self) -> str:
        from featureprep.notebook.trace import trace_html

        return trace_html(self)

    def __repr__(self) -> str:
        return self.to_text()


class Tracer:
    """Traces rows of one graph; its code is compiled once.

    Parameters
    ----------
    column : callable
        Gives the converter of an input column, as for `RowCode`.
    binder : callable
        `binder(malformed policy)`: binds over the entry table.
    """

    def __init__(self, graph: TransformGraph, column: Callable[[str, pa.DataType], Any], binder: Callable[[str], Binder]) -> None:
        self.graph = graph
        self._column = column
        self._binder = binder
        self._names: dict[str, list[str]] = {}
        for name, bound in graph.bound.items():
            self._names.setdefault(bound.key, []).append(name)

    def trace(self, row: Mapping[str, Any]) -> Trace:
        """See `TransformGraph.trace`."""
        code, function, known = self._compiled
        steps: list[dict[str, Any]] = []
        seen: set[int] = set()

        def note(number: int, value: Any) -> None:
            seen.add(number)
            convert = to_python(code.order[number].type)
            step = {**known[number], "value": convert(value) if convert else value}
            written = self._names.get(code.order[number].key, ())
            steps.extend([{**step, "feature": name} for name in written] or [step])

        rejected = None
        try:
            function(row, note)
        except RowRejected as error:
            rejected = error
        shown = [known[i]["expression"] for i in range(len(known)) if i not in seen]
        if rejected is not None:
            steps.append({"rejected": rejected.rule, "where": rejected.where})
        entry = self.graph.entry.names
        return Trace(
            steps,
            graph=self.graph.name,
            fingerprint=self.graph.fingerprint,
            dropped_by=self.graph.admits(row),
            rules=[rule(row) for rule in self._rules],
            malformed=self.graph.malformed,
            row={name: row[name] for name in entry if name in row},
            absent=[name for name in entry if name not in row],
            unknown=sorted(str(name) for name in row if name not in entry),
            skipped=shown,
            after=self.graph.after,
        )

    @cached_property
    def _compiled(self) -> tuple[RowCode, Callable[..., Any], list[dict[str, Any]]]:
        code = RowCode(list(self.graph.bound.values()), self._column, trace=True)
        for bound in self.graph.bound.values():
            code.eval(bound)
        numbers = {bound.key: i + 1 for i, bound in enumerate(code.order)}
        return code, code.finish("None"), [self._facts(bound, numbers) for bound in code.order]

    def _facts(self, bound: Bound, numbers: Mapping[str, int]) -> dict[str, Any]:
        """What is known of a step before any row."""
        node = bound.node
        policies = {kind: str(policy) for kind in bound.op.issue_kinds if (policy := bound.call.policy(kind)) is not None}
        for kind in ("missing", "unknown"):
            if node.params.get(kind) is not None:
                policies[kind] = str(node.params[kind])
        learnt = {name: _short(value) for name, value in (self.graph.constants.get(node.key) or {}).items()}
        return {
            "number": numbers[bound.key],
            "op": node.op,
            "expression": describe(node),
            "formula": describe(Node(node.op, [_named(arg, numbers) for arg in node.args], node.params)),
            "type": format_type(bound.type),
            **({"learnt": learnt} if learnt else {}),
            **({"policies": policies} if policies else {}),
        }

    @cached_property
    def _rules(self) -> list[Callable[[Mapping[str, Any]], dict[str, Any]]]:
        return [self._rule(at) for at in range(len(self.graph.rules))]

    def _rule(self, at: int) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
        """The function that judges a row by one rule."""
        rule = self.graph.rules[at]
        bound = self._binder("null" if rule.lenient else self.graph.malformed).bind(rule.node)
        code = RowCode([bound], self._column)
        function = code.finish(code.eval(bound).name)
        facts = {"kind": rule.kind, "name": rule.name, "expression": rule.name if rule.lenient else describe(rule.node)}

        def judge(row: Mapping[str, Any]) -> dict[str, Any]:
            try:
                value = function(row)
            except RowRejected as error:
                return {**facts, "value": None, "takes": True, "rejected": error.rule}
            takes = value is not True if rule.kind == "drop" else bool(value)
            if rule.lenient and rule.kind == "quarantine" and value is not None:
                value = not value  # a contract's rule says by its name what must hold
            return {**facts, "value": value, "takes": takes}

        return judge


def _named(arg: Node, numbers: Mapping[str, int]) -> Node:
    """An argument as the number of its step; columns and literals as they are."""
    return arg if arg.op in ("col", "lit") else Node("col", (), {"name": f"#{numbers[arg.key]}"}, arg.site)


def _short(value: Any) -> Any:
    """A constant; of a long list the first values and how many there are."""
    if isinstance(value, pa.Array):
        convert, first = to_python(value.type), list(from_arrow(value[:SHOWN]))
        items, n = [convert(x) for x in first] if convert else first, len(value)
    elif isinstance(value, (list, tuple)):
        items, n = list(value[:SHOWN]), len(value)
    else:
        return value
    return items if n <= SHOWN else [*items, f"… {n:,} values"]
