"""Progress of long runs: the pass, its fragments, the rows read; in a notebook, in a terminal, or not at all.

Nothing is shown where standard error is no terminal, unless it is asked for (`progress=True`).
"""

from __future__ import annotations

import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import ArgumentError
from featureprep.run.rows import RowBatch, SourceInput, StageInput

AFTER = 0.5
"""Seconds after which a run is long: then its progress is shown."""
EVERY = 0.15
"""Seconds between two looks at it."""

Callback = Callable[[str, int, int], None]
"""Called with (name of the pass, fragments done, fragments in all)."""


@dataclass
class Pass:
    """One pass over rows. `rows` counts those read so far; fragments whose states were known are not read.

    `before`: fragments of the first half, where rows are sent and then meet.
    """

    label: str
    fragments: int
    done: int = 0
    before: int = 0
    rows: int = 0
    started: float = field(default_factory=time.monotonic)
    seconds: float | None = None

    @property
    def ended(self) -> bool:
        return self.done >= self.fragments


class Watcher(ABC):
    """Follows a run and shows where it is. Called from the engine and, for rows, from its threads.

    Parameters
    ----------
    after : float
        Seconds before anything is shown.
    """

    def __init__(self, after: float = AFTER) -> None:
        self.passes: list[Pass] = []
        self.planned: Sequence[str] = ()
        self.run_id = ""
        self._lock = threading.RLock()
        self._first = self._next = time.monotonic() + after

    def plan(self, labels: Sequence[str]) -> None:
        """Say which passes there will be."""
        self.planned = list(labels)

    def begin(self, run_id: str) -> None:
        """Say by which id the run is resumed, should it be killed."""
        self.run_id = run_id

    def __call__(self, label: str, done: int, total: int) -> None:
        """The engine's callback."""
        with self._lock:
            label = label or "work"
            if done == 0 and self.passes and self.passes[-1].label == label:  # rows were sent, and now they meet
                self.passes[-1].before = self.passes[-1].fragments
                self.passes[-1].fragments += total
            elif done == 0 or not self.passes:
                self.passes.append(Pass(label, total))
            now = self.passes[-1]
            now.done = now.before + done
            if now.ended:
                now.seconds = time.monotonic() - now.started
            self._look(due=done in (0, total))

    def rows(self, n: int) -> None:
        """Rows that were read."""
        with self._lock:
            if self.passes:
                self.passes[-1].rows += n
                self._look(due=False)

    def _look(self, *, due: bool) -> None:
        now = time.monotonic()
        if now >= (self._first if due else self._next):
            self._next = now + EVERY
            self.show()

    def title(self, at: int) -> str:
        """The name of a pass, and which of how many it is."""
        whole = max(len(self.planned), len(self.passes))
        return f"{at + 1}/{whole} {self.passes[at].label}"

    @abstractmethod
    def show(self) -> None:
        """Show where the run is."""

    def close(self) -> None:  # noqa: B027  (most have nothing to put away)
        """The run has ended."""


class Called(Watcher):
    """Hands what the engine says to a function of the caller's."""

    def __init__(self, function: Callback) -> None:
        super().__init__()
        self._function = function

    def __call__(self, label: str, done: int, total: int) -> None:
        self._function(label, done, total)

    def rows(self, n: int) -> None:
        """Not told."""

    def show(self) -> None:
        """The function shows it."""


@contextmanager
def watching(progress: Any) -> Iterator[Watcher | None]:
    """The watcher of a run.

    Parameters
    ----------
    progress : None, bool, callable or Watcher
        None: shown in a notebook or a terminal, once the run is long. True: always, and at once. False: never. A callable is called
        with (name of the pass, fragments done, fragments in all).

    Raises
    ------
    ArgumentError
    """
    if isinstance(progress, Watcher):
        yield progress  # its maker closes it
        return
    watcher = _watcher(progress)
    try:
        yield watcher
    finally:
        if watcher is not None:
            watcher.close()


def _watcher(progress: Any) -> Watcher | None:
    if progress is False:
        return None
    if progress is not None and progress is not True:
        if not callable(progress):
            raise ArgumentError.of("progress", "run", "True, False, or a function of (label, done, total)", progress)
        return Called(progress)
    from featureprep.jobs.progress_shown import LinesWatcher, NotebookWatcher, TerminalWatcher, in_notebook

    after = AFTER if progress is None else 0.0
    if in_notebook():
        return NotebookWatcher(after)
    if sys.stderr.isatty():
        return TerminalWatcher(after)
    return LinesWatcher(after) if progress else None


@dataclass(frozen=True)
class CountedSource(SourceInput):
    """A source whose rows are counted as they are read; for engines of this process."""

    count: Callable[[int], None] = field(default=lambda n: None, compare=False)

    def read(self, piece: Any, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        return _counted(SourceInput.read(self, piece, columns), self.count)


@dataclass(frozen=True)
class CountedStage(StageInput):
    """The same of a stage."""

    count: Callable[[int], None] = field(default=lambda n: None, compare=False)

    def read(self, piece: Any, columns: Sequence[str] | None = None) -> Iterator[RowBatch]:
        return _counted(StageInput.read(self, piece, columns), self.count)


def _counted(batches: Iterator[RowBatch], count: Callable[[int], None]) -> Iterator[RowBatch]:
    for batch in batches:
        yield batch
        count(batch.n)
