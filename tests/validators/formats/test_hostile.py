"""Names and values that mean harm: whatever they are, each format is read back as what it is, and nothing of them is obeyed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from featureprep.report.visible import one_line
from featureprep.validators.formats import markdown
from featureprep.validators.formats.choice import FORMATS, render
from featureprep.validators.formats.finding import Setting
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Severity, Status
from featureprep.validators.report import ValidationReport
from tests.validators.formats.conftest import outcome

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
SARIF = jsonschema.Draft7Validator(
    json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")), format_checker=jsonschema.FormatChecker()
)
JUNIT = xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))
NASTY = (
    "a\nb", "::error::x", "\n::error file=x::y", "]]>", "<script>alert(1)</script>", "a|b", "a\\|b", "`` ` ``", "\x00\x1b[31m", "\ud800", "\ufffe\uffff",
    "&amp;&#124;", "%0A%25", "a,b:c", "@everyone #1 https://x.org www.x.org", "\u202egnp.exe", "x" * 5_000, "![x](http://y/z.png)", "</code></td></details>",
    "##[error]x", "| --- |", "{path}{line}{}", "\r\n", " ", "~~a~~ **b** __c__", "$x^2$", "<!-- ", "\u2028\u0085", "::endgroup::", "a\tb",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=40), st.text(st.characters(categories=["Cs", "Cc", "Po", "Sm", "Cn"]), max_size=20)
)
values = st.one_of(texts, st.none(), st.integers(), st.floats(), st.binary(max_size=8), st.dictionaries(texts, texts, max_size=2))


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    name = draw(texts)
    count = draw(st.none() | st.integers(0, 20))
    return outcome(
        name, draw(st.sampled_from(Status)), draw(st.sampled_from(Severity)), draw(st.sampled_from(Action)),
        id=f"{name}/{draw(texts)}", rule=f"{name} is {draw(texts)}", column=draw(st.none() | st.just(name)), message=draw(texts), count=count,
        total=None if count is None else 20, examples=tuple(draw(st.lists(values, max_size=3))), line=draw(st.none() | st.integers(1, 99)),
        file=draw(st.sampled_from(("", "c.yaml")) | texts), masked=draw(st.booleans()), lenient=draw(st.booleans()), accept=draw(texts),
    )  # fmt: skip


reports = st.builds(
    ValidationReport,
    st.dictionaries(texts, st.lists(outcomes(), max_size=3), max_size=3),
    st.none() | texts,
    st.dictionaries(texts, st.lists(texts, max_size=2), max_size=2),
    st.sampled_from(Severity),
)
SETTING = Setting("/repository", frozenset({"a\nb"}), "https://host/o/r/blob/main/{path}#L{line}")


def of(text: str) -> ValidationReport:
    """A report in which every text is this one."""
    made = outcome(
        text, rule=text, message=text, count=1, total=2, examples=(text, {text: text}), line=3, file=text, accept=text, column=text
    )
    return ValidationReport({text: [made]}, text, {text: [text]})


def every(check: Callable[[ValidationReport], None]) -> Callable[[], None]:
    """The check over anything, and over each of the nasty texts."""
    tried = settings(max_examples=60, deadline=None)(given(reports)(check))
    for text in NASTY:
        tried = example(of(text))(tried)
    return tried


@every
def test_all_formats_are_utf_8_and_end_with_a_line_end(report: ValidationReport) -> None:
    for name in FORMATS:
        text = render(name, report, SETTING)
        assert text.encode("utf-8").endswith(b"\n")
        assert "\x1b" not in text
        assert "\u202e" not in text or name == "json"  # data for programs, as it is


@every
def test_junit_is_well_formed_and_keeps_to_its_schema(report: ValidationReport) -> None:
    text = render("junit", report, SETTING)
    root = ET.fromstring(text.encode())
    JUNIT.validate(text)
    assert len(root.findall("testsuite")) == len(report.sources)
    assert len(root.findall("testsuite/testcase")) == len(report.outcomes) == int(root.get("tests", ""))
    assert bool(root.findall(".//failure") + root.findall(".//error")) == (not report.ok)


@every
def test_sarif_keeps_to_its_schema(report: ValidationReport) -> None:
    log = json.loads(render("sarif", report, SETTING))
    SARIF.validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert len(run["results"]) == sum(o.status != Status.PASSED for o in report.outcomes)
    assert any(result["level"] == "error" for result in run["results"]) == (not report.ok)


@every
def test_gitlab_has_what_it_asks_for(report: ValidationReport) -> None:
    for issue in json.loads(render("gitlab", report, SETTING)):
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert re.fullmatch("[0-9a-f]{32}", issue["fingerprint"])
        assert issue["location"]["path"]
        assert issue["location"]["lines"]["begin"] >= 1


@every
def test_json_is_json(report: ValidationReport) -> None:
    assert json.loads(render("json", report, SETTING))["ok"] == report.ok


@every
def test_github_says_nothing_but_its_own_commands(report: ValidationReport) -> None:
    """As the runner reads it: a line that begins with :: after blanks is a command, until commands are stopped."""
    stopped = None
    commands = []
    for line in re.split("\r\n|\r|\n", render("github", report, SETTING)):
        found = re.match(r"\s*::(\S+?)(?: (.*?))?::(.*)", line)
        if stopped is not None:
            stopped = None if found and found[1] == stopped else stopped
        elif found and found[1] == "stop-commands":
            stopped = found[3]
        elif found:
            commands.append((found[1], found[2] or ""))
        else:
            assert "##[" not in line
    assert stopped is None
    annotations = [(kind, properties) for kind, properties in commands if kind not in ("group", "endgroup")]
    assert {kind for kind, _ in annotations} <= {"error", "warning", "notice"}
    assert len(annotations) == sum(o.status != Status.PASSED for o in report.outcomes)  # not over 10 of a kind here
    for _, properties in annotations:
        assert re.fullmatch(r"(file=[^:,\r\n]+,line=[0-9]+,)?title=[^:,\r\n]+", properties)


@every
def test_markdown_is_the_table_that_it_means_to_be(report: ValidationReport) -> None:
    text = render("markdown", report, SETTING)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = [token.type for token in tokens]
    bad = sum(o.status != Status.PASSED for o in report.outcomes)
    columns = 6 if len(report.sources) > 1 else 5
    assert kinds.count("tr_open") == (bad + 1 if bad else 0)
    assert kinds.count("td_open") == columns * bad
    assert kinds.count("heading_open") == 1
    assert set(kinds) & {"fence", "code_block", "hr", "blockquote_open", "ordered_list_open"} == set()
    for token in tokens:
        for part in token.children or ():
            assert part.type in ("text", "html_inline", "link_open", "link_close"), part
            assert part.type != "html_inline" or part.content in ("<code>", "</code>")
            assert part.type != "link_open" or str(part.attrs["href"]).startswith("https://host/o/r/blob/main/")
        if token.type == "html_block":
            assert re.fullmatch(r"<details><summary>[\w, ]+</summary>|</details>", token.content.strip()), token.content


@every
def test_what_is_sensitive_is_told_nowhere(report: ValidationReport) -> None:
    secret = outcome("plate", count=1, total=2, masked=True, examples=("SECRET-1",), line=3)
    for name in FORMATS:
        if name != "json":
            assert "SECRET-1" not in render(name, ValidationReport({**report.sources, "it": [secret]}), SETTING)
    assert "SECRET-1" not in render("json", ValidationReport({"it": [secret]}), SETTING)


@given(texts)
@settings(max_examples=200, deadline=None)
def test_code_in_markdown_is_read_as_the_text_it_is(text: str) -> None:
    shown = markdown.code(text)
    assert "|" not in shown
    if shown:
        (_, inline, _) = MarkdownIt("commonmark").parse(f"x {shown} y")
        assert inline.children is not None
        assert [part.type for part in inline.children] == [
            "text",
            "html_inline",
            *["text"] * (len(inline.children) - 4),
            "html_inline",
            "text",
        ]
        read = "".join(part.content for part in inline.children[2:-2])
        assert read == one_line(text, 300)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_is_endless(text: str) -> None:
    for name in FORMATS:
        if name != "json":
            own = len(render(name, ValidationReport({}), SETTING))  # the style of a page is its own
            assert len(render(name, of(text), SETTING)) - own < 16_000
