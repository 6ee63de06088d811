"""Tags and references."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from featureprep.canonical import digest, dumps, loads
from featureprep.errors import ArgumentError, CorruptArtefactError, StoreError
from featureprep.store import log, paths, tags
from featureprep.store.local import Bytes
from featureprep.store.log_entry import Draft
from featureprep.store.objects import ObjectStore
from featureprep.store.refs import parse_ref, resolve
from tests.store.conftest import NOW

Write = Callable[..., Draft]


@pytest.fixture
def three(store: ObjectStore, write: Write) -> ObjectStore:
    for _ in range(3):
        log.commit(store, "census", write(store))
    return store


def test_a_tag_moves_and_ends(three: ObjectStore) -> None:
    assert tags.list_tags(three, "census") == {}
    assert tags.read_tag(three, "census", "prod") is None
    tags.set_tag(three, "census", "prod", 1, now=NOW, note="first")
    tags.set_tag(three, "census", "prod", 3, now=NOW + timedelta(days=1))
    tags.set_tag(three, "census", "best", 2, now=NOW)
    assert tags.list_tags(three, "census") == {"best": 2, "prod": 3}
    assert resolve(three, "census@prod").n == 3
    tags.delete_tag(three, "census", "prod", now=NOW)
    assert tags.list_tags(three, "census") == {"best": 2}
    with pytest.raises(ArgumentError, match=r"no tag 'prod'") as caught:
        resolve(three, "census@prod")
    assert "best (2)" in str(caught.value)
    history = tags.tag_history(three, "census", "prod")
    assert [(entry.k, entry.version, entry.note) for entry in history] == [(1, 1, "first"), (2, 3, ""), (3, None, "")]
    assert history[0].created == NOW
    with pytest.raises(ArgumentError, match="best"):
        tags.delete_tag(three, "census", "prod", now=NOW)


def test_only_versions_can_be_tagged(three: ObjectStore) -> None:
    with pytest.raises(ArgumentError, match="census@9"):
        tags.set_tag(three, "census", "prod", 9, now=NOW)
    log.mark_vacuumed(three, "census", 1)
    with pytest.raises(ArgumentError, match="vacuumed"):
        tags.set_tag(three, "census", "prod", 1, now=NOW)


class VacuumsAtTag:
    """A store in which version 1 is marked as vacuumed right after a tag entry was created."""

    def __init__(self, inner: Any, other: ObjectStore) -> None:
        self.inner = inner
        self.other = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        made: bool = self.inner.create(path, parts, durable)
        if "/tags/" in path:
            log.mark_vacuumed(self.other, "census", 1)
        return made


@pytest.mark.parametrize("before", [3, None])
def test_a_version_vacuumed_while_it_is_tagged(near_store: ObjectStore, write: Write, before: int | None) -> None:
    for _ in range(3):
        log.commit(near_store, "census", write(near_store))
    if before is not None:
        tags.set_tag(near_store, "census", "prod", before, now=NOW)
    other = ObjectStore.open(near_store.address[0])
    near_store._objects = VacuumsAtTag(near_store._objects, other)
    with pytest.raises(StoreError, match="taken back"):
        tags.set_tag(near_store, "census", "prod", 1, now=NOW)
    assert tags.read_tag(other, "census", "prod") == before


def test_raced_tags_are_all_in_the_history(three: ObjectStore) -> None:
    barrier = threading.Barrier(6)

    def move(i: int) -> None:
        barrier.wait()
        tags.set_tag(three, "census", "prod", 1 + i % 3, now=NOW, note=str(i))

    threads = [threading.Thread(target=move, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = tags.tag_history(three, "census", "prod")
    assert [entry.k for entry in history] == [1, 2, 3, 4, 5, 6]
    assert sorted(entry.note for entry in history) == list("012345")
    assert tags.read_tag(three, "census", "prod") == history[-1].version


@pytest.mark.parametrize(
    "change", [{"version": 0}, {"version": "3"}, {"tag": "other"}, {"k": 2}, {"more": 1}, {"format": 2}, {"created": "x"}]
)
def test_corrupt_tags(near_store: ObjectStore, write: Write, change: dict[str, object]) -> None:
    log.commit(near_store, "census", write(near_store))
    tags.set_tag(near_store, "census", "prod", 1, now=NOW)
    path = paths.tag_entry("census", "prod", 1)
    body = {**loads(near_store.read(path)), **change}
    del body["digest"]
    near_store.delete(path)
    near_store.create(path, dumps({**body, "digest": digest(body)}).encode())
    with pytest.raises(CorruptArtefactError):
        resolve(near_store, "census@prod")


@pytest.mark.parametrize(
    ("ref", "parsed"),
    [
        ("census", ("census", "latest")),
        ("census@latest", ("census", "latest")),
        ("a@3", ("a", "3")),
        ("a@007", ("a", "7")),
        ("a@p-1", ("a", "p-1")),
    ],
)
def test_refs(ref: str, parsed: tuple[str, str]) -> None:
    assert parse_ref(ref) == parsed


@pytest.mark.parametrize(
    "ref", ["", "@3", "a@", "a@0", "a@000", "a@" + "9" * 5000, "a@b@c", "../x@1", "a@../x", "a@٣", "A@1", "a@_state", "a@-1"]
)
def test_refs_that_are_none(near_store: ObjectStore, ref: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        resolve(near_store, ref)
    assert len(str(caught.value)) < 800


def test_resolve(three: ObjectStore) -> None:
    assert [resolve(three, ref).n for ref in ("census", "census@latest", "census@2", "census@0003")] == [3, 3, 2, 3]
    with pytest.raises(ArgumentError, match="no version 4") as missing:
        resolve(three, "census@4")
    assert "1-3" in str(missing.value)
    with pytest.raises(ArgumentError, match="Did you mean census"):
        resolve(three, "cesnus")
    with pytest.raises(ArgumentError, match="It has: census"):
        resolve(three, "zebra")


def test_resolve_in_an_empty_store(near_store: ObjectStore) -> None:
    with pytest.raises(ArgumentError, match="right store"):
        resolve(near_store, "census")


def test_vacuumed_versions_are_named(three: ObjectStore) -> None:
    log.mark_vacuumed(three, "census", 2)
    with pytest.raises(StoreError, match="removed by vacuum") as caught:
        resolve(three, "census@2")
    assert "1, 3" in str(caught.value)
    assert log.read_entry(three, "census", 2).n == 2
    log.mark_vacuumed(three, "census", 3)
    assert resolve(three, "census").n == 1
    log.mark_vacuumed(three, "census", 1)
    with pytest.raises(StoreError, match="all versions"):
        resolve(three, "census")
