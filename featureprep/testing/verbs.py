"""What the five verbs of an engine must do. Items are plain values here: engines know no meaning."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from featureprep.engines.base import Engine
from featureprep.errors import ColumnNotFoundError, DataError, said

PARTITIONS = [[1, 2, 3], [], [4], [5, 6, 7, 8], [9]]


class Sum:
    """A merger that also counts what it was given, and that changes the states it is given, as folds may."""

    def init(self) -> list[int]:
        return [0, 0]

    def update(self, state: list[int], item: int) -> list[int]:
        state[0] += item
        state[1] += 1
        return state

    def merge(self, a: list[int], b: list[int]) -> list[int]:
        a[0] += b[0]
        a[1] += b[1]
        b[:] = [10**9, 10**9]
        return a


def collect(partition: int, items: Iterator[Any]) -> Iterator[Any]:
    """A sink that gives back what it is given."""
    yield from items


def by_four(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
    """Items on their way to four buckets."""
    for item in items:
        yield item % 4, bytes([item])


def failing(*places: int) -> Any:
    """A function that raises in these partitions, in the first of them last."""

    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            if partition in places:
                time.sleep(0.3 if partition == min(places) else 0)
                raise DataError(f"partition {partition}", where="a place", hint="a cure")
            yield item

    return function


class TwoError(Exception):
    """Cannot be made again of what pickle keeps of it."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__()
        self.sides = (left, right)

    def __str__(self) -> str:
        return " and ".join(self.sides)


