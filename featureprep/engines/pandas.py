"""The engine in this process: threads over partitions, memory bounded by the partitions in work, exchanges that spill to disk."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from featureprep.engines.base import Engine, MapFunction, Merger
from featureprep.errors import ArgumentError
from featureprep.freed import keep_freed
from featureprep.relational.spill import SpillBuckets
from featureprep.threads import lent

EXCHANGE_MEMORY = 64 << 20
"""Bytes of an exchange that stay in memory; the rest spills."""
RELEASE_EVERY = 5
"""After so many partitions Arrow's pool gives back what they left behind, or it adds up. After each, the next would fault it all in again."""
SHORT = 0.01
"""Seconds: a partition that took less, as its states were known, has left nothing worth that."""


@dataclass(frozen=True)
class Batches:
    """Partitions and the functions that their items go through."""

    partitions: Sequence[Callable[[], Iterator[Any]]]
    functions: tuple[MapFunction, ...] = ()

    def items(self, partition: int) -> Iterator[Any]:
        """A partition's items, computed as they are taken."""
        items: Iterator[Any] = self.partitions[partition]()
        for function in self.functions:
            items = iter(function(partition, items))
        return items


class PandasEngine(Engine):
    """Runs in this process.

    Parameters
    ----------
    threads : int, optional
        Partitions in work at once; the number of cores by default. It changes no result.
    """

    name = "pandas"
    in_process = True
    verbs: ClassVar[Mapping[str, str]] = {
        "scan": "threads of this process",
        "exchange": f"through memory, beyond {EXCHANGE_MEMORY >> 20} MiB a file",
    }
    gaps: ClassVar[Mapping[str, str]] = {
        "address": "it is this process",
        "killed worker": "it has no worker processes; a run that was killed is resumed",
    }

    def __init__(self, threads: int | None = None) -> None:
        if threads is not None and (type(threads) is not int or threads < 1):
            raise ArgumentError.of("threads", "PandasEngine", "a whole number from 1", threads)
        self.threads = threads or len(os.sched_getaffinity(0))
        keep_freed()
        self._exchanged: weakref.WeakSet[SpillBuckets] = weakref.WeakSet()  # each closes itself when nothing reads it any more

    def scan(self, partitions: Sequence[Sequence[Any]]) -> Batches:
        return Batches([lambda items=items: iter(items) for items in partitions])  # type: ignore[misc]

    def map(self, batches: Batches, function: MapFunction) -> Batches:
        return Batches(batches.partitions, (*batches.functions, function))

    def fold(self, batches: Batches, merger: Merger, label: str = "") -> Any:
        lock = threading.Lock()
        total = [merger.init()]

        def work(partition: int) -> None:
            state = merger.init()
            for item in batches.items(partition):
                state = merger.update(state, item)
            with lock:
                total[0] = merger.merge(total[0], state)

        self._each(len(batches.partitions), work, label)
        return total[0]

    def exchange(self, batches: Batches, buckets: int, label: str = "") -> Batches:
        store = SpillBuckets(tempfile.gettempdir(), buckets, EXCHANGE_MEMORY)
        self._exchanged.add(store)

        def work(partition: int) -> None:
            for bucket, blob in batches.items(partition):
                store.append(bucket, blob)

        self._each(len(batches.partitions), work, label)
        return Batches([lambda bucket=bucket: store.read(bucket) for bucket in range(buckets)])  # type: ignore[misc]

    def write(self, batches: Batches, sink: MapFunction, label: str = "") -> list[list[Any]]:
        out: list[list[Any]] = [[] for _ in batches.partitions]

        def work(partition: int) -> None:
            out[partition] = list(sink(partition, batches.items(partition)))

        self._each(len(batches.partitions), work, label)
        return out

    def close(self) -> None:
        for store in self._exchanged:
            store.close()

    def _each(self, n: int, work: Callable[[int], None], label: str) -> None:
        """Run `work` for 0..n-1 on the threads; of several errors the first partition's is raised, whichever came first."""
        if self.progress:
            self.progress(label, 0, n)
        errors: dict[int, BaseException] = {}

        ended = itertools.count(1)

        def one(partition: int) -> None:
            began = time.perf_counter()
            work(partition)
            if time.perf_counter() - began >= SHORT and next(ended) % RELEASE_EVERY == 0:
                pa.default_memory_pool().release_unused()

        idle = 0
        with ThreadPoolExecutor(self.threads, thread_name_prefix="featureprep") as pool:
            waiting: dict[Future[None], int] = {pool.submit(one, i): i for i in range(n)}
            done = 0
            try:
                while waiting:
                    idle = self._lend(idle, max(0, self.threads - len(waiting)))
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        at = waiting.pop(future)
                        done += 1
                        error = None if future.cancelled() else future.exception()
                        if error is not None:
                            errors[at] = error
                            for other, place in waiting.items():
                                if place > at:  # earlier partitions may still hold the first error
                                    other.cancel()
                        elif self.progress:
                            self.progress(label, done, n)
            except BaseException:  # an interrupt: leave no thread at work
                for future in waiting:
                    future.cancel()
                raise
            finally:
                self._lend(idle, 0)
        if errors:
            raise errors[min(errors)]

    def _lend(self, before: int, now: int) -> int:
        """Have so many threads lent instead of those before."""
        if now != before:
            lent.add(now - before)
        return now
