"""The transform graph: fitted features as data, for one row (`graph(row)`) or a table (`graph.transform`)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import ArgumentError, MissingExtraError, RowRejected
from featureprep.expr.bind import Binder, Bound
from featureprep.expr.node import Node, to_json
from featureprep.expr.op import find
from featureprep.expr.row import RowCode
from featureprep.expr.rowvalues import input_converter, to_python
from featureprep.expr.udf import CALLING
from featureprep.kernels.casts import cast_value
from featureprep.plan.physical import Rule
from featureprep.serving.constants import plain
from featureprep.serving.fields import field_of
from featureprep.types import format_type

if TYPE_CHECKING:
    from featureprep.serving.spark import GraphTransformer
    from featureprep.serving.trace import Trace, Tracer

Row = Mapping[str, Any]


class PlatformWarning(UserWarning):
    """A graph is opened on another platform than it was fitted on: last bits may differ."""


class TransformGraph:
    """The features of a job with everything they learnt.

    Parameters
    ----------
    name : str
        Of the dataset.
    entry : pa.Schema
        The entry table's columns that are needed, with their types.
    nodes : mapping of name to Node
        Every written column over the entry table, in written order.
    roles : mapping of name to "feature", "label", "weight" or "keep"
    rules : sequence of Rule
        The row-wise rules about entry rows, for `admits`.
    constants : mapping of node key to constants
    malformed : str
        The job's policy.
    after : str, optional
        The last step of the job at which rows meet (a join, a group, a window), which makes the entry table; None where rows come as a source
        has them. For people alone: no part of the graph's meaning.
    """

    def __init__(
        self,
        name: str,
        entry: pa.Schema,
        nodes: Mapping[str, Node],
        roles: Mapping[str, str],
        rules: Sequence[Rule],
        constants: Mapping[str, Mapping[str, Any]],
        malformed: str,
        platform: Mapping[str, str] | None = None,
        after: str | None = None,
    ) -> None:
        self.name = name
        self.entry = entry
        self.nodes = dict(nodes)
        self.roles = dict(roles)
        self.rules = tuple(rules)
        self.constants = constants
        self.malformed = malformed
        self.platform = dict(platform or {})
        self.after = after
        binder = self._binder()
        self.bound: dict[str, Bound] = {name: binder.bind(node) for name, node in self.nodes.items()}

    def _binder(self) -> Binder:
        from featureprep.run.rows import with_pseudo

        return Binder(with_pseudo(self.entry), self.constants, self.malformed)

    def is_training_only(self, name: str) -> bool:
        """Whether a column is written but not served (label, weight)."""
        return self.roles[name] in ("label", "weight")

    def __repr__(self) -> str:
        from featureprep.report.visible import one_line

        features = [one_line(n, 60) for n in self.nodes if self.roles[n] == "feature"]
        shown = ", ".join(features[:6]) + (f" and {len(features) - 6} more" if len(features) > 6 else "")
        return f"TransformGraph {self.name}: {len(self.entry)} entry columns -> {len(features)} features ({shown})"

    def _repr_html_(self) -> str:
        from featureprep.notebook.graph import graph_html

        return graph_html(self)

    # One row.

    @cached_property
    def _serve(self) -> Callable[[Row], dict[str, Any]]:
        """The code for one row. A graph that is only used on many never needs it; checking the golden rows makes it."""
        return self._compile([n for n in self.nodes if not self.is_training_only(n)])

    def __call__(self, row: Row) -> dict[str, Any]:
        """The features of one entry row.

        Parameters
        ----------
        row : mapping
            Entry columns by name; keys that are not needed are ignored, needed ones that are absent are null (`strict()` refuses
            both). Dates and timestamps as `date`, `datetime` or `numpy.datetime64`; an integer counts days since 1970 (up to 5 digits),
            or microseconds (0, or 14 to 16 digits: any other looks like another unit, and is malformed). Text is parsed where a
            number, a date or a timestamp is wanted.

        Returns
        -------
        dict
            Every written column but label and weight; kept columns where the row has them.

        Raises
        ------
        RowRejected
            When a policy rejects the row, with the rule.
        """
        try:
            return self._serve(row)
        except AttributeError:
            if isinstance(row, Mapping):
                raise
            raise not_a_row(row) from None

    def strict(self) -> TransformGraph:
        """The same graph, for callers who want to know of a misspelt name.

        Its calls (`graph(row)`, `training`, `admits`, `trace`, `transform`) raise ColumnNotFoundError for keys or columns that are
        not entry columns, and where one is absent that the result is computed of. A null is given as None.

        >>> graph = fp.open_graph("./store", "trips@prod").strict()
        >>> graph({"distence": 3.5})
        ColumnNotFoundError: graph trips: the row lacks 'distance'; the graph does not know 'distence'
        Hint: Did you mean 'distance' where 'distence' stands?
        """
        from featureprep.serving.strict import StrictGraph

        return StrictGraph.of(self)

    def training(self, row: Row) -> dict[str, Any]:
        """The whole written row: as `graph(row)`, with label and weight."""
        try:
            return self._training(row)
        except AttributeError:
            if isinstance(row, Mapping):
                raise
            raise not_a_row(row) from None

    def admits(self, row: Row) -> str | None:
        """None, or the name of the rule that would take this row out of a training run."""
        try:
            return self._admits(row)
        except RowRejected as rejected:
            return rejected.rule

    def trace(self, row: Row) -> Trace:
        """Every intermediate value of one row, in the order computed, with what was learnt, the policies, and the rules that judge it.

        Returns
        -------
        Trace
            A list of dicts ("expression", "type", "value", "feature" where the value is a written column...) that prints as a table.
            A row that is rejected ends with "rejected".
        """
        if not isinstance(row, Mapping):
            raise not_a_row(row)
        return self._tracer.trace(row)

    @cached_property
    def _tracer(self) -> Tracer:
        from featureprep.serving.trace import Tracer

        schema = self._binder().schema
        return Tracer(self, self._column, lambda malformed: Binder(schema, self.constants, malformed))

    @cached_property
    def _training(self) -> Callable[[Row], dict[str, Any]]:
        return self._compile(list(self.nodes))

    @cached_property
    def _admits(self) -> Callable[[Row], str | None]:
        parts = [self._admits_some(lenient=True), self._admits_some(lenient=False)]  # a contract's rules come first
        return lambda row: next((name for part in parts if (name := part(row)) is not None), None)

    def _admits_some(self, *, lenient: bool) -> Callable[[Row], str | None]:
        binder = Binder(self._binder().schema, self.constants, "null" if lenient else self.malformed)
        rules = [rule for rule in self.rules if rule.lenient == lenient]
        bound = [binder.bind(rule.node) for rule in rules]
        code = RowCode(bound, self._column)
        for rule, condition in zip(rules, bound, strict=True):
            value = code.eval(condition)
            with code.block(f"if {value} is not True:" if rule.kind == "drop" else f"if {value}:"):
                code.emit(f"return {code.const(rule.name)}")
        return code.finish("None")

    def _column(self, name: str, dtype: pa.DataType) -> Callable[[Any], Any]:
        if name.startswith("$malformed:"):
            return input_converter(self.entry.field(name.removeprefix("$malformed:")).type)
        return input_converter(dtype)

    def _compile(self, names: Sequence[str]) -> Callable[[Row], dict[str, Any]]:
        """Straight-line code for some of the written columns."""
        code = RowCode([self.bound[name] for name in names], self._column)
        narrowed = self._narrow(code, names)
        parts: list[str] = []
        kept: list[tuple[str, str]] = []
        for name in names:
            value = narrowed.get(name) or code.eval(self.bound[name]).name
            convert = to_python(self.bound[name].type)
            if convert is not None:
                value = f"{code.const(convert)}({value})"
            if self.roles[name] == "keep" and self.nodes[name].op == "col":
                kept.append((name, value))
            else:
                parts.append(f"{code.const(name)}: {value}")
        if not kept:
            return code.finish("{" + ", ".join(parts) + "}")
        code.emit("out = {" + ", ".join(parts) + "}")
        for name, value in kept:
            with code.block(f"if {code.const(self.nodes[name].params['name'])} in row:"):
                code.emit(f"out[{code.const(name)}] = {value}")
        return code.finish("out")

    def _narrow(self, code: RowCode, names: Sequence[str]) -> dict[str, str]:
        """Cast the float32 columns that cannot be null at once: one call instead of one each."""
        wide = {n: self.bound[n] for n in names if self.bound[n].node.op == "as_dtype" and self.bound[n].type == pa.float32()}
        wide = {n: b for n, b in wide.items() if b.args[0].type == pa.float64() and not b.nullable}
        if len(wide) < 2:
            return {}
        given = [code.eval(b.args[0]).name for b in wide.values()]
        locals_ = [code.new() for _ in wide]
        form = struct.Struct(f"{len(wide)}f")
        with code.block("try:"):
            code.emit(f"{', '.join(locals_)} = {code.const(form.unpack)}({code.const(form.pack)}({', '.join(given)}))")
        with code.block(f"except {code.const(OverflowError)}:"):  # beyond float32: infinity
            narrow = code.const(cast_value(pa.float64(), pa.float32()))
            code.emit("; ".join(f"{a} = {narrow}({b})" for a, b in zip(locals_, given, strict=True)))
        return dict(zip(wide, locals_, strict=True))

    # Many rows.

    def transform(self, data: Any, *, on_error: str = "raise") -> Any:
        """The features of many rows, by the batch kernels.

        Parameters
        ----------
        data : pa.Table, pa.RecordBatch or pandas.DataFrame
            Entry columns; as for one row.
        on_error : {"raise", "null", "split"}
            For rows that a policy rejects: raise RowRejected for the first; all their features null; or return a pair:
            the good rows' features, and the rejected input rows with a column `rejected` that names the rule.

        Returns
        -------
        The same kind as `data` (for "split": a pair of them).
        """
        from featureprep.serving.batch import transform

        if on_error not in ("raise", "null", "split"):
            raise ArgumentError.of("on_error", "transform", "one of 'raise', 'null', 'split'", on_error)
        return transform(self, data, on_error)

    def as_spark_transformer(self, *, keep: Sequence[str] = (), on_error: str = "raise") -> GraphTransformer:
        """The graph as a stage of pyspark.ml: entry rows in, features out, to the same bits as `transform`.

        Vectors come out as arrays. It is saved and loaded as data (`stage.write().save(path)`, `GraphTransformer.load(path)`), alone or in a
        pipeline; the classes that a pipeline names are those of installed packages.

        Parameters
        ----------
        keep : sequence of str
            Columns of the input that stand before the features.
        on_error : {"raise", "null"}
            For rows that a policy rejects: end Spark's job, or all their features null.

        Raises
        ------
        MissingExtraError
            When pyspark is not installed.
        """
        try:
            from featureprep.serving.spark import GraphTransformer
        except ImportError as error:
            raise MissingExtraError.of("spark", "as_spark_transformer") from error
        from featureprep.serving.artefact import to_files

        return GraphTransformer(to_files(self), keep=keep, on_error=on_error)

    # What it is.

    @cached_property
    def schema(self) -> pa.Schema:
        """Of the written rows, with field metadata."""
        return pa.schema([field_of(name, bound, self.roles[name]) for name, bound in self.bound.items()])

    def versions(self) -> dict[str, int]:
        """Version of every operation in use."""
        roots = [*self.nodes.values(), *(rule.node for rule in self.rules)]
        return {node.op: find(node.op).version for root in roots for node in root.walk()}

    def definition(self) -> dict[str, Any]:
        """All that the graph means but its constants, as JSON values."""
        rules = {f"rule {i}": rule.node for i, rule in enumerate(self.rules)}
        return {
            "entry": [[field.name, format_type(field.type)] for field in self.entry],
            "expressions": to_json({f"column {name}": node for name, node in self.nodes.items()} | rules, self.versions()),
            "columns": [[name, self.roles[name]] for name in self.nodes],
            "rules": [[rule.kind, rule.name, rule.lenient] for rule in self.rules],
            "malformed": self.malformed,
        }

    @cached_property
    def fingerprint(self) -> str:
        """32 hex digits of the graph's meaning: nodes and constants by bits; not time, version, path, engine or platform."""
        constants = {key: plain(value) for key, value in sorted(self.constants.items())}
        return canonical.digest({**self.definition(), "constants": constants})[:32]

    def udfs(self) -> list[str]:
        """The user functions in use, as module.function."""
        roots = [*self.nodes.values(), *(rule.node for rule in self.rules)]
        return sorted({f"{n.params['module']}.{n.params['function']}" for root in roots for n in root.walk() if n.op in CALLING})


def not_a_row(row: object) -> ArgumentError:
    """The error for what is given in place of a row."""
    return ArgumentError.of(
        "row", "a graph", "a mapping of column names to values", type(row).__name__, hint="for a table: graph.transform(table)"
    )
