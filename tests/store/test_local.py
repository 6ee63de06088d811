"""What is special about a folder on a disk."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from featureprep.errors import StoreError
from featureprep.store.objects import ObjectStore


def test_file_urls_and_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ObjectStore.open("s").create("a", b"1")
    assert ObjectStore.open(f"file://{tmp_path}/s").read("a") == b"1"
    assert ObjectStore.open("s").url == str(tmp_path / "s")
    assert (tmp_path / "s" / "a").read_bytes() == b"1"


def test_opening_makes_nothing(tmp_path: Path) -> None:
    store = ObjectStore.open(tmp_path / "none")
    assert store.list() == []
    assert not (tmp_path / "none").exists()


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    with pytest.raises(StoreError, match="folder"):
        ObjectStore.open(tmp_path / "f")


def test_a_link_out_of_the_store_leads_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    store = ObjectStore.open(tmp_path / "store")
    store.create("a/b", b"1")
    (tmp_path / "store" / "census").symlink_to(outside)
    (tmp_path / "store" / "a" / "direct").symlink_to(outside / "precious")
    assert [entry.path for entry in store.list()] == ["a/b"]
    assert store.folders() == ["a"]
    for path in ("census/precious", "a/direct"):
        for verb in (store.read, store.open_local, store.delete, store.size):
            with pytest.raises(StoreError, match="symbolic link"):
                verb(path)
    with pytest.raises(StoreError, match="symbolic link"):
        store.create("census/new", b"1")
    assert [p.name for p in outside.iterdir()] == ["precious"]


def test_a_store_below_a_link_works(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    store = ObjectStore.open(tmp_path / "link")
    store.create("a/b", b"1")
    assert store.read("a/b") == b"1"
    store.delete("a/b")
    assert (tmp_path / "real").is_dir()


def test_a_disk_without_hard_links_is_named(local_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(StoreError, match="no conditional create") as caught:
        local_store.create("a", b"1")
    assert "hard links" in str(caught.value)
    assert local_store.leftovers() == []


def test_a_full_disk_leaves_nothing(local_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match="No space") as caught:
            local_store.create("a/b", b"1")
    assert "make room" in str(caught.value)
    assert local_store.list() == local_store.leftovers() == []
    assert local_store.create("a/b", b"2")


def test_a_file_from_another_disk_is_copied(local_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def across(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    local = tmp_path / "part"
    local.write_bytes(b"123")
    monkeypatch.setattr(os, "rename", across)
    assert local_store.create_from_file("a", str(local))
    assert local_store.read("a") == b"123"
    assert not local.exists()


def test_leftovers_are_unseen(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.create("a/b", b"1")
    (tmp_path / "store" / "a" / ".fp-tmp-dead").write_bytes(b"half")
    (Path(local_store.scratch_folder()) / "part").write_bytes(b"half")
    assert [entry.path for entry in local_store.list()] == ["a/b"]
    assert [entry.path for entry in local_store.leftovers()] == ["_staging/.fp-tmp-scratch/part", "a/.fp-tmp-dead"]


def test_create_while_folders_come_and_go(local_store: ObjectStore) -> None:
    """Deleting the last object of a folder removes it, perhaps under a writer's hands."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def churn() -> None:
        try:
            while not stop.is_set():
                local_store.create("x/y/churn", b"", durable=False)
                local_store.delete("x/y/churn")
        except StoreError as error:
            failures.append(error)

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for i in range(200):
            assert local_store.create(f"x/y/{i}", b"1", durable=False)
            local_store.delete(f"x/y/{i}")
    finally:
        stop.set()
        thread.join()
    assert failures == []


def test_create_in_a_folder_that_was_removed_and_is_back(local_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment the test above meets only now and then."""
    linked, link = [], os.link

    def late(source: str, target: str) -> None:
        linked.append(target)
        if len(linked) == 1:
            shutil.rmtree(os.path.dirname(target))
            os.makedirs(os.path.dirname(target))
        link(source, target)

    monkeypatch.setattr(os, "link", late)
    assert local_store.create("x/y/1", b"1", durable=True)
    assert local_store.read("x/y/1") == b"1"
    assert len(linked) == 2


def test_a_file_to_store_that_vanishes_is_named(local_store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"1")
    rename = os.rename

    def late(source: str, target: str) -> None:
        os.unlink(source)
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(StoreError, match="removed meanwhile"):
        local_store.create_from_file("x/y/1", str(given))
