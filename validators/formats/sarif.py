"""SARIF 2.1.0: what code scanning shows (GitHub, Azure DevOps, editors), with the rules of the contract as the tool's rules.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; the limits are those of GitHub's upload.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from featureprep.report.visible import one_line
from featureprep.validators.formats.finding import Finding, Setting, findings, heading
from featureprep.validators.reasons import Status
from featureprep.validators.report import ValidationReport

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS: Final = 5_000
MOST_RULES: Final = 20_000
_LEVELS: Final = {"errors": "error", "not_evaluated": "note", "handled": "warning", "warnings": "warning", "passed": "none"}


def render(report: ValidationReport, setting: Setting) -> str:
    """One run; its rules are all of the contract's that fit, its results those that did not pass, worst first."""
    from featureprep import __version__

    found = findings(report, setting)
    bad = [finding for finding in found if finding.outcome.status != Status.PASSED]
    left = bad[MOST_RESULTS:]
    kept = [*bad[:MOST_RESULTS], *(finding for finding in found if finding.outcome.status == Status.PASSED)][:MOST_RULES]
    rules: dict[str, Finding] = {}
    for finding in kept:
        rules.setdefault(finding.key, finding)
    index = {key: at for at, key in enumerate(rules)}
    invocation: dict[str, Any] = {"executionSuccessful": True, "exitCode": report.exit_code, "exitCodeDescription": heading(report)}
    if left:
        text = f"{len(left):,} more rules did not pass, and are left out here: --format json has them all."
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    driver = {
        "name": "featureprep",
        "semanticVersion": __version__,
        "shortDescription": {"text": "Holds data against its contract."},
        "rules": [_rule(finding) for finding in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository that holds the contract."}}},
        "results": [_result(finding, index[finding.key]) for finding in bad[:MOST_RESULTS]],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    outcome = finding.outcome
    about = f"Column `{one_line(outcome.column)}`" if outcome.column is not None else "The rows as a whole"
    accept = f" Where the data is right, change the contract: {finding.accept}." if finding.accept else ""
    place = f", {finding.place}" if finding.place else ""
    text = f"{about} must keep to the contract: {finding.rule}. Where it does not, mend the data.{accept}"
    return {
        "id": finding.key,
        "name": _words((outcome.check, *str(outcome.reason).lower().split("_"))),
        "shortDescription": {"text": _unlinked(finding.rule)},
        "fullDescription": {"text": _unlinked(f"{finding.rule}. A rule of the data's contract{place}.")},
        "help": {"text": _unlinked(text)},
        "defaultConfiguration": {"level": "error" if outcome.severity == "error" else "warning"},
        "properties": {"tags": ["data-contract", one_line(outcome.check), str(outcome.reason)], "problem.severity": str(outcome.severity)},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    outcome = finding.outcome
    made: dict[str, Any] = {
        "ruleId": finding.key,
        "ruleIndex": index,
        "level": "error" if finding.fails else _LEVELS[finding.kind],
        "message": {"text": _unlinked(" ".join(filter(None, (f"{finding.title}.", finding.what, finding.mend))))},
        # GitHub tells alerts apart by the one, others by the other; both outlive a contract whose lines move
        "partialFingerprints": {"featureprepRule/v1": finding.fingerprint, "primaryLocationLineHash": f"{finding.fingerprint}:1"},
        "properties": {"source": finding.source, "reason": str(outcome.reason), "count": outcome.count, "total": outcome.total},
    }
    location: dict[str, Any] = {}
    if finding.path:
        location["physicalLocation"] = {"artifactLocation": _artifact(finding.path), "region": {"startLine": finding.line}}
    if outcome.column:
        names = [part for part in (finding.source, one_line(outcome.column)) if part]
        location["logicalLocations"] = [{"name": names[-1], "fullyQualifiedName": "/".join(names), "kind": "member"}]
    if location:
        made["locations"] = [location]
    return made


def _artifact(path: str) -> dict[str, str]:
    written = quote(path.encode("utf-8", "replace"), safe="/")
    return {"uri": f"file://{written}"} if path.startswith("/") else {"uri": written, "uriBaseId": "%SRCROOT%"}


def _words(parts: Iterable[str]) -> str:
    """A name as SARIF wants it: `RangeFloatTypeBigFloat`."""
    kept = ("".join(c for c in part if c.isascii() and c.isalnum()) for part in parts)
    return "".join(part[:1].upper() + part[1:] for part in kept)[:100]


def _unlinked(text: str) -> str:
    """A message in which `[words](place)`, which SARIF takes for a link, is none: the words may come from data."""
    return text.replace("](", "] (")
