"""Progress: who is told what, and when nothing is shown."""

from __future__ import annotations

import io
import sys
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep import transforms as T
from featureprep.errors import ArgumentError
from featureprep.jobs import progress as module
from featureprep.jobs.progress import Watcher, watching
from featureprep.jobs.progress_shown import LinesWatcher, NotebookWatcher, TerminalWatcher
from tests.jobs.cases import make_job, memory_store

TABLE = pa.table({"x": [float(i) for i in range(500)]})


class Noting(Watcher):
    def __init__(self) -> None:
        super().__init__(after=0.0)
        self.shown = 0

    def show(self) -> None:
        self.shown += 1


def job() -> Any:
    return make_job(lambda main: main.drop_duplicates().features(x=T.standard_scale("x")), fp.from_arrow(TABLE))


def test_passes_fragments_and_rows_are_told() -> None:
    watcher = Noting()
    run = job().run(store=memory_store(), progress=watcher, partitions=5)
    assert [one.ended for one in watcher.passes] == [True] * len(run.scans)
    assert len(watcher.planned) == len(run.scans) == len(watcher.passes)
    assert watcher.passes[0].fragments == 5
    assert [one.rows for one in watcher.passes] == [500] * len(run.scans)
    assert watcher.shown >= 2 * len(run.scans)
    assert watcher.title(0).startswith(f"1/{len(run.scans)} ")


def test_a_function_is_called_as_engines_call() -> None:
    said: list[tuple[str, int, int]] = []
    job().run(store=memory_store(), progress=lambda *args: said.append(args))
    assert said[-1][0] == "write"
    assert all(0 <= done <= total for _, done, total in said)


def test_what_is_no_progress() -> None:
    with pytest.raises(ArgumentError, match="progress"):
        job().run(store=memory_store(), progress="yes")


@pytest.mark.parametrize(
    ("asked", "terminal", "shown"), [(None, False, False), (None, True, True), (False, True, False), (True, False, True)]
)
def test_nothing_is_shown_where_there_is_no_terminal_unless_asked(
    asked: Any, terminal: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return terminal

    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "AFTER", 0.0)
    with watching(asked) as watcher:
        assert isinstance(watcher, TerminalWatcher if terminal else LinesWatcher) == shown
        if watcher is not None:
            watcher.plan(["fit 1", "write"])
            watcher("fit <1>", 0, 2)
            watcher.rows(12_345)
            watcher("fit <1>", 2, 2)
    assert ("12,345 rows" in stream.getvalue()) == shown
    assert ("1/2 fit <1>" in stream.getvalue()) == shown


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    watcher = Noting()
    watcher._first = watcher._next = watcher._first + 1000
    job().run(store=memory_store(), progress=watcher)
    assert watcher.shown == 0


def test_the_notebook_s_table_is_escaped_and_short() -> None:
    watcher = NotebookWatcher(1000)
    for i in range(40):
        watcher(f"fit <b>{i}</b>", 0, 4)
        watcher(f"fit <b>{i}</b>", 1, 4)
        watcher.rows(10)
    html = watcher.html()
    assert "<b>" not in html
    assert "28 passes before" in html
    assert 'value="25"' in html
