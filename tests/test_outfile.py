"""Files for the user: written whole, or an error that says why not."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from featureprep.errors import WorldError
from featureprep.jobs.result import Report
from featureprep.outfile import write_file


def test_text_and_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    write_file(str(tmp_path / "a"), "é\r\n\n")
    write_file(str(tmp_path / "b"), b"\x00")
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == ("é\r\n\n".encode(), b"\x00")


def test_a_folder_that_is_not_there_and_one_in_place_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="folder of the output does not exist") as missing:
        Report({}).save(str(tmp_path / "no/such/page.html"))
    assert missing.value.hint == f"mkdir -p {tmp_path / 'no/such'}"
    with pytest.raises(WorldError, match="cannot be written: Is a directory"):
        write_file(str(tmp_path), "x")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """A process that can write no file beyond so many bytes, as one on a full disk cannot."""
    before, compiled = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # half a compiled module would break later imports
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = compiled


def test_a_disk_that_refuses_leaves_nothing_and_harms_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("before")
    for name in ("new", "old"):
        with largest_file(1000), pytest.raises(WorldError, match="cannot be written: File too large") as refused:
            write_file(str(tmp_path / name), "x" * 5000)
        assert refused.value.hint is not None
        assert "ulimit" in refused.value.hint
        assert "resume" not in refused.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_text() == "before"
    write_file(str(tmp_path / "new"), "x" * 5000)


def test_a_file_that_is_replaced_keeps_its_rights_and_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "old").touch(mode=0o600)
    (tmp_path / "link").symlink_to(tmp_path / "old")
    write_file(str(tmp_path / "link"), "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "old").read_text() == "after"
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o600
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(str(tmp_path / "pipe"), "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_a_pipe_by_a_link_to_it() -> None:
    read, write = os.pipe()
    write_file(f"/dev/fd/{write}", "told")
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "told"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs /proc")
def test_a_folder_in_which_nothing_can_be_made() -> None:
    with pytest.raises(WorldError) as told:
        write_file("/proc/none.txt", "x")
    assert "folder of the output does not exist" not in str(told.value)
