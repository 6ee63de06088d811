"""Following and stopping a query, on a classic session and on Spark Connect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Stages = Callable[[], list[int]]
"""The tasks done of each stage that has begun, in their order."""


class Control(Protocol):
    """What differs between the two kinds of session."""

    def tagged(self, tag: str, label: str) -> Any:
        """Context in which this thread's queries bear a tag."""

    def watched(self, tag: str) -> Any:
        """Context that gives the `Stages` of the query with a tag."""

    def cancel(self, tag: str) -> None:
        """Stop the query with a tag."""


class ClassicControl:
    """By job groups and the status tracker of the context."""

    def __init__(self, session: SparkSession) -> None:
        self._context = session.sparkContext

    @contextmanager
    def tagged(self, tag: str, label: str) -> Iterator[None]:
        self._context.setJobGroup(tag, f"featureprep: {label}", True)  # of this thread alone, and it ends with the query
        yield

    @contextmanager
    def watched(self, tag: str) -> Iterator[Stages]:
        yield lambda: self._stages(tag)

    def _stages(self, tag: str) -> list[int]:
        tracker = self._context.statusTracker()
        found: dict[int, int] = {}
        for job in tracker.getJobIdsForGroup(tag):
            info = tracker.getJobInfo(job)
            for stage in info.stageIds if info is not None else ():
                state = tracker.getStageInfo(stage)
                if state is not None and state.numActiveTasks + state.numCompletedTasks:
                    found[stage] = state.numCompletedTasks
        return [found[stage] for stage in sorted(found)]

    def cancel(self, tag: str) -> None:
        self._context.cancelJobGroup(tag)


class ConnectControl:
    """By operation tags and the client's progress handlers."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session

    @contextmanager
    def tagged(self, tag: str, label: str) -> Iterator[None]:
        self._session.addTag(tag)
        try:
            yield
        finally:
            self._session.removeTag(tag)

    @contextmanager
    def watched(self, tag: str) -> Iterator[Stages]:
        found: dict[int, int] = {}
        lock = threading.Lock()

        def handler(stages: Iterable[Any] | None, inflight_tasks: int, operation_id: str | None, done: bool) -> None:
            with lock:
                found.update({stage.stage_id: stage.num_completed_tasks for stage in stages or ()})

        def look() -> list[int]:
            with lock:
                return [found[stage] for stage in sorted(found)]

        self._session.registerProgressHandler(handler)  # type: ignore[arg-type]
        try:
            yield look
        finally:
            self._session.removeProgressHandler(handler)  # type: ignore[arg-type]

    def cancel(self, tag: str) -> None:
        self._session.interruptTag(tag)
