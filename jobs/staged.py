"""The runs that did not end, as far as their staging tells."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from featureprep.errors import CorruptArtefactError, StoreError
from featureprep.notebook.html import many
from featureprep.report.visible import one_line
from featureprep.store import paths
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging, staged_runs


@dataclass(frozen=True)
class StagedRun:
    """A run that can be resumed.

    Attributes
    ----------
    run_id : str
    job : str or None
        None where the run's manifest cannot be read.
    file : str or None
        The job's file; None for a job that was made in Python.
    started, last : datetime
        When the run and the newest thing it left were written, by the store's clock.
    stage : str
        How far it came: "begun", "rows moved" or "writing".
    done : int
        Parts of that stage that are done.
    """

    run_id: str
    job: str | None
    file: str | None
    started: dt.datetime
    last: dt.datetime
    stage: str
    done: int

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {**asdict(self), "started": _moment(self.started), "last": _moment(self.last)}

    def __str__(self) -> str:
        of = "a job whose manifest cannot be read" if self.job is None else one_line(self.job, 80)
        file = f" ({one_line(self.file, 120)})" if self.file else ""
        done = f", {many(self.done, 'part')} done" if self.stage != "begun" else ", nothing is written yet"
        return f"{self.run_id}  {of}{file}  started {_moment(self.started)}, last at work {_moment(self.last)}  {self.stage}{done}"


def staged(store: ObjectStore) -> list[StagedRun]:
    """The runs that did not end, oldest first; also those that are at work now."""
    return [found for run_id in staged_runs(store) if (found := _staged(store, run_id)) is not None]


def _staged(store: ObjectStore, run_id: str) -> StagedRun | None:
    folder = paths.staging(run_id)
    entries = store.list(folder)
    begun = next((entry for entry in entries if entry.path == paths.staging_manifest(run_id)), None)
    if begun is None:
        return None  # it ended a moment ago
    try:
        manifest = Staging(store, run_id).manifest() or {}
    except (CorruptArtefactError, StoreError):
        manifest = {}
    written = sum(entry.path.startswith(f"{folder}/receipts/") for entry in entries)
    moved = sum(entry.path.startswith(f"{folder}/parts/") for entry in entries)
    stage, done = ("writing", written) if written else ("rows moved", moved) if moved else ("begun", 0)
    job, file = manifest.get("job"), manifest.get("file")
    return StagedRun(
        run_id, None if job is None else str(job), None if file is None else str(file), begun.modified,
        max(entry.modified for entry in entries), stage, done,
    )  # fmt: skip


def _moment(when: dt.datetime) -> str:
    return f"{when.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
