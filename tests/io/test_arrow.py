"""Arrow IPC files, streams and Feather; damaged ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from featureprep.errors import FeatureprepError, ParseError
from featureprep.io.api import read_arrow


@pytest.fixture
def table() -> pa.Table:
    n = 70_000
    strings = pa.array([f"s{i % 5}" for i in range(n)])
    return pa.table({"i": range(n), "s": strings, "d": strings.dictionary_encode(), "v": strings.cast(pa.string_view())})


def test_files_streams_and_feather(table: pa.Table, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "x.arrow"
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=9_000)
    for target in (1, 300_000, 1 << 30):
        whole = read(read_arrow(str(path)), target=target)
        assert whole.rows == table.to_pylist()
    assert read(read_arrow(str(path)), target=1).fragments == 8
    with pa.ipc.new_stream(tmp_path / "x.arrows", table.schema) as writer:
        writer.write_table(table, max_chunksize=69_000)
    assert read(read_arrow(str(tmp_path / "x.arrows")), target=1).rows == table.to_pylist()
    for codec in ("lz4", "zstd", "uncompressed"):
        pa.feather.write_feather(table, tmp_path / "x.feather", compression=codec)
        assert read(read_arrow(str(tmp_path / "x.feather")), columns=["s", "i"]).rows == table.select(["i", "s"]).to_pylist()


def test_feather_1_is_named(tmp_path: Path, read: Any) -> None:
    (tmp_path / "x.feather").write_bytes(b"FEA1" + b"\0" * 50)
    with pytest.raises(ParseError, match="Feather version 1"):
        read(read_arrow(str(tmp_path / "x.feather")))


def test_damaged_files(table: pa.Table, tmp_path: Path, read: Any) -> None:
    path = tmp_path / "x.arrow"
    rng = np.random.default_rng(5)
    for new in (pa.ipc.new_file, pa.ipc.new_stream):
        with new(path, table.schema) as writer:
            writer.write_table(table.slice(0, 300))
        good = path.read_bytes()
        for cut in (0, 5, 8, len(good) // 2):
            path.write_bytes(good[:cut])
            with pytest.raises(FeatureprepError) as caught:
                read(read_arrow(str(path)))
            assert str(path) in str(caught.value)
        for _ in range(150):
            data = bytearray(good)
            for at in rng.integers(0, len(good), 3):
                data[at] ^= 1 << int(rng.integers(8))
            path.write_bytes(bytes(data))
            try:
                read(read_arrow(str(path)))
            except FeatureprepError as error:
                assert str(path) in str(error)


def test_no_rows(tmp_path: Path, read: Any) -> None:
    with pa.ipc.new_file(tmp_path / "x.arrow", pa.schema([("a", pa.int8())])):
        pass
    assert read(read_arrow(str(tmp_path / "x.arrow"))).rows == []
