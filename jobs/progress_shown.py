"""Where progress is shown: an output of a notebook's cell that is updated, bars on a terminal's standard error, or lines in a log."""

from __future__ import annotations

import sys
from typing import Any

from featureprep.jobs.progress import AFTER, Pass, Watcher
from featureprep.notebook.html import Markup, card, grid, many
from featureprep.report.visible import one_line

SHOWN = 12
"""Passes that a notebook shows; those before are summed up."""


def in_notebook() -> bool:
    """Whether this code runs in a kernel whose output can hold HTML (not in a terminal's IPython)."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def begun(run_id: str) -> str:
    """What whoever kills the run must know."""
    return f"run {run_id} began; should it be killed: featureprep resume {run_id}"


class NotebookWatcher(Watcher):
    """A small table under the cell, updated in place."""

    def __init__(self, after: float = AFTER) -> None:
        super().__init__(after)
        self._handle: Any = None

    def show(self) -> None:
        from IPython import display

        made = display.HTML(self.html())  # type: ignore[no-untyped-call]
        if self._handle is None:
            self._handle = display.display(made, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(made)

    def close(self) -> None:
        """Leave the last state standing."""
        with self._lock:
            if self._handle is not None:
                self.show()

    def html(self) -> str:
        """The passes so far, the last one with its bar."""
        first = max(0, len(self.passes) - SHOWN)
        rows = [
            (self.title(at), _bar(one), f"{one.done:,} of {one.fragments:,}", f"{one.rows:,}" if one.rows else "",
             "" if one.seconds is None else f"{one.seconds:.1f} s")
            for at, one in enumerate(self.passes) if at >= first
        ]  # fmt: skip
        note = f"{first:,} passes before" if first else ""
        return card(
            f"Progress of run {self.run_id}" if self.run_id else "Progress",
            grid(("pass", "", "fragments", "rows read", ""), rows, right=(2, 3, 4)),
            note=note,
        )


def _bar(one: Pass) -> Markup:
    share = 100 * one.done // max(one.fragments, 1)
    return Markup(f'<progress value="{share}" max="100" style="width:9em;vertical-align:middle">{share} %</progress>')


class TerminalWatcher(Watcher):
    """Bars on standard error, that go when the run has ended; `where`: the store, as it is typed after a command."""

    def __init__(self, after: float = AFTER, where: str = "") -> None:
        super().__init__(after)
        self._where = where
        self._bars: Any = None
        self._tasks: dict[int, Any] = {}
        self._said = False

    def show(self) -> None:
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if self.run_id and not self._said:
            self._said = True
            self._bars.console.print(begun(self.run_id) + self._where, markup=False, highlight=False, soft_wrap=True)
        for at, one in enumerate(self.passes):
            rows = many(one.rows, "row") if one.rows else ""
            if at not in self._tasks:
                self._tasks[at] = self._bars.add_task(self.title(at), total=one.fragments, rows=rows)
            self._bars.update(self._tasks[at], description=self.title(at), completed=one.done, total=one.fragments, rows=rows)

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            if self._bars is not None:
                self._bars.stop()


class LinesWatcher(Watcher):
    """A line for each pass that has ended, on standard error: for logs, where it was asked for."""

    def __init__(self, after: float = AFTER) -> None:
        super().__init__(after)
        self._told: set[int] = set()

    def begin(self, run_id: str) -> None:
        super().begin(run_id)
        sys.stderr.write(f"{begun(run_id)}\n")

    def show(self) -> None:
        ended = [at for at, one in enumerate(self.passes) if one.ended and (at + 1 < len(self.passes) or at == len(self.planned) - 1)]
        for at in ended:
            if at not in self._told:
                self._tell(at)

    def close(self) -> None:
        """The last pass, whichever it was."""
        with self._lock:
            for at, one in enumerate(self.passes):
                if at not in self._told and one.ended:
                    self._tell(at)

    def _tell(self, at: int) -> None:
        one = self.passes[at]
        self._told.add(at)
        sys.stderr.write(
            f"{one_line(self.title(at))}: {many(one.done, 'fragment')}, {many(one.rows, 'row')} read, {one.seconds or 0.0:.1f} s\n"
        )


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rows]}", markup=False),
        TimeElapsedColumn(),
    )  # fmt: skip
    # whoever shows bars may turn standard output aside meanwhile: rich leaves it alone
    return Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
