"""Running a DataFrame: in a thread, so that this one can show how far it is, and stop it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from featureprep.engines.spark.failures import spark_failure
from featureprep.engines.spark.rows import Blob, from_batches
from featureprep.engines.spark.session import Spark
from featureprep.errors import WorldError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

EVERY = 0.1
"""Seconds between two looks at a running query."""
STOPPING = 30.0
"""Seconds that a query has to end when it is told to."""

Progress = Callable[[str, int, int], None]


def collect(spark: Spark, make: Callable[[], DataFrame], passes: Sequence[tuple[str, int]], progress: Progress | None) -> Iterator[Blob]:
    """The blobs of a DataFrame of `rows.SCHEMA`.

    Parameters
    ----------
    make : callable
        Makes the DataFrame.
    passes : sequence of (label, n)
        What its stages are called, and how many partitions they have, for the progress.

    Raises
    ------
    WorldError
        When Spark gives up.
    """
    tag = f"featureprep-{uuid.uuid4().hex}"
    shown = Shown(passes, progress)
    made: list[pa.Table] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            with spark.control.tagged(tag, " > ".join(label for label, _ in passes if label)):
                made.append(make().toArrow())
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
            raised.append(error)

    thread = threading.Thread(target=work, name="featureprep-spark", daemon=True)
    with spark.control.watched(tag) as stages:
        shown.begin()
        started = time.monotonic()
        waiting = spark.patience is not None
        thread.start()
        try:
            while thread.is_alive():
                thread.join(EVERY)
                if waiting or progress is not None:
                    shown.show(found := stages())
                    waiting = waiting and not found
                if waiting and time.monotonic() - started > (spark.patience or 0):
                    raise _starved(spark)
        except BaseException:  # an interrupt: leave nothing at work
            spark.control.cancel(tag)
            thread.join(STOPPING)  # a cluster that has gone away cannot even be told to stop
            raise
    if raised:
        raise spark_failure(raised[0], spark.where) from raised[0]
    shown.end()
    yield from from_batches(made.pop().to_batches())


def _starved(spark: Spark) -> WorldError:
    hint = "see in the cluster's own page whether it has workers, and whether another application has all their cores"
    return WorldError(f"the cluster has not begun with any task in {spark.patience:.0f} seconds", where=spark.where, hint=hint)


class Shown:
    """Tells an engine's callback of every partition done, pass after pass."""

    def __init__(self, passes: Sequence[tuple[str, int]], progress: Progress | None) -> None:
        self._passes = passes
        self._progress = progress
        self._at = 0
        self._done = 0

    def begin(self) -> None:
        """The first pass has begun."""
        self._tell(0)

    def show(self, stages: Sequence[int]) -> None:
        """Tell of what is new. `stages`: the partitions done of each stage that has begun, in their order."""
        for at, done in enumerate(stages[: len(self._passes)]):
            while self._at < at:
                self._next()
            if self._at == at:
                self._up_to(done)

    def end(self) -> None:
        """All is done."""
        while self._at < len(self._passes):
            self._next()

    def _next(self) -> None:
        self._up_to(self._passes[self._at][1])
        self._at += 1
        self._done = 0
        self._tell(0)

    def _up_to(self, done: int) -> None:
        while self._done < min(done, self._passes[self._at][1]):
            self._done += 1
            self._tell(self._done)

    def _tell(self, done: int) -> None:
        if self._progress is not None and self._at < len(self._passes):
            label, n = self._passes[self._at]
            self._progress(label, done, n)
