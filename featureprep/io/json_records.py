"""Cutting JSON text into records: lines, or the elements of one array, found with NumPy; a record is parsed by others.

In an array, strings are told from structure by the parity of unescaped quotes, elements by commas at depth one. So one broken
element does not hide the others, as long as its brackets and quotes balance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from featureprep.errors import ParseError
from featureprep.io.csv_records import record_bounds
from featureprep.io.csv_split import Bytes, Dialect, Ints, blocks
from featureprep.io.streams import MAX_RECORD

LINES = Dialect(separator=b",", quote=b"")
_BLANK = b" \t\r\n"
UNCLOSED = "the array is not closed: the file may be cut"
TRAILING = "there is text after the end of the array"
_COMMA, _QUOTE, _BACKSLASH = b',"\\'
_OPEN, _CLOSE = b"{[", b"}]"


@dataclass(frozen=True)
class JsonBlock:
    """Some records: their bounds in `data`, line ends, and what is wrong with those that cannot be parsed at all.

    `lines` is the text of the same records as JSON lines, or None where they cannot be so written.
    """

    data: bytes
    start: Ints
    end: Ints
    newlines: Ints
    lines: bytes | None
    reasons: dict[int, str] = field(default_factory=dict)

    def part(self, a: int, b: int) -> JsonBlock:
        """The records [a, b) with the offsets they have here."""
        low, high = (int(self.start[a]), int(self.end[b - 1])) if b > a else (0, 0)
        lines = None if self.lines is None else self.lines[low:high]
        reasons = {number - a: reason for number, reason in self.reasons.items() if a <= number < b}
        return JsonBlock(self.data, self.start[a:b], self.end[a:b], self.newlines, lines, reasons)

    def text(self, number: int) -> bytes:
        return self.data[int(self.start[number]) : int(self.end[number])]


def line_blocks(chunks: Iterator[bytes], where: str) -> Iterator[JsonBlock]:
    """Records of JSON lines; lines of blanks only are no records."""
    for block in blocks(chunks, LINES, where):
        start, end = record_bounds(block, skip_blank=True)
        if len(start):
            full = np.ones(len(start), np.bool_)
            for number in np.flatnonzero((block.bytes[start] == 32) | (block.bytes[start] == 9)).tolist():
                full[number] = bool(block.data[int(start[number]) : int(end[number])].strip(_BLANK))
            start, end = start[full], end[full]
        yield JsonBlock(block.data, start, end, block.all_newlines, block.data)


def array_blocks(chunks: Iterator[bytes], where: str) -> Iterator[JsonBlock]:
    """Records of one JSON array.

    Raises
    ------
    ParseError
        When the text does not start with `[`, or a record is longer than 64 MiB.
    """
    held = b""
    for chunk in chunks:
        held += chunk
        if held.strip(_BLANK):
            break
    opening = len(held) - len(held.lstrip(_BLANK))
    if held[opening : opening + 1] != b"[":
        raise ParseError("the file does not start with [", where=where, hint='format="lines" reads one object a line')
    prefix, parts, size, wanted, first = opening + 1, [held], len(held), 0, True
    following: bytes | None = b""  # the text held already may end the array
    while True:
        if following:
            parts.append(following)
            size += len(following)
        if following is not None and size < wanted:
            following = next(chunks, None)
            continue
        data = b"".join(parts)
        commas, stop = _structure(data, prefix)
        if stop is not None:
            yield _elements(data[: stop + 1], prefix, np.append(commas, stop), closing=True, alone=first)
            yield from _after(data[stop + 1 :], chunks)
            return
        if following is None:
            yield _unclosed(data, prefix, commas)
            return
        if len(commas):
            cut = int(commas[-1]) + 1
            yield _elements(data[:cut], prefix, commas, closing=False, alone=False)
            parts, size, wanted, prefix, first = [data[cut:]], len(data) - cut, 0, 0, False
        elif size > MAX_RECORD:
            raise ParseError(f"a record is longer than {MAX_RECORD >> 20} MiB", where=where, hint="a string may be left open")
        else:
            parts, wanted = [data], 2 * size
        following = next(chunks, None)


def _structure(data: bytes, prefix: int) -> tuple[Ints, int | None]:
    """Commas at depth one from `prefix` on, up to the bracket that closes the array, and that bracket's place."""
    text = np.frombuffer(data, np.uint8)
    quotes = string_quotes(data, text)
    marks = text == _COMMA
    for bracket in _OPEN + _CLOSE:
        marks |= text == bracket
    marks[:prefix] = False
    places = np.flatnonzero(marks)
    places = places[(np.searchsorted(quotes, places) & 1) == 0]
    kinds = text[places]
    steps = np.zeros(len(places), np.int64)
    for opening, closing in zip(_OPEN, _CLOSE, strict=True):
        steps += kinds == opening
        steps -= kinds == closing
    depth = 1 + np.cumsum(steps)
    closed = np.flatnonzero(depth == 0)
    stop = int(places[closed[0]]) if len(closed) else None
    commas = places[(kinds == _COMMA) & (depth == 1)]
    return (commas if stop is None else commas[commas < stop]), stop


