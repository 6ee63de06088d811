"""Cutting CSV text into records and fields: the one grammar, found with NumPy, or byte by byte around stray quotes.

    file    = record (end record)* [end]
    end     = LF | CR LF            in a file whose first MiB has a CR and no LF: CR
    record  = field (separator field)*
    field   = quote (any byte but quote | quote quote)* quote       "quoted": its first byte is the quote
            | any bytes but separator and end                       quotes within are literal
    separator = one or more bytes, matched leftmost first

A record is unparsable when text follows a closing quote (it then ends at the next line end), when its quote is still open at
the end of the file, when it has another number of fields than the header, or when it is not UTF-8. A blank line is no record
(unless the source says so). NUL is a byte like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from featureprep.errors import ParseError
from featureprep.io.streams import MAX_RECORD

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]

LF, CR = 10, 13
AFTER_QUOTE = "there is text after a closing quote"
UNTERMINATED = "a quote is still open at the end of the file"


@dataclass(frozen=True)
class Dialect:
    """What the bytes mean. `quote` is one byte or empty; `newline` is LF or CR."""

    separator: bytes
    quote: bytes
    newline: int = LF

    @cached_property
    def overlaps(self) -> bool:
        """Whether a separator can overlap itself ("||"), so that matching left to right matters."""
        s = self.separator
        return any(s[:k] == s[-k:] for k in range(1, len(s)))


@dataclass(frozen=True)
class Quotes:
    """Where quoting begins and ends: `at[0::2]` opens, `at[1::2]` closes (an escaped quote closes and opens). `bad` marks records."""

    at: Ints
    bad: tuple[tuple[int, str], ...] = ()

    def outside(self, positions: Ints) -> Ints:
        """Those of `positions` (ascending) that stand outside quotes."""
        if not len(self.at) or not len(positions):
            return positions
        outside: Ints = positions[(np.searchsorted(self.at, positions) & 1) == 0]
        return outside


class Block:
    """Text that starts at the start of a record, with the positions of its separators, quotes and line ends.

    Parameters
    ----------
    data : bytes
    dialect : Dialect
    final : bool
        Whether the text ends with it, so that an open quote stays open.
    """

    def __init__(self, data: bytes, dialect: Dialect, *, final: bool) -> None:
        self.data = data
        self.dialect = dialect
        self.final = final
        self.bytes: Bytes = np.frombuffer(data, np.uint8)

    def head(self, cut: int) -> Block:
        """The part before `cut`, the start of a record, with what is known of it."""
        block = Block(self.data[:cut], self.dialect, final=False)
        for name in ("all_newlines", "newlines"):
            found: Ints = getattr(self, name)
            block.__dict__[name] = found[: np.searchsorted(found, cut)]
        quotes = self.quotes
        kept = quotes.at[: np.searchsorted(quotes.at, cut)]
        block.__dict__["quotes"] = Quotes(kept, tuple(entry for entry in quotes.bad if entry[0] < cut))
        return block

    @cached_property
    def separators(self) -> Ints:
        """Starts of all separators, within quotes or not."""
        separator = self.dialect.separator
        if self.dialect.overlaps:
            return np.fromiter((m.start() for m in re.finditer(re.escape(separator), self.data)), np.int64)
        found = self.bytes == separator[0]
        for k in range(1, len(separator)):
            found[:-k] &= self.bytes[k:] == separator[k]
            found[-k:] = False
        return np.flatnonzero(found)

    @cached_property
    def all_newlines(self) -> Ints:
        return np.flatnonzero(self.bytes == self.dialect.newline)

    @cached_property
    def newlines(self) -> Ints:
        """Line ends that end records."""
        return self.quotes.outside(self.all_newlines)

    @cached_property
    def quotes(self) -> Quotes:
        quote = self.dialect.quote
        if not quote or quote not in self.data:
            return Quotes(np.empty(0, np.int64))
        found = np.flatnonzero(self.bytes == quote[0])
        if self._well_formed(found):
            return Quotes(found)
        return _scan(self)

    def _well_formed(self, quotes: Ints) -> bool:
        """Whether every quote opens a field, closes one, or is one of an escaped pair. By induction, parity is then the state."""
        if len(quotes) & 1 and self.final:
            return False
        opens, closes = quotes[0::2], quotes[1::2]
        text, quote = self.bytes, self.dialect.quote[0]
        before = text[opens - 1]  # position 0 looks at the last byte, and is allowed below
        fine = (before == quote) | (opens == 0) | self.starts_field(opens)
        if not fine.all():
            return False
        after = closes + 1
        fine = after >= len(text)
        after = np.minimum(after, len(text) - 1)
        fine |= text[after] == quote
        fine |= self.ends_field(after)
        return bool(fine.all())

    def starts_field(self, positions: Ints) -> Bools:
        """Whether a separator or line end stands just before each position."""
        before = self.bytes[positions - 1]
        fine: Bools = before == self.dialect.newline
        if len(self.dialect.separator) == 1:
            fine |= before == self.dialect.separator[0]
        else:
            fine |= np.isin(positions - len(self.dialect.separator), self.separators)
        return fine

    def ends_field(self, positions: Ints) -> Bools:
        """Whether a separator or line end starts at each position (all within the text)."""
        here = self.bytes[positions]
        fine: Bools = here == self.dialect.newline
        if self.dialect.newline == LF:
            following = np.minimum(positions + 1, len(self.bytes) - 1)
            fine |= (here == CR) & ((self.bytes[following] == LF) | (positions + 1 == len(self.bytes)))
        if len(self.dialect.separator) == 1:
            fine |= here == self.dialect.separator[0]
        else:
            fine |= np.isin(positions, self.separators)
        return fine


def _scan(block: Block) -> Quotes:
    """The same as the parity of quotes, one quoted field at a time: exact where quotes stand astray."""
    data, quote, size = block.data, block.dialect.quote, len(block.data)
    newline = bytes([block.dialect.newline])
    separator = block.dialect.separator
    starts = set(block.separators.tolist()) if len(separator) > 1 else None
    at: list[int] = []
    bad: list[tuple[int, str]] = []
    position = 0
    while (opened := data.find(quote, position)) >= 0:
        width = len(separator)
        after_separator = data[opened - width : opened] == separator if starts is None else opened - width in starts
        if opened and not after_separator and data[opened - 1] != block.dialect.newline:
            position = opened + 1  # a literal quote within an unquoted field
            continue
        closed = data.find(quote, opened + 1)
        while 0 <= closed < size - 1 and data[closed + 1] == quote[0]:
            closed = data.find(quote, closed + 2)
        at.append(opened)
        if closed < 0:
            if block.final:
                at.append(size)
                bad.append((opened, UNTERMINATED))
            break
        at.append(closed)
        position = closed + 1
        if position < size and not block.ends_field(np.array([position]))[0]:
            bad.append((opened, AFTER_QUOTE))
            end = data.find(newline, position)
            position = size if end < 0 else end + 1
    return Quotes(np.array(at, np.int64), tuple(bad))


def blocks(chunks: Iterator[bytes], dialect: Dialect, where: str, at_least: int = 0) -> Iterator[Block]:
    """Cut a stream into blocks of whole records, of about `at_least` bytes or as the chunks come.

    Raises
    ------
    ParseError
        When a record is longer than 64 MiB.
    """
    carried: list[bytes] = []
    held = 0
    wanted = at_least
    done = 0
    for chunk in chunks:
        carried.append(chunk)
        held += len(chunk)
        if held < wanted:
            continue
        data = b"".join(carried)
        block = Block(data, dialect, final=False)
        ends = block.newlines
        if not len(ends):
            if held > MAX_RECORD:
                raise ParseError(
                    f"the record that starts at byte {done} is longer than {MAX_RECORD >> 20} MiB",
                    where=where,
                    hint="a quote may be left open: see the quote and separator options",
                )
            carried, wanted = [data], 2 * held  # doubling keeps the cost of one long record linear
            continue
        cut = int(ends[-1]) + 1
        done += cut
        yield block.head(cut)
        carried, held, wanted = [data[cut:]], len(data) - cut, at_least
    if held:
        yield Block(b"".join(carried), dialect, final=True)
