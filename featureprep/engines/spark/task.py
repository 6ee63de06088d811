"""What runs in Spark's Python workers: one pass over the partitions that a task is given.

Errors travel as values, so that they reach the driver as they were raised. Those that another attempt may not meet (of a disk, a network,
memory) are raised, for Spark to try again, until its last attempt.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import cloudpickle
import pyarrow as pa

from featureprep.engines import versions as of_process
from featureprep.engines.carried import Carried
from featureprep.engines.spark.endings import Ending
from featureprep.engines.spark.rows import END, FAILED, Blob, from_batches, to_batches
from featureprep.errors import CorruptArtefactError, SourceChangedError

UNFIT = "this Spark worker cannot run the job: "
"""Begins what a worker raises, and the driver looks for."""

Partitions = Iterator[tuple[int, Iterator[Any]]]
Versions = dict[str, str]


class UnfitWorkerError(Exception):
    """A worker has other packages than the driver."""


class SenderFailedError(Exception):
    """What a place waits for will not come, for a sender failed; `data` is its pickled `Failure`."""

    def __init__(self, sender: int, data: bytes) -> None:
        super().__init__(sender, data)
        self.sender = sender
        self.data = data


class CutShortError(Exception):
    """Fewer rows came than were sent: Spark has given this attempt up, and its work must leave nothing behind."""


class Work(Protocol):
    """What a task does."""

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]: ...


@dataclass(frozen=True)
class Failure:
    """An error with its place: the pass (0 is the one that reads) and the partition."""

    depth: int
    partition: int
    carried: Carried


@dataclass(frozen=True)
class Source:
    """What a pass begins with: partitions with their pickled descriptors; or what `senders` partitions sent.

    With `fan_in`, a place hears of that many senders, one after the other; else of all.
    """

    descriptors: Sequence[bytes] = ()
    senders: int | None = None
    fan_in: int | None = None

    def partitions(self, batches: Iterator[pa.RecordBatch]) -> Partitions:
        """The partitions that a task is given, with their items."""
        if self.senders is None:
            for batch in batches:
                for partition in batch.column(0).to_pylist():
                    yield partition, iter(cloudpickle.loads(self.descriptors[partition]))
            return
        blobs = from_batches(batches)
        first = next(blobs, None)
        if first is not None:
            yield first.place, _arriving(first.place, self._waited(first.place, self.senders), first, blobs)

    def _waited(self, place: int, senders: int) -> set[int]:
        if self.fan_in is None:
            return set(range(senders))
        return set(range(place * self.fan_in, min((place + 1) * self.fan_in, senders)))


def _arriving(place: int, waited: set[int], first: Blob, others: Iterator[Blob]) -> Iterator[bytes]:
    """The blobs of a place, of which none may be missing: Spark ends the input of an attempt that it gives up as if it were complete."""
    counts: dict[int, int] = defaultdict(int)
    failed: dict[int, bytes] = {}
    blob: Blob | None = first
    while blob is not None:
        if blob.place != place:
            raise CutShortError(f"rows of place {blob.place} among those of {place}")
        if blob.number == FAILED:
            failed[blob.sender] = blob.data
        elif blob.number == END:
            counts[blob.sender] -= blob.count()
            waited.discard(blob.sender)
        else:
            counts[blob.sender] += 1
            if not failed:
                yield blob.data
        blob = next(others, None)
    if failed:
        sender = min(failed)
        raise SenderFailedError(sender, failed[sender])
    if waited or any(counts.values()):
        raise CutShortError(f"place {place} has not heard all that was sent to it")


@dataclass(frozen=True)
class Pass:
    """One pass over partitions.

    Attributes
    ----------
    source : Source
    code : bytes
        The pickled pair of the functions that items go through, and what the ending needs: a sink, a merger, None.
    ending : Ending
    depth : int
        How many passes come before.
    attempts : int
        How often the cluster tries a task before it gives up.
    """

    source: Source
    code: bytes
    ending: Ending
    depth: int
    attempts: int

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows that a task hands back to Spark."""
        return to_batches(self._rows(batches))

    def _rows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Blob]:
        for partition, items in self.source.partitions(batches):
            try:
                functions, last = cloudpickle.loads(self.code)
                for function in functions:
                    items = iter(function(partition, items))
                yield from self.ending.rows(last, partition, items)
                _settle(len(sys.modules))
            except CutShortError:
                raise
            except SenderFailedError as failed:
                yield from self._failed(failed.sender, partition, failed.data)
            except Exception as error:  # carried to the driver as a value
                if passing(error) and _attempt() + 1 < self.attempts:
                    raise
                yield from self._failed(partition, partition, cloudpickle.dumps(Failure(self.depth, partition, Carried.of(error))))

    def _failed(self, sender: int, partition: int, data: bytes) -> Iterator[Blob]:
        for place in self.ending.places(partition):
            yield Blob(place, sender, FAILED, data)


@lru_cache(maxsize=1)
def _settle(modules: int) -> None:
    """Where more modules are loaded than before: they stay. Spark's workers collect garbage after every task, and would look at all of it."""
    gc.collect()  # what is garbage now would stay too
    gc.freeze()


def passing(error: BaseException) -> bool:
    """Whether another attempt may go well."""
    return isinstance(error, (OSError, MemoryError)) and not isinstance(error, (CorruptArtefactError, SourceChangedError))


def _attempt() -> int:
    from pyspark import TaskContext

    context = TaskContext.get()
    return 0 if context is None else context.attemptNumber()


def versions() -> Versions:
    """What the driver and its workers must have in common."""
    import pyspark

    return of_process.versions(pyspark=pyspark.__version__)


def enter(work: bytes, wanted: Versions, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A task: `work` is pickled `Work`, `wanted` what the driver has."""
    other = [f"{name} {worker} where the driver has {driver}" for name, driver, worker in of_process.differences(wanted, versions())]
    if other:
        raise UnfitWorkerError(f"{UNFIT}it has {', '.join(other)}")
    doing: Work = cloudpickle.loads(work)
    return doing.run(batches)
