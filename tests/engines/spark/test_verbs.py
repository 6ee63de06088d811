"""What the five verbs promise on Spark beyond the suite of all engines: on a classic session and on Spark Connect."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featureprep.engines.spark.engine import SparkEngine
from featureprep.errors import ArgumentError, ContractError, RowRejected, StoreError, UdfError, WorldError
from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect
from tests.engines.hosts.spark import Sparks


def total(engine: SparkEngine) -> tuple[int, int]:
    """Sum and number of the items of PARTITIONS."""
    found, n = engine.fold(engine.scan(PARTITIONS), Sum())
    return found, n


@pytest.mark.parametrize("n", [1, 9, 70])
def test_a_fold_takes_every_item_once_whatever_its_tree(n: int, sparks: Sparks) -> None:
    assert sparks.classic.fold(sparks.classic.scan([[i, 1] for i in range(n)]), Sum()) == [n * (n - 1) // 2 + n, 2 * n]


def test_exchanges_follow_each_other(engine: SparkEngine) -> None:
    first = engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 4, "first")
    again = engine.map(first, lambda bucket, blobs: ((blob[0] % 3, blob) for blob in blobs))
    met = engine.map(engine.exchange(again, 3, "second"), lambda bucket, blobs: (blob[0] for blob in blobs))
    said: list[tuple[str, int, int]] = []
    engine.progress = lambda *args: said.append(args)
    try:
        assert engine.fold(met, Sum(), "third") == [45, 9]
    finally:
        engine.progress = None
    passes = [("first", 5), ("second", 4), ("third", 3)]
    assert said == [(label, done, n) for label, n in passes for done in range(n + 1)]


def test_blobs_of_any_size_arrive_whole(sparks: Sparks) -> None:
    sizes = [0, 1, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 30 << 20]

    def many(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
        for item in items:
            yield item % 2, bytes([item]) * sizes[item]
        for _ in range(20_000):
            yield 0, b"small"

    def look(bucket: int, blobs: Iterator[bytes]) -> Iterator[Any]:
        seen: dict[bytes, int] = {}
        for blob in blobs:
            assert blob == blob[:1] * len(blob) or blob == b"small"
            seen[blob[:1] + len(blob).to_bytes(8, "little")] = seen.get(blob[:1] + len(blob).to_bytes(8, "little"), 0) + 1
        yield sorted(seen.values()), sum(seen.values())

    engine = sparks.classic
    made = engine.write(engine.exchange(engine.map(engine.scan([[0, 1, 2], [3, 4, 5]]), many), 2), look)
    assert made == [[([1, 1, 1, 40_000], 40_003)], [([1, 1, 1], 3)]]


def test_a_bucket_that_is_none_is_refused(sparks: Sparks) -> None:
    engine = sparks.classic
    for bucket in (-1, 4):

        def astray(partition: int, items: Iterator[Any], bucket: int = bucket) -> Iterator[tuple[int, bytes]]:
            yield bucket, b""

        sent = engine.map(engine.scan([[1]]), astray)
        with pytest.raises(ArgumentError, match=r"in \[0, 4\)"):
            engine.write(engine.exchange(sent, 4), collect)


# Errors.


@pytest.mark.parametrize(
    "error",
    [
        UdfError("the function f raised ValueError: no for the row at a.csv:7", where="job.py:3", hint="mend it"),
        ContractError("too few rows", where="contract.yaml:2"),
        RowRejected("no", where="row 3", rule="of age"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_our_errors_arrive_as_they_were(error: Any, engine: SparkEngine) -> None:
    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        raise error
        yield

    with pytest.raises(type(error)) as caught:
        engine.fold(engine.map(engine.scan([[1], [2]]), function), Sum())
    assert type(caught.value) is type(error)
    assert vars(caught.value) == vars(error)
    assert str(caught.value) == str(error)


def test_an_error_that_cannot_be_pickled_is_told(sparks: Sparks) -> None:
    class Odd(Exception):
        def __init__(self, a: int, b: int) -> None:
            super().__init__("odd")

    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        raise Odd(1, 2)
        yield

    engine = sparks.classic
    with pytest.raises(RuntimeError, match="Odd: odd"):
        engine.write(engine.scan([[1]]), function)


# Attempts.


def test_a_passing_failure_is_tried_again(engine: SparkEngine, tmp_path: Path) -> None:
    """A disk, a network: no row is lost or doubled by the attempts."""

    def stumble(partition: int, items: Iterator[int]) -> Iterator[int]:
        yield from items
        mark = tmp_path / f"met-{partition}"
        if partition in (1, 3) and not mark.exists():
            mark.touch()
            raise StoreError("the store is away", where="store")

    batches = engine.map(engine.scan(PARTITIONS), stumble)
    assert engine.fold(batches, Sum()) == [45, 9]
    assert len(list(tmp_path.iterdir())) == 2
    for mark in tmp_path.iterdir():
        mark.unlink()
    met = engine.exchange(engine.map(batches, by_four), 4)
    made = engine.write(met, lambda bucket, blobs: [sorted(blob[0] for blob in blobs)])
    assert made == [[[4, 8]], [[1, 5, 9]], [[2, 6]], [[3, 7]]]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_lasting_failure_of_the_world_is_told(engine: SparkEngine, tmp_path: Path) -> None:
    def function(partition: int, items: Iterator[int]) -> Iterator[int]:
        (tmp_path / f"{partition}-{time.monotonic_ns()}").touch()
        if partition == 1:
            raise StoreError("the store is away", where="store", hint="look there")
        yield from items

    with pytest.raises(StoreError, match="store: the store is away\nHint: look there"):
        engine.write(engine.scan([[1], [2]]), function)
    assert len(list(tmp_path.glob("1-*"))) >= 4  # attempts


def test_a_worker_that_dies_is_replaced(engine: SparkEngine, tmp_path: Path) -> None:
    def die(partition: int, items: Iterator[int]) -> Iterator[int]:
        yield from items
        mark = tmp_path / "died"
        if partition == 3 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), 9)

    met = engine.exchange(engine.map(engine.map(engine.scan(PARTITIONS), die), by_four), 4)
    assert engine.write(met, lambda bucket, blobs: [len(list(blobs))]) == [[2], [3], [2], [2]]


def test_workers_that_die_again_and_again_are_told_of(sparks: Sparks) -> None:
    def die(partition: int, items: Iterator[int]) -> Iterator[int]:
        os.kill(os.getpid(), 9)
        yield from items

    engine = sparks.classic
    with pytest.raises(WorldError, match="died again and again.*memory"):
        engine.write(engine.scan([[1]]), die)
    assert total(engine) == (45, 9)  # it goes on working


def test_an_interrupt_stops_the_query(engine: SparkEngine, tmp_path: Path) -> None:
    def wait(partition: int, items: Iterator[int]) -> Iterator[int]:
        (tmp_path / str(partition)).touch()
        time.sleep(0 if partition == 0 else 0.5)
        yield from items

    def stop(label: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    engine.progress = stop
    try:
        with pytest.raises(KeyboardInterrupt):
            engine.fold(engine.map(engine.scan([[i] for i in range(200)]), wait), Sum())
    finally:
        engine.progress = None
    assert not [thread for thread in threading.enumerate() if thread.name == "featureprep-spark"]
    assert len(list(tmp_path.iterdir())) < 100
    assert total(engine) == (45, 9)
