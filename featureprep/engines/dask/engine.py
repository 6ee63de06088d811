"""The engine on Dask's `distributed`: a cluster of its own, a client of the user's, or a scheduler's address."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from featureprep.engines.base import FAN_IN, Engine, MapFunction, Merger
from featureprep.engines.dask import tasks
from featureprep.engines.dask.cluster import Connection
from featureprep.engines.dask.waiting import FailedBefore, gather


@dataclass(frozen=True)
class Batches:
    """Partitions, each pickled descriptors or what an exchange brings together, and the functions that their items go through."""

    partitions: Sequence[Any]
    functions: tuple[MapFunction, ...] = ()
    sent: Batches | None = None
    """What an exchange was given."""


class DaskEngine(Engine):
    """Runs on Dask's workers: fold states are merged in a tree, rows meet by Dask's peer-to-peer shuffle, which spills to the workers' disks.

    What a worker that dies had done is done again by the others. A worker is given one task for each of its threads; a cluster of its own has
    processes of one thread, since much of the work holds Python's interpreter.
    Workers of another cluster should import pandas before they take tasks, as its own do: `distributed.worker.preload: [pandas]` in its configuration.

    Parameters
    ----------
    target : None, str or distributed.Client
        None: a cluster of its own on this machine; `dask://host:port`: a scheduler; or a client, which stays open afterwards.
    workers : int, optional
        Worker processes of a cluster of its own, of one thread each; the number of cores by default. It changes no result.
    memory : str, optional
        Of each of these workers, such as "4GB"; by default they share what the machine has.
    """

    name = "dask"
    verbs: ClassVar[Mapping[str, str]] = {
        "scan": "a task a partition",
        "fold": "merged in a tree of tasks",
        "exchange": "Dask's peer-to-peer shuffle",
    }

    def __init__(self, target: Any = None, *, workers: int | None = None, memory: str | None = None) -> None:
        self._connection = Connection(target, workers, memory)

    def start(self) -> None:
        _ = self.client

    @property
    def client(self) -> Any:
        """The `distributed.Client` that it uses; connected, or its cluster made, when it is first asked for."""
        return self._connection.client()

    def scan(self, partitions: Sequence[Sequence[Any]]) -> Batches:
        return Batches([tasks.dump(list(items)) for items in partitions])

    def map(self, batches: Batches, function: MapFunction) -> Batches:
        return replace(batches, functions=(*batches.functions, function))

    def fold(self, batches: Batches, merger: Merger, label: str = "") -> Any:
        import dask

        code = self._code(batches, merger)
        states = self._each(tasks.fold, code, batches)
        combine = dask.delayed(tasks.merge, pure=False)
        tree = [combine(code, *states[i : i + FAN_IN]) for i in range(0, max(len(states), 1), FAN_IN)]
        while len(tree) > 1:
            tree = [combine(code, *tree[i : i + FAN_IN]) for i in range(0, len(tree), FAN_IN)]
        (total,) = self._run(batches, [*states, tree[0]], label, kept=(len(states),))
        return tasks.load(total)

    def exchange(self, batches: Batches, buckets: int, label: str = "") -> Batches:
        from featureprep.engines.dask.shuffle import shuffled

        return Batches(shuffled(self._each(tasks.send, self._code(batches, None), batches), buckets), sent=batches)

    def write(self, batches: Batches, sink: MapFunction, label: str = "") -> list[list[Any]]:
        made = self._each(tasks.write, self._code(batches, sink), batches)
        return [tasks.load(data) for data in self._run(batches, made, label, kept=range(len(made)))]

    def close(self) -> None:
        self._connection.close()

    def _run(self, batches: Batches, tasks_: Sequence[Any], label: str, kept: Collection[int]) -> list[Any]:
        """Run tasks, the first of which are those of the partitions; the results of those in `kept`."""
        client, n, done = self.client, len(batches.partitions), 0

        def count(number: int) -> None:
            nonlocal done
            if number < n:
                done += 1
                if self.progress:
                    self.progress(label, done, n)

        if self.progress:
            self.progress(label, 0, n)
        try:
            return gather(client, client.compute(list(tasks_)), kept, count)
        except FailedBefore as failed:
            partition, error = failed.args
        self._first_error(batches, partition)
        raise error

    def _first_error(self, batches: Batches, before: int) -> None:
        """A shuffle tells of one partition that failed: see whether an earlier one fails too, for its error is the one to tell."""
        sent = batches.sent
        if sent is not None:
            self.write(replace(sent, partitions=sent.partitions[:before]), _drain)

    def _code(self, batches: Batches, last: Any) -> Any:
        """The functions of a verb, as one node of its graph: workers hand it to each other, and it can be made again."""
        import dask

        return dask.delayed(tasks.same, pure=False)(tasks.pack(batches.functions, last))

    def _each(self, task: Callable[..., Any], code: Any, batches: Batches) -> list[Any]:
        import dask

        make = dask.delayed(task, pure=False)
        return [make(code, partition, data) for partition, data in enumerate(batches.partitions)]


def _drain(partition: int, items: Iterator[Any]) -> Iterator[Any]:
    for _ in items:
        pass
    return iter(())
