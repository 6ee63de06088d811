"""The race that proves a store's conditional create."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from featureprep.errors import ArgumentError, StoreError
from featureprep.store.local import Bytes
from featureprep.store.objects import ObjectStore
from featureprep.store.probe import race


def test_good_stores_pass(store: ObjectStore) -> None:
    report = race(store, writers=4, rounds=10)
    assert report.ok
    assert report.processes == (1 if store.url.startswith("memory") else 2)
    assert store.list() == []


class LooksFirst:
    """A store that looks whether a name is free, and writes afterwards."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        import time

        try:
            self.inner.size(path)
        except FileNotFoundError:
            time.sleep(0.002)
            self.inner.filesystem().pipe_file(self.inner._full(path), b"".join(parts))
            return True
        return False


class LosesBytes(LooksFirst):
    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        return bool(self.inner.create(path, b"", durable))


class NeverCreates(LooksFirst):
    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        return False


@pytest.mark.parametrize(("kind", "flaw"), [(LooksFirst, "several_winners"), (LosesBytes, "wrong_bytes"), (NeverCreates, "no_winner")])
def test_bad_stores_fail(memory_store: ObjectStore, kind: type[LooksFirst], flaw: str) -> None:
    memory_store._objects = kind(memory_store._objects)
    report = race(memory_store, writers=4, rounds=5)
    assert not report.ok
    assert getattr(report, flaw) > 0


def test_a_race_needs_two(memory_store: ObjectStore) -> None:
    with pytest.raises(ArgumentError):
        race(memory_store, writers=1)


def test_a_failing_store_is_said(memory_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise TimeoutError("no answer")

    monkeypatch.setattr(memory_store._objects, "create", fail)
    with pytest.raises(StoreError, match="no answer"):
        race(memory_store, writers=2, rounds=1)
