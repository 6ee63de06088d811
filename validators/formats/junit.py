"""JUnit XML: a test suite a source, a test case a rule, so that any CI server shows a contract as it shows tests.

Checked against the schema of Jenkins' xUnit plugin (junit-10.xsd). What only warns or takes rows away is a test that passes with output.
"""

from __future__ import annotations

import re
from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from featureprep.report.visible import one_line
from featureprep.validators.formats.finding import LONGEST, Finding, Setting, findings
from featureprep.validators.reasons import Status
from featureprep.validators.report import LABELS, ValidationReport, rank

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: ValidationReport, setting: Setting) -> str:
    """One XML document; well-formed whatever the names and values are."""
    root = Element("testsuites", name="featureprep")
    found = findings(report, setting)
    for name in report.sources:
        _suite(root, name, [finding for finding in found if finding.name == name], report)
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, name: str, found: list[Finding], report: ValidationReport) -> None:
    suite = SubElement(root, "testsuite", name=_xml(one_line(name, LONGEST) or "data"))
    if found and found[0].path:
        suite.set("file", _xml(one_line(found[0].path, LONGEST)))
    ends = Counter(_case(suite, finding) for finding in found)
    for attribute, end in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(ends[end]))
    suite.set("tests", str(len(found)))
    if report.left_out.get(name):
        columns = ", ".join(one_line(column) for column in report.left_out[name])
        SubElement(suite, "system-out").text = _xml(f"not expected in {one_line(str(report.environment))}, not judged: {columns}")


def _case(suite: Element, finding: Finding) -> str:
    """Add a test case; returns how it ended."""
    outcome = finding.outcome
    # servers follow a test from run to run by these two: no file name of the day is in them, and the key tells rules of the same words apart
    owner = one_line(finding.section or finding.path, LONGEST) or "data"
    case = SubElement(suite, "testcase", classname=_xml(owner), name=_xml(f"{finding.rule} [{finding.key}]"))
    if outcome.status == Status.PASSED:
        return "passed"
    text = "\n".join(filter(None, (finding.what, finding.mend)))
    if finding.fails:
        end = "error" if outcome.status == Status.NOT_EVALUATED else "failure"
        kind = "NOT_EVALUATED" if outcome.status == Status.NOT_EVALUATED else str(outcome.reason)
        SubElement(case, end, type=kind, message=_xml(finding.what)).text = _xml(text)
    elif outcome.status == Status.NOT_EVALUATED:
        end = "skipped"
        SubElement(case, end, message=_xml(finding.what))
    else:
        end = "passed"
        SubElement(case, "system-out").text = _xml(f"{LABELS[rank(outcome)]}: {text}")
    return end


def _xml(text: str) -> str:
    """Without the few characters that XML has no way to write."""
    return _NO_XML.sub("\ufffd", text)
