"""Log entries and the commit: round trip, corruption, lost answers, races, kills."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from featureprep.canonical import digest, dumps
from featureprep.errors import ArgumentError, CorruptArtefactError, StoreError
from featureprep.store import log, paths
from featureprep.store.local import Bytes
from featureprep.store.log_entry import FIELD_METADATA, Draft, FileRecord, LogEntry, columns_to_schema, schema_to_columns
from featureprep.store.objects import ObjectStore

Write = Callable[..., Draft]


def test_versions_are_numbered_from_one(store: ObjectStore, write: Write) -> None:
    assert log.versions(store, "census") == []
    assert log.latest(store, "census") is None
    assert log.datasets(store) == []
    for n in (1, 2, 3):
        draft = write(store)
        entry = log.commit(store, "census", draft)
        assert (entry.n, entry.parent) == (n, n - 1 or None)
        assert entry == log.read_entry(store, "census", n) == log.latest(store, "census")
        assert (entry.run_id, entry.files, entry.splits) == (draft.run_id, draft.files, draft.splits)
    assert log.versions(store, "census") == log.live_versions(store, "census") == [1, 2, 3]
    assert log.datasets(store) == ["census"]


def test_entry_round_trip() -> None:
    schema = pa.schema(
        [
            pa.field("age", pa.float64(), metadata={FIELD_METADATA: dumps({"role": "feature"}).encode()}),
            pa.field("a b: <é>", pa.struct([("indices", pa.list_(pa.int32())), ("values", pa.list_(pa.float32()))])),
            pa.field("at", pa.timestamp("us", "Europe/Rome")),
            pa.field("one", pa.list_(pa.int8(), 3)),
        ]
    )
    files = (
        FileRecord("train/part-000000.parquet", 1, "a" * 64, 2, "train", {"day": dt.date(2026, 1, 1)}),
        FileRecord("graph/g.json", 0, "b" * 64),
    )
    draft = Draft(
        "r1", "job", dt.datetime(2026, 1, 1, 3, tzinfo=dt.timezone(dt.timedelta(hours=2))), "pandas", "00", None, schema, files, {"train": 2, "eval": 0},
        ({"name": "people", "version": "sha256:1"},), {"read": 2}, {"nan": float("inf"), "$odd": b"\x00"},
    )  # fmt: skip
    entry = LogEntry.of(draft, name="census", n=7, nonce="c" * 32)
    again = LogEntry.from_bytes(entry.to_bytes(), "here")
    assert again == entry
    assert again.schema.equals(schema, check_metadata=True)
    assert again.parent == 6
    assert json.loads(entry.to_bytes())["created"] == "2026-01-01T01:00:00.000000Z"
    assert again.to_bytes() == entry.to_bytes()
    assert columns_to_schema(schema_to_columns(schema)).equals(schema, check_metadata=True)


def _entry_bytes(**changes: Any) -> bytes:
    """A well-formed entry with these fields, its digest made right again."""
    draft = Draft("r1", "job", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "pandas", "00", None, pa.schema([("a", pa.int64())]), (), {})
    body = json.loads(LogEntry.of(draft, name="census", n=1, nonce="c" * 32).to_bytes())
    del body["digest"]
    body = {key: value for key, value in {**body, **changes}.items() if value != "absent"}
    return dumps({**body, "digest": digest(body)}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (_entry_bytes()[:-20], "not JSON"),
        (_entry_bytes().replace(b"pandas", b"sparks"), "digest"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a log entry"),
        (b"{}", "not a log entry"),
        (_entry_bytes(format=2), "format 2"),
        (_entry_bytes(format="1"), "format number"),
        (_entry_bytes(format=True), "format number"),
        (_entry_bytes(files="absent"), "is not one"),
        (_entry_bytes(surprise=1), "is not one"),
        (_entry_bytes(n=0), "parent"),
        (_entry_bytes(n="1"), "whole number"),
        (_entry_bytes(n=5), "parent"),
        (_entry_bytes(created="yesterday"), "is not one"),
        (_entry_bytes(created=5), "is not one"),
        (_entry_bytes(schema=[{"name": "a", "type": "int65", "metadata": {}}]), "not a type"),
        (_entry_bytes(schema=5), "is not one"),
        (_entry_bytes(splits=5), "is not one"),
        (_entry_bytes(sources=[5]), "is not one"),
        (_entry_bytes(name="../x"), "name"),
        (_entry_bytes(run_id="../x"), "run_id"),
        (_entry_bytes(files=[{"path": "../../etc/passwd", "size": 1, "sha256": "a" * 64}]), "path"),
        (_entry_bytes(files=[{"path": 5, "size": 1, "sha256": "a" * 64}]), "is not one"),
        (_entry_bytes(files=[{"path": "x", "size": -1, "sha256": "a" * 64}]), "size"),
        (_entry_bytes(files=[{"path": "x", "size": 1, "sha256": "zz"}]), "sha256"),
        (_entry_bytes(files=[{"path": "x", "size": 1, "sha256": "a" * 64, "rows": 3, "split": "train"}]), "splits"),
    ],
)
def test_corrupt_entries_are_one_clear_error(near_store: ObjectStore, data: bytes, says: str) -> None:
    near_store.create(paths.log_entry("census", 1), data)
    with pytest.raises(CorruptArtefactError, match=says) as caught:
        log.read_entry(near_store, "census", 1)
    assert caught.value.where is not None
    assert near_store.url in caught.value.where


def test_a_newer_format_names_the_cure() -> None:
    with pytest.raises(CorruptArtefactError, match="Upgrade featureprep"):
        LogEntry.from_bytes(_entry_bytes(format=99), "here")


def test_an_entry_under_another_number_is_refused(near_store: ObjectStore) -> None:
    near_store.create(paths.log_entry("census", 2), _entry_bytes())
    with pytest.raises(CorruptArtefactError, match="census@1"):
        log.read_entry(near_store, "census", 2)


def test_every_flipped_byte_is_found() -> None:
    data = _entry_bytes()
    for i in range(0, len(data), 7):
        altered = data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :]
        with pytest.raises(CorruptArtefactError):
            LogEntry.from_bytes(altered, "here")


@pytest.mark.parametrize(
    "changes",
    [
        {"created": dt.datetime(2026, 1, 1)},
        {"splits": {"train": 4}},
        {"splits": {"train": 3, "graph": 0}},
        {"sources": ({"name": "x"},)},
        {"run_id": "NO"},
    ],
)
def test_drafts_are_checked(near_store: ObjectStore, write: Write, changes: dict[str, Any]) -> None:
    draft = write(near_store)
    with pytest.raises(ArgumentError):
        dataclasses.replace(draft, **changes)


def test_values_that_are_no_json_are_refused(near_store: ObjectStore, write: Write) -> None:
    with pytest.raises(ArgumentError, match="JSON values only"):
        log.commit(near_store, "census", write(near_store, extra={"x": object()}))
    assert log.versions(near_store, "census") == []


def test_a_missing_or_short_file_is_not_committed(store: ObjectStore, write: Write) -> None:
    draft = write(store)
    record = draft.files[0]
    path = f"{paths.run_data('census', draft.run_id)}/{record.path}"
    short = dataclasses.replace(draft, files=(dataclasses.replace(record, size=record.size + 1),))
    with pytest.raises(StoreError, match="bytes instead of"):
        log.commit(store, "census", short)
    store.delete(path)
    with pytest.raises(StoreError, match="is missing"):
        log.commit(store, "census", draft)
    assert log.versions(store, "census") == []


def test_a_run_commits_once(store: ObjectStore, write: Write) -> None:
    draft = write(store)
    first = log.commit(store, "census", draft)
    log.commit(store, "census", write(store))
    assert log.commit(store, "census", draft) == first
    assert log.find_run(store, "census", draft.run_id) == first
    assert log.find_run(store, "census", draft.run_id, after=1) is None
    assert log.versions(store, "census") == [1, 2]
    with pytest.raises(StoreError, match="other fingerprints"):
        log.commit(store, "census", dataclasses.replace(draft, dataset_fingerprint="1" * 32))


def _raced(count: int, body: Callable[[int], None]) -> None:
    failures: list[BaseException] = []
    barrier = threading.Barrier(count)

    def run(i: int) -> None:
        barrier.wait()
        try:
            body(i)
        except (StoreError, ArgumentError, CorruptArtefactError) as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_threads_race_commits(store: ObjectStore, write: Write) -> None:
    drafts = [write(store) for _ in range(8)]
    entries: list[LogEntry] = []
    _raced(8, lambda i: entries.append(log.commit(store, "census", drafts[i])))
    assert sorted(entry.n for entry in entries) == list(range(1, 9)) == log.versions(store, "census")
    stored = [log.read_entry(store, "census", n) for n in range(1, 9)]
    assert {entry.run_id for entry in stored} == {draft.run_id for draft in drafts}
    assert {entry.n: entry.run_id for entry in entries} == {entry.n: entry.run_id for entry in stored}


def test_one_run_committed_by_many_at_once_is_one_version(store: ObjectStore, write: Write) -> None:
    draft, other = write(store), write(store)
    entries: list[LogEntry] = []
    _raced(6, lambda i: entries.append(log.commit(store, "census", other if i == 0 else draft)))
    assert log.versions(store, "census") == [1, 2]
    assert len({entry.n for entry in entries if entry.run_id == draft.run_id}) == 1


class Flaky:
    """A store whose creates of log entries fail in a stated way; everything else goes through."""

    def __init__(self, inner: Any, answers: list[str]) -> None:
        self.inner = inner
        self.answers = answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        answer = self.answers.pop(0) if "/log/" in path and self.answers else "ok"
        if answer == "lost":  # it was stored, the answer was not heard
            self.inner.create(path, parts, durable)
        if answer in ("lost", "refused"):
            raise TimeoutError("timed out")
        made: bool = self.inner.create(path, parts, durable)
        return False if answer == "retried" else made  # the driver sent it twice, and its second try met its first


@pytest.mark.parametrize("answers", [["lost"], ["refused"], ["refused", "lost"], ["retried"], ["refused", "refused", "retried"]])
def test_a_create_whose_answer_is_lost(store: ObjectStore, write: Write, answers: list[str]) -> None:
    draft = write(store)
    store._objects = Flaky(store._objects, list(answers))
    entry = log.commit(store, "census", draft)
    assert (entry.n, log.versions(store, "census")) == (1, [1])
    assert log.commit(store, "census", write(store)).n == 2


def test_a_store_that_never_answers(store: ObjectStore, write: Write) -> None:
    draft = write(store)
    store._objects = Flaky(store._objects, ["refused"] * 3)
    with pytest.raises(StoreError, match="does not say whether it was taken") as caught:
        log.commit(store, "census", draft)
    assert f"resume {draft.run_id}" in str(caught.value)
    assert log.commit(store, "census", draft).n == 1


def test_a_lost_answer_beside_another_writer(store: ObjectStore, write: Write) -> None:
    mine, theirs = write(store), write(store)
    other = ObjectStore.open(store.address[0], **store.address[1])
    inner = store._objects

    class Late(Flaky):
        def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
            if "/log/" in path and not log.versions(other, "census"):
                log.commit(other, "census", theirs)
                raise TimeoutError("timed out")
            return bool(inner.create(path, parts, durable))

    store._objects = Late(inner, [])
    assert log.commit(store, "census", mine).n == 2
    assert [log.read_entry(other, "census", n).run_id for n in (1, 2)] == [theirs.run_id, mine.run_id]


WRITER = """
import datetime as dt, hashlib, json, sys
import pyarrow as pa
from featureprep.store import log, paths
from featureprep.store.log_entry import Draft, FileRecord
from featureprep.store.names import new_run_id
from featureprep.store.objects import ObjectStore
task = json.loads(sys.stdin.readline())
store = ObjectStore.open(task["url"], **task["options"])
print("ready", flush=True)
sys.stdin.readline()
for i in range(task["commits"]):
    now = dt.datetime.now(dt.timezone.utc)
    run, data = new_run_id(now), b"rows" * 1000
    store.create(paths.run_data("census", run) + "/train/part-000000.parquet", data)
    if task["stop"]:
        print("written", flush=True)
        sys.stdin.readline()
    file = FileRecord("train/part-000000.parquet", len(data), hashlib.sha256(data).hexdigest(), 1, "train")
    log.commit(store, "census", Draft(run, "j", now, "e", "0", None, pa.schema([]), (file,), {"train": 1}))
