"""A validation report in a notebook: what did not pass, worst first, with its rows, examples and lines of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from featureprep.notebook.html import Markup, card, fold, grid, line, many
from featureprep.report.visible import one_line
from featureprep.validators.outcome import MASK, Outcome
from featureprep.validators.reasons import Status
from featureprep.validators.report import LABELS, order, percent, rank, shown_example

if TYPE_CHECKING:
    from featureprep.validators.report import ValidationReport

_MOST = 200


def report_html(report: ValidationReport) -> str:
    """The headline; for each source the rules that did not pass, those that did behind a summary, and columns not judged."""
    parts: list[Markup] = []
    for name, outcomes in report.sources.items():
        bad = sorted((outcome for outcome in outcomes if outcome.status != Status.PASSED), key=order)
        passed = [outcome for outcome in outcomes if outcome.status == Status.PASSED]
        of = f"{name}: " if name else ""
        if bad:
            parts.append(fold(f"{of}{many(len(bad), 'rule')} that did not pass", _findings(bad), unfolded=True))
        if left_out := report.left_out.get(name):
            parts.append(line(f"{of}not expected in {report.environment}, not judged: {', '.join(left_out)}", dim=True))
        if passed:
            places = [(outcome.rule, outcome.place) for outcome in passed]
            parts.append(fold(f"{of}{many(len(passed), 'rule')} passed", grid(("rule", "contract"), places, most=_MOST)))
    for name, opinion in report.opinions.items():
        rows = [(str(r.said_by), r.title, " ".join(r.words), "; ".join(r.rules)) for r in opinion.remarks]
        rows += [("not asked", rule, "", why) for why, rules in opinion.reasons() for rule in rules]
        of = f" on {name}" if len(report.opinions) > 1 else ""
        parts.append(
            fold(f"second opinion{of}: {opinion.headline}", grid(("found by", "what", "TFDV's words", "our rules"), rows, most=_MOST))
        )
    parts += [line(f"note: {note}", dim=True) for note in (*report.baseline_notes, *report.notes)[:_MOST]]
    return card(report.headline, *parts, note=report.environment or "", state="good" if report.ok else "bad")


def _findings(outcomes: Sequence[Outcome]) -> Markup:
    rows = [(LABELS[rank(o)].lower(), o.rule, o.message, _rows(o), _examples(o), str(o.reason), o.place) for o in outcomes]
    return grid(("", "rule", "found", "rows", "for example", "reason", "contract"), rows, right=(3,), most=_MOST)


def _rows(outcome: Outcome) -> str:
    if outcome.count is None or outcome.fraction is None:
        return ""
    return f"{outcome.count:,} of {outcome.total:,} ({percent(outcome.fraction)})"


def _examples(outcome: Outcome) -> str:
    if outcome.masked and outcome.count:
        return f"{MASK} (sensitive)"
    return one_line(", ".join(shown_example(value) for value in outcome.examples[:5]), 80)
