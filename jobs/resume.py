"""Resuming a run that was killed: the same plan over the same files goes on where its receipts end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from featureprep.errors import JobFileError, RequestError
from featureprep.io.base import Source
from featureprep.jobs.apply import open_reference
from featureprep.jobs.definition import Job
from featureprep.jobs.driver import run
from featureprep.jobs.loading import load_job
from featureprep.jobs.prepare import GIVEN
from featureprep.jobs.result import Run
from featureprep.serving.graph import TransformGraph
from featureprep.store import log
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging


def resume(store: Any, run_id: str, job: Job | str | None = None, *, engine: Any = "pandas", progress: Any = None, **options: Any) -> Run:
    """Finish a run.

    Parameters
    ----------
    store : str or ObjectStore
    run_id : str
        As printed when it began; a folder of `_staging`.
    job : Job or "job.py:name", optional
        By default the job file that the run was started with.
    **options
        `sources` that were given in Python must be given again; so must the `graph` (or its reference or path) of a run that applies
        one, where no version in the store has it.

    Raises
    ------
    StoreError
        When there is no such run.
    SourceChangedError
        When a source is no longer what it was.
    RequestError
        When the job is no longer what it was; says what changed.
    """
    opened = store if isinstance(store, ObjectStore) else ObjectStore.open(store)
    staging = Staging(opened, run_id)
    if staging.manifest() is None:
        _refuse_ended(opened, run_id)
    manifest = staging.resume(now=dt.datetime.now(dt.UTC))
    asked = manifest["request"]
    if job is None:
        if manifest["file"] is None:
            raise RequestError(f"the run {run_id} was not started from a job file", hint="give the job: resume(store, run_id, job)")
        job = f"{manifest['file']}:{manifest['job']}" if str(manifest["file"]).endswith(".py") else str(manifest["file"])
        found = _where_it_was_made(job, run_id)
    else:
        found = job if isinstance(job, Job) else load_job(job)
    request = {key: value for key, value in asked.items() if key in _KEPT and value is not None}
    request["now"] = None if asked["now"] is None else dt.datetime.fromisoformat(asked["now"])
    request["sources"] = _sources(run_id, asked["sources"], options.pop("sources", None) or {}, manifest.get("snapshots") or {})
    if manifest.get("no_split"):
        options.setdefault("split", None)
    if manifest.get("graph") is not None:
        options["graph"] = _graph(opened, run_id, manifest["graph"], options.get("graph"))
    return run(found, engine=engine, store=opened, progress=progress, resume_id=run_id, expected=manifest, **{**request, **options})


def _graph(store: ObjectStore, run_id: str, fingerprint: str, given: Any) -> TransformGraph:
    """The graph that the run applies: as given, or a version's of this store that has the same fingerprint.

    Raises
    ------
    RequestError
        When the one given is another, or none is found.
    """
    if given is not None:
        graph = given if isinstance(given, TransformGraph) else open_reference(store, str(given))
        if graph.fingerprint != fingerprint:
            raise RequestError(
                f"the run {run_id} applies a stored graph, and this is another: {graph.fingerprint[:12]}, not {fingerprint[:12]}",
                hint="give the graph that the run began with, or start a new run",
            )
        return graph
    for name in log.datasets(store):
        for n in reversed(log.live_versions(store, name)):
            if log.read_entry(store, name, n).graph_fingerprint == fingerprint:
                return open_reference(store, f"{name}@{n}")
    raise RequestError(
        f"the run {run_id} applies a stored graph, which must be given again: no version in this store has it",
        hint=f"featureprep resume {run_id} --graph PATH, or resume(store, run_id, job, graph=...)",
    )


def _sources(run_id: str, stored: Mapping[str, Any], given: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """The sources of the run: as stored, or given again, or `written` down when the run began."""
    given = {name: Source("native") for name in stored if name in written} | dict(given)
    lost = sorted(name for name, value in stored.items() if value == GIVEN and name not in given)
    if lost:
        raise RequestError(
            f"the run {run_id} was started with tables or sources that were given in Python: {', '.join(lost)}",
            hint=f"give them again: resume(store, run_id, job, sources={{{lost[0]!r}: ...}})",
        )
    return {name: value for name, value in stored.items() if value != GIVEN} | dict(given)


_KEPT = ("params", "name", "partitions", "statistics", "allow_not_evaluated", "environment", "contract", "sample")


def _refuse_ended(store: ObjectStore, run_id: str) -> None:
    """Say so where the run is a version already.

    Raises
    ------
    RequestError
    """
    for name in log.datasets(store):
        entry = log.find_run(store, name, run_id)
        if entry is not None:
            raise RequestError(f"the run {run_id} has ended: it is {name}@{entry.n}", hint="there is nothing to resume")


def _where_it_was_made(reference: str, run_id: str) -> Job:
    """The job of the file that the manifest names: the one of its function, which may have made it for another file."""
    try:
        return load_job(reference)
    except JobFileError as error:
        other = f"where another file has it: featureprep resume {run_id} OTHER.py"
        raise JobFileError(error.what, where=error.where, hint=f"{error.hint}; {other}" if error.hint else other) from error
