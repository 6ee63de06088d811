"""A worker process that is gone while its runner waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from featureprep.engines.beam import watch
from featureprep.engines.beam.folder import BEGUN, MADE, Folder
from featureprep.engines.beam.watch import Watch
from featureprep.engines.beam.work import Pass
from featureprep.errors import WorldError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setattr(watch, "EVERY", 0.0)
    monkeypatch.setattr(watch, "PATIENCE", -1.0)
    return Folder(str(tmp_path))


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    return ended.pid


def test_a_partition_that_nobody_works_on_any_more(folder: Folder, gone: int) -> None:
    seen = Watch(folder)
    seen.look()
    folder.put(BEGUN, (0, 1), gone)
    seen.look()  # seen for the first time: the runner may begin anew
    with pytest.raises(WorldError, match="a worker process is gone"):
        seen.look()
    folder.put(BEGUN, (0, 1), os.getpid())
    for _ in range(3):
        seen.look()  # begun anew


def test_a_partition_that_is_done(folder: Folder, gone: int) -> None:
    seen = Watch(folder)
    folder.put(BEGUN, (1, 1), gone)
    folder.put(MADE, (1, 1), [])
    for _ in range(3):
        seen.look()


def test_only_other_processes_of_this_machine_say_what_they_begin(folder: Folder) -> None:
    mine = Pass.of((), None, folder, 0)
    mine.begin(3)
    Pass(folder, 0, mine.versions, ("another machine", 1)).begin(4)
    assert folder.found(BEGUN) == {}
    Pass(folder, 0, mine.versions, (watch.machine(), 1)).begin(5)
    assert list(folder.found(BEGUN)) == [(0, 5)]
