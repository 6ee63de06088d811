"""Mapped files whose pages are let go: what they hold stays, the memory goes, and other memory is left alone."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from featureprep.mapped import let_go, map_file

SIZE = 1 << 20


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("mapped") / "file"
    data = np.random.default_rng(0).bytes(SIZE + 5)
    path.write_bytes(data)
    return path, data


def same(found: Any, data: bytes) -> bool:
    """Whether the bytes are equal; pytest would work for minutes on how long ones differ."""
    return hashlib.sha256(found).digest() == hashlib.sha256(data).digest()


def mapped_kb(path: Path) -> int:
    """Of this process's memory what is of that file."""
    maps = Path("/proc/self/smaps").read_text(encoding="utf-8")
    found = re.findall(rf"{re.escape(str(path))}\n(?:\w+: .*\n)*?Rss: +(\d+) kB", maps)
    return sum(map(int, found))


@given(a=st.integers(0, SIZE), b=st.integers(0, SIZE), dtype=st.sampled_from(["u1", "<u2", "<f8"]))
def test_what_is_let_go_is_read_again(written: tuple[Path, bytes], a: int, b: int, dtype: str) -> None:
    path, data = written
    low, high = min(a, b) // 8 * 8, max(a, b) // 8 * 8
    whole = map_file(str(path))
    let_go(whole[low:high])
    assert same(whole, data)
    array = np.frombuffer(whole[low:high], dtype)
    let_go(array)
    assert same(array, data[low:high])
    del whole  # the array keeps the file mapped
    let_go(array)
    assert same(array, data[low:high])


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="what is mapped is read from /proc")
@pytest.mark.parametrize("as_array", [False, True])
def test_the_memory_goes(written: tuple[Path, bytes], as_array: bool) -> None:
    path, data = written
    whole = map_file(str(path))
    assert same(whole, data)
    assert mapped_kb(path) * 1024 >= SIZE
    let_go(np.frombuffer(whole, "u1") if as_array else whole)
    assert mapped_kb(path) * 1024 < SIZE // 100


def test_other_memory_is_left_as_it_is(written: tuple[Path, bytes]) -> None:
    _, data = written
    in_arrow = pa.py_buffer(bytearray(data))
    computed = np.arange(SIZE, dtype=np.int64)
    kept = computed.copy()
    let_go(memoryview(data))
    let_go(memoryview(in_arrow))
    let_go(np.frombuffer(memoryview(in_arrow), "u1"))
    let_go(computed)
    let_go(computed[5000:])
    assert same(in_arrow, data)
    assert (computed == kept).all()


def test_nothing_to_let_go(written: tuple[Path, bytes]) -> None:
    path, data = written
    whole = map_file(str(path))
    let_go(whole[7:7])
    let_go(whole[:1])
    assert same(whole, data)