def cut_out(data: bytes, start: Ints, end: Ints, to: pa.DataType) -> pa.Array:
    """What stands between some bounds, as an array of texts or bytes; the bounds ascend, and texts are UTF-8 unchecked."""
    bounds = np.empty(2 * len(start), np.int32)
    bounds[0::2], bounds[1::2] = start, end
    if not len(bounds):
        return pa.array([], to)
    # with what stands between them every second one is wanted
    every = pa.Array.from_buffers(to, len(bounds) - 1, [None, pa.py_buffer(bounds.tobytes()), pa.py_buffer(data)])
    return every.take(pa.array(np.arange(0, len(every), 2)))


def string_quotes(data: bytes, text: Bytes) -> Ints:
    """The quotes that begin or end a string: those that no backslash escapes."""
    quotes = np.flatnonzero(text == _QUOTE)
    if b'\\"' not in data:
        return quotes
    plain = np.where(text != _BACKSLASH, np.arange(len(text)), -1)
    last_plain = np.maximum.accumulate(plain)
    before = np.maximum(quotes - 1, 0)
    run = np.where(quotes > 0, before - last_plain[before], 0)
    unescaped: Ints = quotes[(run & 1) == 0]
    return unescaped


def _elements(data: bytes, prefix: int, stops: Ints, *, closing: bool, alone: bool) -> JsonBlock:
    """Elements that end at `stops`: commas, and the closing bracket where `closing`."""
    bounds = np.concatenate([[prefix], stops[:-1] + 1]) if len(stops) else np.empty(0, np.int64)
    starts: list[int] = []
    ends: list[int] = []
    reasons: dict[int, str] = {}
    for a, b in zip(bounds.tolist(), stops.tolist(), strict=True):
        piece = data[a:b]
        left = len(piece) - len(piece.lstrip(_BLANK))
        kept = piece.strip(_BLANK)
        if not kept:
            if closing and alone and len(stops) == 1:
                continue  # []
            reasons[len(starts)] = (
                "there is nothing between two commas" if b != stops[-1] or not closing else "there is nothing after the last comma"
            )
        starts.append(a + left if kept else a)
        ends.append((a + left if kept else a) + len(kept))
    text = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(text == 10)
    return JsonBlock(
        data, np.array(starts, np.int64), np.array(ends, np.int64), newlines, _as_lines(data, prefix, stops, newlines), reasons
    )


def _as_lines(data: bytes, prefix: int, stops: Ints, newlines: Ints) -> bytes | None:
    """Line ends turned to blanks and the commas between elements to line ends; None when a line end stands in a string."""
    text = np.frombuffer(data, np.uint8)
    if len(newlines) and (np.searchsorted(string_quotes(data, text), newlines) & 1).any():
        return None
    lines = text.copy()
    lines[newlines] = 32
    lines[:prefix] = 32
    lines[stops] = 10
    if len(stops):
        lines = lines[: int(stops[-1]) + 1]
    return lines.tobytes()


def _unclosed(data: bytes, prefix: int, commas: Ints) -> JsonBlock:
    whole = _elements(data, prefix, commas, closing=False, alone=False)
    last = int(commas[-1]) + 1 if len(commas) else prefix
    number = len(whole.start)
    start, end = np.append(whole.start, last), np.append(whole.end, len(data))
    return JsonBlock(data, start, end, whole.newlines, None, {**whole.reasons, number: UNCLOSED})


def _after(rest: bytes, chunks: Iterator[bytes]) -> Iterator[JsonBlock]:
    """What follows the closing bracket: blanks, or one bad record."""
    while True:
        if rest.strip(_BLANK):
            newlines = np.flatnonzero(np.frombuffer(rest, np.uint8) == 10)
            start = len(rest) - len(rest.lstrip(_BLANK))
            yield JsonBlock(rest, np.array([start]), np.array([len(rest)]), newlines, None, {0: TRAILING})
            return
        following = next(chunks, None)
        if following is None:
            return
        rest = following
