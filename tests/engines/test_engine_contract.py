"""What every engine must do: one suite, and a fixture with all of them. Items are plain values here: engines know no meaning."""

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


@pytest.fixture(params=[1, 3], ids=lambda n: f"pandas-{n}")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    made = PandasEngine(request.param)
    yield made
    made.close()


PARTITIONS = [[1, 2, 3], [], [4], [5, 6, 7, 8], [9]]


class Sum:
    """A merger that also counts what it was given."""

    def init(self) -> tuple[int, int]:
        return 0, 0

    def update(self, state: tuple[int, int], item: int) -> tuple[int, int]:
        return state[0] + item, state[1] + 1

    def merge(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return a[0] + b[0], a[1] + b[1]


def collect(partition: int, items: Iterator[Any]) -> Iterator[Any]:
    yield from items


def test_write_gives_every_partition_once_in_order(engine: Engine) -> None:
    assert engine.write(engine.scan(PARTITIONS), collect) == PARTITIONS


def test_a_sink_knows_its_partition_and_is_called_for_empty_ones(engine: Engine) -> None:
    def sink(partition: int, items: Iterator[int]) -> Iterator[tuple[int, int]]:
        yield partition, sum(items)

    assert engine.write(engine.scan(PARTITIONS), sink) == [[(0, 6)], [(1, 0)], [(2, 4)], [(3, 26)], [(4, 9)]]


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


def test_a_handle_can_be_used_again(engine: Engine) -> None:
    batches = engine.map(engine.scan(PARTITIONS), lambda partition, items: (item + 1 for item in items))
    assert engine.fold(batches, Sum()) == (54, 9)
    assert engine.fold(batches, Sum()) == (54, 9)


def test_fold_takes_every_item_once(engine: Engine) -> None:
    assert engine.fold(engine.scan(PARTITIONS), Sum()) == (45, 9)
    assert engine.fold(engine.scan([]), Sum()) == (0, 0)
    assert engine.fold(engine.scan([[]]), Sum()) == (0, 0)
    many = [[i] for i in range(300)]
    assert engine.fold(engine.scan(many), Sum()) == (sum(range(300)), 300)


def _send(partition: int, items: Iterator[int]) -> Iterator[tuple[int, bytes]]:
    for item in items:
        yield item % 4, bytes([item])


def test_exchange_brings_buckets_together(engine: Engine) -> None:
    met = engine.exchange(engine.map(engine.scan(PARTITIONS), _send), 4)
    made = engine.write(met, lambda bucket, blobs: [(bucket, sorted(blob[0] for blob in blobs))])
    assert made == [[(0, [4, 8])], [(1, [1, 5, 9])], [(2, [2, 6])], [(3, [3, 7])]]


def test_empty_buckets_are_partitions_too(engine: Engine) -> None:
    met = engine.exchange(engine.map(engine.scan([[1], []]), _send), 6)
    assert engine.write(met, lambda bucket, blobs: [len(list(blobs))]) == [[0], [1], [0], [0], [0], [0]]


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


def fail_at(*places: int) -> Any:
    def function(partition: int, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            if partition in places:
                time.sleep(0.02 if partition == min(places) else 0)  # the first in order is the last in time
                raise ValueError(f"partition {partition}")
            yield item

    return function


@pytest.mark.parametrize("verb", ["fold", "write", "exchange"])
def test_the_first_error_by_partition_is_raised(verb: str, engine: Engine) -> None:
    batches = engine.map(engine.scan([[i] for i in range(12)]), fail_at(3, 4, 7))
    with pytest.raises(ValueError, match="partition 3"):
        if verb == "fold":
            engine.fold(batches, Sum())
        elif verb == "write":
            engine.write(batches, collect)
        else:
            engine.exchange(engine.map(batches, _send), 4)
    assert engine.fold(engine.scan(PARTITIONS), Sum()) == (45, 9)  # it goes on working


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


def test_progress_counts_partitions(engine: Engine) -> None:
    said: list[tuple[str, int, int]] = []
    engine.progress = lambda *args: said.append(args)
    engine.write(engine.scan(PARTITIONS), collect, "writing")
    assert said == [("writing", k, 5) for k in range(6)]


def test_close_can_be_called_twice(engine: Engine) -> None:
    engine.exchange(engine.map(engine.scan(PARTITIONS), _send), 2 + 2)
    engine.close()
    engine.close()


def test_its_name_is_recorded(engine: Engine) -> None:
    assert engine.name == "pandas"


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
