"""What must be equal of two runs of one job, whatever ran them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featureprep.engines.base import Engine
    from featureprep.jobs.definition import Job
    from featureprep.jobs.result import Run


def record(run: Run) -> dict[str, Any]:
    """The fingerprints of dataset and graph, the ledger, the splits, every statistic to the last bit, what the contract found."""
    content = run.report.content
    return {
        "dataset": run.dataset.fingerprint,
        "graph": run.graph.fingerprint,
        "ledger": run.ledger.to_json(),
        "rows": run.ledger.rows(),
        "splits": dict(run.dataset.splits),
        "statistics": content["statistics"],
        "validation": content["validation"],
    }


def outcome(job: Job, engine: Engine | str, store: str, **options: Any) -> dict[str, Any]:
    """The record of a run, or the class, text, place and hint of the error that ended it."""
    from featureprep.errors import FeatureprepError
    from featureprep.jobs.driver import run

    try:
        return record(run(job, engine=engine, store=store, progress=False, **options))
    except FeatureprepError as error:
        return {"error": type(error).__name__, "what": error.what, "where": error.where, "hint": error.hint}
