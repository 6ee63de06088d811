"""Sources bound by their first rows: nothing more is read, and what was read is kept for every later pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.errors import RequestError, WorldError
from featureprep.io import fragments
from featureprep.io.base import Fragment, PinnedFile, Source
from featureprep.io.infer_json import JsonInference
from featureprep.io.infer_types import TypeInference, inferred_schema
from featureprep.io.json_format import RAW_COLUMN
from featureprep.io.listing import glance
from featureprep.io.reader import read_fragment
from featureprep.io.schema import column_names, resolve_schema
from featureprep.jobs.sources import BoundSource, contracted, or_text, with_partitions
from featureprep.run.rows import RowBatch, SourceInput, with_pseudo
from featureprep.store.states import StateCache
from featureprep.validators.contract import SourceContract

SMALLEST = 1
"""Target bytes of a fragment of a file: as little as the format can read alone."""
WHOLE = 1 << 62
"""That of a table in memory, which was cut to its first rows before."""


@dataclass(frozen=True)
class KeptRows(SourceInput):
    """Reads what was kept, by the number of the fragment."""

    kept: Mapping[int, Sequence[RowBatch]] = field(default_factory=dict)

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        for batch in self.kept[piece.index]:
            names = self.schema.names if columns is None else columns
            yield replace(batch, columns={name: batch.columns[name] for name in names})


@dataclass(frozen=True)
class FirstRows(BoundSource):
    """A source of which only the first rows are there.

    Attributes
    ----------
    kept : mapping of fragment number to RowBatches
    rows : int
        How many they are.
    more : bool
        Whether the source has rows beyond them.
    """

    kept: Mapping[int, Sequence[RowBatch]] = field(default_factory=dict)
    rows: int = 0
    more: bool = False

    def input(self) -> KeptRows:
        return KeptRows(self.source, self.name, self.schema, self.kept)


class FirstRowsBinder:
    """Binds sources as `jobs.sources.bind_source` does, by their first `rows` rows in order of file name."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __call__(
        self, name: str, source: Source, folder: str | None, contract: SourceContract | None, engine: Engine, cache: StateCache | None,
        partitions: int | None,
    ) -> FirstRows:  # fmt: skip
        """See `bind_source`; types that nothing states are those of the first rows.

        Raises
        ------
        ParseError
            For a record near the beginning that cannot be parsed, where the source's `on_error` is "fail".
        """
        in_all = None
        if source.table is not None:
            in_all = source.table.num_rows
            source = replace(source, table=source.table.slice(0, self.rows))
        listed = glance(source, folder)
        first = next(listed, None)
        if first is None:
            raise WorldError(f"the source {name!r} has no file")
        opened = _Opened(source, name, [first], listed)
        stated = resolve_schema(source, [first])
        names = column_names(source, [first])
        inferred = stated is None and contract is None
        if stated is not None:
            schema = stated
        else:
            schema = self._inferred(opened, names) if contract is None else contracted(contract.schema, names)
        if names is None and source.schema is None:
            schema = with_partitions(schema, [first], given=not inferred)
        if not schema.names:
            raise RequestError(f"the source {name!r} has no columns", where=first.url)
        kept, pieces, rows, more = self._kept(opened, schema)
        more = more if in_all is None else in_all > rows
        present = frozenset(schema.names if names is None else names)
        return FirstRows(
            name, source, tuple(opened.files), schema, tuple(pieces), present, inferred, stated is not None, kept=kept, rows=rows, more=more
        )

    def _inferred(self, opened: _Opened, names: Sequence[str] | None) -> pa.Schema:
        raw = tuple(names) if names is not None else (RAW_COLUMN,)
        fold = TypeInference(raw) if names is not None else JsonInference()
        state: Any = fold.init()
        rows = 0
        for piece in opened.pieces():
            for batch in read_fragment(opened.source, piece, None, None):
                part = batch.batch.slice(0, self.rows - rows)
                state = fold.update(state, *(part.column(name) for name in raw))
                rows += part.num_rows
                if rows >= self.rows:
                    break
            if rows >= self.rows:
                break
        found = fold.finish(state)
        return inferred_schema(found) if names is not None else pa.schema([(n, or_text(t)) for n, t in found.items()])

    def _kept(self, opened: _Opened, schema: pa.Schema) -> tuple[dict[int, list[RowBatch]], list[Fragment], int, bool]:
        reader = SourceInput(opened.source, opened.name, schema)
        every = with_pseudo(schema).names
        kept: dict[int, list[RowBatch]] = {}
        pieces: list[Fragment] = []
        rows = 0
        for piece in opened.pieces():
            numbered = replace(piece, index=len(pieces))
            pieces.append(numbered)
            kept[numbered.index] = []
            for batch in reader.read(numbered, every):
                taken = _head(batch, self.rows - rows)
                kept[numbered.index].append(taken)
                rows += taken.n
                if batch.n > taken.n:
                    return kept, pieces, rows, True
        return kept, pieces, rows, False


@dataclass
class _Opened:
    """The files looked at so far, and those that wait."""

    source: Source
    name: str
    files: list[PinnedFile]
    waiting: Iterator[PinnedFile]

    def pieces(self) -> Iterator[Fragment]:
        """The fragments of all files, each file looked at when its turn comes."""
        at = 0
        while at < len(self.files) or (more := list(islice(self.waiting, 1))):
            if at == len(self.files):
                self.files += more
            target = SMALLEST if self.source.table is None else WHOLE
            yield from fragments.plan(self.source, self.name, self.files[at : at + 1], target)
            at += 1


def _head(batch: RowBatch, n: int) -> RowBatch:
    """The first `n` rows, with what is known of their cells and of the records among them."""
    if n >= batch.n:
        return batch
    masks = {name: mask[:n] for name, mask in batch.malformed.items()}
    texts = {name: found[: int(masks[name].sum())] for name, found in batch.texts.items()}
    last = int(batch.rows[n - 1]) if n else -1
    columns = {name: column.slice(0, n) for name, column in batch.columns.items()}
    return RowBatch(columns, n, batch.rows[:n], masks, texts, [bad for bad in batch.bad if bad.row <= last])
