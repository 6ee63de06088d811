"""The validation report: worst first, counts, shares, places, and nothing that a terminal would obey."""

from __future__ import annotations

import json
from typing import Any

import pytest

from featureprep.validators.formats.choice import FORMATS, render
from featureprep.validators.formats.finding import Setting
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.report import ValidationReport, shown_example


def outcome(
    name: str, status: Status = Status.FAILED, severity: Severity = Severity.ERROR, action: Action = Action.FAIL, **facts: Any
) -> Outcome:
    return Outcome(
        id=f"{name}/values", rule=f"{name} is one of a, b", column=name, check="values", reason=Reason.ENUM_TYPE_UNEXPECTED_STRING_VALUES,
        status=status, severity=severity, action=action, accept="add the values to `values:`", file="c.yaml", **facts,
    )  # fmt: skip


def test_measures_are_ranked_by_how_far_they_are_above_their_thresholds() -> None:
    measured = [
        outcome("a", figures={"value": 0.2, "threshold": 0.1}, line=1),
        outcome("b", figures={"value": 0.9, "threshold": 0.3}, line=2),
        outcome("infinite", figures={"value": None, "threshold": 0.3}, line=3),
        outcome("by chance alone", figures={"value": 0.9, "threshold": None}, line=4),
        outcome("some rows", count=3, total=10, line=5),
    ]
    text = ValidationReport({"": measured}).render_text()
    assert [line.removeprefix("ERROR: ").partition(" is one of")[0] for line in text.splitlines() if line.startswith("ERROR")] == [
        "infinite", "b", "a", "by chance alone", "some rows"
    ]  # fmt: skip


def test_worst_first() -> None:
    report = ValidationReport(
        {
            "rides": [
                outcome("fine", Status.PASSED, count=0, total=10, line=1),
                outcome("warned", severity=Severity.WARN, count=9, total=10, line=2),
                outcome("few", count=1, total=10_000, examples=("x", 3, None), line=3),
                outcome("many", count=5, total=10, line=4),
                outcome("aside", action=Action.QUARANTINE, count=10, total=10, line=5),
                outcome("unknown", Status.NOT_EVALUATED, message="the data was not looked at", line=6),
                outcome("rare", severity=Severity.WARN, count=1, total=10**6, line=7),
            ]
        },
        environment="SERVING",
        left_out={"rides": ["label"]},
    )
    assert report.counts() == {"passed": 1, "errors": 2, "warnings": 2, "handled": 1, "not_evaluated": 1}
    assert not report.ok
    assert (
        report.render_text()
        == """\
contract FAILED: 1 passed, 2 errors, 2 warnings, 1 rule takes rows away, 1 not evaluated

source rides

not expected in SERVING, not judged: label

ERROR: many is one of a, b  [c.yaml:4]
  5 of 10 rows (50.00%)
  ENUM_TYPE_UNEXPECTED_STRING_VALUES; to accept it: add the values to `values:`

ERROR: few is one of a, b  [c.yaml:3]
  1 of 10,000 rows (0.01%)
  for example 'x', 3, None
  ENUM_TYPE_UNEXPECTED_STRING_VALUES; to accept it: add the values to `values:`

NOT EVALUATED: unknown is one of a, b  [c.yaml:6]
  the data was not looked at
  to accept that: `allow_not_evaluated: true`

HANDLED: aside is one of a, b  [c.yaml:5]
  10 of 10 rows (100.00%), quarantined
  ENUM_TYPE_UNEXPECTED_STRING_VALUES; to accept it: add the values to `values:`

WARNING: warned is one of a, b  [c.yaml:2]
  9 of 10 rows (90.00%)
  ENUM_TYPE_UNEXPECTED_STRING_VALUES; to accept it: add the values to `values:`

WARNING: rare is one of a, b  [c.yaml:7]
  1 of 1,000,000 rows (1 in 1,000,000)
  ENUM_TYPE_UNEXPECTED_STRING_VALUES; to accept it: add the values to `values:`
"""
    )
    assert "... and 4 more" in report.render_text(limit=2)


@pytest.mark.parametrize(
    ("made", "ok"),
    [
        (outcome("a", Status.PASSED), True),
        (outcome("a"), False),
        (outcome("a", severity=Severity.WARN), True),
        (outcome("a", action=Action.DROP), True),
        (outcome("a", Status.NOT_EVALUATED), False),
        (outcome("a", Status.NOT_EVALUATED, severity=Severity.WARN), False),
        (outcome("a", Status.NOT_EVALUATED, lenient=True), True),
    ],
)
def test_what_fails_a_contract(made: Outcome, ok: bool) -> None:
    report = ValidationReport({"": [made]})
    assert report.ok == ok
    assert report.exit_code == (0 if ok else 1)
    assert report.render_text().startswith("contract met" if ok else "contract FAILED")


def test_json_holds_everything_as_plain_data() -> None:
    report = ValidationReport({"": [outcome("a", count=1, total=2, examples=(float("nan"), b"x", {"a": 1.5}), line=3)]})
    data = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert data["ok"] is False
    assert data["counts"]["errors"] == 1
    (entry,) = data["sources"][""]["outcomes"]
    assert (entry["id"], entry["count"], entry["total"], entry["fraction"], entry["line"]) == ("a/values", 1, 2, 0.5, 3)
    assert entry["examples"] == [{"$float": "nan"}, {"$bytes": "eA=="}, {"a": 1.5}]


def test_a_line_end_is_not_a_backslash_before_an_n() -> None:
    """Each is escaped once, in every format; a cut text is cut between characters, not within an escape."""
    assert [shown_example(text) for text in ("a\nb", "a\\nb", "a'b", "\u202e")] == [r"'a\nb'", r"'a\\nb'", '"a\'b"', r"'\u202e'"]
    assert shown_example("x" * 60) == repr("x" * 60)
    assert shown_example("x" * 61) == repr("x" * 59 + "…")
    assert shown_example("\n" * 60) == repr("\n" * 29 + "…")
    report = ValidationReport({"": [outcome("a", count=2, total=2, examples=("a\nb", "a\\nb"))]})
    for name in FORMATS:
        text = render(name, report, Setting())
        if name in ("text", "github", "junit"):
            assert r"'a\nb', 'a\\nb'" in text
        elif name in ("sarif", "gitlab"):  # in JSON, whose escapes come on top
            assert r"'a\\nb', 'a\\\\nb'" in text
        elif name == "markdown":
            assert "'a&#92;nb', 'a&#92;&#92;nb'" in text


def test_data_cannot_reach_the_terminal() -> None:
    hostile = outcome("a\x1b[31m", count=1, total=1, examples=("\x1b]0;x\x07" + "y" * 500,))
    text = ValidationReport({"s\x1b": [hostile]}).render_text()
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) < 200
    masked = outcome("a", count=1, total=1, masked=True)
    assert "***" in ValidationReport({"": [masked]}).render_text()
