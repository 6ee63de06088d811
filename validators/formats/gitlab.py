"""GitLab's code quality report: a JSON list of issues, shown in merge requests beside the contract's lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from typing import Final

from featureprep.validators.formats.finding import Finding, Setting, broken
from featureprep.validators.report import ValidationReport

_SEVERITIES: Final = {"errors": "critical", "not_evaluated": "info", "handled": "minor", "warnings": "minor"}


def render(report: ValidationReport, setting: Setting) -> str:
    """The rules that did not pass, worst first; an empty list where all did."""
    return json.dumps([_issue(finding) for finding in broken(report, setting)], indent=2) + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    return {
        "description": f"{finding.title}. {finding.what} {finding.mend}",
        "check_name": finding.key,
        "fingerprint": finding.fingerprint,
        "severity": "critical" if finding.fails else _SEVERITIES[finding.kind],
        "location": {"path": finding.path or "contract", "lines": {"begin": finding.line}},
    }
