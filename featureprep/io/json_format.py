"""The JSON format: lines, cut at line ends like CSV, or one array, streamed in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from featureprep.errors import ParseError
from featureprep.io.base import BadRecord, Fragment, Origin, PinnedFile, Source, SourceBatch
from featureprep.io.cells import Misfits
from featureprep.io.csv_header import BOM
from featureprep.io.csv_split import Ints, blocks
from featureprep.io.json_batches import fast_columns, fast_schema, slow_columns
from featureprep.io.json_records import LINES, JsonBlock, array_blocks, cut_out, line_blocks
from featureprep.io.listing import pin_stat
from featureprep.io.streams import is_plain, text_blocks
from featureprep.io.text_scan import CHUNK_ROWS, Tee, cut_fragments, find_splits, skip, stored_digest

RAW_COLUMN = "json"
"""The one column of raw batches: each record's text. Records are not parsed then; those that are no objects are among them."""

_RAW_SHOWN = 200
_SLOW_RECORDS = 64
_BLANK = b" \t\r\n"


@dataclass(frozen=True)
class _Piece:
    """A block within its fragment: offset in the file, line and record number of its start."""

    block: JsonBlock
    offset: int
    line: int
    row: int

    def place(self, number: int) -> tuple[int, int]:
        """Offset in the file and line of a record of the block."""
        at = int(self.block.start[number])
        return self.offset + at, self.line + int(np.searchsorted(self.block.newlines, at))

    def bad_record(self, number: int, reason: str) -> BadRecord:
        offset, line = self.place(number)
        return BadRecord(self.row + number, offset, line, reason, self.block.text(number)[:_RAW_SHOWN])


