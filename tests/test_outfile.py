"""Files for the user: written whole, or an error that says why not."""

from __future__ import annotations

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
