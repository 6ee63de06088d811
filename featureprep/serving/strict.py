"""A graph that takes only what has all of its columns and no other: a misspelt key is an error, where a plain graph reads null."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from featureprep.errors import ColumnNotFoundError, short
from featureprep.serving.graph import Row, TransformGraph, not_a_row

if TYPE_CHECKING:
    from featureprep.serving.trace import Trace

_SHOWN = 5


class StrictGraph(TransformGraph):
    """See `TransformGraph.strict`."""

    @classmethod
    def of(cls, graph: TransformGraph) -> Self:
        """The same graph: what was compiled is shared."""
        made = cls.__new__(cls)
        made.__dict__.update(graph.__dict__)
        return made

    def __repr__(self) -> str:
        return f"{super().__repr__()}, strict"

    def strict(self) -> TransformGraph:
        return self

    def __call__(self, row: Row) -> dict[str, Any]:
        self._check(row, self._served)
        return super().__call__(row)

    def training(self, row: Row) -> dict[str, Any]:
        self._check(row, self._written)
        return super().training(row)

    def admits(self, row: Row) -> str | None:
        self._check(row, self._served)
        return super().admits(row)

    def trace(self, row: Row) -> Trace:
        self._check(row, self._served)
        return super().trace(row)

    def transform(self, data: Any, *, on_error: str = "raise") -> Any:
        if isinstance(data, (pa.Table, pa.RecordBatch)):
            self._check_names(data.schema.names, self._served, "table")
        elif hasattr(data, "columns"):
            self._check_names(data.columns, self._served, "frame")
        return super().transform(data, on_error=on_error)

    @cached_property
    def _entry(self) -> frozenset[str]:
        return frozenset(self.entry.names)

    @cached_property
    def _served(self) -> frozenset[str]:
        """What the features are computed of; columns that are only kept may be absent, as in a plain graph."""
        return self._read_by(
            n for n in self.nodes if not self.is_training_only(n) and not (self.roles[n] == "keep" and self.nodes[n].op == "col")
        )

    @cached_property
    def _written(self) -> frozenset[str]:
        return self._read_by(self.nodes)

    def _read_by(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(
            node.params["name"].removeprefix("$malformed:") for name in names for node in self.nodes[name].walk() if node.op == "col"
        )

    def _check(self, row: Row, needed: frozenset[str]) -> None:
        if not isinstance(row, Mapping):
            raise not_a_row(row)
        if not needed <= row.keys() <= self._entry:
            self._check_names(row, needed, "row")

    def _check_names(self, given: Iterable[Any], needed: frozenset[str], kind: str) -> None:
        names = list(given)
        absent = [name for name in self.entry.names if name in needed and name not in names]
        unknown = [name for name in names if name not in self._entry]
        if not absent and not unknown:
            return
        said = [f"the {kind} lacks {_listed(absent)}"] if absent else []
        said += [f"the graph does not know {_listed(unknown)}"] if unknown else []
        meant = {name: get_close_matches(str(name), absent or self.entry.names, n=1) for name in unknown[:_SHOWN]}
        guesses = [f"{close[0]!r} where {short(name)} stands" for name, close in meant.items() if close]
        hint = (
            f"Did you mean {', '.join(guesses)}?"
            if guesses
            else "an unknown value is given as None; the graph reads " + _listed(self.entry.names)
        )
        raise ColumnNotFoundError("; ".join(said), where=f"graph {self.name}", hint=hint)


def _listed(names: Iterable[Any]) -> str:
    every = list(names)
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return ", ".join(short(name) for name in every[:_SHOWN]) + more
