"""The grammar of `csv_split`: NumPy and scan paths against a byte-by-byte machine written from the docstring alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureprep.io.csv_records import split_records
from featureprep.io.csv_split import AFTER_QUOTE, CR, LF, UNTERMINATED, Block, Dialect, blocks


def machine(data: bytes, dialect: Dialect) -> list[tuple[int, list[bytes] | str]]:
    """Records as (offset, raw fields or reason), blank lines left out."""
    sep, quote, newline = dialect.separator, dialect.quote, bytes([dialect.newline])
    records: list[tuple[int, list[bytes] | str]] = []
    at, size = 0, len(data)

    def line_end(p: int) -> int:
        """Length of the line end at p, 0 where there is none."""
        if data[p : p + 1] == newline:
            return 1
        if dialect.newline == LF and data[p : p + 1] == b"\r" and (data[p + 1 : p + 2] == b"\n" or p + 1 == size):
            return 2 if p + 1 < size else 1
        return 0

    while at < size:
        start, fields, reason, begin = at, [], None, at
        while True:
            if quote and data[at : at + 1] == quote:
                at += 1
                while at < size:
                    if data[at : at + 1] == quote:
                        if data[at + 1 : at + 2] != quote:
                            break
                        at += 1
                    at += 1
                if at >= size:
                    reason = UNTERMINATED
                    break
                at += 1
                if at < size and not line_end(at) and data[at : at + len(sep)] != sep:
                    reason = AFTER_QUOTE
                    while at < size and data[at : at + 1] != newline:
                        at += 1
            else:
                while at < size and not line_end(at) and data[at : at + len(sep)] != sep:
                    at += 1
            fields.append(data[begin:at])
            if at < size and reason is None and not line_end(at):
                at += len(sep)
                begin = at
                continue
            break
        if at < size:
            at += line_end(at)
        if reason is not None:
            records.append((start, reason))
        elif fields != [b""]:
            records.append((start, fields))
    return records


def ours(data: bytes, dialect: Dialect, step: int) -> list[tuple[int, list[bytes] | str]]:
    found: list[tuple[int, list[bytes] | str]] = []
    offset = 0
    for block in blocks((data[i : i + step] for i in range(0, len(data), step)), dialect, "x"):
        for n_fields in range(1, 12):
            records = split_records(block, n_fields, skip_blank=True)
            for row, number in enumerate(records.good.tolist()):
                pairs = zip(records.starts[row].tolist(), records.ends[row].tolist(), strict=True)
                found.append((offset + int(records.start[number]), [block.data[a:b] for a, b in pairs]))
            for number, reason in records.reasons.items():
                if n_fields == 1 and reason in (AFTER_QUOTE, UNTERMINATED):
                    found.append((offset + int(records.start[number]), reason))
        offset += len(block.data)
    return sorted(found, key=lambda entry: entry[0])


ALPHABET = st.lists(
    st.sampled_from(["a", "b", '"', '""', ",", "|", "||", "\n", "\r\n", "\r", " ", ", ", '",', ',"', '"\n', "\n\n"]), max_size=40
)


@settings(max_examples=1500, deadline=None)
@given(parts=ALPHABET, separator=st.sampled_from([",", "||", ", ", "|"]), quote=st.sampled_from(['"', ""]), step=st.integers(1, 50))
@example(parts=["a", "|", "||", '"', "b", '"'], separator="||", quote='"', step=50)
@example(parts=['"', "a", '"', "\r", "\n", "b"], separator=",", quote='"', step=4)
@example(parts=['"', "a", '"', "\r"], separator=",", quote='"', step=50)
def test_agrees_with_the_machine(parts: list[str], separator: str, quote: str, step: int) -> None:
    data = "".join(parts).encode()
    dialect = Dialect(separator.encode(), quote.encode(), LF)
    expected = [(at, what) for at, what in machine(data, dialect) if isinstance(what, str) or len(what) < 12]
    assert ours(data, dialect, step) == expected


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(st.sampled_from(["a", '"', ",", "\r", '",', ',"', '"\r']), max_size=30), step=st.integers(1, 50))
def test_lone_cr(parts: list[str], step: int) -> None:
    data = "".join(parts).encode()
    dialect = Dialect(b",", b'"', CR)
    expected = [(at, what) for at, what in machine(data, dialect) if isinstance(what, str) or len(what) < 12]
    assert ours(data, dialect, step) == expected


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.lists(st.sampled_from(["", "x", '"', "a,b", "l\nm", "c\r\nd", '""']), min_size=3, max_size=3), min_size=1, max_size=8)
)
def test_well_formed_text_never_takes_the_scan(rows: list[list[str]]) -> None:
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    block = Block(text.encode(), Dialect(b",", b'"'), final=True)
    assert block.quotes.at.tolist() == [i for i, c in enumerate(text) if c == '"']
    records = split_records(block, 3, skip_blank=True)
    assert len(records.good) == len(rows)
    assert not records.reasons


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'a,"b"c\n', AFTER_QUOTE),
        (b'a,"b\n', UNTERMINATED),
        (b"a\n", "1 field where 2 are expected"),
        (b"a,b,c\n", "3 fields where 2 are expected"),
        (b"a,\xff\n", "byte 0xff at its byte 2 cannot be decoded"),
    ],
)
def test_reasons(text: bytes, reason: str) -> None:
    records = split_records(Block(text, Dialect(b",", b'"'), final=True), 2, skip_blank=True)
    assert records.reasons == {0: reason}
    assert not len(records.good)


def test_bad_tail_ends_at_the_line() -> None:
    text = b'1,"b"c","d\n2,x\n"q"",3\n4,"ok"\n'
    records = split_records(Block(text, Dialect(b",", b'"'), final=True), 2, skip_blank=True)
    assert records.reasons[0] == AFTER_QUOTE
    assert [text[a:b] for a, b in zip(records.starts[:, 0], records.ends[:, 0], strict=True)] == [b"2"]
    assert records.reasons[2] == UNTERMINATED or records.reasons[2] == AFTER_QUOTE