"""


def _writer(store: ObjectStore, commits: int, *, stop: bool = False) -> subprocess.Popen[str]:
    root = str(Path(log.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    process = subprocess.Popen([sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    url, options = store.address
    _tell(process, json.dumps({"url": url, "options": dict(options), "commits": commits, "stop": stop}))
    _hear(process, "ready")
    return process


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == line + "\n"


def _sound(store: ObjectStore) -> list[int]:
    """The versions, each of which must be whole."""
    numbers = log.versions(store, "census")
    assert numbers == list(range(1, len(numbers) + 1))
    for n in numbers:
        entry = log.read_entry(store, "census", n)
        folder = paths.run_data("census", entry.run_id)
        assert all(store.size(f"{folder}/{file.path}") == file.size for file in entry.files)
    return numbers


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_processes_race_commits(request: pytest.FixtureRequest, kind: str) -> None:
    store = request.getfixturevalue(f"{kind}_store")
    writers = [_writer(store, 4) for _ in range(2)]
    for writer in writers:
        _tell(writer, "go")
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    assert _sound(store) == list(range(1, 9))
    assert len({log.read_entry(store, "census", n).run_id for n in range(1, 9)}) == 8


def test_a_writer_killed_before_its_commit_leaves_no_version(local_store: ObjectStore, write: Write) -> None:
    writer = _writer(local_store, 1, stop=True)
    _tell(writer, "go")
    _hear(writer, "written")
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    assert len(local_store.list("census/data")) == 1
    assert log.versions(local_store, "census") == []
    assert log.datasets(local_store) == []
    assert log.commit(local_store, "census", write(local_store)).n == 1


def test_writers_killed_at_any_moment_leave_whole_versions(local_store: ObjectStore, write: Write) -> None:
    for pause in (0.0, 0.013, 0.031, 0.052):
        writer = _writer(local_store, 10_000)
        _tell(writer, "go")
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        count = len(_sound(local_store))
        assert log.commit(local_store, "census", write(local_store)).n == count + 1
