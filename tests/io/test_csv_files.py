"""CSV files end to end: heads, encodings, compressions, nulls, bad records, large cells."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ColumnNotFoundError, FeatureprepError, ParseError, WorldError
from featureprep.io import streams
from featureprep.io.api import read_csv


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def made(data: bytes | str, name: str = "x.csv") -> str:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return made


CELL = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('",\r\n\0 ;'), max_size=8)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=12), minimal=st.booleans(), end=st.sampled_from(["\n", "\r\n"]))
def test_round_trip_with_the_csv_module(rows: list[list[str]], minimal: bool, end: str, write: Callable[..., str], read: Any) -> None:
    # the csv module leaves "\r" unquoted where lines end in "\n"; at the end of a line that is CR LF to every reader
    minimal = minimal and not any("\r" in cell for row in rows for cell in row)
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, lineterminator=end, quoting=csv.QUOTE_MINIMAL if minimal else csv.QUOTE_ALL)
    writer.writerow(["a", "b", "c"])
    writer.writerows(rows)
    whole = read(read_csv(write(sink.getvalue()), schema={"a": "string", "b": "string", "c": "string"}, null_values=()))
    assert [list(row.values()) for row in whole.rows] == rows
    assert not whole.bad


def test_typed_cells_and_misfits(write: Callable[..., str], read: Any) -> None:
    path = write('n,x,s\n1,0.5,a\nq,,\n"","nan",""\n9223372036854775808,1e400,é\n')
    whole = read(read_csv(path, schema={"n": "int64", "s": "string"}))
    assert whole.rows == [{"n": 1, "s": "a"}, {"n": None, "s": None}, {"n": None, "s": ""}, {"n": None, "s": "é"}]
    assert whole.misfits == [("n", "q"), ("n", ""), ("n", "9223372036854775808")]


def test_null_values_match_unquoted_cells_only(write: Callable[..., str], read: Any) -> None:
    path = write('a,b\n?,"?"\nNA,"NA"\n,""\n??,x\n')
    whole = read(read_csv(path, null_values=["?", "NA"], schema={"a": "string", "b": "string"}))
    assert [list(r.values()) for r in whole.rows] == [[None, "?"], [None, "NA"], ["", ""], ["??", "x"]]


def test_projection_keeps_bad_records(write: Callable[..., str], read: Any) -> None:
    path = write("a,b,c\n1,2,3\n1,2\n4,5,6,7\n8,9,0\n")
    source = read_csv(path, schema={"a": "int64", "b": "int64", "c": "int64"}, on_error="quarantine")
    whole = read(source, columns=["b"])
    assert whole.rows == [{"b": 2}, {"b": 9}]
    assert [(b.row, b.line, b.offset, b.raw) for b in whole.bad] == [(1, 3, 12, b"1,2"), (2, 4, 16, b"4,5,6,7")]
    assert [line for _, _, line in whole.origins] == [2, 5]
    assert read(source, columns=[]).rows == [{}, {}]


def test_fail_names_file_line_and_reason(write: Callable[..., str], read: Any) -> None:
    path = write('a,b\n"x\ny",1\n\n2\n3,4,5\n')
    with pytest.raises(ParseError, match="1 field where 2 are expected") as caught:
        read(read_csv(path))
    assert caught.value.where == f"{path}:5"
    assert "quarantine" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no header"),
        ("\n\n", "no header"),
        ("a,b,a\n1,2,3\n", "'a' 2 times, at columns 1 and 3"),
        ("a,,c\n1,2,3\n", "column 2 of 3 has no name"),
        ("a,b,\n1,2,3\n", "column 3 of 3 has no name"),
        ("a,b\0\n1,2\n", "NUL"),
        ('a,"b\n1,2\n', "still open"),
        (b"a,\xff\n1,2\n", "cannot be decoded"),
        (b"\xff\xfea\0,\0b\0\n\0", "UTF-16"),
    ],
)
def test_broken_heads(text: bytes | str, what: str, write: Callable[..., str], read: Any) -> None:
    path = write(text)
    with pytest.raises(ParseError, match=what) as caught:
        read(read_csv(path))
    assert path in str(caught.value)
    assert caught.value.hint


def test_heads(write: Callable[..., str], read: Any) -> None:
    assert read(read_csv(write("\n\n1,2\n3,4\n"), header=False), columns=None).rows == [
        {"column_1": "1", "column_2": "2"},
        {"column_1": "3", "column_2": "4"},
    ]
    assert read(read_csv(write("1,2\n"), names=["a", "b"])).rows == [{"a": "1", "b": "2"}]
    renamed = read(read_csv(write("x,x\n1,2\n"), names=["a", "b"], header=True))
    assert renamed.rows == [{"a": "1", "b": "2"}]
    assert renamed.origins[0][1:] == (4, 2)
    assert read(read_csv(write("1,2\n"), header=False, schema={"p": "int64", "q": "int8"})).rows == [{"p": 1, "q": 2}]
    assert read(read_csv(write(""), names=["a"])).rows == []
    with pytest.raises(ParseError, match="2 columns; names that are given: 1"):
        read(read_csv(write("x,y\n1,2\n"), names=["a"], header=True))
    with pytest.raises(ColumnNotFoundError, match="agee"):
        read(read_csv(write("age,y\n1,2\n"), schema={"agee": "int64"}))


def test_byte_order_mark_and_header_only(write: Callable[..., str], read: Any) -> None:
    whole = read(read_csv(write(b'\xef\xbb\xbf"a",b\n1,2\n')))
    assert whole.rows == [{"a": "1", "b": "2"}]
    assert whole.origins[0][1] == 9
    assert read(read_csv(write("a,b"))).rows == []


def test_blank_lines(write: Callable[..., str], read: Any) -> None:
    path = write("a\n\n1\n\r\n\n2")
    assert [r["a"] for r in read(read_csv(path)).rows] == ["1", "2"]
    whole = read(read_csv(path, skip_blank_lines=False))
    assert [r["a"] for r in whole.rows] == [None, "1", None, None, "2"]
    assert [line for _, _, line in whole.origins] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "cp1252", "shift_jis", "utf-8", "utf-8-sig", "utf-32"])
def test_encodings(encoding: str, write: Callable[..., str], read: Any) -> None:
    word = "表" if encoding == "shift_jis" else "é"
    path = write(f'a,b\n{word},"{word}\n,"\n2,x\n'.encode(encoding))
    whole = read(read_csv(path, encoding=encoding))
    assert [list(r.values()) for r in whole.rows] == [[word, f"{word}\n,"], ["2", "x"]]
    assert [line for _, _, line in whole.origins] == [2, 4]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "shift_jis"])
def test_undecodable_bytes_are_bad_records(encoding: str, write: Callable[..., str], read: Any) -> None:
    whole = read(read_csv(write(b"a,b\n1,\x81\xff\n2,y\n"), encoding=encoding, on_error="quarantine"))
    assert whole.rows == [{"a": "2", "b": "y"}]
    assert "cannot be decoded" in whole.bad[0].reason
    assert whole.bad[0].line == 2


def _zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


@pytest.mark.parametrize(("suffix", "squeeze"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", _zstd)])
def test_compressions(suffix: str, squeeze: Callable[[bytes], bytes], write: Callable[..., str], read: Any) -> None:
    text = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(20_000))
    path = write(squeeze(text), "x.csv" + suffix)
    whole = read(read_csv(path, schema={"a": "int64", "b": "int64"}))
    assert len(whole.rows) == 20_000
    assert whole.rows[-1] == {"a": 19_999, "b": 19_999**2}
    assert whole.origins[-1][2] == 20_001
    assert whole.fragments == 1
    twice = read(read_csv(write(squeeze(text) + squeeze(b"7,8\n"), "two.csv" + suffix)))
    assert len(twice.rows) == 20_001
    for cut in (len(squeeze(text)) // 2, len(squeeze(text)) - 3):
        with pytest.raises(ParseError, match="damaged or ends too early"):
            read(read_csv(write(squeeze(text)[:cut], "cut.csv" + suffix)))
    with pytest.raises(FeatureprepError):
        read(read_csv(write(b"no such thing", "bad.csv" + suffix)))


def test_a_bomb_stays_within_memory(write: Callable[..., str], read: Any) -> None:
    line = b"1," + b"x" * 997 + b"\n"
    path = write(gzip.compress(b"a,b\n" + line * 60_000, 1), "bomb.csv.gz")
    tracemalloc.start()
    source = read_csv(path, schema={"a": "int64"})
    assert len(read(source).rows) == 60_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 45 << 20  # 60 MB of text; the rows themselves take about 25


def test_cells_of_ten_megabytes(write: Callable[..., str], read: Any) -> None:
    big = "x\n,é" * 2_500_000
    whole = read(read_csv(write(f'a,b\n1,"{big}"\n2,{"y" * 10_000_000}\n3,z\n')))
    assert [len(r["b"]) for r in whole.rows] == [len(big), 10_000_000, 1]
    assert whole.rows[0]["b"] == big
    assert whole.origins[2][2] == 4 + 2_500_000


def test_endless_record_is_refused(write: Callable[..., str], read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.io.csv_split.MAX_RECORD", 1 << 20)
    with pytest.raises(ParseError, match="longer than") as caught:
        read(read_csv(write('a,b\n1,2\n3,"' + "x,y\n" * 1_000_000), on_error="quarantine"))
    assert "quote" in str(caught.value.hint)


def test_lone_cr_file(write: Callable[..., str], read: Any) -> None:
    whole = read(read_csv(write('a,b\r1,"x\ry"\r\r2,z\r')))
    assert [list(r.values()) for r in whole.rows] == [["1", "x\ry"], ["2", "z"]]
    assert [line for _, _, line in whole.origins] == [2, 5]


def test_nul_bytes_are_data(write: Callable[..., str], read: Any) -> None:
    assert read(read_csv(write("a,b\n\0,x\0y\n"))).rows == [{"a": "\0", "b": "x\0y"}]


def test_column_order_may_differ_between_files(tmp_path: Path, read: Any) -> None:
    (tmp_path / "1.csv").write_text("a,b\n1,x\n")
    (tmp_path / "2.csv").write_text("b,a\ny,2\n")
    schema = {"a": "int64", "b": "string"}
    assert read(read_csv("*.csv", schema=schema), str(tmp_path)).rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    (tmp_path / "3.csv").write_text("b\nz\n")
    with pytest.raises(FeatureprepError, match=r"1\.csv has the column 'a', .*3\.csv does not"):
        read(read_csv("*.csv"), str(tmp_path))
    with pytest.raises(ColumnNotFoundError, match=r"3\.csv: no column 'a'"):
        read(read_csv("*.csv", schema=schema), str(tmp_path))
    (tmp_path / "3.csv").write_text("b,a,c\nz,1,2\n")
    with pytest.raises(FeatureprepError, match=r"3\.csv has the column 'c', .*1\.csv does not"):
        read(read_csv("*.csv"), str(tmp_path))
    assert len(read(read_csv("*.csv", schema=schema), str(tmp_path)).rows) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"separator": ""},
        {"separator": "\n"},
        {"separator": '"'},
        {"separator": 3},
        {"quote": "ab"},
        {"quote": "é"},
        {"quote": "\n"},
        {"encoding": "no-such"},
        {"encoding": "base64"},
        {"encoding": None},
        {"compression": "rar"},
        {"on_error": "ignore"},
        {"names": []},
        {"names": ["a", "a"]},
        {"names": "ab"},
        {"names": ["a", ""]},
        {"null_values": "NA"},
        {"null_values": [1]},
        {"header": "yes"},
        {"skip_blank_lines": 1},
        {"hive_partitioning": "no"},
        {"schema": {}},
        {"schema": {"a": 1}},
        {"schema": 5},
        {"storage_options": "x"},
    ],
)
def test_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError) as caught:
        read_csv("x.csv", **arguments)
    assert repr(next(iter(arguments))) in str(caught.value)


@pytest.mark.parametrize("path", [None, [], 3, [3], "", ["a", ""], "a\0b"])
def test_paths(path: Any) -> None:
    with pytest.raises(ArgumentError):
        read_csv(path)


def test_unknown_type_is_named() -> None:
    with pytest.raises(FeatureprepError, match="column 'a'.*is not a type"):
        read_csv("x.csv", schema={"a": "integer64"})


def test_missing_file(read: Any, tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"no file matches 'nothing\*\.csv'"):
        read(read_csv("nothing*.csv"), str(tmp_path))


@pytest.mark.parametrize(
    ("text", "options", "found"),
    [
        ("label\ttext\nham\tyes, of course\n", {}, r"separator='\t', if"),
        ("a;b;c\n1;2,5;3\n", {}, "separator=';', if"),
        ("a;b,c\n1;2;3\n", {}, None),
        ("ham\tGo, now\nham\tOk\n", {}, r"separator='\t', if"),
        ("ham\tGo, now\nham\tOk\n", {"header": False}, r"separator='\t', if"),
        ("1|2\n1|2,5\n", {"header": False}, "separator='|', if"),
        ("1;2,5;3\n1;2;3\n", {"names": ["a", "b", "c"]}, "separator=';', if"),
        ("a,b\n1,2;3\n1;2\n", {"separator": ";"}, "separator=',', if"),
        ('a;b\n"x;y";z\n"x, y";z\n', {}, "separator=';', if"),
        ("text\nyes; no, maybe\n", {}, None),
        ("a,b\n1\n", {}, None),
        ("a,b\n1;2;3\n", {}, None),
        ("a;b;c\n" + "x" * 198 + ";,\n", {}, "separator=';', if"),
    ],
)
def test_a_record_that_another_separator_would_part(
    write: Callable[..., str], read: Any, text: str, options: dict[str, Any], found: str | None
) -> None:
    with pytest.raises(ParseError) as caught:
        read(read_csv(write(text), **options))
    hint = caught.value.hint or ""
    assert hint.startswith(found or "on_error=")
    assert 'on_error="quarantine" sets such records apart' in hint


def test_a_byte_that_cannot_be_decoded_is_no_matter_of_separators(write: Callable[..., str], read: Any) -> None:
    with pytest.raises(ParseError) as caught:
        read(read_csv(write(b"a;b\n1;\xff\n")))
    assert "separator" not in (caught.value.hint or "")


def test_blocks_do_not_change_the_result(write: Callable[..., str], read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,b\r\n1,"x ""y""\r\n"\r\n2,é\n\n"3"4,\n5,6,7\n8,9\r\n10,"z'
    path = write(text)
    source = read_csv(path, on_error="quarantine")
    expected = read(source)
    for size in (1, 2, 3, 7, 20):
        monkeypatch.setattr(streams, "BLOCK", size)
        again = read(source)
        assert again.rows == expected.rows
        assert again.bad == expected.bad
        assert again.origins == expected.origins
