"""GitHub Actions: workflow commands that put the worst findings on the contract's lines, and the job's summary, which has all of them.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Final

from featureprep.report.visible import one_line
from featureprep.validators.formats import markdown
from featureprep.validators.formats.finding import Finding, Setting, broken, heading
from featureprep.validators.report import ValidationReport

MOST: Final = 10
"""Annotations of a kind that GitHub takes from a step."""
SUMMARY: Final = 1 << 20
"""Bytes of a step's summary; a longer one is refused whole."""
_LEAST: Final = 2_000


def render(report: ValidationReport, setting: Setting) -> str:
    """Workflow commands, worst first, at most 10 a kind; below them the report as text, in which nothing is a command."""
    lines = []
    kinds: dict[str, list[Finding]] = {"error": [], "warning": [], "notice": []}
    for finding in broken(report, setting):
        kinds["error" if finding.fails else "notice" if finding.kind == "not_evaluated" else "warning"].append(finding)
    for kind, found in kinds.items():
        lines += [_annotation(kind, finding) for finding in found[:MOST]]
    lines.append(heading(report))
    more = [f"{len(found) - MOST:,} more {kind}s" for kind, found in kinds.items() if len(found) > MOST]
    if more:
        lines.append(f"GitHub shows {MOST} annotations of a kind; {' and '.join(more)} are in the summary of this job and below.")
    text = report.render_text(limit=1_000)
    token = sha256(text.encode("utf-8", "replace")).hexdigest()  # no text holds its own digest
    lines += ["::group::The whole report", f"::stop-commands::{token}", text.rstrip("\n"), f"::{token}::", "::endgroup::"]
    return "\n".join(lines) + "\n"


def summary(report: ValidationReport, setting: Setting, path: str) -> bool:
    """Append all findings, ranked, as Markdown to the file of a step's summary, cut where its limit is reached.

    Returns
    -------
    bool
        False where what is in the file leaves no room.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    left = SUMMARY - 1 - (os.path.getsize(path) if os.path.exists(path) else 0)
    if left < _LEAST:
        return False
    with open(path, "ab") as file:
        file.write(f"{markdown.render(report, setting, limit=left - 1)}\n".encode("utf-8", "replace"))
    return True


def _annotation(kind: str, finding: Finding) -> str:
    place = [f"file={_property(one_line(finding.path, 1_000))}", f"line={finding.line}"] if finding.path else []
    properties = ",".join([*place, f"title={_property(finding.title)}"])
    return f"::{kind} {properties}::{_data(f'{finding.what} {finding.mend}'.strip())}"


def _data(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
