"""A validation report in a notebook: everything escaped, sensitive values masked, small whatever the number of rules."""

from __future__ import annotations

import pyarrow as pa

import featureprep as fp

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>&'\u202e\n\x1b[31m"


def test_hostile_names_and_values_are_escaped() -> None:
    contract = {"columns": {EVIL: {"type": "string", "values": [EVIL + "!"]}, "n": "int64"}, "extra_columns": "error"}
    report = fp.validate({EVIL: pa.table({EVIL: [EVIL, "b"], "n": [1, 2], "<b>": [1, 2]})}, contract)
    html = report._repr_html_()
    assert html.startswith('<div class="fprep bad">')
    assert html.count("<div") == html.count("</div>")
    assert "&lt;script" in html
    for tag in ("<script", "<img", "<b>", "\u202e", "\x1b", "http", "url("):
        assert tag not in html
    assert repr(report) == f"ValidationReport: {report.headline}"
    assert "\n" not in repr(report)


def test_sensitive_values_are_masked() -> None:
    contract = {
        "columns": {
            "plate": {"type": "string", "sensitive": True, "regex": "[A-Z]+", "values": ["KNOWN"]},
            "n": {"type": "int64", "range": {"min": 0}},
        }
    }
    html = fp.validate(pa.table({"plate": ["hidden1", "hidden2"], "n": [1, -77]}), contract)._repr_html_()
    assert "hidden" not in html
    assert "KNOWN" not in html
    assert "*** (sensitive)" in html
    assert "-77" in html
    assert "2 of 2 (100.00%)" in html


def test_what_was_not_judged_is_told_and_a_good_report_is_green() -> None:
    contract = {"columns": {"n": "int64", "label": {"type": "int64", "not_in": ["SERVING"]}}}
    report = fp.validate(pa.table({"n": [1]}), contract, environment="SERVING")
    html = report._repr_html_()
    assert html.startswith('<div class="fprep good">')
    assert "not expected in SERVING, not judged: label" in html
    assert "did not pass" not in html


def test_a_thousand_rules_stay_small() -> None:
    names = [f"c{i}" for i in range(1000)]
    contract = {"columns": {name: {"type": "int64", "range": {"min": 0}} for name in names}}
    html = fp.validate(pa.table({name: [-1] for name in names}), contract)._repr_html_()
    assert "… and 800 more rows" in html
    assert len(html) < 200_000
