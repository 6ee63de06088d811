"""Pins that are remembered: never for a file that has changed, however cleverly."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep.io import known
from featureprep.io.listing import pin


class States:
    """A dict, with a count of what was found in it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.found = 0

    def get(self, key: str) -> memoryview | None:
        data = self.kept.get(key)
        self.found += data is not None
        return None if data is None else memoryview(data)

    def put(self, key: str, data: bytes) -> bool:
        self.kept[key] = data
        return True


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_SETTLED", -1)


def write(path: Path, value: int) -> None:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"a": [value, 2, 3]}), path)
    elif path.suffix == ".csv":
        path.write_text(f'a,b\n{value},"x\ny"\n')
    else:
        path.write_text(f'{{"a": {value}}}\n')


READERS: dict[str, Any] = {".csv": fp.read_csv, ".json": fp.read_json, ".parquet": fp.read_parquet}


@pytest.mark.parametrize("suffix", READERS)
def test_an_untouched_file_is_not_looked_through_again(suffix: str, tmp_path: Path) -> None:
    path, states = tmp_path / f"x{suffix}", States()
    write(path, 1)
    source = READERS[suffix](str(path))
    first = pin(source, None, states)
    assert first == pin(source)
    assert pin(source, None, states) == first
    assert states.found == 1


@pytest.mark.parametrize("suffix", READERS)
def test_a_change_that_hides_itself_is_seen(suffix: str, tmp_path: Path) -> None:
    path, states = tmp_path / f"x{suffix}", States()
    write(path, 1)
    before = path.stat()
    source = READERS[suffix](str(path))
    (first,) = pin(source, None, states)
    time.sleep(0.02)  # the clock of the file system moves on
    other = tmp_path / f"other{suffix}"
    write(other, 7)
    path.write_bytes(other.read_bytes())  # the same file, of the same size
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    (second,) = pin(source, None, states)
    assert states.found == 0
    assert second.version != first.version
    assert second == pin(source)[0]


def test_other_options_are_another_look(tmp_path: Path) -> None:
    path, states = tmp_path / "x.csv", States()
    path.write_text("a;b\n1;2\n")
    commas, semicolons = (pin(fp.read_csv(str(path), separator=by), None, states) for by in ",;")
    assert states.found == 0
    assert commas != semicolons


def test_what_was_changed_a_moment_ago_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_SETTLED", 3_600_000_000_000)
    path, states = tmp_path / "x.csv", States()
    write(path, 1)
    pin(fp.read_csv(str(path)), None, states)
    assert not states.kept


def test_what_cannot_be_read_back_is_looked_for_again(tmp_path: Path) -> None:
    path, states = tmp_path / "x.csv", States()
    write(path, 1)
    source = fp.read_csv(str(path))
    (first,) = pin(source, None, states)
    states.kept = dict.fromkeys(states.kept, b'{"url": 1}')
    assert pin(source, None, states) == [first]
    states.kept = dict.fromkeys(states.kept, b"{")
    assert pin(source, None, states) == [first]


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(fp.errors.WorldError, match="no file matches"):
        pin(fp.read_csv(str(tmp_path / "none.csv")), None, States())
