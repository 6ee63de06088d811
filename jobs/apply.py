"""Applying a stored graph: all verbs of the job, its fitted constants, no refit."""

from __future__ import annotations

from typing import Any

from featureprep.jobs.definition import Job
from featureprep.jobs.driver import run
from featureprep.jobs.result import Run
from featureprep.serving.artefact import open_graph
from featureprep.serving.graph import TransformGraph
from featureprep.store.objects import ObjectStore


def apply(job: Job, graph: Any, *, store: Any = "./store", name: str | None = None, **options: Any) -> Run:
    """Commit a version made with the constants of `graph`; see `Job.apply`."""
    opened = store if isinstance(store, ObjectStore) else ObjectStore.open(store)
    found = graph if isinstance(graph, TransformGraph) else open_reference(opened, str(graph))
    own = f"{job.name}_applied" + ("_sample" if options.get("sample") is not None else "")
    return run(job, store=opened, graph=found, name=name or own, **options)


def open_reference(store: ObjectStore, reference: str) -> TransformGraph:
    """A reference such as census@3, or the path of a graph."""
    url, options = store.address
    return open_graph(url, reference, **options) if "@" in reference and "/" not in reference else open_graph(reference)
