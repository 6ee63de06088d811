"""The CSV format: pinning with split points, and typed batches with exact places for every record.

The grammar stands in `featureprep.io.csv_split`. We cut the text ourselves because Arrow's reader fails a whole block on one
late bad value, takes no separator of several characters, and does not say where a row stood; with NumPy on blocks this is
two thirds of its speed on one thread, and offsets come for free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from featureprep.io.base import BadRecord, Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.cells import typed
from featureprep.io.conform import columns_to_read
from featureprep.io.csv_cells import Text, column_text
from featureprep.io.csv_doubt import RAW_SHOWN
from featureprep.io.csv_header import dialect_of, read_head
from featureprep.io.csv_records import Records, split_records
from featureprep.io.csv_split import Block, Dialect, blocks
from featureprep.io.listing import pin_stat
from featureprep.io.streams import is_plain, text_blocks
from featureprep.io.text_scan import CHUNK_ROWS, Tee, cut_fragments, find_splits, skip, stored_digest

BYTES_OF_A_COLUMN = 4096
"""Of a block: what a batch costs is per column, so thousands of columns need blocks of more than a few rows."""
MAX_BLOCK = 16 << 20
_READER_OPTIONS = ("separator", "quote", "null_values", "encoding", "header", "names", "skip_blank_lines")


@dataclass(frozen=True)
class _Piece:
    """A block within its fragment: offset in the file, line and record number of its start."""

    block: Block
    records: Records
    offset: int
    line: int
    row: int

    def place(self, number: int) -> tuple[int, int]:
        """Offset in the file and line of a record of the block."""
        at = int(self.records.start[number])
        return self.offset + at, self.line + int(np.searchsorted(self.block.all_newlines, at))


class CsvFormat:
    """See `featureprep.io.base.Format`. Offsets of compressed or transcoded files count the bytes of their text as UTF-8."""

    version: ClassVar[int] = 1
    cut_by_content: ClassVar[bool] = True

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        file = pin_stat(source, url, filesystem, path)
        if not is_plain(url, source.options):
            head = read_head(source, url, text_blocks(url, source.options))
            facts = {"names": head.names, "body": head.body, "line": head.line, "newline": head.newline}
            return replace(file, version=stored_digest(url, source.options), facts={**file.facts, **facts})
        head = read_head(source, url, text_blocks(url, source.options))
        tee = Tee(text_blocks(url, source.options))
        dialect = dialect_of(source, head.newline)
        splits = find_splits(blocks(skip(iter(tee), head.bom), dialect, url), head.bom, file.size)
        facts = {"names": head.names, "body": head.body, "line": head.line, "newline": head.newline}
        facts["splits"] = [entry for entry in splits if entry[0] > head.body]
        return replace(file, version=tee.version, facts={**file.facts, **facts})

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        file = pin_stat(source, url, filesystem, path)
        head = read_head(source, url, text_blocks(url, source.options))
        facts: dict[str, Any] = {"names": head.names, "body": head.body, "line": head.line, "newline": head.newline}
        if is_plain(url, source.options):
            facts["splits"] = []
        return replace(file, facts={**file.facts, **facts})

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        return None

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        return list(files[0].facts["names"])

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        options = {key: source.options.get(key) for key in _READER_OPTIONS}
        identity = {"format": "csv", "version": self.version, "options": options, "names": file.facts["names"]}
        return cut_fragments(name, file, target_bytes, identity)

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        names: list[str] = list(fragment.file.facts["names"])
        wanted = columns_to_read(schema, columns, names, fragment.file.url)
        fields = [schema.field(name) if schema is not None else pa.field(name, pa.string()) for name in wanted]
        at = {name: place for place, name in enumerate(names)}
        places = [at[name] for name in wanted]
        null_values = tuple(source.options["null_values"])
        for piece in self._pieces(source, fragment):
            yield from _batches(piece, fields, places, null_values)

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        found: dict[int, Origin] = {}
        wanted = sorted(set(rows))
        at = 0
        for piece in self._pieces(source, fragment):
            after = piece.row + len(piece.records.start)
            while at < len(wanted) and wanted[at] < after:
                offset, line = piece.place(wanted[at] - piece.row)
                found[wanted[at]] = Origin(fragment.file.url, offset, line, wanted[at])
                at += 1
            if at == len(wanted):
                break
        return [found.get(row, Origin(fragment.file.url, None, None, row)) for row in rows]

    def _pieces(self, source: Source, fragment: Fragment) -> Iterator[_Piece]:
        facts = fragment.file.facts
        dialect: Dialect = dialect_of(source, facts["newline"])
        skip_blank = bool(source.options["skip_blank_lines"])
        n_fields = len(facts["names"])
        offset, line, row = fragment.start, fragment.first_line, 0
        url = fragment.file.url
        if is_plain(url, source.options):
            chunks = text_blocks(url, source.options, fragment.start, fragment.stop)
        else:
            offset = facts["body"]
            chunks = skip(text_blocks(url, source.options), offset)
        for block in blocks(chunks, dialect, url, min(n_fields * BYTES_OF_A_COLUMN, MAX_BLOCK)):
            piece = _Piece(block, split_records(block, n_fields, skip_blank=skip_blank), offset, line, row)
            yield piece
            offset += len(block.data)
            line += len(block.all_newlines)
            row += len(piece.records.start)


def _batches(piece: _Piece, fields: list[pa.Field], places: list[int], null_values: tuple[str, ...]) -> Iterator[SourceBatch]:
    records = piece.records
    bad = [_bad_record(piece, number) for number in sorted(records.reasons)]
    text = Text.of(piece.block)
    total = len(records.good)
    for a in range(0, max(total, 1), CHUNK_ROWS):
        b = min(a + CHUNK_ROWS, total)
        last = b == total
        numbers = records.good[a:b]
        arrays, malformed = [], {}
        for field, place in zip(fields, places, strict=True):
            cells = column_text(text, records.starts[a:b, place], records.ends[a:b, place], null_values)
            array, misfit = typed(cells, field.type)
            arrays.append(array)
            if misfit is not None:
                malformed[field.name] = misfit
        here = [r for r in bad if last or r.row - piece.row <= numbers[-1]]
        bad = bad[len(here) :]
        rows = numbers + piece.row
        if len(rows) or here:
            batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)) if arrays else _no_columns(len(rows))
            yield SourceBatch(batch, rows, malformed, tuple(here))


def _no_columns(rows: int) -> pa.RecordBatch:
    # a batch without columns still has a number of rows
    return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))


def _bad_record(piece: _Piece, number: int) -> BadRecord:
    records = piece.records
    offset, line = piece.place(number)
    start, end = int(records.start[number]), int(records.end[number])
    raw = piece.block.data[start : min(end, start + RAW_SHOWN)]
    return BadRecord(piece.row + number, offset, line, records.reasons[number], raw)