class JsonFormat:
    """See `featureprep.io.base.Format`. Offsets of compressed or transcoded files count the bytes of their text as UTF-8."""

    version: ClassVar[int] = 1
    cut_by_content: ClassVar[bool] = True

    def pin(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        file = self.glance(source, url, filesystem, path)
        if "splits" not in file.facts:
            return replace(file, version=stored_digest(url, source.options))
        tee, bom = Tee(text_blocks(url, source.options)), file.facts["body"]
        splits = find_splits(blocks(skip(iter(tee), bom), LINES, url), bom, file.size)
        return replace(file, version=tee.version, facts={**file.facts, "splits": splits})

    def glance(self, source: Source, url: str, filesystem: Any, path: str) -> PinnedFile:
        file = pin_stat(source, url, filesystem, path)
        bom, first = _beginning(source, url)
        layout = source.options["format"]
        if layout == "auto":
            layout = "array" if first == b"[" else "lines"
        facts: dict[str, Any] = {**file.facts, "layout": layout, "body": bom, "line": 1}
        if layout == "lines" and is_plain(url, source.options):
            facts["splits"] = []
        return replace(file, facts=facts)

    def schema(self, source: Source, files: Sequence[PinnedFile]) -> pa.Schema | None:
        return None

    def names(self, source: Source, files: Sequence[PinnedFile]) -> list[str] | None:
        return None

    def fragments(self, source: Source, name: str, file: PinnedFile, target_bytes: int) -> list[Fragment]:
        identity = {"format": "json", "version": self.version, "layout": file.facts["layout"], "encoding": source.options["encoding"]}
        return cut_fragments(name, file, target_bytes, identity)

    def read(self, source: Source, fragment: Fragment, schema: pa.Schema | None, columns: Sequence[str] | None) -> Iterator[SourceBatch]:
        if schema is None:
            for piece in self._pieces(source, fragment):
                yield from _raw(piece)
            return
        wanted = pa.schema([field for field in schema if columns is None or field.name in columns])
        asked = fast_schema(wanted)
        for piece in self._pieces(source, fragment):
            yield from _typed(piece, wanted, asked)

    def locate(self, source: Source, fragment: Fragment, rows: Sequence[int]) -> list[Origin]:
        url = fragment.file.url
        found: dict[int, Origin] = {}
        wanted = sorted(set(rows))
        at = 0
        for piece in self._pieces(source, fragment):
            while at < len(wanted) and wanted[at] < piece.row + len(piece.block.start):
                found[wanted[at]] = Origin(url, *piece.place(wanted[at] - piece.row), wanted[at])
                at += 1
            if at == len(wanted):
                break
        return [found.get(row, Origin(url, None, None, row)) for row in rows]

    def _pieces(self, source: Source, fragment: Fragment) -> Iterator[_Piece]:
        url, facts = fragment.file.url, fragment.file.facts
        offset, line, row = fragment.start, fragment.first_line, 0
        if facts["layout"] == "lines" and is_plain(url, source.options):
            found = line_blocks(text_blocks(url, source.options, fragment.start, fragment.stop), url)
        else:
            offset = facts["body"]
            chunks = skip(text_blocks(url, source.options), offset)
            found = array_blocks(chunks, url) if facts["layout"] == "array" else line_blocks(chunks, url)
        for block in found:
            yield _Piece(block, offset, line, row)
            offset += len(block.data)
            line += len(block.newlines)
            row += len(block.start)


def _beginning(source: Source, url: str) -> tuple[int, bytes]:
    """Length of the byte order mark, and the first character that is no blank."""
    bom = 0
    for number, block in enumerate(text_blocks(url, source.options)):
        if number == 0:
            if block.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise ParseError("the file is UTF-16, not UTF-8", where=url, hint='give encoding="utf-16"')
            bom = len(BOM) if block.startswith(BOM) else 0
            block = block[bom:]
        if block.strip(_BLANK):
            return bom, block.lstrip(_BLANK)[:1]
    return bom, b""


def _typed(piece: _Piece, wanted: pa.Schema, asked: pa.Schema | None) -> Iterator[SourceBatch]:
    """A piece by the fast way; where that fails its halves are tried, so that one odd record slows only its neighbours."""
    block = piece.block
    fast = fast_columns(block, wanted, asked) if asked is not None else None
    if fast is not None:
        yield from _batches(piece, wanted, *fast, np.arange(len(block.start)), {})
    elif asked is None or block.lines is None or len(block.start) <= _SLOW_RECORDS:
        yield from _batches(piece, wanted, *slow_columns(block, wanted))
    else:
        middle = len(block.start) // 2
        for a, b in ((0, middle), (middle, len(block.start))):
            yield from _typed(replace(piece, block=block.part(a, b), row=piece.row + a), wanted, asked)


def _batches(
    piece: _Piece, schema: pa.Schema, arrays: list[pa.Array], malformed: dict[str, Misfits], good: Ints, reasons: dict[int, str]
) -> Iterator[SourceBatch]:
    bad = [piece.bad_record(number, reasons[number]) for number in sorted(reasons)]
    total = len(good)
    for a in range(0, max(total, 1), CHUNK_ROWS):
        b = min(a + CHUNK_ROWS, total)
        numbers = good[a:b]
        here = [r for r in bad if b == total or r.row - piece.row <= numbers[-1]]
        bad = bad[len(here) :]
        if b > a or here:
            parts = [array.slice(a, b - a) for array in arrays]
            batch = pa.RecordBatch.from_arrays(parts, schema=schema) if arrays else _no_columns(b - a)
            yield SourceBatch(batch, numbers + piece.row, _slice_misfits(malformed, a, b), tuple(here))


def _slice_misfits(malformed: dict[str, Misfits], a: int, b: int) -> dict[str, Misfits]:
    found = {}
    for name, (mask, texts) in malformed.items():
        if mask[a:b].any():
            before = int(mask[:a].sum())
            found[name] = (mask[a:b], texts[before : before + int(mask[a:b].sum())])
    return found


def _no_columns(rows: int) -> pa.RecordBatch:
    # a batch without columns still has a number of rows
    return pa.RecordBatch.from_struct_array(pa.array([{}] * rows, pa.struct([])))


def _raw(piece: _Piece) -> Iterator[SourceBatch]:
    block, schema = piece.block, pa.schema([(RAW_COLUMN, pa.string())])
    if not block.reasons and _is_utf8(block.data):
        yield from _batches(piece, schema, [cut_out(block.data, block.start, block.end, pa.string())], {}, np.arange(len(block.start)), {})
        return
    reasons = dict(block.reasons)
    texts, good = [], []
    for number in range(len(block.start)):
        if number in reasons:
            continue
        try:
            texts.append(block.text(number).decode("utf-8"))
        except UnicodeDecodeError as error:
            reasons[number] = f"byte {block.text(number)[error.start]:#04x} at its byte {error.start} cannot be decoded"
            continue
        good.append(number)
    yield from _batches(piece, schema, [pa.array(texts, pa.string())], {}, np.array(good, np.int64), reasons)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
