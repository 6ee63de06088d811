"""A fitted graph as a PTransform in a user's own Beam pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import apache_beam as beam
import pyarrow as pa

from featureprep.errors import ArgumentError, RowRejected
from featureprep.run.shipping import Shipped
from featureprep.serving.artefact import from_files, to_files
from featureprep.serving.graph import TransformGraph
from featureprep.serving.strict import StrictGraph

REJECTED = "rejected"
"""The tag of the rejected rows, and the column or key that names their rule."""


class Transform(beam.PTransform):  # type: ignore[misc]
    """Features of entry rows: dicts in, dicts out; RecordBatches or Tables in, the same out. The bits are those of `graph(row)` and
    `graph.transform`, which are equal.

    Parameters
    ----------
    graph : TransformGraph
        It travels to the workers as data, with the functions of its job if it has any.
    on_error : {"raise", "null", "split"}
        For rows that a policy rejects: the pipeline fails; all their features are null; or there are two PCollections, `features` and
        `rejected`: the good rows' features, and the rejected input rows with a key or column `rejected` that names the rule.

    Raises
    ------
    ArgumentError
        Also in the workers, for an element of another kind.

    Examples
    --------
    >>> features = rows | fp.beam.Transform(graph)
    >>> found = rows | fp.beam.Transform(graph, on_error="split")
    >>> found.features | beam.Map(print)
    >>> found.rejected | beam.Map(print)
    """

    def __init__(self, graph: TransformGraph, *, on_error: str = "raise") -> None:
        super().__init__()
        if not isinstance(graph, TransformGraph):
            raise ArgumentError.of("graph", "fp.beam.Transform", "a TransformGraph, as fp.open_graph gives it", type(graph).__name__)
        if on_error not in ("raise", "null", "split"):
            raise ArgumentError.of("on_error", "fp.beam.Transform", "one of 'raise', 'null', 'split'", on_error)
        self._graph = graph
        self._on_error = on_error

    def expand(self, input_or_inputs: Any) -> Any:
        work = beam.ParDo(_Apply(self._graph, self._on_error))
        if self._on_error == "split":
            return input_or_inputs | work.with_outputs(REJECTED, main="features")
        return input_or_inputs | work


class _Apply(beam.DoFn):  # type: ignore[misc]
    def __init__(self, graph: TransformGraph, on_error: str) -> None:
        self._function = Shipped(_Served(graph, on_error), None)  # so that functions of a user's module travel with it

    def process(self, element: Any) -> Any:
        return self._function(0, iter((element,)))


class _Served:
    """Elements through a graph, which is made again of its files where it arrives."""

    def __init__(self, graph: TransformGraph, on_error: str) -> None:
        self._files = to_files(graph)
        self._strict = isinstance(graph, StrictGraph)
        self._nodes = [*graph.nodes.values(), *(rule.node for rule in graph.rules)]  # that user functions among them are found
        self._name = graph.name
        self._on_error = on_error
        self._apply: Callable[[Any], Iterator[Any]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_apply": None}

    def __call__(self, partition: int, elements: Iterator[Any]) -> Iterator[Any]:
        if self._apply is None:
            graph = from_files(self._files, f"the graph {self._name}", verify=False)
            self._apply = _Kinds(graph.strict() if self._strict else graph, self._on_error).of
        for element in elements:
            yield from self._apply(element)


class _Kinds:
    """One element at a time, of any kind."""

    def __init__(self, graph: TransformGraph, on_error: str) -> None:
        self.graph = graph
        self.on_error = on_error
        self.nothing = {name: None for name in graph.nodes if not graph.is_training_only(name)}

    def of(self, element: Any) -> Iterator[Any]:
        """The features of an element, and what is rejected of it."""
        if isinstance(element, dict):
            yield from self._row(element)
        elif isinstance(element, (pa.RecordBatch, pa.Table)):
            yield from self._table(element)
        else:
            raise ArgumentError.of("element", "fp.beam.Transform", "a dict, a RecordBatch or a Table", type(element).__name__)

    def _row(self, row: dict[str, Any]) -> Iterator[Any]:
        try:
            yield self.graph(row)
        except RowRejected as rejected:
            if self.on_error == "raise":
                raise
            if self.on_error == "split":
                yield beam.pvalue.TaggedOutput(REJECTED, {**row, REJECTED: rejected.rule})
            else:
                yield {name: None for name in self.nothing if self.graph.roles[name] != "keep" or _kept(self.graph, name) in row}

    def _table(self, table: Any) -> Iterator[Any]:
        made = self.graph.transform(table, on_error=self.on_error)
        if self.on_error != "split":
            yield made
            return
        good, bad = made
        yield good
        if bad.num_rows:
            yield beam.pvalue.TaggedOutput(REJECTED, bad)


def _kept(graph: TransformGraph, name: str) -> Any:
    """The entry column of a kept one."""
    return graph.nodes[name].params.get("name", name)
