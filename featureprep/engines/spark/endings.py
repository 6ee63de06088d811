"""What a pass ends in: rows for the driver, for the buckets of an exchange, or for where states are merged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import cloudpickle

from featureprep.engines.base import MapFunction, Merger
from featureprep.engines.spark.rows import Blob
from featureprep.errors import ArgumentError


class Ending(ABC):
    """Makes rows of a partition's items."""

    @abstractmethod
    def places(self, partition: int) -> Iterable[int]:
        """Where a partition's rows may go: those that must hear of its failure."""

    @abstractmethod
    def rows(self, last: Any, partition: int, items: Iterator[Any]) -> Iterator[Blob]:
        """The rows of a partition; to each place the last says how many came before. `last` is the sink, the merger, or None."""


@dataclass(frozen=True)
class Write(Ending):
    """What a sink yields, to the driver."""

    def places(self, partition: int) -> Iterable[int]:
        return (partition,)

    def rows(self, last: MapFunction, partition: int, items: Iterator[Any]) -> Iterator[Blob]:
        n = 0
        for n, made in enumerate(last(partition, items), 1):
            yield Blob(partition, partition, n - 1, cloudpickle.dumps(made))
        yield Blob.end(partition, partition, n)


@dataclass(frozen=True)
class Send(Ending):
    """Items (bucket, bytes), to their buckets."""

    buckets: int

    def places(self, partition: int) -> Iterable[int]:
        return range(self.buckets)

    def rows(self, last: None, partition: int, items: Iterator[tuple[int, bytes]]) -> Iterator[Blob]:
        counts = [0] * self.buckets
        for number, (bucket, blob) in enumerate(items):
            if not 0 <= bucket < self.buckets:
                raise ArgumentError.of("bucket", "exchange", f"in [0, {self.buckets})", bucket)
            counts[bucket] += 1
            yield Blob(int(bucket), partition, number, blob)
        for bucket, count in enumerate(counts):
            yield Blob.end(bucket, partition, count)


@dataclass(frozen=True)
class Fold(Ending):
    """A partition's state, to where it is merged with `fan_in` - 1 others."""

    fan_in: int

    def places(self, partition: int) -> Iterable[int]:
        return (partition // self.fan_in,)

    def rows(self, last: Any, partition: int, items: Iterator[Any]) -> Iterator[Blob]:
        place = partition // self.fan_in
        yield Blob(place, partition, 0, cloudpickle.dumps(self.state(last, items)))
        yield Blob.end(place, partition, 1)

    def state(self, merger: Merger, items: Iterator[Any]) -> Any:
        """The state of all items."""
        state = merger.init()
        for item in items:
            state = merger.update(state, item)
        return state


@dataclass(frozen=True)
class Merge(Fold):
    """Several states as one."""

    def state(self, merger: Merger, items: Iterator[bytes]) -> Any:
        state = cloudpickle.loads(next(items))
        for data in items:
            state = merger.merge(state, cloudpickle.loads(data))
        return state
