"""`_staging/<run id>/`: what a run needs to be resumed, and the rule that lets a task be tried any number of times.

A part's name carries its partition, never the attempt. The first attempt to finish creates it; any later one finds it and
must have made the same bytes: then it has the same receipt, otherwise the step is not deterministic and the run fails.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.errors import CorruptArtefactError, NonDeterministicError, StoreError
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.record import moment, seal, unseal

FORMAT = 1
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Part:
    """A file made under the attempt rule: its path from the store's root, size in bytes, sha256 in hex."""

    path: str
    size: int
    sha256: str


def sha256_of(data: bytes | memoryview) -> str:
    """Of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def put_part(store: ObjectStore, path: str, data: bytes) -> Part:
    """Make the part `path` of these bytes, under the attempt rule.

    Raises
    ------
    NonDeterministicError
        When an earlier attempt made other bytes.
    """
    part = Part(path, len(data), sha256_of(data))
    if not store.create(path, data):
        _compare(store, part)
    return part


def put_part_file(store: ObjectStore, path: str, local: str, sha256: str) -> Part:
    """As `put_part`, from a local file of that digest, which is taken over (see `ObjectStore.create_from_file`)."""
    part = Part(path, os.path.getsize(local), sha256)
    if not store.create_from_file(path, local):
        _compare(store, part)
    return part


def _compare(store: ObjectStore, part: Part) -> None:
    earlier = store.open_local(part.path)
    if len(earlier) != part.size or sha256_of(earlier) != part.sha256:
        raise NonDeterministicError(
            f"two attempts at the same part gave different bytes ({len(earlier)} and {part.size} of them)",
            where=store.locate(part.path),
            hint="A step of the job depends on something else than its rows: a clock, a random number, a set's order, the network.",
        )


@dataclass(frozen=True)
class Staging:
    """The staging area of one run."""

    store: ObjectStore
    run_id: str

    def begin(self, manifest: Mapping[str, Any], *, now: dt.datetime) -> None:
        """Write down what the run is, once, before it does anything; `manifest` holds JSON values.

        Raises
        ------
        StoreError
            When there is a run of this id already.
        """
        body = {"format": FORMAT, "run_id": self.run_id, "created": moment(now), "manifest": dict(manifest)}
        path = paths.staging_manifest(self.run_id)
        if not self.store.create(path, seal("staging_manifest", body)):
            raise StoreError(f"there is a run {self.run_id} already", where=self.store.locate(path), hint="Resume it, or start a new one.")
        self._attempt(now)

    def resume(self, *, now: dt.datetime) -> dict[str, Any]:
        """The manifest of a run that is to go on; from now on `vacuum` counts it as young.

        Raises
        ------
        StoreError
            When there is no such run, or vacuum has begun to remove it.
        """
        manifest = self.manifest()
        if manifest is None:
            shown = ", ".join(staged_runs(self.store)[-5:])
            raise StoreError(
                f"there is no run {self.run_id} to resume",
                where=self.store.url,
                hint=f"Runs that can be: {shown or 'none'}; see featureprep resume --list.",
            )
        self._attempt(now)
        if self.store.exists(paths.abandoned(self.run_id)):
            raise StoreError(f"run {self.run_id} is being removed by vacuum", where=self.store.url, hint="Start a new run.")
        return manifest

    def _attempt(self, now: dt.datetime) -> None:
        # vacuum judges a run by its newest object; a resumed one may write nothing new for long
        k = 1 + len(self.store.list(paths.staging_attempts(self.run_id)))
        body = seal("staging_attempt", {"format": FORMAT, "run_id": self.run_id, "created": moment(now)})
        while not self.store.create(f"{paths.staging_attempts(self.run_id)}/{paths.number(k)}.json", body, durable=False):
            k += 1

    def manifest(self) -> dict[str, Any] | None:
        """What `begin` was given; None when there is no such run."""
        path = paths.staging_manifest(self.run_id)
        data = self.store.find(path)
        if data is None:
            return None
        body = unseal("staging_manifest", data, FORMAT, self.store.locate(path))
        if not isinstance(body.get("manifest"), dict) or body.get("run_id") != self.run_id:
            raise CorruptArtefactError("this staging manifest is of another run", where=self.store.locate(path))
        manifest: dict[str, Any] = body["manifest"]
        return manifest

    def must_be_here(self) -> None:
        """Raise StoreError where there is no such run: a worker of another machine may look at a folder of the same name there."""
        path = paths.staging_manifest(self.run_id)
        if not self.store.exists(path):
            raise StoreError(
                f"the run {self.run_id} is not in this store as a worker sees it",
                where=self.store.locate(path),
                hint="workers and the one who starts the run need one store that all of them reach: a shared file system, or s3://",
            )

    def receipt(self, task_id: str) -> dict[str, Any] | None:
        """What the task left when it was done; None when it is not done."""
        path = paths.staging_receipt(self.run_id, task_id)
        data = self.store.find(path)
        if data is None:
            return None
        body = unseal("receipt", data, FORMAT, self.store.locate(path))
        if body.get("task_id") != task_id or not isinstance(body.get("receipt"), dict):
            raise CorruptArtefactError("this receipt is of another task", where=self.store.locate(path))
        receipt: dict[str, Any] = body["receipt"]
        return receipt

    def put_receipt(self, task_id: str, receipt: Mapping[str, Any]) -> None:
        """Note that a task is done.

        Raises
        ------
        NonDeterministicError
            When an earlier attempt left another receipt.
        """
        path = paths.staging_receipt(self.run_id, task_id)
        data = seal("receipt", {"format": FORMAT, "task_id": task_id, "receipt": dict(receipt)})
        if not self.store.create(path, data) and self.store.read(path) != data:
            raise NonDeterministicError(
                f"two attempts at task {task_id} left different receipts",
                where=self.store.locate(path),
                hint="A step of the job depends on something else than its rows: a clock, a random number, a set's order, the network.",
            )

    def put_blob(self, data: bytes) -> str:
        """Keep bytes for the run: a constant for its workers, states of a task. Returns their sha256, which is their name.

        They need not survive a power cut, so they are not forced to disk: a blob that did not would be found out by its digest.
        """
        name = sha256_of(data)
        self.store.create(paths.staging_blob(self.run_id, name), data, durable=False)
        return name

    def blob(self, name: str, *, trusted: bool = False) -> memoryview:
        """The bytes of a blob; raises CorruptArtefactError when they are not what its name says (`trusted`: they were put just now)."""
        path = paths.staging_blob(self.run_id, name)
        data = self.store.open_local(path)
        if not trusted and sha256_of(data) != name:
            raise CorruptArtefactError("this constant was altered: its digest does not match", where=self.store.locate(path))
        return data

    def clear(self) -> None:
        """Remove the run's staging, once it is committed or given up.

        A kill leaves it resumable: receipts go first, since they speak of the other files, and the manifest goes last.
        """
        manifest, receipts = paths.staging_manifest(self.run_id), f"{paths.staging(self.run_id)}/receipts/"
        entries = [entry.path for entry in self.store.list(paths.staging(self.run_id))]
        for path in sorted(entries, key=lambda path: (path == manifest, not path.startswith(receipts))):
            self.store.delete(path)


def staged_runs(store: ObjectStore) -> list[str]:
    """Ids of the runs that can be resumed, oldest first; what a killed process left of a finished run is not one."""
    return [run_id for run_id in store.folders(paths.STAGING) if store.exists(paths.staging_manifest(run_id))]
