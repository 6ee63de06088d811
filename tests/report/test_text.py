"""The report for a terminal."""

from __future__ import annotations

from featureprep.report import render_text
from featureprep.report.visible import brief, one_line, shown, visible
from tests.report.reports import full


def test_the_lines() -> None:
    assert (
        render_text(full())
        == f"""\
census@3  run r20260304t030607000-0123456789  FAIL in 1.2 s, 2 scans on pandas
  error        2 rules of the contract failed
               Hint: mend the data
  source       people (3 rows, 2 files)
  rows         read 3, created 0, merged 0, dropped 1, quarantined 1, written 1
  quarantined  1 by no pay (filter of age)
  dropped      1 by of age (filter of age)
  splits       train 2, eval 1
  columns      2: age, kept
  contract     1 of 3 rules passed
    not evaluated: at least 1 row
    warning: name is unique (2 of 3 rows)
  fingerprint  dataset {"0" * 32}
  fingerprint  graph {"f" * 32}
"""
    )


def test_the_rules_that_are_not_listed_are_counted() -> None:
    report = full()
    (line, *_) = report["ledger"]["lines"]
    report["ledger"] = {"lines": [{**line, "quarantined": {}, "dropped": {f"rule {i}": 10 - i for i in range(8)}}]}
    told = render_text(report).splitlines()
    assert [text for text in told if text.startswith("  dropped")] == [
        f"  dropped      {10 - i} by rule {i} (read people)" for i in range(5)
    ]
    assert "    and 3 more, that took 12 rows" in told


def test_nothing_known() -> None:
    assert render_text({}) == "run  run -\n"


def test_what_cannot_be_seen_is_shown() -> None:
    assert visible("a\u202eb\x1b[31m\n") == "a\\u202eb\\u001b[31m\n"
    assert one_line("a\nb") == "a\\nb"
    assert visible("é 漢字 😀") == "é 漢字 😀"
    assert visible("x" * 12, 10) == "x" * 10 + "… (12 characters)"


def test_values_as_a_person_reads_them() -> None:
    values = [None, True, 12345, 1.5, 0.1 + 0.2, float("nan"), "a\tb", 10**20, -(10**400)]
    assert [brief(v) for v in values] == ["–", "true", "12,345", "1.5", "0.3", "nan", "a\\u0009b", "1e+20", "huge"]


def test_values_of_the_data() -> None:
    assert [shown(v) for v in ("a b", "", "  ", 3, None, "x" * 70)] == ["a b", '""', '"  "', "3", "–", "x" * 60 + "… (70 characters)"]
    assert shown({"fare": 3.25, "tip": None, "who": "\u202e"}) == "fare = 3.25, tip = –, who = \\u202e"
