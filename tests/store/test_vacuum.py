"""`vacuum` removes what is old and unneeded, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from featureprep.canonical import digest
from featureprep.errors import ArgumentError, StoreError
from featureprep.store import log, paths, tags
from featureprep.store.dataset import open_dataset
from featureprep.store.entry import Entry
from featureprep.store.local import Bytes
from featureprep.store.log_entry import Draft
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging
from featureprep.store.states import StateCache
from featureprep.store.vacuum import VacuumReport, vacuum
from tests.store.conftest import NOW

Write = Callable[..., Draft]
DAY = timedelta(days=1)


def later(days: float = 2) -> datetime:
    """A clock by which everything written until now is `days` old."""
    return datetime.now(UTC) + days * DAY


def kinds(report: VacuumReport) -> list[str]:
    return sorted(removal.kind for removal in report.removed)


@pytest.fixture
def full(store: ObjectStore, write: Write) -> ObjectStore:
    """One of everything: three versions, a killed run, a failed run, a state, a staging area."""
    for _ in range(3):
        log.commit(store, "census", write(store))
    tags.set_tag(store, "census", "prod", 1, now=NOW)
    killed = write(store)
    Staging(store, killed.run_id).begin({}, now=NOW)
    store.create(f"{paths.failed_run('census', 'r1')}/report.html", b"x")
    StateCache(store).put(digest(1), b"x")
    store.create("readme.txt", b"a person's own file")
    store.create("_staging/NOT-OURS/x", b"")
    return store


def test_nothing_young_is_touched(full: ObjectStore) -> None:
    before = full.list()
    report = vacuum(full, DAY, keep_versions=1)
    assert (report.removed, full.list()) == ([], before)


def test_a_dry_run_says_what_a_real_one_does(full: ObjectStore) -> None:
    before = full.list()
    dry = vacuum(full, DAY, dry_run=True, keep_versions=1, now=later())
    assert full.list() == before
    wet = vacuum(full, DAY, keep_versions=1, now=later())
    assert dry.removed == wet.removed
    assert dry.kept == wet.kept == {"census@1": "tagged prod"}
    assert kinds(wet) == ["failed", "staging", "state", "uncommitted", "version"]
    assert wet.size == sum(entry.size for entry in before) - sum(e.size for e in full.list() if not e.path.endswith("vacuumed.json"))


def test_versions_are_kept_unless_asked_for(full: ObjectStore) -> None:
    vacuum(full, DAY, now=later())
    for n in (1, 2, 3):
        assert open_dataset(full, f"census@{n}").to_arrow().num_rows == 3
    assert [entry.path for entry in full.list("_staging")] == ["_staging/NOT-OURS/x"]
    assert full.list("_state") == full.list("census/runs") == []
    assert len(full.folders("census/data")) == 3
    assert full.exists("readme.txt")


def test_a_removed_version_says_so(full: ObjectStore) -> None:
    vacuum(full, DAY, keep_versions=1, now=later())
    with pytest.raises(StoreError, match="removed by vacuum"):
        open_dataset(full, "census@2")
    assert log.read_entry(full, "census", 2).n == 2
    for n in (1, 3):
        open_dataset(full, f"census@{n}").check()
    assert vacuum(full, DAY, keep_versions=1, now=later()).removed == []


@pytest.mark.parametrize("age", [timedelta(0), -DAY])
def test_an_age_is_needed(near_store: ObjectStore, age: timedelta) -> None:
    with pytest.raises(ArgumentError):
        vacuum(near_store, age)
    with pytest.raises(ArgumentError):
        vacuum(near_store, DAY, keep_versions=0)


def test_one_young_file_keeps_a_whole_run(local_store: ObjectStore, write: Write, tmp_path: Path) -> None:
    draft = write(local_store)
    Staging(local_store, draft.run_id).begin({}, now=NOW)
    for entry in local_store.list():
        os.utime(tmp_path / "store" / entry.path, (0, 0))
    Staging(local_store, draft.run_id).resume(now=NOW)
    assert vacuum(local_store, DAY).removed == []
    assert log.commit(local_store, "census", draft).n == 1


def test_an_unreadable_log_keeps_the_data_of_its_dataset(full: ObjectStore) -> None:
    path = paths.log_entry("census", 2)
    text = full.read(path)
    full.delete(path)
    full.create(path, text[:-10])
    report = vacuum(full, DAY, keep_versions=1, now=later())
    assert len(full.folders("census/data")) == 4
    assert kinds(report) == ["failed", "staging", "state"]
    assert sum("cannot be read" in why for why in report.kept.values()) == 2
    assert "truncated" in report.kept["census@2"]


def test_leftovers_of_killed_writers(local_store: ObjectStore, tmp_path: Path) -> None:
    local_store.create("census/log/x", b"")
    leftover = tmp_path / "store" / "census" / "log" / ".fp-tmp-1"
    leftover.write_bytes(b"half")
    assert vacuum(local_store, DAY).removed == []
    assert kinds(vacuum(local_store, DAY, now=later())) == ["temporary"]
    assert not leftover.exists()


class Meanwhile:
    """A store in which `act` happens once, right after the first object whose path ends so was created."""

    def __init__(self, inner: Any, suffix: str, act: Callable[[], object]) -> None:
        self.inner = inner
        self.suffix = suffix
        self.act: Callable[[], object] | None = act

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def _meet(self, path: str) -> None:
        if path.endswith(self.suffix) and self.act is not None:
            act, self.act = self.act, None
            act()

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        made: bool = self.inner.create(path, parts, durable)
        self._meet(path)
        return made


def twin(store: ObjectStore) -> ObjectStore:
    return ObjectStore.open(store.address[0], **store.address[1])


def test_a_run_resumed_under_vacuum_is_kept(store: ObjectStore, write: Write) -> None:
    draft, other = write(store), twin(store)
    Staging(store, draft.run_id).begin({}, now=NOW)

    def resume() -> None:
        with pytest.raises(StoreError, match="vacuum"):
            Staging(other, draft.run_id).resume(now=NOW)

    store._objects = Meanwhile(store._objects, "abandoned.json", resume)
    assert vacuum(store, DAY, now=later()).removed == []
    assert Staging(other, draft.run_id).resume(now=NOW) == {}
    assert log.commit(other, "census", draft).n == 1


def test_a_run_committed_under_vacuum_is_whole_or_refused(store: ObjectStore, write: Write) -> None:
    draft, other = write(store), twin(store)

    def commit() -> None:
        with pytest.raises(StoreError, match="vacuum"):
            log.commit(other, "census", draft)

    store._objects = Meanwhile(store._objects, "abandoned.json", commit)
    vacuum(store, DAY, now=later())
    assert log.versions(other, "census") == []


def test_a_vacuum_within_a_commit_leaves_no_broken_version(store: ObjectStore, write: Write) -> None:
    draft, other = write(store), twin(store)
    inner = store._objects

    class Between(Meanwhile):
        def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
            self._meet(path)
            return bool(inner.create(path, parts, durable))

    store._objects = Between(inner, ".json", lambda: vacuum(other, DAY, now=later()))
    with pytest.raises(StoreError, match="marked as vacuumed"):
        log.commit(store, "census", draft)
    assert log.live_versions(other, "census") == []


def test_a_version_tagged_under_vacuum_is_kept(store: ObjectStore, write: Write) -> None:
    for _ in range(2):
        log.commit(store, "census", write(store))
    other = twin(store)

    def tag() -> None:
        # past its first look, before vacuum's mark
        tags._append(other, "census", "prod", 1, NOW, "")

    store._objects = Meanwhile(store._objects, "vacuumed.json", tag)
    report = vacuum(store, DAY, keep_versions=1, now=later())
    assert report.kept == {"census@1": "tagged a moment ago"}
    assert open_dataset(other, "census@prod").to_arrow().num_rows == 3


def test_a_killed_vacuum_is_finished_by_the_next(full: ObjectStore) -> None:
    inner = full._objects

    class Dies(Meanwhile):
        left = 2

        def delete(self, path: str) -> None:
            if not self.left:
                raise TimeoutError("killed here")
            self.left -= 1
            inner.delete(path)

        def list(self, folder: str) -> Sequence[Entry]:
            found: Sequence[Entry] = inner.list(folder)
            return found

    full._objects = Dies(inner, "none", lambda: None)
    with pytest.raises(StoreError):
        vacuum(full, DAY, keep_versions=1, now=later())
    full._objects = inner
    vacuum(full, DAY, keep_versions=1, now=later())
    left = {entry.path.split("/")[0] for entry in full.list()}
    assert left == {"census", "readme.txt", "_staging"}
    assert len(full.folders("census/data")) == 2
    for n in log.live_versions(full, "census"):
        open_dataset(full, f"census@{n}").check()
