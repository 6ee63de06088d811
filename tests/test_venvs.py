"""Virtualenvs for tools with pins of their own. Nothing is installed here: the Python that makes them is a shell script."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from featureprep.errors import WorldError
from featureprep.venvs import Venv
from tools import tft

RUNNING = ".".join(map(str, sys.version_info[:2]))
TOOL = Venv("tool", ("tool==1.0",), constraints="other==2.0\n")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def fake(folder: Path, monkeypatch: pytest.MonkeyPatch, pip: str) -> Path:
    """A Python that makes virtualenvs whose own Python notes what it is asked, and does `pip`."""
    inner = folder / "inner"
    inner.write_text(f'#!/bin/sh\necho "$@" >> {folder}/said\n{pip}\n')
    inner.chmod(0o755)
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nmkdir -p "$4/bin" && cp {inner} "$4/bin/python"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return folder / "said"


def test_it_is_installed_once_with_its_constraints(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = fake(cache, monkeypatch, "true")
    assert TOOL.python() is None
    found = TOOL.install()
    assert found == TOOL.python()
    assert cache in found.parents
    last = said.read_text().splitlines()[-1].split()
    assert last[-1] == "tool==1.0"
    assert Path(last[last.index("--constraint") + 1]).read_text() == "other==2.0\n"
    said.unlink()
    assert TOOL.install() == found
    assert not said.exists()


def test_another_version_is_another_one(cache: Path) -> None:
    folders = {TOOL.folder(), Venv("tool", ("tool==1.1",)).folder(), Venv("tool", ("tool==1.0",)).folder()}
    assert len(folders) == 3


def test_what_pip_refuses_is_told_and_tried_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = fake(cache, monkeypatch, "echo 'ERROR: No matching distribution found' >&2; exit 1")
    for _ in range(2):
        with pytest.raises(WorldError, match="tool cannot be installed: ERROR: No matching distribution found"):
            TOOL.install()
        assert TOOL.python() is None
    assert len(said.read_text().splitlines()) == 2


def test_a_python_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WorldError, match=f"needs Python 2.5 or 2.4; this is {RUNNING}, and no other is on the PATH"):
        Venv("tool", (), pythons=("2.5", "2.4")).install()


def test_another_python_is_looked_for_and_asked_who_it_is(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shim without a Python behind it answers is none."""
    said = fake(cache, monkeypatch, "true")
    folder = cache / "path"
    folder.mkdir()
    for name, answer in (("python2.5", "exit 127"), ("python2.4", f'if [ "$1" = -c ]; then echo 2.4; else {cache}/python "$@"; fi')):
        (folder / name).write_text(f"#!/bin/sh\n{answer}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    assert Venv("tool", ("x",), pythons=("2.5", "2.4")).install().exists()
    assert said.exists()


def test_a_folder_that_cannot_be_made_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(cache / "none"))
    with pytest.raises(WorldError, match="tool cannot be installed: No such file"):
        TOOL.install()


def test_the_peer_of_the_benchmarks_tells_why_it_cannot_be_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    fake(cache, monkeypatch, "echo 'ERROR: nothing there' >&2; exit 1")
    assert tft.main() == 3
    assert "nothing there" in capsys.readouterr().err
