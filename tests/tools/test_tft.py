"""Where TensorFlow Transform is looked for, and what is said where it cannot be had. Nothing is installed here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import tft


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def fake(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A virtualenv whose Python is a shell script."""

    def create(folder: Path, *, clear: bool, with_pip: bool) -> None:
        (folder / "bin").mkdir(parents=True, exist_ok=not clear or not folder.exists())
        (folder / "bin" / "python").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "bin" / "python").chmod(0o755)

    monkeypatch.setattr("tools.tft.venv.create", create)


def test_it_is_not_installed_unasked(cache: Path) -> None:
    with pytest.raises(tft.UnavailableError, match="python -m tools.tft"):
        tft.python(install=False)
    assert list(cache.iterdir()) == []


def test_pip_is_asked_for_its_version_once(cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake(monkeypatch, f'echo "$@" >> {cache}/said')
    assert tft.main() == 0
    found = Path(capsys.readouterr().out.strip())
    assert cache in found.parents
    assert f"tensorflow-transform=={tft.VERSION}" in (cache / "said").read_text()
    (cache / "said").unlink()
    assert tft.python() == tft.python(install=False) == found
    assert not (cache / "said").exists()


def test_what_pip_refuses_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake(monkeypatch, "echo 'ERROR: No matching distribution found' >&2; exit 1")
    assert tft.main() == 3
    said = capsys.readouterr().err
    assert "No matching distribution found" in said
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in said
    with pytest.raises(tft.UnavailableError, match="is not installed"):
        tft.python(install=False)
