"""What an engine is: five verbs over partitions of opaque items. Nothing here, or in any engine, knows what an item means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, Protocol

MapFunction = Callable[[int, Iterator[Any]], Iterable[Any]]
"""(number of the partition, its items) -> items."""


class Merger(Protocol):
    """How `fold` combines items: associative and commutative."""

    def init(self) -> Any: ...

    def update(self, state: Any, item: Any) -> Any: ...

    def merge(self, a: Any, b: Any) -> Any: ...


class Engine(ABC):
    """Parallelism, shuffling and fault tolerance. The handle that `scan`, `map` and `exchange` return is the engine's own."""

    name: ClassVar[str]
    in_process: ClassVar[bool] = False
    """Whether functions run in this process, so that they can count for it."""
    progress: Callable[[str, int, int], None] | None = None
    """Called with (label, partitions done, partitions in all) while a verb runs."""

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
        """Items (bucket number, bytes) brought together: partition i holds the bytes of bucket i, in no particular order."""

    @abstractmethod
    def write(self, batches: Any, sink: MapFunction, label: str = "") -> list[list[Any]]:
        """Run `sink` over every partition, and return what it yields, by partition."""

    @abstractmethod
    def close(self) -> None:
        """Give back threads, temporary files, connections."""
