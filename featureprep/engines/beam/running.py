"""Running a pipeline on whatever runner: waited for beside this thread, which looks at how far it is, and stopped when this thread is."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.runners.runner import PipelineState

from featureprep.engines.beam.processes import any_died, check_alive, end
from featureprep.errors import WorldError, said

STOP = 20.0
"""Seconds in which a runner elsewhere has to stop when it is asked to; longer is not waited for."""
LOOK = 0.1
"""Seconds between two looks at how far the work is."""


def run(pipeline: Any, workers: str, look: Callable[[], None], stop: Callable[[], None]) -> None:
    """Run a pipeline to its end.

    Parameters
    ----------
    workers : str
        The folder in which the runner's worker processes say what becomes of them.
    look : callable
        Called now and then.
    stop : callable
        Called when an interrupt or an error of `look` ends this early: it makes workers leave their work.

    Raises
    ------
    WorldError
        The runner failed, or a worker process died.
    """
    try:
        running = _Running(pipeline)
    except BaseException:  # an interrupt while a runner elsewhere takes the pipeline
        stop()
        raise
    try:
        while not running.ended.wait(LOOK):
            check_alive(workers)
            look()
    except BaseException:
        stop()
        running.cancel()
        if not any_died(workers):
            running.ended.wait(None if running.here else STOP)
        raise
    finally:
        end(workers)
    if running.error is not None:
        told = _short(said(running.error))
        raise WorldError(f"Beam's runner failed: {told}", where="beam", hint=_hint(told)) from running.error
    look()


_NO_JAR = "Unable to fetch remote job server jar"
"""Beam, where the program that FlinkRunner and SparkRunner start is not on this machine and cannot be had."""


def _hint(told: str) -> str:
    if _NO_JAR in told:
        return "say where it is: flink_job_server_jar=PATH; `python -m tools.beam_runners flink` fetches it, and prints the path"
    return "look at the runner's and the workers' logs"


class _Running:
    """A pipeline that runs: the runner in this process on a thread, all others where they are."""

    def __init__(self, pipeline: Any) -> None:
        self.ended = threading.Event()
        self.error: BaseException | None = None
        self._pipeline = pipeline
        self._result: Any = None
        self.here = isinstance(pipeline.runner, FnApiRunner)
        if not self.here:  # they may want to handle signals, as only the main thread can
            try:
                self._result = pipeline.run(test_runner_api=False)
            except Exception as error:  # noqa: BLE001  (what a runner raises is its own; told by `run`)
                self.error = error
                self.ended.set()
                return
        threading.Thread(target=self._wait, name="featureprep-beam", daemon=True).start()

    def _wait(self) -> None:
        try:
            if self._result is None:
                self._result = self._pipeline.run(test_runner_api=False)
            state = self._result.wait_until_finish()
            if state != PipelineState.DONE:
                raise WorldError(f"the pipeline ended as {state}")
        except BaseException as error:  # noqa: BLE001  (a thread's errors are raised by who waits for it)
            self.error = error
        finally:
            self.ended.set()

    def cancel(self) -> None:
        """Ask a runner elsewhere to stop."""
        if self._result is not None and not self.ended.is_set():
            asking = threading.Thread(target=self._cancel, name="featureprep-beam-cancel", daemon=True)
            asking.start()
            asking.join(STOP)

    def _cancel(self) -> None:
        with contextlib.suppress(Exception):  # what ends this early is the error to tell
            self._result.cancel()


def _short(text: str) -> str:
    """The last line of a message: Beam puts a worker's whole traceback into it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else text