class HoldingError(Exception):
    """Cannot be pickled."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.held = threading.Lock()


def raising(kind: str) -> Any:
    """A function that raises, in partition 2, an error of a user's own or one of featureprep's that comes of it."""

    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            if partition == 2 and kind == "two":
                raise TwoError("left", "right")
            if partition == 2 and kind == "holding":
                raise HoldingError("held")
            if partition == 2:
                raise ColumnNotFoundError("no such column") from HoldingError("held")
            yield item

    return function


def run(engine: Engine, verb: str, batches: Any) -> None:
    """One of the verbs that compute."""
    if verb == "fold":
        engine.fold(batches, Sum())
    elif verb == "write":
        engine.write(batches, collect)
    else:
        engine.write(engine.exchange(engine.map(batches, by_four), 4), collect)


class EngineVerbs:
    """Inherit it, with a fixture `engine`."""

    BLOBS: ClassVar[list[bytes]] = [b"", b"\x00", b"\xff\xfe\x00", bytes(range(256)) * 5000, b"text"]

    def test_write_gives_every_partition_once_in_order(self, engine: Engine) -> None:
        assert engine.write(engine.scan(PARTITIONS), collect) == PARTITIONS

    def test_a_sink_knows_its_partition_and_is_called_for_empty_ones(self, engine: Engine) -> None:
        def sink(partition: int, items: Iterator[int]) -> Iterator[tuple[int, int]]:
            yield partition, sum(items)

        assert engine.write(engine.scan(PARTITIONS), sink) == [[(0, 6)], [(1, 0)], [(2, 4)], [(3, 26)], [(4, 9)]]

    def test_map_composes_and_knows_its_partition(self, engine: Engine) -> None:
        def double(partition: int, items: Iterator[int]) -> Iterator[int]:
            for item in items:
                yield item * 2

        def spread(partition: int, items: Iterator[int]) -> Iterator[tuple[int, int]]:
            for item in items:
                yield partition, item
                yield partition, -item

        made = engine.write(engine.map(engine.map(engine.scan(PARTITIONS), double), spread), collect)
        assert made[2] == [(2, 8), (2, -8)]
        assert [len(part) for part in made] == [6, 0, 2, 8, 2]

    def test_a_handle_can_be_used_again(self, engine: Engine) -> None:
        batches = engine.map(engine.scan(PARTITIONS), lambda partition, items: (item + 1 for item in items))
        assert list(engine.fold(batches, Sum())) == [54, 9]
        assert list(engine.fold(batches, Sum())) == [54, 9]

    def test_fold_takes_every_item_once(self, engine: Engine) -> None:
        assert list(engine.fold(engine.scan(PARTITIONS), Sum())) == [45, 9]
        assert list(engine.fold(engine.scan([[i] for i in range(70)]), Sum())) == [sum(range(70)), 70]

    def test_fold_of_nothing_is_the_first_state(self, engine: Engine) -> None:
        assert list(engine.fold(engine.scan([[]]), Sum())) == [0, 0]
        assert list(engine.fold(engine.scan([]), Sum())) == [0, 0]

    def test_exchange_brings_buckets_together(self, engine: Engine) -> None:
        met = engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4)
        made = engine.write(met, lambda bucket, blobs: [(bucket, sorted(blob[0] for blob in blobs))])
        assert made == [[(0, [4, 8])], [(1, [1, 5, 9])], [(2, [2, 6])], [(3, [3, 7])]]

    def test_what_was_exchanged_can_be_read_again_and_mapped(self, engine: Engine) -> None:
        met = engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4)
        sizes = engine.map(met, lambda bucket, blobs: [len(list(blobs))])
        for _ in range(2):
            assert engine.write(sizes, collect) == [[2], [3], [2], [2]]

    def test_empty_buckets_are_partitions_too(self, engine: Engine) -> None:
        met = engine.exchange(engine.map(engine.scan([[1], []]), by_four), 6)
        assert engine.write(met, lambda bucket, blobs: [len(list(blobs))]) == [[0], [1], [0], [0], [0], [0]]

    def test_an_exchange_of_nothing(self, engine: Engine) -> None:
        met = engine.exchange(engine.map(engine.scan([[], []]), by_four), 2)
        assert engine.write(met, lambda bucket, blobs: [list(blobs)]) == [[[]], [[]]]

    def test_blobs_are_opaque(self, engine: Engine) -> None:
        blobs = list(self.BLOBS)

        def send(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
            for item in items:
                yield 0, blobs[item]

        met = engine.exchange(engine.map(engine.scan([[0, 1, 2], [3, 4], [0]]), send), 1)
        (found,) = engine.write(met, lambda bucket, given: [bytes(blob) for blob in given])
        assert sorted(found) == sorted([*blobs, b""])

    @pytest.mark.parametrize("verb", ["fold", "write", "exchange"])
    def test_the_first_error_by_partition_is_raised(self, verb: str, engine: Engine) -> None:
        batches = engine.map(engine.scan([[i] for i in range(9)]), failing(2, 3, 6))
        with pytest.raises(DataError) as caught:
            run(engine, verb, batches)
        assert (caught.value.what, caught.value.where, caught.value.hint) == ("partition 2", "a place", "a cure")
        assert list(engine.fold(engine.scan(PARTITIONS), Sum())) == [45, 9]  # it goes on working

    @pytest.mark.parametrize("verb", ["fold", "write", "exchange"])
    @pytest.mark.parametrize(
        ("kind", "told"),
        [("two", "TwoError: left and right"), ("holding", "HoldingError: held"), ("own", "ColumnNotFoundError: no such column")],
    )
    def test_an_error_that_cannot_travel_is_told_all_the_same(self, kind: str, told: str, verb: str, engine: Engine) -> None:
        batches = engine.map(engine.scan(PARTITIONS), raising(kind))
        with pytest.raises(Exception) as caught:  # noqa: PT011  (engines in other processes raise another class)
            run(engine, verb, batches)
        assert said(caught.value) in (told, f"RuntimeError: {told}")
        assert isinstance(caught.value, ColumnNotFoundError) == (kind == "own")

    def test_progress_counts_partitions(self, engine: Engine, request: pytest.FixtureRequest) -> None:
        if "progress" in engine.gaps:
            request.applymarker(pytest.mark.xfail(reason=engine.gaps["progress"], strict=True))
        said: list[tuple[str, int, int]] = []
        engine.progress = lambda *args: said.append(args)
        try:
            engine.write(engine.scan(PARTITIONS), collect, "writing")
        finally:
            engine.progress = None
        assert {(label, n) for label, _, n in said} == {("writing", 5)}
        counts = [done for _, done, _ in said]
        assert counts == sorted(counts)
        assert (counts[0], counts[-1]) == (0, 5)
