"""Fold states, staging areas and the attempt rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from featureprep.canonical import digest
from featureprep.errors import ArgumentError, CorruptArtefactError, NonDeterministicError, StoreError
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging, put_part, put_part_file, sha256_of, staged_runs
from featureprep.store.states import StateCache
from tests.store.conftest import NOW

KEY = digest("a state")


@pytest.mark.parametrize("payload", [b"", b"x", b"y" * 100_000])
def test_states(store: ObjectStore, payload: bytes) -> None:
    cache = StateCache(store)
    assert cache.get(KEY) is None
    assert cache.put(KEY, payload)
    assert not cache.put(KEY, payload)
    got = cache.get(KEY)
    assert got is not None
    assert bytes(got) == payload


def test_states_are_aligned_and_mapped(local_store: ObjectStore) -> None:
    numbers = np.arange(100_000.0)  # large ones are mapped
    StateCache(local_store).put(KEY, memoryview(numbers.data))
    got = StateCache(local_store).get(KEY)
    assert got is not None
    array = np.frombuffer(got)
    assert array.ctypes.data % 64 == 0
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, numbers)


def test_a_store_that_takes_no_state(local_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = StateCache(local_store)
    assert cache.put(KEY, b"kept")

    def full(*args: object, **more: object) -> bool:
        raise StoreError("No space left on device", where="/disk/_state")

    monkeypatch.setattr(ObjectStore, "create", full)
    assert not cache.put(digest("other"), b"lost")
    assert cache.get(digest("other")) is None
    assert cache.trouble == ["/disk/_state: No space left on device"]
    monkeypatch.undo()
    assert not cache.put(digest("third"), b"not tried any more")
    kept = cache.get(KEY)
    assert kept is not None
    assert bytes(kept) == b"kept"
    assert StateCache(local_store).put(digest("third"), b"by the next run")
    assert cache == StateCache(local_store)


@pytest.mark.parametrize("place", [0, 10, 20, 40, 64, 70, -1])
def test_an_altered_state_is_absent_and_can_be_replaced(near_store: ObjectStore, place: int) -> None:
    cache = StateCache(near_store)
    cache.put(KEY, b"payload")
    good = near_store.read(paths.state(KEY))
    place %= len(good)
    for bad in (good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :], good[:place], good + b"x"):
        near_store.delete(paths.state(KEY))
        near_store.create(paths.state(KEY), bad)
        assert cache.get(KEY) is None
        assert cache.put(KEY, b"payload")
        got = cache.get(KEY)
        assert got is not None
        assert bytes(got) == b"payload"


def test_a_state_under_another_key_is_absent(near_store: ObjectStore) -> None:
    cache, other = StateCache(near_store), digest("another")
    cache.put(KEY, b"payload")
    near_store.create(paths.state(other), near_store.read(paths.state(KEY)))
    assert cache.get(other) is None


@pytest.mark.parametrize("key", ["", "../x", "A" * 64, "ab", "g" * 64])
def test_state_keys_are_digests(near_store: ObjectStore, key: str) -> None:
    with pytest.raises(ArgumentError):
        StateCache(near_store).get(key)


def test_attempts_at_a_part(store: ObjectStore, tmp_path: Path) -> None:
    first = put_part(store, "d/part", b"rows")
    assert put_part(store, "d/part", b"rows") == first
    local = tmp_path / "local"
    local.write_bytes(b"rows")
    assert put_part_file(store, "d/part", str(local), sha256_of(b"rows")) == first
    for other in (b"rowz", b"row", b""):
        with pytest.raises(NonDeterministicError) as caught:
            put_part(store, "d/part", other)
        assert caught.value.exit_code == 2
        local.write_bytes(other)
        with pytest.raises(NonDeterministicError):
            put_part_file(store, "d/part", str(local), sha256_of(other))
    assert store.read("d/part") == b"rows"


def test_a_run_can_be_resumed(store: ObjectStore) -> None:
    staging = Staging(store, "r1")
    assert staging.manifest() is None
    with pytest.raises(StoreError, match="no run r1"):
        staging.resume(now=NOW)
    staging.begin({"job": "census", "partitions": 3}, now=NOW)
    with pytest.raises(StoreError, match="already"):
        staging.begin({}, now=NOW)
    assert staging.receipt("scan-1.part=0") is None
    staging.put_receipt("scan-1.part=0", {"rows": 3, "nan": float("inf")})
    staging.put_receipt("scan-1.part=0", {"nan": float("inf"), "rows": 3})
    with pytest.raises(NonDeterministicError):
        staging.put_receipt("scan-1.part=0", {"rows": 4})
    again = Staging(store, "r1")
    assert again.resume(now=NOW) == {"job": "census", "partitions": 3}
    assert again.receipt("scan-1.part=0") == {"rows": 3, "nan": float("inf")}
    assert staged_runs(store) == ["r1"]
    again.clear()
    assert staged_runs(store) == []
    assert store.list() == []


def test_a_run_under_vacuum_cannot_be_resumed(near_store: ObjectStore) -> None:
    Staging(near_store, "r1").begin({}, now=NOW)
    near_store.create(paths.abandoned("r1"), b"")
    with pytest.raises(StoreError, match="vacuum"):
        Staging(near_store, "r1").resume(now=NOW)


def test_blobs(store: ObjectStore) -> None:
    staging = Staging(store, "r1")
    name = staging.put_blob(b"vocabulary" * 1000)
    assert staging.put_blob(b"vocabulary" * 1000) == name
    assert bytes(staging.blob(name)) == b"vocabulary" * 1000
    wrong = "0" * 64
    store.create(paths.staging_blob("r1", wrong), b"altered")
    with pytest.raises(CorruptArtefactError):
        staging.blob(wrong)


def test_corrupt_staging(near_store: ObjectStore) -> None:
    near_store.create(paths.staging_manifest("r1"), b'{"kind"')
    near_store.create(paths.staging_receipt("r1", "t"), b"{}")
    with pytest.raises(CorruptArtefactError):
        Staging(near_store, "r1").manifest()
    with pytest.raises(CorruptArtefactError):
        Staging(near_store, "r1").receipt("t")
    Staging(near_store, "r2").put_receipt("t", {})
    near_store.create(paths.staging_receipt("r2", "u"), near_store.read(paths.staging_receipt("r2", "t")))
    with pytest.raises(CorruptArtefactError, match="another task"):
        Staging(near_store, "r2").receipt("u")


@pytest.mark.parametrize("task", ["", "../x", "a/b", "x" * 201, ".hidden", "a b"])
def test_task_ids(near_store: ObjectStore, task: str) -> None:
    with pytest.raises(ArgumentError):
        Staging(near_store, "r1").receipt(task)
