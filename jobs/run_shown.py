"""A run and its report in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from featureprep.notebook.graph import graph_html
from featureprep.notebook.html import Markup, card, facts, fold, grid, line
from featureprep.notebook.results import MOST, counts_text, ledger_grid
from featureprep.notebook.statistics import Statistics, statistics_html

if TYPE_CHECKING:
    from featureprep.jobs.result import Run


def report_html(content: Mapping[str, Any]) -> str:
    """The report in short; `save` writes the whole page."""
    bad = bool(content.get("error"))
    validation = content.get("validation")
    outcomes = [(source, one) for source, found in (validation or {}).items() for one in found]
    failed = [(source, one) for source, one in outcomes if one.get("status") != "passed"]
    found = [(one.get("status"), source, one.get("rule") or one.get("id"), one.get("message") or "") for source, one in failed]
    ledger = content.get("ledger") or {}
    version = f"@{content['version']}" if content.get("version") is not None else ""
    statistics = Statistics(content.get("statistics") or {})
    return card(
        f"Report of {content.get('name')}{version}: {content.get('status')}",
        line(str(content["error"])) if bad else "",
        facts(
            {
                "sample": content.get("sample"),
                "rows": counts_text(content.get("rows")),
                "splits": counts_text(content.get("splits")),
                "scans": content.get("scans"),
                "run": content.get("run_id"),
            }
        ),
        line(f"contract: {len(outcomes) - len(failed):,} of {len(outcomes):,} rules passed") if validation is not None else "",
        grid(("status", "source", "rule", "finding"), found, most=MOST) if found else "",
        fold("ledger", ledger_grid(ledger["lines"]) if ledger.get("lines") else ""),
        fold("statistics", Markup(statistics_html(statistics))) if statistics else "",
        line("the whole page: .save('report.html')", dim=True),
        state="bad" if bad else "good",
    )


def run_html(run: Run) -> str:
    """What was made, what became of the rows, what to look at next."""
    pieces = run.fragments_read + run.fragments_known
    ref = f"{run.dataset.name}@{run.dataset.version}"
    return card(
        f"Run {run.run_id}: {ref}",
        *(line(f"warning: {warning}") for warning in run.warnings),
        facts(
            {
                "splits": counts_text(run.dataset.splits),
                "rows": counts_text(run.ledger.rows()),
                "sample": run.dataset.sample,
                "scans": f"{len(run.scans)}: {', '.join(run.scans)}",
                "fragments": f"read {run.fragments_read:,} of {pieces:,}" if pieces else "",
                "report": run.report_path,
                "fingerprints": f"dataset {run.dataset.fingerprint[:12]}, graph {run.graph.fingerprint[:12]}",
            }
        ),
        fold("ledger", ledger_grid([found.to_json() for found in run.ledger.lines])),
        fold("graph", Markup(graph_html(run.graph))),
        line("look at .dataset, .graph, .report, .ledger, .lineage", dim=True),
        note=f"{run.seconds:.1f} s on {run.engine}",
        state="good",
    )
