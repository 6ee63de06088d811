"""That the shaking engine shakes: what relies on order, on memory or on one attempt breaks on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from featureprep.testing.shaken import ShakenEngine

PARTITIONS = [[i] for i in range(8)]


def test_partitions_are_run_twice_and_in_no_order(tmp_path: Path) -> None:
    log = str(tmp_path / "log")

    def sink(partition: int, items: Iterator[Any]) -> Iterator[int]:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{partition} ")
        return iter(())

    engine, said = ShakenEngine(3), []
    engine.progress = lambda label, done, total: said.append(done)
    engine.write(engine.scan(PARTITIONS), sink)
    ran = [int(text) for text in Path(log).read_text(encoding="utf-8").split()]
    assert sorted(ran) == sorted([*range(8), *range(8)])
    assert ran != sorted(ran)
    assert said == list(range(9))


def test_nothing_is_shared() -> None:
    seen: list[int] = []

    def sink(partition: int, items: Iterator[Any]) -> list[int]:
        seen.append(partition)
        return [len(seen)]

    engine = ShakenEngine()
    assert engine.write(engine.scan(PARTITIONS), sink) == [[1]] * 8
    assert seen == []


def test_what_cannot_be_pickled_is_found_at_once() -> None:
    lock = threading.Lock()
    engine = ShakenEngine()
    with pytest.raises(TypeError, match="pickle"):
        engine.write(engine.scan(PARTITIONS), lambda partition, items: [lock])
    with pytest.raises(TypeError, match="pickle"):
        engine.scan([[lock]])


def test_states_merge_in_any_order() -> None:
    class Text:
        def init(self) -> str:
            return ""

        def update(self, state: str, item: int) -> str:
            return state + str(item)

        def merge(self, a: str, b: str) -> str:
            return a + b

    orders = set()
    for seed in range(5):
        engine = ShakenEngine(seed)
        orders.add(engine.fold(engine.scan(PARTITIONS), Text()))
    assert len(orders) > 1
