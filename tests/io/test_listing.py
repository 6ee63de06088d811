"""Listings: globs, folders, partitions, pins that notice change."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from featureprep.errors import RequestError, SourceChangedError, WorldError
from featureprep.io.api import read_csv, read_parquet
from featureprep.io.fragments import plan
from featureprep.io.listing import pin, verify
from featureprep.io.reader import read_fragment
from featureprep.io.schema import column_names, resolve_schema


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "sub/c.csv", "sub/_hidden.csv", "sub/.d.csv", "e[1].csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"x\n{name}\n")
    return tmp_path


def names(source: Any, base: Path) -> list[str]:
    return [str(Path(f.url).relative_to(base)) for f in pin(source, str(base))]


def test_patterns(files: Path) -> None:
    assert names(read_csv("[ab].csv"), files) == ["a.csv", "b.csv"]
    assert names(read_csv(["b.csv", "a.csv"]), files) == ["a.csv", "b.csv"]
    assert names(read_csv("**/c.csv"), files) == ["sub/c.csv"]
    assert names(read_csv("sub"), files) == ["sub/c.csv"]
    assert names(read_csv("e[1].csv"), files) == ["e[1].csv"]
    assert names(read_csv(str(files / "a.csv")), files) == ["a.csv"]
    assert names(read_csv(f"file://{files}/a.csv"), files) == ["a.csv"]
    assert names(read_csv(files / "a.csv"), files) == ["a.csv"]


def test_nothing_found(files: Path) -> None:
    for pattern in ("z*.csv", "z.csv", "none/"):
        with pytest.raises(WorldError) as caught:
            pin(read_csv(pattern), str(files))
        assert repr(pattern) in str(caught.value)
        assert caught.value.exit_code == 3


def test_folders_without_data(tmp_path: Path) -> None:
    (tmp_path / "empty" / "deep").mkdir(parents=True)
    with pytest.raises(WorldError, match="the folder 'empty' has no file"):
        pin(read_csv("empty"), str(tmp_path))
    (tmp_path / "empty" / "_x.csv").write_text("a\n1\n")
    with pytest.raises(WorldError, match="only files that are hidden, such as '_x.csv'"):
        pin(read_csv("empty"), str(tmp_path))
    with pytest.raises(WorldError, match=r"no file matches 'empty/\*\*/\*.json'"):
        pin(read_csv("empty/**/*.json"), str(tmp_path))


def test_twice(files: Path) -> None:
    with pytest.raises(RequestError, match="named twice"):
        pin(read_csv(["*.csv", "a.csv"]), str(files))


def test_unknown_protocol(files: Path) -> None:
    with pytest.raises(RequestError, match="nosuch"):
        pin(read_csv("nosuch://bucket/x.csv"), None)


def test_unreadable(files: Path, read: Any) -> None:
    if os.geteuid() == 0:
        (files / "a.csv").unlink()
        (files / "a.csv").symlink_to(files / "a.csv")
    else:
        (files / "a.csv").chmod(0)
    with pytest.raises(WorldError):
        pin(read_csv("a.csv"), str(files))


def test_memory_file_system(read: Any) -> None:
    fs = fsspec.filesystem("memory")
    for day in (1, 2):
        with fs.open(f"/bucket/day={day}/x.csv", "wb") as file:
            file.write(b"a\n%d\n" % day)
    whole = read(read_csv("memory://bucket/*/x.csv", schema={"a": "int64", "day": "int64"}, hive_partitioning=True))
    assert whole.rows == [{"a": 1, "day": 1}, {"a": 2, "day": 2}]
    assert whole.origins[0][0] == "memory:///bucket/day=1/x.csv"
    fs.rm("/bucket", recursive=True)


def test_partitions(tmp_path: Path, read: Any) -> None:
    for number, folder in enumerate(
        ("d=2024-01-31/n=1/s=a%2Fb", "d=2024-02-01/n=-2/s=__HIVE_DEFAULT_PARTITION__", "d=2024-02-01/n=10/s=07")
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.csv").write_text(f"v\n{number}\n")
    source = read_csv(".", hive_partitioning=True)
    files = pin(source, str(tmp_path))
    assert column_names(source, files) == ["v", "d", "n", "s"]
    assert resolve_schema(source, files) is None
    raw = read(source, str(tmp_path))
    assert raw.rows[0] == {"v": "0", "d": "2024-01-31", "n": "1", "s": "a/b"}
    typed = read_csv(".", hive_partitioning=True, schema={"s": "string", "d": "date", "v": "int64", "n": "int8"})
    whole = read(typed, str(tmp_path))
    assert list(whole.rows[0]) == ["s", "d", "v", "n"]
    assert {"s": None, "d": dt.date(2024, 2, 1), "v": 1, "n": -2} in whole.rows
    assert read(typed, str(tmp_path), columns=["n"]).rows[0] == {"n": 1}
    misfit = read(read_csv(".", hive_partitioning=True, schema={"v": "int64", "s": "int64"}), str(tmp_path))
    assert misfit.misfits == [("s", "a/b")]
    keys = [f.key for f in plan(source, "x", files, 1)]
    assert len(set(keys)) == 3


def test_partition_clash_and_disagreement(tmp_path: Path) -> None:
    (tmp_path / "v=1").mkdir()
    (tmp_path / "v=1" / "x.csv").write_text("v\n1\n")
    source = read_csv(".", hive_partitioning=True)
    with pytest.raises(RequestError, match="both in the file and in its folder"):
        column_names(source, pin(source, str(tmp_path)))
    (tmp_path / "y.csv").write_text("v\n1\n")
    with pytest.raises(RequestError, match=r"name the partitions v, .*none"):
        pin(source, str(tmp_path))


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "1\n" * 100)
    source = read_csv("x.csv")
    (file,) = pin(source, str(tmp_path))
    verify(source, file)
    (fragment,) = plan(source, "x", [file], 1 << 20)
    stamp = path.stat()
    path.write_text("a\n" + "2\n" * 100)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))
    with pytest.raises(SourceChangedError, match="written again"):
        list(read_fragment(source, fragment))
    path.write_text("a\n1\n")
    with pytest.raises(SourceChangedError, match="202 bytes and now has 4"):
        verify(source, file)
    path.unlink()
    with pytest.raises(SourceChangedError, match="gone"):
        verify(source, file)


def test_a_change_while_reading_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n1\n")
    source = read_csv("x.csv")
    (fragment,) = plan(source, "x", pin(source, str(tmp_path)), 1 << 20)
    batches = read_fragment(source, fragment)
    next(batches)
    path.write_text("a\n1\n2\n")
    with pytest.raises(SourceChangedError):
        list(batches)


def test_same_content_same_version(files: Path) -> None:
    (files / "b.csv").write_text("x\na.csv\n")
    a, b = pin(read_csv("[ab].csv"), str(files))
    assert a.version == b.version
    assert a.version.startswith("sha256:")


def test_versions_that_nobody_asks_for_are_not_looked_for(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": list(range(100))}), tmp_path / "a.parquet", row_group_size=10)
    (tmp_path / "a.csv").write_text("x\n1\n")
    table, text = read_parquet(str(tmp_path / "a.parquet")), read_csv(str(tmp_path / "a.csv"))
    (known,), (wanted,) = pin(table, versions=False), pin(table)
    assert (known.version, wanted.version.partition(":")[0]) == ("", "sha256")
    assert replace(known, version=wanted.version) == wanted
    bounds = [[(piece.start, piece.stop) for piece in plan(table, "a", [file], 100)] for file in (known, wanted)]
    assert bounds[0] == bounds[1] != [(0, 10)]
    assert pin(text, versions=False) == pin(text)  # read anyway, to be cut
    (tmp_path / "a.parquet").write_bytes(b"another")
    with pytest.raises(SourceChangedError):
        verify(table, known)
