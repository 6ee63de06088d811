"""Every message of the files beside this one, as it is said now: read the .txt files as a text; FEATUREPREP_MESSAGES=write writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.messages.saying import Doing

FILES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_messages(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FEATUREPREP_STORE", raising=False)
    text = file.read_text(encoding="utf-8")
    said = Doing(tmp_path).again(text)
    if os.environ.get("FEATUREPREP_MESSAGES") == "write":
        file.write_text(said, encoding="utf-8")
    assert said == text, "a message has changed: FEATUREPREP_MESSAGES=write writes the files anew, then read the difference"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_every_message_is(file: Path) -> None:
    """Nothing that is done wrong here goes unnoticed, ends in Python's own words, or is said at too great a length."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        assert "nothing wrong" not in block
        assert "PYTHON'S OWN" not in block
        assert "internal error" not in block
        assert len(block) < 3000
