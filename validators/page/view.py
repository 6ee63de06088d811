"""All that the page's template needs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from featureprep.report.visible import one_line
from featureprep.validators.formats.finding import Finding, Setting, findings, heading
from featureprep.validators.outcome import MASK
from featureprep.validators.page.columns import KINDS, Table, table_of
from featureprep.validators.page.drifts import of_rules
from featureprep.validators.page.figures import missing_share
from featureprep.validators.reasons import Status
from featureprep.validators.report import ValidationReport, shown_example

MOST_PICTURES: Final = 1000
"""Columns of one source that get pictures; more of them would make the page too large to open."""
_LINE: Final = 200
_SAME: Final = ("id", "rule", "column", "severity", "action", "reason", "status", "message", "count", "total")
_STATES: Final = {
    "broken": "break a rule", "drifted": "drifted", "differs": "differ by more than chance", "new": "not in the baseline", "gone": "in the baseline only",
}  # fmt: skip


def view(report: ValidationReport, setting: Setting) -> dict[str, Any]:
    """The values of the template.

    Returns
    -------
    dict
        anomalies, passed : the rules as the pages of versions have them, worst first; of those about drift only what was not evaluated.
        elsewhere : how many did not pass that are no anomalies.
        drifts : measures of the contract's rules, the furthest beyond their bounds first.
        tables : the columns of each source that was seen.
        anchors : (source, column) to the id of its card.
        figures : id of a card to the tables behind its pictures.
    """
    found = findings(report, setting)
    bad = [one for one in found if one.outcome.status != Status.PASSED]
    drifts = of_rules(found)
    lines = report.contract.decode("utf-8", "replace").splitlines()
    tables = [
        table_of(at, name, seen, [one for one in found if one.name == name], [one for one in drifts if one.source == name])
        for at, (name, seen) in enumerate(report.seen.items())
    ]
    return {
        "report": report,
        "notes": [*report.baseline_notes, *report.notes],
        "counts": report.counts(),
        "heading": heading(report),
        "anomalies": [_rule(one, lines, setting, report) for one in bad if not _told(one)],
        "elsewhere": sum(_told(one) for one in bad),
        "passed": [_rule(one, lines, setting, report) for one in found if one.outcome.status == Status.PASSED],
        "drifts": drifts,
        "tables": tables,
        "anchors": {
            (name, card.name): f"{table.id}c{i}"
            for table in tables
            for i, card in enumerate(table.cards)
            for name in {table.name, *([""] if len(report.sources) == 1 else [])}
        },
        "figures": {card: made for table in tables for card, made in table.figures(MOST_PICTURES).items()},
        "baselines": _names([table.baseline for table in tables]),
        "most_pictures": MOST_PICTURES,
        "missing_share": missing_share,
        "facts": _facts(report, tables),
        "drifted": len({(one.source, one.column) for one in drifts if one.drifted}),
        "columns": sum(len(table.cards) for table in tables),
        "held": len({(one.source, one.column) for one in drifts}),
        "states": [(state, words, count) for state, words in _STATES.items() if (count := sum(table.count(state) for table in tables))],
        "kinds": [(kind, words, count) for kind, words in KINDS.items() if (count := sum(table.of_kind(kind) for table in tables))],
    }


def _told(finding: Finding) -> bool:
    """Whether the table of drift tells what a rule found."""
    return finding.outcome.check == "drift" and finding.outcome.status == Status.FAILED


def _facts(report: ValidationReport, tables: Sequence[Table]) -> list[str]:
    """What was judged, and how, in a few words."""
    against = _names([table.baseline for table in tables])
    contracts = _names([os.path.basename(outcome.file) for outcome in report.outcomes])
    left_out = [name for names in report.left_out.values() for name in names]
    return [
        *([f"held against {', '.join(contracts)}"] if contracts else []),
        *([f"environment {report.environment}"] if report.environment else []),
        *([f"beside {', '.join(against)}"] if against else []),
        *([f"not expected in {report.environment}, not judged: {', '.join(left_out)}"] if left_out else []),
    ]


def _href(finding: Finding, setting: Setting) -> str:
    """Where the contract's line is on the web; "" where that is not known."""
    path = quote(finding.path, safe="/", errors="replace")
    inside = setting.page and finding.path and not finding.path.startswith("/")
    return setting.page.replace("{line}", str(finding.line)).replace("{path}", path) if inside else ""


def _places(rows: Sequence[str]) -> list[str]:
    """Where rows stand; without the folder, where that is the same for all."""
    folders = {row.rpartition("/")[0] for row in rows}
    return [row.rpartition("/")[2] for row in rows] if len(folders) == 1 else list(rows)


def _names(names: Sequence[str]) -> list[str]:
    return [*dict.fromkeys(name for name in names if name)]


def _rule(finding: Finding, lines: Sequence[str], setting: Setting, report: ValidationReport) -> dict[str, Any]:
    """An outcome as the template of rules takes it, with the contract's own line, which of a sensitive column may name its values."""
    outcome = finding.outcome
    masked = outcome.masked and bool(outcome.count)
    made = {
        **{name: getattr(outcome, name) for name in _SAME},
        "examples": [f"{MASK} (sensitive)"] if masked else [shown_example(value) for value in outcome.examples],
        "rows": _places(outcome.rows),
        "source": finding.name if len(report.sources) > 1 else "",
        "blocking": finding.fails,
        "file": finding.path,
        "line": outcome.line,
        "place": finding.place,
        "href": _href(finding, setting),
        "accept": "" if outcome.status == Status.PASSED else outcome.accept,
    }
    line = outcome.line if outcome.check != "checks" else None  # that of a check in Python is of another file
    if outcome.status != Status.PASSED and line and line <= len(lines) and not outcome.masked:
        made["text"] = one_line(lines[line - 1].strip(), _LINE)
    return made
