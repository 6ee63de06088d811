"""Binding sources: listings pinned, schemas found, fragments planned."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from featureprep import platform
from featureprep.engines.base import Engine
from featureprep.errors import ArgumentError, ParseError, RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.io import fragments
from featureprep.io.base import Fragment, PinnedFile, Source
from featureprep.io.infer_json import JsonInference
from featureprep.io.infer_types import TypeInference, inferred_schema
from featureprep.io.json_format import RAW_COLUMN
from featureprep.io.listing import pin
from featureprep.io.schema import column_names, partition_fields, resolve_schema
from featureprep.jobs.agreed import agreed_with
from featureprep.plan.physical import Input, Pipe
from featureprep.run.levels import fold_item
from featureprep.run.rows import SourceInput, with_pseudo
from featureprep.run.scan import FoldPieces, ScanMerger, ScanSpec
from featureprep.run.shipping import ship
from featureprep.store.states import StateCache
from featureprep.types import parse_type
from featureprep.validators.contract import SourceContract

FRAGMENT_BYTES = 32 << 20


@dataclass(frozen=True)
class BoundSource:
    """A source whose files are pinned and whose types are known.

    Attributes
    ----------
    present : frozenset of str
        The columns that the files have (for JSON: that the schema names, until `jobs.json_columns` has looked at the records' keys).
    inferred : bool
        Whether a scan of all rows was needed to find the types.
    typed : bool
        Whether the files state types of their own.
    unlisted : int
        How many columns beyond `present` are known of at least.
    """

    name: str
    source: Source
    files: tuple[PinnedFile, ...]
    schema: pa.Schema
    fragments: tuple[Fragment, ...]
    present: frozenset[str]
    inferred: bool
    typed: bool
    unlisted: int = 0

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(file.size for file in self.files)

    @property
    def certain(self) -> bool:
        """Whether every cell fits its column's type, being of the type that the files state."""
        return self.typed and self.source.schema is None

    def input(self) -> SourceInput:
        """How its fragments are read."""
        return SourceInput(self.source, self.name, self.schema)

    def places(self, rows: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """Where rows stand, by the number of their fragment and their own in it. Fragments of text are read again up to the last of them."""
        wanted: dict[int, set[int]] = defaultdict(set)
        for number, row in rows:
            wanted[number].add(row)
        source = self.input()
        return {
            (number, row): str(origin)
            for number, some in wanted.items()
            for row, origin in zip(sorted(some), source.origins(self.fragments[number], sorted(some)), strict=True)
        }

    def version(self) -> str:
        """One text for the content of all files."""
        from featureprep import canonical

        return canonical.digest(sorted([file.url, file.version] for file in self.files))


def replaced(sources: Mapping[str, Source], given: Mapping[str, Any] | None) -> dict[str, Source]:
    """The sources of a run: those given in place of the job's. A path keeps the other options of the source it replaces.

    Raises
    ------
    ArgumentError
    """
    out = dict(sources)
    if given is not None and not isinstance(given, Mapping):
        raise ArgumentError.of("sources", "run", "a mapping of source names to paths or sources", given)
    for name, value in (given or {}).items():
        if name not in sources:
            raise ArgumentError(f"the job has no source {name!r}", hint=f"its sources: {', '.join(sources)}")
        if isinstance(value, Source):
            out[name] = value
        elif sources[name].kind == "memory":
            raise ArgumentError(f"the source {name!r} is a table in memory and cannot be replaced by a path")
        else:
            out[name] = replace(sources[name], paths=absolute_paths(name, value))
    return out


def absolute_paths(name: str, value: Any) -> tuple[str, ...]:
    """A path or several, relative ones taken from the working directory of the caller."""
    paths = [value] if isinstance(value, (str, os.PathLike)) else value
    if not isinstance(paths, (list, tuple)) or not paths or not all(isinstance(p, (str, os.PathLike)) and os.fspath(p) for p in paths):
        raise ArgumentError.of(
            f"sources[{name!r}]", "run", "a path, a non-empty list of paths, or a source made by fp.read_... or fp.from_...", value
        )
    given = [str(os.fspath(path)) for path in paths]
    return tuple(path if "://" in path else os.path.abspath(path) for path in given)


def bind_source(
    name: str,
    source: Source,
    folder: str | None,
    contract: SourceContract | None,
    engine: Engine,
    cache: StateCache | None,
    partitions: int | None,
    total: int = 1,
    *,
    versions: bool = True,
) -> BoundSource:
    """Pin a source's files, find its schema (given, stated by the files, the contract's, or by a scan), cut it into fragments.

    `versions`: whether the content's version is asked for later.
    """
    if contract is not None and contract.sensitive:
        source = replace(source, sensitive=True)
    files = tuple(pin(source, folder, cache, versions=versions))
    size = sum(file.size for file in files)
    target = FRAGMENT_BYTES if not partitions else max(1, -(-size * total // partitions))
    cut = tuple(fragments.plan(source, name, files, target))
    stated = resolve_schema(source, files) if contract is None else agreed_with(contract, source, files)
    names = column_names(source, files)
    inferred = False
    if stated is not None:
        schema = stated
    elif contract is not None:
        schema = contracted(contract.schema, names)
    else:
        schema, inferred = _infer(source, name, cut, names, engine, cache), True
    if names is None and source.schema is None:
        schema = with_partitions(schema, files, given=not inferred)
    if not schema.names:
        where = files[0].url if files and source.kind != "memory" else None
        hint = "a table without rows needs its columns all the same" if source.kind == "memory" else None
        what = f"{f'the source {name!r}' if name else 'the data'} has no columns"
        raise ParseError(what, where=where) if where else RequestError(what, hint=hint)
    present = frozenset(schema.names if names is None else names)
    return BoundSource(name, source, files, schema, cut, present, inferred, stated is not None)


def contracted(schema: pa.Schema, names: Sequence[str] | None) -> pa.Schema:
    """The contract's types for the columns that the file has; the file's other columns are text.

    So are those of a type that no text can be read as (lists, structs, null): the contract's rule about their type then fails, and says so.
    """
    if names is None:
        return schema
    known = {field.name for field in schema if not pa.types.is_nested(field.type) and not pa.types.is_null(field.type)}
    return pa.schema([schema.field(n) if n in known else pa.field(n, pa.string()) for n in names])


def _infer(
    source: Source, name: str, cut: Sequence[Fragment], names: Sequence[str] | None, engine: Engine, cache: StateCache | None
) -> pa.Schema:
    """Types by a scan of all rows. CSV gives its columns as text, JSON its records."""
    raw = tuple(names) if names is not None else (RAW_COLUMN,)
    fold = TypeInference(raw) if names is not None else JsonInference()
    found = fold_raw(source, name, [[(i, piece)] for i, piece in enumerate(cut)], raw, fold, engine, cache, f"types of {name}")
    return inferred_schema(found) if names is not None else pa.schema([(n, or_text(t)) for n, t in found.items()])


def fold_raw(
    source: Source, name: str, pieces: Sequence[Sequence[tuple[int, Fragment]]], raw: Sequence[str], fold: Fold, engine: Engine,
    cache: StateCache | None, label: str,
) -> Any:  # fmt: skip
    """The result of a fold over the cells of a source as they stand, of the columns `raw`."""
    item = fold_item(fold, [Node("col", (), {"name": n}) for n in raw])
    schema = pa.schema([pa.field(n, pa.string()) for n in raw])
    pipe = Pipe(Input("source", name), schema, (), {}, (f"read {name}",))
    spec = ScanSpec(pipe, [item], [], [], None, {}, "null", platform.text())
    task = FoldPieces(spec, _RawInput(source, name, schema), cache)
    state = engine.fold(engine.map(engine.scan(pieces), ship(task, engine)), ScanMerger({item.id: fold}), label)
    return fold.finish(state.states[item.id])


def with_partitions(schema: pa.Schema, files: Sequence[PinnedFile], *, given: bool) -> pa.Schema:
    """A schema of JSON records with the columns that folder names make; a schema that was given may have them already."""
    for field in partition_fields(files):
        if field.name not in schema.names:
            schema = schema.append(field)
        elif not given:
            raise RequestError(
                f"column {field.name!r} is both in the file and in its folder's name",
                where=files[0].url,
                hint="leave hive_partitioning off, or rename one",
            )
    return schema


def or_text(spelling: str) -> pa.DataType:
    """An inferred type; text where there were no values."""
    return pa.string() if spelling == "null" else parse_type(spelling)


@dataclass(frozen=True)
class _RawInput(SourceInput):
    """Reads cells as they stand."""

    def read(self, piece: Fragment, columns: Sequence[str] | None = None) -> Any:
        from featureprep.io.reader import read_fragment
        from featureprep.run.rows import RowBatch

        for batch in read_fragment(self.source, piece, None, None):
            arrays = dict(zip(batch.batch.schema.names, batch.batch.columns, strict=True))
            yield RowBatch({name: arrays[name] for name in self.schema.names}, len(batch.rows), batch.rows, bad=batch.bad_records)


def pseudo_schema(bound: BoundSource, contract: SourceContract | None) -> pa.Schema:
    """The schema that pipes over a source see."""
    return with_pseudo(bound.schema) if contract is not None or not bound.certain else bound.schema


def partitioned(pieces: Sequence[Any], partitions: int | None) -> list[list[tuple[int, Any]]]:
    """Numbered pieces in consecutive partitions, of about equal numbers."""
    n = max(1, min(len(pieces), partitions or len(pieces)))
    numbered = list(enumerate(pieces))
    return [numbered[i * len(pieces) // n : (i + 1) * len(pieces) // n] for i in range(n)]
