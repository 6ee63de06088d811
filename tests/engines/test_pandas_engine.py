"""What the engine of this process does beside the suite of all engines: laziness, threads, spilling, interrupts."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featureprep.engines.base import Engine
from featureprep.engines.pandas import PandasEngine
from featureprep.errors import ArgumentError
from featureprep.testing.verbs import PARTITIONS, Sum, by_four, collect


@pytest.fixture(params=[1, 3], ids=lambda n: f"pandas-{n}")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = PandasEngine(request.param)
    yield made
    made.close()


@pytest.mark.parametrize("threads", [0, -1, 2.5, True, "2"])
def test_threads_are_a_whole_number(threads: Any) -> None:
    with pytest.raises(ArgumentError, match="threads"):
        PandasEngine(threads)


def test_map_is_lazy_and_composes(engine: Engine) -> None:
    calls: list[int] = []

    def double(partition: int, items: Iterator[int]) -> Iterator[int]:
        for item in items:
            calls.append(item)
            yield item * 2

    def spread(partition: int, items: Iterator[int]) -> Iterator[tuple[int, int]]:
        for item in items:
            yield partition, item
            yield partition, -item

    mapped = engine.map(engine.map(engine.scan(PARTITIONS), double), spread)
    assert calls == []
    made = engine.write(mapped, collect)
    assert made[2] == [(2, 8), (2, -8)]
    assert [len(part) for part in made] == [6, 0, 2, 8, 2]
    assert Counter(calls) == Counter(range(1, 10))


def test_an_exchange_spills_and_cleans_up(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("featureprep.engines.pandas.EXCHANGE_MEMORY", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def send(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
        for item in items:
            yield item % 3, bytes([item % 251]) * 200

    met = engine.exchange(engine.map(engine.scan([list(range(k, 200, 5)) for k in range(5)]), send), 3)
    for _ in range(2):
        made = engine.write(met, lambda bucket, blobs: [sorted(blob[0] for blob in blobs if len(blob) == 200)])
        assert made == [[[i for i in range(200) if i % 3 == k]] for k in range(3)]
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_an_error_stops_what_has_not_begun(engine: Engine) -> None:
    begun: list[int] = []

    def sink(partition: int, items: Iterator[int]) -> list[int]:
        begun.append(partition)
        time.sleep(0.002)
        if partition == 0:
            raise ValueError("no")
        return []

    with pytest.raises(ValueError, match="no"):
        engine.write(engine.scan([[i] for i in range(500)]), sink)
    assert len(begun) < 100


def test_an_interrupt_leaves_no_thread(engine: Engine) -> None:
    before = threading.active_count()

    def sink(partition: int, items: Iterator[int]) -> list[int]:
        if partition == 2:
            raise KeyboardInterrupt
        time.sleep(0.001)
        return []

    with pytest.raises(KeyboardInterrupt):
        engine.write(engine.scan([[i] for i in range(200)]), sink)
    assert threading.active_count() == before


def test_an_interrupt_of_the_caller_leaves_no_thread(engine: Engine) -> None:
    before = threading.active_count()

    def stop(label: str, done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    engine.progress = stop
    with pytest.raises(KeyboardInterrupt):
        engine.fold(engine.scan([[i] for i in range(50)]), Sum())
    assert threading.active_count() == before


def test_close_can_be_called_twice(engine: Engine) -> None:
    engine.exchange(engine.map(engine.scan(PARTITIONS), by_four), 2 + 2)
    engine.close()
    engine.close()


def test_no_more_partitions_are_at_work_than_there_are_threads() -> None:
    engine, lock, now, most = PandasEngine(2), threading.Lock(), [0], [0]

    def sink(partition: int, items: Iterator[int]) -> list[int]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.003)
        with lock:
            now[0] -= 1
        return []

    engine.write(engine.scan([[i] for i in range(20)]), sink)
    assert most[0] <= 2
