"""JSON lines and arrays: typed cells, misfits, bad records, places; Arrow's fast way against the slow one."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featureprep.errors import ArgumentError, ParseError
from featureprep.io import json_batches, streams
from featureprep.io.api import read_json
from featureprep.io.json_batches import fast_columns, fast_schema, slow_columns
from featureprep.io.json_records import array_blocks, line_blocks


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def made(data: bytes | str, name: str = "x.json") -> str:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return made


SCHEMA = {"i": "int8", "f": "float64", "s": "string", "b": "bool", "l": "list<int64>", "o": "struct<x: int64, y: string>", "d": "date"}
STRUCTURAL = st.text(st.sampled_from('"\\[]{},:\n a'), max_size=6)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-300, 300)
    | st.floats()
    | st.text(max_size=4)
    | STRUCTURAL
    | st.sampled_from(["2020-01-31", 1 << 70, -(1 << 63)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "z"]), inner, max_size=3),
    max_leaves=4,
)
RECORD = st.dictionaries(st.sampled_from([*SCHEMA, "other"]), VALUES, max_size=6)
FITTING = st.fixed_dictionaries(
    {},
    optional={
        "i": st.integers(-128, 127) | st.none(),
        "f": st.floats() | st.integers(),
        "s": st.text(max_size=5) | st.sampled_from(["https://a/*b*/", "Inf", "NaN"]),
        "b": st.booleans(),
        "l": st.lists(st.integers(-(1 << 63), (1 << 63) - 1) | st.none(), max_size=3),
        "o": st.fixed_dictionaries({}, optional={"x": st.integers(0, 9), "y": st.text(max_size=3), "z": st.booleans()}),
        "d": st.dates().map(str),
    },
)


def same(a: pa.Array, b: pa.Array) -> bool:
    return repr(a.to_pylist()) == repr(b.to_pylist()) and a.type == b.type


@settings(max_examples=300, deadline=None)
@given(records=st.lists(RECORD | FITTING, min_size=1, max_size=6), ascii_only=st.booleans())
def test_fast_and_slow_agree(records: list[dict[str, Any]], ascii_only: bool) -> None:
    schema = read_json("x", schema=SCHEMA).schema
    assert schema is not None
    asked = fast_schema(schema)
    assert asked is not None
    text = "".join(json.dumps(r, ensure_ascii=ascii_only) + "\n" for r in records).encode("utf-8", "surrogatepass")
    (block,) = line_blocks(iter([text]), "x")
    arrays, malformed, good, reasons = slow_columns(block, schema)
    fast = fast_columns(block, schema, asked)
    if fast is not None:
        assert len(good) == len(records)
        assert not reasons
        for a, b in zip(fast[0], arrays, strict=True):
            assert same(a, b)
        assert {k: (v[0].tolist(), v[1]) for k, v in fast[1].items()} == {k: (v[0].tolist(), v[1]) for k, v in malformed.items()}


@settings(max_examples=200, deadline=None)
@given(records=st.lists(FITTING, min_size=1, max_size=6))
def test_good_blocks_take_the_fast_way(records: list[dict[str, Any]]) -> None:
    schema = read_json("x", schema=SCHEMA).schema
    assert schema is not None
    text = "".join(json.dumps(r) + "\n" for r in records).encode()
    (block,) = line_blocks(iter([text]), "x")
    slow, malformed, _, reasons = slow_columns(block, schema)
    assert not malformed
    assert not reasons
    asked = fast_schema(schema)
    assert asked is not None
    if not any(math.isinf(r.get("f", 0.0)) for r in records):
        assert fast_columns(block, schema, asked) is not None
    for field, column in zip(schema, slow, strict=True):
        expected = [r.get(field.name) for r in records]
        if field.name not in ("d", "o", "f"):
            assert column.to_pylist() == expected


MUTATIONS = st.lists(st.tuples(st.integers(0, 200), st.sampled_from([*'{}[]",:\n1eN/*\\ ', "Inf", "NaN", "-", "\xff"])), max_size=3)


@settings(max_examples=500, deadline=None)
@given(records=st.lists(FITTING, min_size=1, max_size=4), changes=MUTATIONS)
@example(records=[{"i": 1}], changes=[(8, '{"i":2}')])
def test_broken_text_fast_and_slow_agree(records: list[dict[str, Any]], changes: list[tuple[int, str]]) -> None:
    schema = read_json("x", schema=SCHEMA).schema
    assert schema is not None
    text = "\n".join(json.dumps(r) for r in records)
    for at, what in changes:
        text = text[:at] + what + text[at:]
    for block in line_blocks(iter([text.encode("latin-1", "replace")]), "x"):
        asked = fast_schema(schema)
        assert asked is not None
        fast = fast_columns(block, schema, asked)
        arrays, malformed, good, reasons = slow_columns(block, schema)
        assert len(good) + len(reasons) == len(block.start)
        if fast is not None:
            assert not reasons
            assert all(same(a, b) for a, b in zip(fast[0], arrays, strict=True))
            assert fast[1].keys() == malformed.keys()


@settings(max_examples=300, deadline=None)
@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 0, 2]), step=st.integers(1, 60), ascii_only=st.booleans())
def test_arrays_are_cut_where_json_says(values: list[Any], indent: int | None, step: int, ascii_only: bool) -> None:
    text = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    found = []
    for block in array_blocks((text[i : i + step] for i in range(0, len(text), step)), "x"):
        assert not block.reasons
        found += [json.loads(block.text(n).decode("utf-8", "surrogatepass")) for n in range(len(block.start))]
        if block.lines is not None and len(block.start):
            lines = block.lines.decode("utf-8", "surrogatepass").strip("\n").split("\n")
            assert repr([json.loads(line) for line in lines]) == repr(found[-len(lines) :])
    assert repr(found) == repr(values)


def test_lines_with_everything(write: Callable[..., str], read: Any) -> None:
    path = write(
        '\n{"a":1,"b":"x"}\r\n  \n{"b":5}\n[1]\nnonsense\n{"a":"q","b":true}\n{"a":1e2,"b":1.50}\n{"a":9223372036854775808,"a":7}\n{"a":{}}'
    )
    source = read_json(path, schema={"a": "int64", "b": "string"}, on_error="quarantine")
    whole = read(source)
    assert [list(r.values()) for r in whole.rows] == [[1, "x"], [None, "5"], [None, "true"], [None, "1.50"], [7, None], [None, None]]
    assert whole.misfits == [("a", "q"), ("a", "1e2"), ("a", "{}")]
    assert [(b.row, b.line, b.raw) for b in whole.bad] == [(2, 5, b"[1]"), (3, 6, b"nonsense")]
    assert [line for _, _, line in whole.origins] == [2, 4, 7, 8, 9, 10]
    with pytest.raises(ParseError, match="not an object but an array") as caught:
        read(read_json(path, schema={"a": "int64"}))
    assert caught.value.where == f"{path}:5"


def test_array_with_everything(write: Callable[..., str], read: Any) -> None:
    path = write('\n [ {"a":1},\n{"a":"]},{"},\n 5, , {"a"; 2},\n{"a":\n3} ]\n\n')
    whole = read(read_json(path, schema={"a": "int64"}, on_error="quarantine"))
    assert [r["a"] for r in whole.rows] == [1, None, 3]
    assert whole.misfits == [("a", "]},{")]
    assert [(b.row, b.line) for b in whole.bad] == [(2, 4), (3, 4), (4, 4)]
    assert [line for _, _, line in whole.origins] == [2, 3, 5]
    text = Path(path).read_bytes()
    assert [text[o : o + 4] for _, o, _ in whole.origins] == [b'{"a"'] * 3


@pytest.mark.parametrize(
    ("text", "rows", "reason"),
    [
        ("[]", 0, None),
        (" [ \n ] ", 0, None),
        ("", 0, None),
        ('[{"a":1},]', 1, "after the last comma"),
        ('[{"a":1}', 0, "not closed"),
        ('[{"a":1},{"a":2', 1, "not closed"),
        ('[{"a":1}] {"a":2}', 1, "after the end"),
        ("[", 0, "not closed"),
        ('[{"a":1},{"a":"\n"}]', 1, "not JSON"),
        ("[" * 100_000 + "]" * 100_000, 0, "nested too deep"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", 0, "nested too deep"),
    ],
)
def test_edges(text: str, rows: int, reason: str | None, write: Callable[..., str], read: Any) -> None:
    whole = read(read_json(write(text), schema={"a": "decimal(9, 2)"}, on_error="quarantine"))
    assert len(whole.rows) == rows
    assert [reason in b.reason for b in whole.bad] == ([] if reason is None else [True])


def test_numbers(write: Callable[..., str], read: Any) -> None:
    path = write(
        '{"u":18446744073709551615,"f":1e400,"g":0.1,"d":12.345,"t":"2020-01-01T00:00:00"}\n{"u":-1,"f":NaN,"g":-Infinity,"d":"1","t":5}\n'
    )
    schema = {"u": "uint64", "f": "float64", "g": "float32", "d": "decimal(5, 3)", "t": "timestamp"}
    whole = read(read_json(path, schema=schema))
    first, second = whole.rows
    assert (first["u"], first["f"], first["g"], str(first["d"])) == (2**64 - 1, math.inf, float(np.float32(0.1)), "12.345")
    assert math.isnan(second["f"])
    assert second["g"] == -math.inf
    assert whole.misfits == [("u", "-1"), ("t", "5")]
    huge = write('{"u":' + "9" * 10_000 + "}\n")
    assert read(read_json(huge, schema=schema)).misfits[0][1] == "9" * 200


def test_bytes_that_are_not_text(write: Callable[..., str], read: Any) -> None:
    whole = read(read_json(write(b'{"a":"x"}\n{"a":"\xff"}\n{"a":"\\ud800"}\n'), schema={"a": "string"}, on_error="drop"))
    assert [r["a"] for r in whole.rows] == ["x", None]
    assert "cannot be decoded" in whole.bad[0].reason
    assert whole.misfits == [("a", "?")]


def test_compressed_encoded_and_marked(write: Callable[..., str], read: Any) -> None:
    text = '{"a":"é"}\n{"a":"b"}\n'
    for data, name, encoding in (
        (gzip.compress(text.encode()), "x.json.gz", "utf-8"),
        (text.encode("utf-16"), "x.json", "utf-16"),
        (b"\xef\xbb\xbf" + text.encode(), "x.json", "utf-8"),
        (b"\xef\xbb\xbf[" + text.replace("}\n{", "},{").encode() + b"]", "x.json", "utf-8"),
    ):
        assert [r["a"] for r in read(read_json(write(data, name), schema={"a": "string"}, encoding=encoding)).rows] == ["é", "b"]
    with pytest.raises(ParseError, match="UTF-16"):
        read(read_json(write(text.encode("utf-16")), schema={"a": "string"}))


def test_blocks_do_not_change_the_result(write: Callable[..., str], read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write('[{"a":1,"s":"\\\\\\""},\n 3,{"a":2,"s":"[,"}  ,{"a":"x"}]\n ')
    source = read_json(path, schema={"a": "int64", "s": "string"}, on_error="drop")
    expected = read(source)
    for size in (1, 2, 5, 11):
        monkeypatch.setattr(streams, "BLOCK", size)
        again = read(source)
        assert (again.rows, again.bad, again.origins, again.misfits) == (expected.rows, expected.bad, expected.origins, expected.misfits)


def test_projection_and_raw(write: Callable[..., str], read: Any) -> None:
    path = write('{"a":1,"b":2}\n{"a":3}\n')
    source = read_json(path, schema={"a": "int64", "b": "int64"})
    assert read(source, columns=["b"]).rows == [{"b": 2}, {"b": None}]
    assert read(source, columns=[]).rows == [{}, {}]
    assert read(read_json(path)).rows == [{"json": '{"a":1,"b":2}'}, {"json": '{"a":3}'}]


@pytest.mark.parametrize("array", [False, True])
def test_odd_records_among_many(array: bool, write: Callable[..., str], read: Any) -> None:
    records = [json.dumps({"a": i, "s": f"x{i}"}) for i in range(5000)]
    for at, text in ((0, "5"), (700, '{"a":"q"}'), (701, "{"), (4999, '{"a":1.5}')):
        records[at] = text if not (array and text == "{") else "{:}"
    path = write("[" + ",\n".join(records) + "]" if array else "\n".join(records))
    whole = read(read_json(path, schema={"a": "int64", "s": "string"}, on_error="quarantine"))
    assert [b.row for b in whole.bad] == [0, 701]
    assert [b.line for b in whole.bad] == [1, 702]
    assert whole.misfits == [("a", "q"), ("a", "1.5")]
    expected = [{"a": i, "s": f"x{i}"} for i in range(5000) if i not in (0, 700, 701, 4999)]
    assert [r for r in whole.rows if r["a"] is not None] == expected
    assert [line for _, _, line in whole.origins] == [i + 1 for i in range(5000) if i not in (0, 701)]


def test_array_that_is_none(write: Callable[..., str], read: Any) -> None:
    with pytest.raises(ParseError, match="does not start with"):
        read(read_json(write('{"a":1}'), format="array", schema={"a": "int64"}))


@pytest.mark.parametrize(
    "arguments", [{"format": "xml"}, {"encoding": "x"}, {"compression": "zip"}, {"on_error": ""}, {"schema": {"a": "binary"}}]
)
def test_arguments(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        read_json("x", **arguments)


def test_fast_schema_refuses_other_meanings() -> None:
    assert fast_schema(pa.schema([("a", pa.decimal128(5, 2))])) is None
    assert fast_schema(pa.schema([("a", pa.list_(pa.date32()))])) is None
    assert json_batches.fast_schema(pa.schema([("a", pa.date32())])) == pa.schema([("a", pa.string())])
