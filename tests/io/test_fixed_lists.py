"""Lists of a fixed size in Parquet, nulls among them: as they were written, on every version of pyarrow."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.errors import FeatureprepError, ParseError
from featureprep.fixed_lists import fixed_again, footer_without_arrow, has_fixed_lists
from featureprep.io.api import read_parquet

PAIR = pa.list_(pa.int16(), 2)
SCHEMA = pa.schema(
    [
        ("pair", PAIR),
        ("deep", pa.struct([("x", pa.list_(PAIR))])),
        ("words", pa.list_(pa.string(), 1)),
        ("at", pa.timestamp("ms", "Europe/Berlin")),
        ("coded", pa.dictionary(pa.int32(), pa.string())),
        ("ARROW:schema", pa.int8()),
    ]
)
PAIRS = st.none() | st.lists(st.none() | st.integers(-5, 5), min_size=2, max_size=2)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "pair": PAIRS,
            "deep": st.none() | st.fixed_dictionaries({"x": st.none() | st.lists(PAIRS, max_size=3)}),
            "words": st.none() | st.lists(st.none() | st.text(max_size=2), min_size=1, max_size=1),
            "at": st.none() | st.integers(0, 10**12).map(lambda ms: dt.datetime.fromtimestamp(ms // 1000, dt.UTC)),
            "coded": st.sampled_from([None, "a", "b"]),
            "ARROW:schema": st.none() | st.integers(0, 3),
        }
    ),
    max_size=8,
)


def written(table: pa.Table, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    file.seek(0)
    return file


@given(ROWS)
def test_they_come_back_as_they_were(rows: list[dict[str, Any]]) -> None:
    table = pa.Table.from_pylist(rows, SCHEMA)
    file = written(table)
    with pq.ParquetFile(file, metadata=footer_without_arrow(file)) as parquet:
        found = fixed_again(parquet.read(), table.schema)
    found.validate(full=True)
    assert found.schema.names == SCHEMA.names
    assert found.schema.field("pair").type == PAIR
    assert found.schema.field("at").type == pa.timestamp("ms", "Europe/Berlin")
    assert found.to_pylist() == table.to_pylist()


@pytest.mark.parametrize("schema", [None, {"pair": "fixed_size_list<int16>[2]", "deep": "struct<x: list<fixed_size_list<int16>[2]>>"}])
def test_a_source(schema: Any, tmp_path: Path, read: Any) -> None:
    rows = [{"pair": [i, None] if i % 3 else None, "deep": {"x": [None, [i, i]]} if i % 2 else None, "coded": "a", "at": dt.datetime(2024, 1, 1, i % 24)} for i in range(50)]  # fmt: skip
    table = pa.Table.from_pylist(rows, SCHEMA)
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=7)
    source = read_parquet(str(tmp_path / "a.parquet"), schema=schema)
    wanted = table.select(list(schema)) if schema else table
    assert read(source, target=1).rows == wanted.to_pylist()
    assert read(read_parquet(str(tmp_path / "a.parquet"), columns=["pair"])).rows == table.select(["pair"]).to_pylist()


def test_a_file_that_lies_of_the_size(tmp_path: Path, read: Any) -> None:
    said = pq.ParquetFile(written(pa.table({"v": pa.array([[1, 2]], PAIR)}))).metadata.metadata[b"ARROW:schema"]
    lists = pa.table({"v": pa.array([[1], [1, 2, 3]], pa.list_(pa.int16()))})
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, lists.schema, store_schema=False) as writer:
        writer.write_table(lists)
        writer.add_key_value_metadata({"ARROW:schema": said})
    (tmp_path / "a.parquet").write_bytes(sink.getvalue())
    with pytest.raises(ParseError, match=r"a\.parquet"):
        read(read_parquet(str(tmp_path / "a.parquet")))


def test_files_cut_short_or_of_another_kind(tmp_path: Path, read: Any) -> None:
    good = written(pa.table({"v": pa.array([[1, 2], None], PAIR)})).getvalue()
    for bad in (b"", b"PAR1", good[:-3], good[-20:], good[:-8] + b"\xff\xff\xff\x7fPAR1"):
        assert footer_without_arrow(io.BytesIO(bad)) is None
        (tmp_path / "a.parquet").write_bytes(bad)
        with pytest.raises(FeatureprepError):
            read(read_parquet(str(tmp_path / "a.parquet")))


def test_which_types_have_them() -> None:
    assert [name for name in SCHEMA.names if has_fixed_lists(SCHEMA.field(name).type)] == ["pair", "deep", "words"]
    assert not has_fixed_lists(pa.map_(pa.string(), pa.int8()))
    assert has_fixed_lists(pa.map_(pa.string(), PAIR))
