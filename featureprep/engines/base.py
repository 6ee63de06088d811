"""What an engine is: five verbs over partitions of opaque items. Nothing here, or in any engine, knows what an item means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

MapFunction = Callable[[int, Iterator[Any]], Iterable[Any]]
"""(number of the partition, its items) -> items."""
FAN_IN = 8
"""States that one task of a fold's tree merges, in engines that make one."""


class Merger(Protocol):
    """How `fold` combines items: associative and commutative."""

    def init(self) -> Any: ...

    def update(self, state: Any, item: Any) -> Any: ...

    def merge(self, a: Any, b: Any) -> Any: ...


class Engine(ABC):
    """Parallelism, shuffling and fault tolerance. The handle that `scan`, `map` and `exchange` return is the engine's own."""

    name: ClassVar[str]
    in_process: ClassVar[bool] = False
    """Whether functions run in this process, so that they can count for it. Others are given functions that pack themselves when they are
    pickled (`featureprep.run.shipping`): by cloudpickle, or anything that knows its registry."""
    gaps: ClassVar[Mapping[str, str]] = {}
    """What it lacks of `featureprep.engines.support.FEATURES`, each with the reason. The suite expects just these to fail, and the support
    table in the docs is made of them."""
    verbs: ClassVar[Mapping[str, str]] = {}
    """What the verbs are in the engine's own terms, for `explain`."""
    progress: Callable[[str, int, int], None] | None = None
    """Called with (label, partitions done, partitions in all) while a verb runs."""

    def start(self) -> None:  # noqa: B027  (an engine of this process has nothing to reach)
        """Reach the cluster, or make one; called before anything of a run is written, and again by the next run. `close` gives it back.

        Raises
        ------
        WorldError
            Where it cannot be reached, or its workers have another Python or other packages than this process.
        """

    @abstractmethod
    def scan(self, partitions: Sequence[Sequence[Any]]) -> Any:
        """Partitions of descriptors (of fragments, say)."""

    @abstractmethod
    def map(self, batches: Any, function: MapFunction) -> Any:
        """Each partition's items through a function; lazy."""

    @abstractmethod
    def fold(self, batches: Any, merger: Merger, label: str = "") -> Any:
        """All items of all partitions combined into one state."""

    @abstractmethod
    def exchange(self, batches: Any, buckets: int, label: str = "") -> Any:
        """Items (bucket number, bytes) brought together: partition i holds the bytes of bucket i, in no particular order.

        At once or when they are read; what a function before it raises is raised by then.
        """

    @abstractmethod
    def write(self, batches: Any, sink: MapFunction, label: str = "") -> list[list[Any]]:
        """Run `sink` over every partition, and return what it yields, by partition."""

    @abstractmethod
    def close(self) -> None:
        """Give back threads, temporary files, connections."""
