"""Parquet: rows against pyarrow's own reader, fragments, dictionaries, agreement of files, damaged and hostile files."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.errors import ColumnNotFoundError, FeatureprepError, ParseError, TypeMismatchError
from featureprep.io.api import read_parquet
from featureprep.io.fragments import plan
from featureprep.io.listing import pin
from featureprep.io.reader import locate, read_fragment
from featureprep.io.schema import resolve_schema
from featureprep.threads import lent


@pytest.fixture
def table() -> pa.Table:
    n = 10_000
    return pa.table(
        {
            "i": pa.array(range(n), pa.int32()),
            "s": pa.array([f"k{i % 7}" for i in range(n)]),
            "long": pa.array([f"value {i}" * 20 for i in range(n)]),
            "a.b": pa.array([None if i % 3 else i / 7 for i in range(n)]),
            "d": pa.array([Decimal(i) / 100 for i in range(n)], pa.decimal128(9, 2)),
            "t": pa.array([dt.datetime(2020, 1, 1) + dt.timedelta(seconds=i) for i in range(n)], pa.timestamp("ms")),
            "l": pa.array([[i, None] for i in range(n)], pa.large_list(pa.int8() if n < 100 else pa.int64())),
            "x": pa.array([{"p": i, "q": "z"} for i in range(n)]),
        }
    )


@pytest.fixture(params=[0, 1], ids=["no thread lent", "a thread lent"])
def lending(request: pytest.FixtureRequest) -> Iterator[None]:
    """With and without a thread that has nothing to do: with one, Arrow decodes columns side by side."""
    lent.add(request.param)
    yield
    lent.add(-request.param)


@pytest.mark.usefixtures("lending")
def test_rows_and_types(table: pa.Table, tmp_path: Path, read: Any) -> None:
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=1500)
    source = read_parquet("x.parquet")
    for target in (1, 50_000, 1 << 30):
        whole = read(source, str(tmp_path), target=target)
        assert whole.rows == table.to_pylist()
    assert read(source, str(tmp_path), target=1).fragments == 7
    schema = resolve_schema(source, pin(source, str(tmp_path)))
    assert schema is not None
    assert schema.field("t").type == pa.timestamp("us")
    assert schema.field("l").type == pa.list_(pa.int64())
    assert read(source, str(tmp_path), columns=["a.b", "i"]).rows == table.select(["i", "a.b"]).to_pylist()
    assert len(read(source, str(tmp_path), columns=[]).rows) == 10_000


def test_strings_come_as_dictionaries_where_the_file_has_them(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "x.parquet", use_dictionary=["s", "long"], dictionary_pagesize_limit=10_000)
    source = read_parquet(str(tmp_path / "x.parquet"))
    files = pin(source, None)
    (fragment,) = plan(source, "x", files, 1 << 30)
    batch = next(read_fragment(source, fragment, resolve_schema(source, files)))
    assert batch.batch.schema.field("s").type == pa.dictionary(pa.int32(), pa.string())
    assert batch.batch.schema.field("long").type == pa.string()
    many = pa.array([f"{i % 3000:05d}" for i in range(30_000)])
    unique = pa.array([f"{i:07d}" * 10 for i in range(30_000)])
    pq.write_table(pa.table({"many": many, "unique": unique}), tmp_path / "y.parquet")
    source = read_parquet(str(tmp_path / "y.parquet"))
    assert pin(source, None)[0].facts["dictionaries"] == ["many"]


def test_origins_count_rows_of_the_file(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=1500)
    source = read_parquet(str(tmp_path / "x.parquet"))
    pieces = plan(source, "x", pin(source, None), 1)
    assert str(locate(source, pieces[2], [5])[0]) == f"{tmp_path}/x.parquet row 3005"


def test_nanoseconds(tmp_path: Path, read: Any) -> None:
    pq.write_table(pa.table({"t": pa.array([1_000, 2_000], pa.timestamp("ns"))}), tmp_path / "fine.parquet")
    pq.write_table(pa.table({"t": pa.array([1_000, 2_001], pa.timestamp("ns"))}), tmp_path / "finer.parquet")
    assert read(read_parquet(str(tmp_path / "fine.parquet"))).rows[0] == {"t": dt.datetime(1970, 1, 1, 0, 0, 0, 1)}
    with pytest.raises(TypeMismatchError, match="fit microseconds") as caught:
        read(read_parquet(str(tmp_path / "finer.parquet")))
    assert "int64" in str(caught.value.hint)
    assert read(read_parquet(str(tmp_path / "finer.parquet"), schema={"t": "int64"})).rows == [{"t": 1_000}, {"t": 2_001}]


def test_files_must_agree(tmp_path: Path, read: Any) -> None:
    pq.write_table(pa.table({"a": pa.array([1], pa.int32()), "b": pa.nulls(1)}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"b": ["x"], "a": pa.array([2], pa.int32())}), tmp_path / "2.parquet")
    source = read_parquet("*.parquet")
    assert read(source, str(tmp_path)).rows == [{"a": 1, "b": None}, {"a": 2, "b": "x"}]
    pq.write_table(pa.table({"a": pa.array([300], pa.int64()), "b": ["y"]}), tmp_path / "3.parquet")
    with pytest.raises(TypeMismatchError, match=r"'a' is int32 in .*1\.parquet and int64 in .*3\.parquet"):
        read(source, str(tmp_path))
    whole = read(read_parquet("*.parquet", schema={"a": "int8"}), str(tmp_path))
    assert whole.rows == [{"a": 1}, {"a": 2}, {"a": None}]
    assert whole.misfits == [("a", "300")]
    pq.write_table(pa.table({"a": pa.array([1], pa.int32())}), tmp_path / "3.parquet")
    with pytest.raises(TypeMismatchError, match=r"has the column 'b', .*3\.parquet does not"):
        read(source, str(tmp_path))
    with pytest.raises(ColumnNotFoundError):
        read(read_parquet("*.parquet", schema={"c": "int8"}), str(tmp_path))


def test_unsupported_column_is_named_and_can_be_left_out(tmp_path: Path, read: Any) -> None:
    pq.write_table(pa.table({"a": [1], "m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))}), tmp_path / "x.parquet")
    path = str(tmp_path / "x.parquet")
    with pytest.raises(TypeMismatchError, match="column 'm'.*not supported"):
        read(read_parquet(path))
    assert read(read_parquet(path, columns=["a"])).rows == [{"a": 1}]
    with pytest.raises(ColumnNotFoundError, match="'z'"):
        read(read_parquet(path, columns=["z"]))


@pytest.mark.usefixtures("lending")
def test_damaged_files(table: pa.Table, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(table.slice(0, 500), path, write_page_checksum=True)
    good = path.read_bytes()
    rng = np.random.default_rng(7)
    refused = 0
    for _ in range(150):
        data = bytearray(good)
        for at in rng.integers(0, len(good), 3):
            data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(data))
        try:
            read(read_parquet(str(path)))
        except FeatureprepError as error:
            refused += 1
            assert str(path) in str(error)
    assert refused > 100
    for cut in (0, 3, 4, 100, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:cut])
        with pytest.raises(ParseError, match="cannot be read"):
            read(read_parquet(str(path)))


def test_text_that_is_not_utf8(tmp_path: Path, read: Any) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe")])
    pq.write_table(pa.table({"s": bad}), tmp_path / "x.parquet", use_dictionary=False)
    with pytest.raises(ParseError, match="UTF"):
        read(read_parquet(str(tmp_path / "x.parquet")))


def test_no_rows(tmp_path: Path, read: Any) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "x.parquet")
    assert read(read_parquet(str(tmp_path / "x.parquet"))).rows == []


def test_keys_speak_of_content(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": range(100)}), tmp_path / "x.parquet", row_group_size=10)
    shutil.copy(tmp_path / "x.parquet", tmp_path / "y.parquet")

    def keys(name: str) -> list[str]:
        source = read_parquet(str(tmp_path / name))
        return [f.key for f in plan(source, name, pin(source, None), 1)]

    assert keys("x.parquet") == keys("y.parquet")
    assert len(set(keys("x.parquet"))) == 10


def _count(path: str) -> int:
    source = read_parquet(path)
    files = pin(source, None)
    schema = resolve_schema(source, files)
    pieces = plan(source, "x", files, 1 << 22)
    return sum(batch.batch.num_rows for piece in pieces for batch in read_fragment(source, piece, schema))


def test_public_test_files(data_dir: Path) -> None:
    files = sorted(p for p in (data_dir / "parquet-testing").rglob("*.parquet*") if p.suffix in (".parquet", ".encrypted"))
    assert len(files) > 100
    results: dict[str, int | str] = {}
    for path in files:
        try:
            results[path.name] = _count(str(path))
        except FeatureprepError as error:
            assert str(path) in str(error)
            results[path.name] = type(error).__name__
    counts = [r for r in results.values() if isinstance(r, int)]
    assert len(counts) >= 60
    assert results["alltypes_plain.parquet"] == 8
    assert results["datapage_v1-corrupt-checksum.parquet"] == "ParseError"
    assert results["rle-dict-uncompressed-corrupt-checksum.parquet"] == "ParseError"
    assert results["encrypt_columns_and_footer.parquet.encrypted"] == "ParseError"
    assert results["nested_maps.snappy.parquet"] == "UnsupportedTypeError"


def test_real_file_against_pyarrow(data_dir: Path, read: Any) -> None:
    path = data_dir / "adult-census" / "adults.parquet"
    assert read(read_parquet(str(path))).rows == pq.read_table(path).to_pylist()
