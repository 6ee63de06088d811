"""What a log of requests holds: the fields of each request, and the features that were served for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError, ParseError
from featureprep.io import fragments
from featureprep.io.base import Fragment, Source
from featureprep.io.json_format import RAW_COLUMN
from featureprep.io.listing import pin
from featureprep.io.reader import locate, read_fragment
from featureprep.jobs.sources import FRAGMENT_BYTES

CHUNK: Final = 20_000
"""Records of JSON that are held at once."""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Piece:
    """Some rows of a log, either as records or as columns.

    Attributes
    ----------
    rows : sequence of int
        Their numbers in the fragment.
    fragment : int
        Which one; its place among `Log.fragments`.
    """

    fragment: int
    rows: Sequence[int]
    records: Sequence[Record] | None = None
    table: pa.Table | None = None


@dataclass
class Log:
    """A log that is read once, piece after piece.

    Attributes
    ----------
    unparsable : int
        Records met so far that are no JSON objects, where the source sets such apart or drops them.
    """

    source: Source | None
    fragments: Sequence[Fragment]
    given: Sequence[Record] = ()
    unparsable: int = 0

    @classmethod
    def of(cls, source: Source | Sequence[Record]) -> Log:
        """Of a source, whose files are pinned now, or of records in memory.

        Raises
        ------
        ArgumentError
            For records that are no mappings.
        """
        if isinstance(source, Source):
            files = tuple(pin(source, None, None))
            return cls(source, tuple(fragments.plan(source, "log", files, FRAGMENT_BYTES)))
        if not all(isinstance(record, Mapping) for record in source):
            raise ArgumentError.of("log", "skew", "a list of mappings, or data", source)
        return cls(None, (), list(source))

    def pieces(self) -> Iterator[Piece]:
        """All rows in the order of the files.

        Raises
        ------
        ParseError
            For the first record that cannot be parsed, where the source's `on_error` is "fail".
        """
        if self.source is None:
            for start in range(0, len(self.given), CHUNK):
                part = self.given[start : start + CHUNK]
                yield Piece(0, range(start, start + len(part)), records=part)
            return
        for number, fragment in enumerate(self.fragments):
            for batch in read_fragment(self.source, fragment, None, None):
                rows = batch.rows.tolist()
                self.unparsable += len(batch.bad_records)
                if self.source.kind != "json":
                    yield Piece(number, rows, table=pa.Table.from_batches([batch.batch]))
                    continue
                texts = batch.batch.column(batch.batch.schema.get_field_index(RAW_COLUMN)).to_pylist()
                for start in range(0, len(rows), CHUNK):
                    yield self._parsed(number, rows[start : start + CHUNK], texts[start : start + CHUNK])

    def _parsed(self, fragment: int, rows: Sequence[int], texts: Sequence[str | None]) -> Piece:
        records, good = [], []
        for row, text in zip(rows, texts, strict=True):
            record = _object(text)
            if record is not None:
                records.append(record)
                good.append(row)
                continue
            if self.source is not None and self.source.on_error == "fail":
                hint = "on_error='drop' (--on-error drop) leaves such records out, and counts them"
                raise ParseError("the record is no JSON object", where=self.places(fragment, [row])[0], hint=hint)
            self.unparsable += 1
        return Piece(fragment, good, records=records)

    def places(self, fragment: int, rows: Sequence[int]) -> list[str]:
        """Where rows stand: file and line where the format has lines, else the number of the row."""
        if self.source is None:
            return [f"row {row}" for row in rows]
        origins = locate(self.source, self.fragments[fragment], rows)
        if self.fragments[fragment].file.facts.get("layout") == "array":  # which may be one line
            return [f"{origin}, record {row + 1}" for origin, row in zip(origins, rows, strict=True)]
        return [str(origin) for origin in origins]


def _object(text: str | None) -> Record | None:
    try:
        found = None if text is None else json.loads(text)
    except (ValueError, RecursionError):  # also of numbers with more digits than Python takes
        return None
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Place:
    """Where in a record something stands: within an object ("response.features"), or in keys that begin with a text ("served_").

    Attributes
    ----------
    text : str
    nested : bool
    """

    text: str
    nested: bool

    @classmethod
    def found(cls, text: str, piece: Piece) -> Place | None:
        """What a text means in a piece of a log; None where it is neither the path of an object nor what names begin with."""
        path = text.split(".")
        if piece.records is not None:
            nested = any(isinstance(_within(record, path), Mapping) for record in piece.records)
            begins = nested or any(name.startswith(text) for record in piece.records for name in record)
        else:
            table = piece.table if piece.table is not None else pa.table({})
            nested = _column(table, path) is not None
            begins = any(name.startswith(text) for name in table.column_names)
        return cls(text, nested) if nested or begins else None

    def of_record(self, record: Record) -> Record:
        """What stands there; nothing where it is absent."""
        if self.nested:
            inner = _within(record, self.text.split("."))
            return inner if isinstance(inner, Mapping) else {}
        return {name.removeprefix(self.text): value for name, value in record.items() if name.startswith(self.text)}

    def of_table(self, table: pa.Table) -> dict[str, pa.ChunkedArray]:
        """What stands there, by name."""
        if not self.nested:
            return {name.removeprefix(self.text): table[name] for name in table.column_names if name.startswith(self.text)}
        column = _column(table, self.text.split("."))
        if column is None:
            return {}
        return {field.name: pc.struct_field(column, [at]) for at, field in enumerate(column.type)}

    def claims(self, name: str) -> bool:
        """Whether a field of the record itself is part of this."""
        return name == self.text.split(".", 1)[0] if self.nested else name.startswith(self.text)


def _within(record: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(record, Mapping):
            return None
        record = record.get(key)
    return record


def _column(table: pa.Table, path: Sequence[str]) -> pa.ChunkedArray | None:
    """The struct at a path; None where there is none."""
    if path[0] not in table.column_names:
        return None
    column = table[path[0]]
    for key in path[1:]:
        if not pa.types.is_struct(column.type) or column.type.get_field_index(key) < 0:
            return None
        column = pc.struct_field(column, [column.type.get_field_index(key)])
    return column if pa.types.is_struct(column.type) else None
