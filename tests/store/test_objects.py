"""The verbs of `ObjectStore` on every kind of store."""

from __future__ import annotations

import os
import pickle
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from featureprep.errors import ArgumentError, StoreError
from featureprep.store.objects import ObjectNotFoundError, ObjectStore


def test_create_makes_an_object_once(store: ObjectStore) -> None:
    assert store.create("a/b", b"first")
    assert not store.create("a/b", b"second")
    assert store.read("a/b") == b"first"
    assert bytes(store.open_local("a/b")) == b"first"
    assert store.size("a/b") == 5
    assert store.exists("a/b")


def test_empty_object(store: ObjectStore) -> None:
    assert store.create("empty", b"")
    assert not store.create("empty", b"x")
    assert store.read("empty") == bytes(store.open_local("empty")) == b""
    assert store.size("empty") == 0


def test_create_from_file_takes_the_file_over(store: ObjectStore) -> None:
    for content, made in ((b"one" * 1000, True), (b"two", False)):
        local = Path(store.scratch_folder()) / f"featureprep-test-{os.getpid()}"
        local.write_bytes(content)
        assert store.create_from_file("x/part", str(local)) is made
        assert not local.exists()
    assert store.read("x/part") == b"one" * 1000
    assert [entry.path for entry in store.list()] == ["x/part"]


def test_create_from_file_of_nothing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not there"):
        store.create_from_file("x", str(tmp_path / "absent"))


def test_a_large_object_goes_by_parts(s3_store: ObjectStore, tmp_path: Path) -> None:
    # s3fs sends files over 100 MiB in pieces; the condition stands on the last request then
    content = os.urandom(1 << 20) * 101
    assert s3_store.create("large", b"small")
    local = tmp_path / "large"
    local.write_bytes(content)
    assert not s3_store.create_from_file("large", str(local))
    assert s3_store.create("large2", content)
    assert s3_store.size("large2") == len(content)


def test_list_and_folders(store: ObjectStore) -> None:
    assert store.list() == []
    assert store.folders() == []
    assert store.list("none/such") == []
    assert store.folders("none") == []
    for path in ("b/2", "b/1", "a/x/y", "bb/3", "top"):
        store.create(path, path.encode())
    assert [entry.path for entry in store.list()] == ["a/x/y", "b/1", "b/2", "bb/3", "top"]
    assert [(entry.path, entry.size) for entry in store.list("b")] == [("b/1", 3), ("b/2", 3)]
    assert all(entry.modified.tzinfo is not None for entry in store.list())
    assert store.folders() == ["a", "b", "bb"]
    assert store.folders("a") == ["x"]


def test_listings_are_fresh(store: ObjectStore) -> None:
    other = ObjectStore.open(store.address[0], **store.address[1])
    for i in range(3):
        assert len(store.list("log")) == i
        other.create(f"log/{i}", b"")
        assert store.exists(f"log/{i}")


def test_delete(store: ObjectStore) -> None:
    store.create("a/b/c", b"1")
    store.delete("a/b/c")
    store.delete("a/b/c")
    assert not store.exists("a/b/c")
    assert store.folders() == []
    assert store.create("a/b/c", b"2")


def test_absent_objects(store: ObjectStore) -> None:
    store.create("folder/object", b"")
    verbs: list[Callable[[str], object]] = [store.read, store.open_local, store.size]
    for verb in verbs:
        with pytest.raises(ObjectNotFoundError, match="no such file") as caught:
            verb("folder/absent")
        assert store.url in str(caught.value)
    assert store.find("folder/absent") is None
    assert not store.exists("folder/absent")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "..",
        "a/../../b",
        "a//b",
        "a/./b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a/",
        "x" * 256,
        "a/" * 600 + "a",
        ".fp-tmp-1",
        "\ud800",
    ],
)
def test_paths_that_leave_or_confuse_are_refused(near_store: ObjectStore, path: str) -> None:
    verbs: list[Callable[[], object]] = [
        lambda: near_store.create(path, b""),
        lambda: near_store.read(path),
        lambda: near_store.delete(path),
        lambda: near_store.exists(path),
    ]
    for verb in verbs:
        with pytest.raises(ArgumentError):
            verb()


def test_one_winner_of_many_threads(store: ObjectStore) -> None:
    for turn in range(5):
        wins: list[int] = []
        barrier = threading.Barrier(8)

        def write(i: int, turn: int = turn, wins: list[int] = wins, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            if store.create(f"race/{turn}", str(i).encode()):
                wins.append(i)

        threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(wins) == 1
        assert store.read(f"race/{turn}") == str(wins[0]).encode()


def test_a_store_travels_to_workers(store: ObjectStore) -> None:
    store.create("a", b"1")
    again = pickle.loads(pickle.dumps(store))
    assert again.url == store.url
    assert again.read("a") == b"1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org/x",
        "ftp://h/x",
        "simplecache::s3://b/x",
        "reference://x",
        "github://o:r@/x",
        "s3://",
        "s3://b/../c",
        "nope://x",
    ],
)
def test_urls_that_cannot_be_a_store(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ObjectStore.open(url)
    assert caught.value.exit_code == 2


def test_no_conditional_create_is_said() -> None:
    with pytest.raises(ArgumentError, match="only if it is absent"):
        ObjectStore.open("http://example.org/store")


@pytest.mark.parametrize("url", ["s3://AKIA:hunter2@bucket/x", "s3://bucket/x?versionId=hunter2", "s3://bucket/x#hunter2"])
def test_credentials_in_urls_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        ObjectStore.open(url)
    assert "hunter2" not in str(caught.value)
    assert "AKIA" not in str(caught.value)


def test_secrets_never_show(s3_options: dict[str, Any], s3_store: ObjectStore) -> None:
    assert "testing-secret" not in repr(s3_store)
    bad = ObjectStore.open("s3://no-such-bucket-here/x", **s3_options)
    verbs: list[Callable[[], object]] = [lambda: bad.create("a", b"1"), lambda: bad.read("a")]
    for verb in verbs:
        with pytest.raises(StoreError) as caught:
            verb()
        shown = "".join(traceback.format_exception(caught.value))
        assert "s3://no-such-bucket-here/x/a" in shown
        assert "testing-secret" not in shown
        assert "testing-key" not in shown


def test_a_driver_that_repeats_secrets_is_silenced(s3_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PermissionError("signature of testing-secret with testing-key is wrong")

    monkeypatch.setattr(s3_store._objects, "read", fail)
    with pytest.raises(StoreError) as caught:
        s3_store.read("a")
    shown = "".join(traceback.format_exception(caught.value))
    assert "***" in shown
    assert "testing-secret" not in shown
    assert "testing-key" not in shown


def test_an_unreachable_store_is_a_store_error(s3_options: dict[str, Any]) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = ObjectStore.open(
        "s3://b/x", **{**s3_options, "endpoint_url": f"http://127.0.0.1:{port}", "config_kwargs": {"retries": {"max_attempts": 0}}}
    )
    away._objects.filesystem().retries = 1  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="cannot write") as caught:
        away.create("a", b"1")
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_options_are_for_remote_stores(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no storage options"):
        ObjectStore.open(tmp_path, key="x")
