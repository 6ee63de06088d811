"""A job and its explanation, as text and in a notebook; nothing is read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featureprep.notebook.html import Markup, card, code, facts, fold, grid, many
from featureprep.notebook.plan import MOST, feature_rows, source_text, steps_grid
from featureprep.report.visible import one_line

if TYPE_CHECKING:
    from featureprep.jobs.definition import Job
    from featureprep.jobs.explain import Explanation


def job_text(job: Job) -> str:
    """A job on one line."""
    sources = ", ".join(f"{name} ({source_text(source)})" for name, source in job.sources.items())
    return f"Job {job.name}: {one_line(sources, 600)} -> {len(feature_rows(job.step)):,} columns"


def split_text(job: Job) -> str:
    """The parts of a job's split."""
    split = job.split
    if split is None:
        return "none: all rows are one part"
    limits = split.fractions if split.fractions is not None else split.bounds or ()
    parts = ", ".join(f"{name} {limit}" if limit is not None else name for name, limit in zip(split.names, limits, strict=True))
    return f"{parts}; by {', '.join(split.by) if split.by else 'row'}; fitted on {split.fit}"


def job_html(job: Job) -> str:
    """Sources, contract, split, steps, features, and what to do next."""
    columns = feature_rows(job.step)
    params = [(name, code(node.params["type"]), repr(node.params["default"])) for name, node in job.params().items()]
    return card(
        f"Job {job.name}",
        Markup(f"<div>{code(job.doc.splitlines()[0], 300)}</div>") if job.doc else "",
        facts(
            {f"source {name}": source_text(source) for name, source in job.sources.items()}
            | {
                "contract": job.contract or "none: nothing is checked",
                **({"checks": ", ".join(check.name for check in job.checks)} if job.checks else {}),
                "split": split_text(job),
                "malformed": job.malformed,
                "file": job.file,
            }
        ),
        fold(f"{len(list(job.step.walk())):,} steps", steps_grid(job.step)),
        fold(many(len(columns), "written column"), grid(("column", "role", "formula"), columns, most=MOST) if columns else ""),
        fold(many(len(params), "parameter"), grid(("parameter", "type", "default"), params, most=MOST) if params else ""),
        note="preview() shows first rows; explain() the scans; run(store=...) makes a version",
    )


def explanation_html(found: Explanation) -> str:
    """The scans of a run, and what forces each."""
    scans = [
        (at, scan.name, scan.over, "; ".join(scan.forced_by), f"{len(scan.columns):,}", scan.cached)
        for at, scan in enumerate(found.scans, 1)
    ]
    columns = [(name, code(dtype, 60), code(text), level or "") for name, (dtype, text, level) in found.features.items()]
    return card(
        f"How {found.job} would run",
        facts({f"source {name}": what for name, what in found.sources.items()} | {"entry table": found.entry}),
        grid(("#", "scan", "over", "forced by", "columns", "states"), scans, most=MOST, right=(0, 4)),
        fold(many(len(found.rules), "rule"), grid(("rule",), [(rule,) for rule in found.rules], most=MOST) if found.rules else ""),
        fold(many(len(columns), "written column"), grid(("column", "type", "formula", "after scans"), columns, most=MOST, right=(3,))),
        note=many(len(found.scans), "scan"),
    )
