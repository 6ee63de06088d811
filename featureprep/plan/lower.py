"""Lowering: a logical plan over known source schemas becomes pipes and exchanges.

While it walks the plan it keeps, for every table, the *environment*: each column as an expression over the columns of the last
place where rows met. So everything row-wise fuses by substitution, and what lies after the entry table is an expression over it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from featureprep.errors import ArgumentError, ColumnNotFoundError, FeatureprepError, TypeMismatchError
from featureprep.expr.node import Node
from featureprep.plan import steps
from featureprep.plan.forks import Fork, with_guards
from featureprep.plan.lower_grouped import GroupedLowering
from featureprep.plan.lower_ordered import OrderedLowering
from featureprep.plan.lowering import Rows, cast_to, col
from featureprep.plan.physical import Embedded, Exchange, Input, Physical, Pipe, Rule
from featureprep.plan.unused import without_unused
from featureprep.types import format_type, is_float, parse_type, with_floats

_PSEUDO = ("$malformed:", "$malformed_text:")


def lower(
    last: steps.Step,
    schemas: Mapping[str, pa.Schema],
    *,
    malformed: str = "error",
    source_rules: Mapping[str, tuple[Rule, ...]] | None = None,
    certain: Collection[str] = (),
) -> Physical:
    """The physical plan.

    Parameters
    ----------
    last : Step
        The job's last step; where it is no `features`, all its columns are written as they are.
    schemas : mapping of source name to pa.Schema
    malformed : {"error", "null", "quarantine"}
        The job's policy.
    source_rules : mapping of source name to rules
        Row-wise rules of a contract, judged before any verb; their `step` is the source's.
    certain : collection of str
        The sources of which every cell fits its column's type.

    Raises
    ------
    ColumnNotFoundError, TypeMismatchError, ArgumentError
        With the place in the job.
    """
    return _JobLowering(last, schemas, malformed, source_rules or {}, certain).run()


class _JobLowering(GroupedLowering, OrderedLowering):
    def __init__(
        self,
        last: steps.Step,
        schemas: Mapping[str, pa.Schema],
        malformed: str,
        source_rules: Mapping[str, tuple[Rule, ...]],
        certain: Collection[str],
    ) -> None:
        super().__init__(malformed)
        self.last = last if isinstance(last, steps.Features) else steps.Features((last,), last.site, {}, None)
        self.schemas = schemas
        self.source_rules = source_rules
        self.certain = certain
        self.forks: list[Fork] = []
        self.users = Counter(id(s) for step in self.last.walk() for s in step.inputs)

    def run(self) -> Physical:
        done: dict[int, Rows] = {}
        for step in self.last.walk():
            if step is self.last:
                continue
            inputs = [done[id(s)] for s in step.inputs]
            try:
                rows = self._verb(step)(step, *inputs)
            except FeatureprepError as error:
                raise error.at(f"{step.site or 'the job'}: {step.describe()}") from None
            if self.users[id(step)] > 1:
                fork = self._step(f"fork after {step.describe()}", (rows.last(),), step.site)
                self.forks.append(Fork(fork, rows.last(), rows.env))
                rows = replace(rows, passes=(*rows.passes, fork))
            done[id(step)] = rows
        return self._finish(done[id(self.last.inputs[0])])

    def _verb(self, step: steps.Step) -> Callable[..., Rows]:
        table: dict[type[steps.Step], Callable[..., Rows]] = {
            steps.Scan: self._scan,
            steps.Filter: self._filter,
            steps.DropNulls: self._drop_nulls,
            steps.Quarantine: self._quarantine,
            steps.Sample: self._sample,
            steps.Select: self._select,
            steps.Drop: self._drop,
            steps.Rename: self._rename,
            steps.WithColumns: self._with_columns,
            steps.DropDuplicates: self._drop_duplicates,
            steps.Join: self._join,
            steps.GroupBy: self._group_by,
            steps.Union: self._union,
            steps.Explode: self._explode,
            steps.JoinAsof: self._join_asof,
            steps.Rolling: self._rolling,
            steps.Shift: self._shift,
            steps.MapBatches: self._map_batches,
        }
        if type(step) not in table:
            raise ArgumentError(
                f"{step.verb} is followed by other verbs, and must be the last one of a job",
                hint="move it to the end: return table.features(...)",
            )
        return table[type(step)]

    # Ledger.

    def _rule(self, rows: Rows, step: steps.Step, kind: str, name: str, node: Node) -> Rows:
        over_base = node.replace(rows.env)
        self._check_bool(rows, node, over_base)
        at = self._step(step.describe(), (rows.last(),), step.site)
        rule = Rule(kind, name, over_base, at, step.site)
        return self._judge(rows, rule, at)

    def _judge(self, rows: Rows, rule: Rule, at: str) -> Rows:
        return replace(rows, rules=(*rows.rules, rule), admits=(*rows.admits, rule), passes=(*rows.passes, at))

    def _check_bool(self, rows: Rows, node: Node, over_base: Node) -> None:
        self._reads(rows, node, "the condition")
        dtype = self._type(rows, over_base)
        if dtype not in (pa.bool_(), pa.null()):
            raise TypeMismatchError(f"the condition is {format_type(dtype)}, not true or false", hint="compare: col('age') >= 17")

    # Row-wise verbs.

    def _scan(self, step: steps.Scan) -> Rows:
        if step.source not in self.schemas:
            raise ColumnNotFoundError(f"no source {step.source!r}", hint=f"sources: {', '.join(sorted(self.schemas))}")
        schema = self.schemas[step.source]
        at = self._step(step.describe(), (), step.site)
        rules = tuple(replace(rule, step=at) for rule in self.source_rules.get(step.source, ()))
        env = {name: col(name) for name in schema.names if not name.startswith(_PSEUDO)}
        kept_for_us = [name for name in env if name.startswith("$")]
        if kept_for_us:
            raise ArgumentError(
                f"the source {step.source!r} has a column {kept_for_us[0]!r}: such names are reserved", hint="rename it in the source"
            )
        return Rows(Input("source", step.source), schema, env, rules, (at,), made=False, admits=rules)

    def _filter(self, step: steps.Filter, rows: Rows) -> Rows:
        return self._rule(rows, step, "drop", step.rule, step.condition)

    def _quarantine(self, step: steps.Quarantine, rows: Rows) -> Rows:
        return self._rule(rows, step, "quarantine", step.reason, step.condition)

    def _drop_nulls(self, step: steps.DropNulls, rows: Rows) -> Rows:
        names = step.columns or tuple(rows.env)
        self._known(rows, names)
        condition: Node | None = None
        for name in names:
            present = Node("not", (Node("is_null", (col(name),)),))
            if is_float(self._type(rows, rows.env[name])):
                present = Node("and", (present, Node("not", (Node("is_nan", (col(name),)),))))
            condition = present if condition is None else Node("and", (condition, present))
        if condition is None:
            raise ArgumentError("the table has no columns")
        return self._rule(rows, step, "drop", step.rule, condition)

    def _sample(self, step: steps.Sample, rows: Rows) -> Rows:
        names = tuple(sorted(step.by or rows.env))
        self._known(rows, names)
        keep = Node("hash_fraction", [col(n) for n in names], {"names": names, "fraction": step.fraction, "seed": step.seed})
        kept = self._rule(rows, step, "drop", step.describe(), keep)
        if not step.gathered:
            return kept
        at = self._step(f"gather {step.describe()}", (kept.last(),), step.site)
        return self._choosing("gather", kept, (), (names,), {}, at)

    def _select(self, step: steps.Select, rows: Rows) -> Rows:
        self._known(rows, step.columns)
        return replace(rows, env={name: rows.env[name] for name in step.columns})

    def _drop(self, step: steps.Drop, rows: Rows) -> Rows:
        self._known(rows, step.columns)
        env = {name: node for name, node in rows.env.items() if name not in step.columns}
        if not env:
            raise ArgumentError("no column would be left", hint="select(...) says which columns stay")
        return replace(rows, env=env)

    def _rename(self, step: steps.Rename, rows: Rows) -> Rows:
        self._known(rows, step.names)
        env: dict[str, Node] = {}
        for name, node in rows.env.items():
            new = step.names.get(name, name)
            if new in env:
                raise ArgumentError(f"two columns would be named {new!r}")
            env[new] = node
        return replace(rows, env=env)

    def _with_columns(self, step: steps.WithColumns, rows: Rows) -> Rows:
        env = dict(rows.env)
        for name, node in step.columns.items():
            self._reads(rows, node, f"with_columns, {name!r}")
            env[name] = node.replace(rows.env)
            self._type(rows, env[name])
        return replace(rows, env=env)

    def _map_batches(self, step: steps.MapBatches, rows: Rows) -> Rows:
        from featureprep.expr.udf import output_schema

        schema = output_schema(step.udf)
        self._known(rows, step.udf["inputs"])
        if step.needs == "rows":
            made = Node("udf", [rows.env[name] for name in step.udf["inputs"]], step.udf, step.site)
            env = {name: Node("struct_field", (made,), {"name": name}, step.site) for name in schema.names}
            return replace(rows, env=env)
        types = zip(step.udf["inputs"], step.udf["types"], strict=True)
        pipe = self._pipe(rows, {n: cast_to(rows.env[n], parse_type(to), step.site) for n, to in types})
        at = self._step(step.describe(), (rows.last(),), step.site)
        return self._exchange("map_table", (pipe,), ((),), {"udf": step.udf, "site": step.site}, schema, at)

    # Verbs that bring rows together.

    def _choosing(
        self, kind: str, rows: Rows, others: tuple[Pipe, ...], keys: tuple[tuple[str, ...], ...], params: Mapping[str, Any], at: str
    ) -> Rows:
        """A stage of some of the rows as they were: the entry table does not move, the environment stays."""
        emit = {f"$key{i}": rows.env[name] for i, name in enumerate(keys[0])}
        emit |= {f"$order{i}": rows.env[name] for i, name in enumerate(params.get("order_by", ()))}
        own = tuple(f"$key{i}" for i in range(len(keys[0])))
        pipe = replace(self._pipe(rows, emit), whole=True)
        schema = pa.schema([rows.schema.field(n) for n in pipe.handed_on()])
        stage = self._meet(kind, (pipe, *others), (own, *keys[1:]), params, schema, at)
        return replace(rows, input=stage, schema=schema, rules=(), passes=(at,))

    def _drop_duplicates(self, step: steps.DropDuplicates, rows: Rows) -> Rows:
        keys = step.keys or tuple(rows.env)
        self._known(rows, (*keys, *step.order_by))
        at = self._step(step.describe(), (rows.last(),), step.site)
        params = {"order_by": step.order_by, "descending": step.descending, "rule": step.describe()}
        return self._choosing("drop_duplicates", rows, (), (keys,), params, at)

    def _join(self, step: steps.Join, left: Rows, right: Rows) -> Rows:
        self._known(left, step.left_on)
        self._known(right, step.right_on)
        own = left.env
        left, right = self._common_keys(step, left, right)
        if step.serve == "embed":
            return self._embed(step, left, right, own)
        at = self._step(step.describe(), (left.last(), right.last()), step.site)
        params: dict[str, Any] = {"how": step.how, "rule": f"no match in {step.describe()}"}
        if step.how in ("semi", "anti"):
            keys_only = self._pipe(right, {name: right.env[name] for name in step.right_on})
            return replace(self._choosing("join", left, (keys_only,), (step.left_on, step.right_on), params, at), env=own)
        names = self._right_names(step, left, right)
        fields = [pa.field(n, self._type(left, node)) for n, node in left.env.items()]
        fields += [pa.field(new, self._type(right, right.env[n])) for n, new in names.items()]
        params["right_names"] = names
        pipes = (self._pipe(left, left.env), self._pipe(right, right.env))
        return self._exchange("join", pipes, (step.left_on, step.right_on), params, pa.schema(fields), at)

    def _embed(self, step: steps.Join, left: Rows, right: Rows, own: Mapping[str, Node]) -> Rows:
        names = self._right_names(step, left, right)
        name = f"e{len(self.embedded) + 1}"
        keys = [left.env[k] for k in step.left_on]
        env, nodes = dict(own), []
        for old, new in names.items():
            params = {"table": name, "column": old, "type": format_type(self._type(right, right.env[old]))}
            env[new] = Node("embedded", keys, params, step.site)
            nodes.append(env[new])
        found = Node("embedded", keys, {"table": name, "column": None, "type": "bool"}, step.site)
        pipe = self._pipe(right, right.env)
        at = self._step(step.describe(), (left.last(), right.last()), step.site)
        self.embedded.append(Embedded(name, pipe, step.right_on, (*nodes, found), at))
        self.order.append(self.embedded[-1])
        left = replace(left, env=env)
        if step.how == "inner":
            return self._judge(left, Rule("drop", f"no match in {step.describe()}", found, at, step.site), at)
        return replace(left, passes=(*left.passes, at))

    # The end.

    def _finish(self, rows: Rows) -> Physical:
        step = self.last
        nodes: dict[str, Node] = {}
        try:
            for name, feature in step.features.items():
                self._reads(rows, feature.node, f"feature {name!r}")
                nodes[name] = self._written(rows, feature.node.replace(rows.env), step.dtype)
            kept = tuple(rows.env) if step.keep is None else step.keep
            self._known(rows, kept)
            nodes |= {name: rows.env[name] for name in kept}
        except FeatureprepError as error:
            raise error.at(f"{step.site or 'the job'}: features") from None
        at = self._step("write", (rows.last(),), step.site)
        final = Pipe(rows.input, rows.schema, rows.rules, {}, (*rows.passes, at))
        entry = rows.input.name if not rows.made and rows.input.kind == "source" else None
        if not rows.made and entry is None:
            entry = self._origin_source(rows.input)
        features = replace(step, keep=kept)
        guarded, final = with_guards(self.order, final, nodes, self.forks, self.malformed, self.certain)
        order = without_unused(guarded, rows.input, self.malformed, self.certain)
        return Physical(
            tuple(meeting for meeting in order if isinstance(meeting, Exchange)),
            tuple(meeting for meeting in order if isinstance(meeting, Embedded)),
            final,
            entry,
            features,
            nodes,
            tuple(self.ledger),
            rows.admits,
            self.malformed,
            order,
        )

    def _written(self, rows: Rows, node: Node, dtype: str) -> Node:
        """A feature with its floats in the type that is written."""
        found = self._type(rows, node)
        return node if with_floats(found, parse_type(dtype)) == found else Node("as_dtype", (node,), {"dtype": dtype}, node.site)

    def _origin_source(self, at: Input) -> str:
        """The source behind stages that only chose rows."""
        while at.kind == "stage":
            at = next(x for x in self.exchanges if x.name == at.name).pipes[0].input
        return at.name
