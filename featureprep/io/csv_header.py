"""The head of a CSV file: byte order mark, line end, column names, and where the rows begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from featureprep.errors import ParseError
from featureprep.io.base import Source
from featureprep.io.csv_cells import Text, column_text
from featureprep.io.csv_records import record_bounds, split_records
from featureprep.io.csv_split import CR, LF, Block, Dialect, blocks

BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Head:
    """Column names, the offset and line at which the rows begin, the line end, and how long the byte order mark is."""

    names: list[str]
    body: int
    line: int
    newline: int
    bom: int


def dialect_of(source: Source, newline: int) -> Dialect:
    """The dialect that a source's options give."""
    quote = source.options.get("quote") or ""
    return Dialect(str(source.options["separator"]).encode(), str(quote).encode(), newline)


def read_head(source: Source, where: str, chunks: Iterator[bytes]) -> Head:
    """Find the head from the first text of a file.

    Raises
    ------
    ParseError
        When there is no header though one is expected, or it does not name the columns one by one.
    """
    first = next(chunks, b"")
    if first.startswith(_UTF16):
        raise ParseError("the file is UTF-16, not UTF-8", where=where, hint='give encoding="utf-16"')
    bom = len(BOM) if first.startswith(BOM) else 0
    newline = CR if CR in first and LF not in first else LF
    dialect = dialect_of(source, newline)

    def text() -> Iterator[bytes]:
        yield first[bom:]
        yield from chunks

    given = source.options.get("names")
    if source.options["header"] is False and given is not None:
        return Head(list(given), bom, 1, newline, bom)
    record, end, before, after = _first_record(text(), dialect, where)
    if record is None:
        if source.options["header"] is False and source.schema is not None:
            return Head(list(source.schema.names), bom, 1, newline, bom)
        hint = "give names= (and header=False) for files without one"
        raise ParseError("the file is empty: it has no header" if source.options["header"] else "the file is empty", where=where, hint=hint)
    if source.options["header"] is False:
        names = list(source.schema.names) if source.schema is not None else [f"column_{i + 1}" for i in range(len(record))]
        return Head(names, bom, 1, newline, bom)
    where = f"{where}:{before + 1}"
    if given is not None:
        if len(given) != len(record):
            raise ParseError(f"the header has {len(record)} columns; names that are given: {len(given)}", where=where)
        return Head(list(given), bom + end, before + after + 1, newline, bom)
    return Head(_checked(record, where), bom + end, before + after + 1, newline, bom)


def _first_record(chunks: Iterator[bytes], dialect: Dialect, where: str) -> tuple[list[str] | None, int, int, int]:
    """Fields of the first record that is no blank line, the offset after it, and the lines before it and that it takes."""
    offset = lines = 0
    for block in blocks(chunks, dialect, where):
        start, end = record_bounds(block, skip_blank=True)
        if not len(start):
            offset, lines = offset + len(block.data), lines + len(block.all_newlines)
            continue
        a, b = int(start[0]), int(end[0])
        before = lines + int(np.searchsorted(block.all_newlines, a))
        stop = (
            int(block.newlines[np.searchsorted(block.newlines, b)]) + 1 if b < len(block.data) and len(block.newlines) else len(block.data)
        )
        own = int(np.searchsorted(block.all_newlines, stop) - np.searchsorted(block.all_newlines, a))
        return _fields(block.data[a:b], dialect, f"{where}:{before + 1}"), offset + stop, before, own
    return None, offset, lines, 0


def _fields(data: bytes, dialect: Dialect, where: str) -> list[str]:
    block = Block(data, dialect, final=True)
    count = len(block.quotes.outside(block.separators)) + 1
    records = split_records(block, count, skip_blank=True)
    if records.reasons:
        hint = "see the quote=, separator= and encoding= options"
        raise ParseError(f"the first record cannot be read: {next(iter(records.reasons.values()))}", where=where, hint=hint)
    text = Text.of(block)
    return [column_text(text, records.starts[:, j], records.ends[:, j], ())[0].as_py() for j in range(count)]


def _checked(names: list[str], where: str) -> list[str]:
    hint = "give the names yourself: names=[...], header=True; or header=False, if the file has no header line"
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise ParseError(f"column {number} of {len(names)} has no name in the header", where=where, hint=hint)
        if "\0" in name:
            raise ParseError(f"the name of column {number} has a NUL byte", where=where, hint=hint + '; or the right encoding="utf-16"')
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        at = [str(i) for i, name in enumerate(names, 1) if name == twice[0]]
        raise ParseError(f"the header names {twice[0]!r} {len(at)} times, at columns {' and '.join(at[:5])}", where=where, hint=hint)
    return names
