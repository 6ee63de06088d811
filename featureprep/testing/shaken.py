"""An engine that is as unkind as a cluster may be, in one process: the quickest proof that nothing relies on shared memory or on order."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cloudpickle

from featureprep.engines.base import Engine, MapFunction, Merger
from featureprep.engines.carried import Carried


@dataclass(frozen=True)
class Batches:
    """Pickled partitions, and pickled functions."""

    partitions: Sequence[bytes]
    functions: tuple[bytes, ...] = ()


class ShakenEngine(Engine):
    """Functions, items, states and results cross through cloudpickle; partitions run in shuffled order, each twice, as retries and
    speculation would run them; of the two results either is taken; states are merged in any order.

    Parameters
    ----------
    seed : int
        Of the order.
    """

    name = "shaken"
    gaps: ClassVar[Mapping[str, str]] = {
        "address": "it is this process",
        "killed worker": "it has no worker processes",
        "native": "no table is its own",
    }

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def scan(self, partitions: Sequence[Sequence[Any]]) -> Batches:
        return Batches([_dump(list(items)) for items in partitions])

    def map(self, batches: Batches, function: MapFunction) -> Batches:
        return replace(batches, functions=(*batches.functions, _dump(function)))

    def fold(self, batches: Batches, merger: Merger, label: str = "") -> Any:
        code = _dump(merger)

        def state(partition: int, items: Iterator[Any]) -> list[Any]:
            mine = _load(code)
            total = mine.init()
            for item in items:
                total = mine.update(total, item)
            return [total]

        states = [_dump(state) for (state,) in self._each(batches, state, label)] or [_dump(merger.init())]
        while len(states) > 1:
            self._random.shuffle(states)
            states.append(_dump(_load(code).merge(_load(states.pop()), _load(states.pop()))))
        return _load(states[0])

    def exchange(self, batches: Batches, buckets: int, label: str = "") -> Batches:
        met: dict[int, list[bytes]] = defaultdict(list)
        for sent in self._each(batches, lambda partition, items: list(items), label):
            for bucket, blob in sent:
                met[int(bucket)].append(bytes(blob))
        for blobs in met.values():
            self._random.shuffle(blobs)
        return Batches([_dump(met[bucket]) for bucket in range(buckets)])

    def write(self, batches: Batches, sink: MapFunction, label: str = "") -> list[list[Any]]:
        code = _dump(sink)
        return self._each(batches, lambda partition, items: list(_load(code)(partition, items)), label)

    def close(self) -> None:
        """It holds nothing."""

    def _each(self, batches: Batches, last: MapFunction, label: str) -> list[list[Any]]:
        """What `last` gives of every partition, from one of two attempts; of several errors the first partition's."""
        n, results = len(batches.partitions), {}
        errors: dict[int, Carried] = {}
        attempts = [partition for partition in range(n) for _ in range(2)]
        self._random.shuffle(attempts)
        if self.progress:
            self.progress(label, 0, n)
        for partition in attempts:
            new = partition not in results
            try:
                made = _dump(list(last(partition, self._items(batches, partition))))
            except Exception as error:  # noqa: BLE001  (raised below)
                errors[partition] = Carried.of(error)
                continue
            if new or self._random.random() < 0.5:
                results[partition] = made
            if new and self.progress and not errors:
                self.progress(label, len(results), n)
        if errors:
            raise errors[min(errors)].error()
        return [_load(results[partition]) for partition in range(n)]

    def _items(self, batches: Batches, partition: int) -> Iterator[Any]:
        items: Iterator[Any] = iter(_load(batches.partitions[partition]))
        for function in batches.functions:
            items = iter(_load(function)(partition, items))
        for item in items:
            yield _load(_dump(item))


def _dump(value: Any) -> bytes:
    made: bytes = cloudpickle.dumps(value)
    return made


def _load(data: bytes) -> Any:
    return cloudpickle.loads(data)
