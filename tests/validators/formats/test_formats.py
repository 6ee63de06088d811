"""What each format says of a drop that fails in every way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from featureprep.validators.formats import github, markdown
from featureprep.validators.formats.choice import FORMATS, render
from featureprep.validators.formats.finding import Setting, findings, relative
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Severity, Status
from featureprep.validators.report import ValidationReport

HERE = Setting("/repository", frozenset({"rides"}))
MAKE = Callable[..., Outcome]


def in_root(report: ValidationReport, file: str) -> ValidationReport:
    return replace(report, sources={name: [replace(o, file=file) for o in outcomes] for name, outcomes in report.sources.items()})


def test_worst_first_and_what_passed_last(drop: ValidationReport) -> None:
    assert [finding.outcome.column for finding in findings(drop, HERE)] == ["many", "few", "unknown", "aside", "warned", "allowed", "fine"]


def test_text_and_json_are_as_they_were(drop: ValidationReport) -> None:
    assert render("text", drop, HERE) == drop.render_text()
    assert json.loads(render("json", drop, HERE)) == drop.to_json()


def test_github(drop: ValidationReport) -> None:
    lines = render("github", in_root(drop, "/repository/data/contract.yaml"), HERE).splitlines()
    assert lines[0] == (
        "::error file=data/contract.yaml,line=4,title=rides breaks the rule%3A many is one of a%2C b::5 of 10 rows (50.00%25) break it. "
        "For example *** (sensitive). Mend the data. If the data is right, change the contract (data/contract.yaml:4): add the values to `values:`."
    )
    assert [line.split(" ")[0] for line in lines[:6]] == ["::error", "::error", "::error", "::warning", "::warning", "::notice"]
    assert lines[6] == (
        "The data does not meet its contract: 2 rules are broken, 2 could not be checked, 1 warns, 1 takes rows away, 1 holds"
    )


def test_github_has_at_most_10_of_a_kind_and_tells_of_the_rest(make: MAKE) -> None:
    bad = [make(f"e{n}", count=n + 1, total=100, line=n + 1) for n in range(30)]
    warned = [make(f"w{n}", severity=Severity.WARN, count=n + 1, total=100, line=n + 1) for n in range(12)]
    lines = render("github", ValidationReport({"": [*warned, *bad]}), HERE).splitlines()
    errors = [line for line in lines if line.startswith("::error ")]
    assert len(errors) == 10
    assert "line=30," in errors[0]
    assert len([line for line in lines if line.startswith("::warning ")]) == 10
    assert "GitHub shows 10 annotations of a kind; 20 more errors and 2 more warnings are in the summary of this job and below." in lines


def test_the_summary_is_appended_and_has_all(drop: ValidationReport, tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("# before\n", encoding="utf-8")
    assert github.summary(drop, HERE, str(path))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# before\n### ❌ The data does not meet its contract")
    assert text.count("\n| ") == 7


@pytest.mark.parametrize("before", [0, 500_000, (1 << 20) - 3_000, (1 << 20) - 100, 1 << 20])
def test_the_summary_keeps_under_its_limit_and_says_what_is_cut(make: MAKE, tmp_path: Path, before: int) -> None:
    bad = [make(f"größe_{n}", count=n + 1, total=9_999, line=n + 1, examples=("€" * 60,) * 5) for n in range(4_000)]
    path = tmp_path / "summary.md"
    path.write_bytes(b"x" * before)
    written = github.summary(ValidationReport({"": bad}), HERE, str(path))
    size = path.stat().st_size
    assert size < 1 << 20 if written else size == before
    text = path.read_text(encoding="utf-8")[before:]
    if before < (1 << 20) - 3_000:
        assert size > (1 << 20) - 5_000
    if text:
        assert "of 4,000 are left out here, with all that would follow: the limit is reached." in text
        assert f"{4_000 - text.count('❌ error'):,} of 4,000 are" in text


def test_markdown(drop: ValidationReport) -> None:
    text = render("markdown", drop, replace(HERE, root=".", page="https://github.com/o/r/blob/sha/{path}#L{line}"))
    assert "| ❌ error | <code>few is one of a, b</code> | 1 of 10,000 rows (0.01%) | <code>'x', 3, None</code> | " in text
    assert "[<code>contract.yaml:3</code>](https://github.com/o/r/blob/sha/contract.yaml#L3) |" in text
    assert "Not expected in <code>SERVING</code>, so not judged in <code>rides</code>: <code>label</code>" in text
    assert "<details><summary>1 rules hold</summary>" not in text
    assert "<details><summary>1 rule holds</summary>" in text
    good = render("markdown", ValidationReport({"": [drop.outcomes[0]]}), HERE)
    assert good.startswith("### ✅ The data meets its contract: 1 holds\n")
    assert "|" not in good


def test_a_comment_has_a_limit(make: MAKE) -> None:
    bad = [make(f"c{n}", count=n + 1, total=9_999, line=n + 1) for n in range(2_000)]
    text = render("markdown", ValidationReport({"": bad}), HERE)
    assert 50_000 < len(text.encode()) <= markdown.COMMENT
    several = render("markdown", ValidationReport({"a": bad[:150], "b": bad[150:200]}), HERE)
    assert "What to do" in several
    assert "| <code>b</code> |" in several


def test_junit(drop: ValidationReport) -> None:
    root = ET.fromstring(render("junit", drop, HERE).encode())
    (suite,) = root
    assert suite.attrib == {"name": "rides", "file": suite.get("file"), "tests": "7", "failures": "2", "errors": "1", "skipped": "1"}
    ends = {case.get("name", "").partition(" ")[0]: [child.tag for child in case] for case in suite.findall("testcase")}
    assert ends == {
        "fine": [], "warned": ["system-out"], "few": ["failure"], "many": ["failure"], "aside": ["system-out"], "unknown": ["error"],
        "allowed": ["skipped"],
    }  # fmt: skip
    assert {case.get("classname") for case in suite.findall("testcase")} == {"rides"}
    daily = ET.fromstring(render("junit", in_root(ValidationReport({"monday.csv": drop.outcomes}), "/repository/c.yaml"), HERE).encode())
    assert {case.get("classname") for case in daily.iter("testcase")} == {"c.yaml"}
    strict = ET.fromstring(render("junit", replace(drop, fail_on=Severity.WARN), HERE).encode())
    assert strict.get("failures") == "4"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
    assert "label" in str(suite.findtext("system-out"))


def test_sarif(drop: ValidationReport) -> None:
    (run,) = json.loads(render("sarif", in_root(drop, "/repository/a b/c.yaml"), HERE))["runs"]
    assert [result["level"] for result in run["results"]] == ["error", "error", "error", "warning", "warning", "note"]
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b/c.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 4},
    }  # fmt: skip
    assert len(run["tool"]["driver"]["rules"]) == 7
    assert "Where the data is right, change the contract: add the values to `values:`." in run["tool"]["driver"]["rules"][0]["help"]["text"]
    assert run["invocations"][0]["exitCode"] == 1
    outside = json.loads(render("sarif", in_root(drop, "/elsewhere/c.yaml"), HERE))["runs"][0]["results"][0]["locations"][0]
    assert outside["physicalLocation"]["artifactLocation"] == {"uri": "file:///elsewhere/c.yaml"}


def test_sarif_keeps_under_the_limits_of_an_upload(make: MAKE) -> None:
    outcomes = [make(f"c{n}", Status.PASSED if n % 2 else Status.FAILED, line=n + 1) for n in range(50_000)]
    (run,) = json.loads(render("sarif", ValidationReport({"": outcomes}), HERE))["runs"]
    assert len(run["results"]) == 5_000
    assert len(run["tool"]["driver"]["rules"]) == 20_000
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("20,000 more rules")


@pytest.mark.parametrize("name", ["sarif", "gitlab"])
def test_fingerprints_outlive_lines_figures_and_file_names_of_the_day(make: MAKE, name: str) -> None:
    def prints(report: ValidationReport) -> list[str]:
        made = json.loads(render(name, report, HERE))
        if name == "gitlab":
            return [issue["fingerprint"] for issue in made]
        return [result["partialFingerprints"]["featureprepRule/v1"] for result in made["runs"][0]["results"]]

    monday = prints(ValidationReport({"monday.csv": [make("a", count=1, total=10, line=3), make("b", count=1, total=10, line=5)]}))
    tuesday = prints(ValidationReport({"tuesday.csv": [make("a", count=7, total=10, line=9), make("b", count=1, total=10, line=12)]}))
    assert monday == tuesday
    assert len(set(monday)) == 2
    named = prints(ValidationReport({"rides": [make("a", count=1, total=10, line=3)]}))
    both = prints(ValidationReport({"rides": [make("a", line=3)], "zones": [make("a", line=9)]}))
    assert named[0] in both
    assert named[0] not in monday
    assert len(set(both)) == 2


def test_what_is_strict_fails_on_warnings(make: MAKE) -> None:
    report = ValidationReport({"": [make("a", severity=Severity.WARN, count=1, total=9)]})
    assert report.ok
    strict = replace(report, fail_on=Severity.WARN)
    assert strict.exit_code == 1
    assert strict.render_text().startswith("contract FAILED: 0 passed, 1 warning (warnings fail here)\n")
    assert render("github", strict, HERE).startswith("::error ")
    assert json.loads(render("gitlab", strict, HERE))[0]["severity"] == "critical"
    allowed = ValidationReport({"": [make("a", Status.NOT_EVALUATED, lenient=True)]}, fail_on=Severity.WARN)
    assert allowed.ok


def test_a_setting_is_what_the_variables_of_the_server_say() -> None:
    github_page = "https://github.com/o/r/blob/abc/{path}#L{line}"
    variables = {"GITHUB_WORKSPACE": "/w", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"}
    assert Setting.of_environment(variables) == Setting("/w", frozenset(), github_page)
    gitlab = {"CI_PROJECT_DIR": "/b", "CI_PROJECT_URL": "https://gitlab.com/o/r", "CI_COMMIT_SHA": "abc"}
    assert Setting.of_environment(gitlab) == Setting("/b", frozenset(), "https://gitlab.com/o/r/-/blob/abc/{path}#L{line}")
    assert Setting.of_environment({}).page == ""


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_at_all(name: str) -> None:
    assert render(name, ValidationReport({}), HERE)
    assert render(name, ValidationReport({"": []}), HERE)


def test_where_a_contract_is(tmp_path: Path) -> None:
    (tmp_path / "repository" / "data").mkdir(parents=True)
    (tmp_path / "link").symlink_to("repository")
    root = str(tmp_path / "repository")
    assert relative(str(tmp_path / "link" / "data" / "c.yaml"), root) == "data/c.yaml"
    assert relative(f"{root}/data/../c.yaml", str(tmp_path / "link")) == "c.yaml"
    assert relative(str(tmp_path / "c.yaml"), root) == str(tmp_path.resolve() / "c.yaml")
    assert [relative(text, root) for text in ("", "a\0b", "\ud800")] == ["", "", ""]


def test_a_link_in_a_message_of_sarif_is_none(make: MAKE) -> None:
    text = render("sarif", ValidationReport({"": [make("a", count=1, total=2, examples=("[look](https://x.org)",))]}), HERE)
    assert "](" not in text
    assert "[look] (https://x.org)" in text
