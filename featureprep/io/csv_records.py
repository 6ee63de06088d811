"""Records of a block: their places, which of them are good, and the fields of the good ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from featureprep.io.csv_split import CR, LF, Block, Bools, Ints

EXPECTED = "are expected"
"""How the reason ends where a record has other fields than the header."""


@dataclass(frozen=True)
class Records:
    """The records of a block, blank lines left out.

    Attributes
    ----------
    start, end : np.ndarray of int64, shape (n,)
        Offsets in the block; the line end is not part of a record.
    reasons : mapping of record number to why it cannot be parsed
    good : np.ndarray of int64, shape (m,)
        Numbers of the others.
    starts, ends : np.ndarray of int64, shape (m, n_fields)
        Offsets of their fields, quotes included.
    """

    start: Ints
    end: Ints
    reasons: dict[int, str]
    good: Ints
    starts: Ints
    ends: Ints


def record_bounds(block: Block, *, skip_blank: bool) -> tuple[Ints, Ints]:
    """Start and end of each record; a line end at the end of the text starts no record."""
    stops = block.newlines
    size = len(block.data)
    if size and not (len(stops) and stops[-1] == size - 1):
        stops = np.append(stops, size)
    start = np.empty_like(stops)
    start[:1] = 0
    start[1:] = stops[:-1] + 1
    end = stops.copy()
    if block.dialect.newline == LF and CR in block.data:
        end -= (end > start) & (block.bytes[end - 1] == CR)
    if skip_blank:
        full = end > start
        if not full.all():
            return start[full], end[full]
    return start, end


def split_records(block: Block, n_fields: int, *, skip_blank: bool) -> Records:
    """Cut a block into records of `n_fields` fields."""
    start, end = record_bounds(block, skip_blank=skip_blank)
    reasons: dict[int, str] = {}
    for position, reason in block.quotes.bad:
        reasons.setdefault(int(np.searchsorted(start, position, side="right")) - 1, reason)
    separators = block.quotes.outside(block.separators)
    first = np.searchsorted(separators, start)
    counts = np.diff(np.append(first, len(separators))) + 1
    for number in np.flatnonzero(counts != n_fields).tolist():
        found = int(counts[number])
        reasons.setdefault(number, f"{found} field{'s' if found != 1 else ''} where {n_fields} {EXPECTED}")
    _undecodable(block, start, end, reasons)
    good: Ints = np.arange(len(start))
    if reasons:
        keep: Bools = np.ones(len(start), np.bool_)
        keep[list(reasons)] = False
        good = np.flatnonzero(keep)
    inner = separators[first[good][:, None] + np.arange(n_fields - 1)] if reasons else separators.reshape(len(good), n_fields - 1)
    starts = np.empty((len(good), n_fields), np.int64)
    ends = np.empty((len(good), n_fields), np.int64)
    starts[:, 0] = start[good]
    starts[:, 1:] = inner + len(block.dialect.separator)
    ends[:, :-1] = inner
    ends[:, -1] = end[good]
    return Records(start, end, reasons, good, starts, ends)


def _undecodable(block: Block, start: Ints, end: Ints, reasons: dict[int, str]) -> None:
    if block.data.isascii() or _decodable(block.data) is None:
        return
    high = np.flatnonzero(block.bytes >= 0x80)
    touched = np.unique(np.searchsorted(start, high, side="right") - 1)
    for number in touched.tolist():
        a = int(start[number])
        failed = _decodable(block.data[a : int(end[number])])
        if failed is not None:
            reasons.setdefault(number, f"byte {block.data[a + failed]:#04x} at its byte {failed} cannot be decoded")


def _decodable(data: bytes) -> int | None:
    """None where data is UTF-8, else the position of the first byte that is not."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None
