"""States over every row of a source, folded while another pass reads it: they are kept by fragment, and the scan for them finds all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from featureprep.io.base import Fragment
from featureprep.run.rows import RowBatch, SourceInput
from featureprep.run.scan import FoldPieces, ScanSpec
from featureprep.store.states import StateCache


@dataclass(frozen=True)
class RidingInput(SourceInput):
    """A source that is folded over as it is read.

    Attributes
    ----------
    inner : SourceInput
        How it is read.
    spec : ScanSpec
        What is folded: over every row only.
    """

    inner: SourceInput
    spec: ScanSpec = field(compare=False)
    cache: StateCache = field(compare=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.source, self.name, self.schema, self.inner, self.spec, self.cache)

    @cached_property
    def _folds(self) -> FoldPieces:
        return FoldPieces(self.spec, self.inner, self.cache)

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        """The rows of a fragment; when all are read, its states are kept."""
        watch = self._folds.watch(piece)
        if watch is None:
            yield from self.inner.read(piece, columns)
            return
        wanted = list(self.schema.names if columns is None else columns)
        for batch in self.inner.read(piece, [*wanted, *(name for name in self.spec.columns() if name not in wanted)]):
            watch.add(batch)
            yield _narrowed(batch, wanted)
        watch.keep()

    def origins(self, piece: Fragment, rows: Sequence[int]) -> list[Any]:
        """Where rows stand."""
        return self.inner.origins(piece, rows)


def _narrowed(batch: RowBatch, columns: Sequence[str]) -> RowBatch:
    """A batch as it would have been read with these columns only."""

    def only(found: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: value
            for name, value in found.items()
            if name in columns or f"$malformed:{name}" in columns or f"$malformed_text:{name}" in columns
        }

    return replace(batch, columns={name: batch.columns[name] for name in columns}, malformed=only(batch.malformed), texts=only(batch.texts))
