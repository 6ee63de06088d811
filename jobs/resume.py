"""Resuming a run that was killed: the same plan over the same files goes on where its receipts end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from featureprep.errors import RequestError
from featureprep.jobs.definition import Job
from featureprep.jobs.driver import run
from featureprep.jobs.loading import load_job
from featureprep.jobs.result import Run
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
        `sources` that were given as tables in Python must be given again.

    Raises
    ------
    StoreError
        When there is no such run.
    SourceChangedError
        When a source is no longer what it was.
    RequestError
        When the job is no longer what it was.
    """
    opened = store if isinstance(store, ObjectStore) else ObjectStore.open(store)
    manifest = Staging(opened, run_id).resume(now=dt.datetime.now(dt.UTC))
    asked = manifest["request"]
    if job is None:
        if manifest["file"] is None:
            raise RequestError(f"the run {run_id} was not started from a job file", hint="give the job: resume(store, run_id, job)")
        job = f"{manifest['file']}:{manifest['job']}" if str(manifest["file"]).endswith(".py") else str(manifest["file"])
    found = job if isinstance(job, Job) else load_job(job)
    request = {key: value for key, value in asked.items() if key in _KEPT and value is not None}
    request["now"] = None if asked["now"] is None else dt.datetime.fromisoformat(asked["now"])
    request["sources"] = {n: v for n, v in asked["sources"].items() if v != "given in Python"} | dict(options.pop("sources", {}))
    return run(
        found, engine=engine, store=opened, progress=progress, resume_id=run_id, expected_plan=manifest["plan"], **{**request, **options}
    )


_KEPT = ("params", "name", "partitions", "statistics", "allow_not_evaluated", "environment", "contract")
