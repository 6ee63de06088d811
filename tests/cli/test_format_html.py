"""validate --format html: a page, whatever the data is held against, and whatever becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.people import job_with, rows

CONTRACT = """\
columns:
  id: int64
  age: int64
  city: {type: string, drift: {linf: 0.2}}
  income: {type: string, sensitive: true}
"""


@pytest.fixture
def contract(project: Path) -> Path:
    (project / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (project / "plain.yaml").write_text(CONTRACT.replace("{type: string, drift: {linf: 0.2}}", "string"), encoding="utf-8")
    (project / "moved.csv").write_text(rows(200, 400).replace("Rome", "Oslo").replace("low", "secretly"), encoding="utf-8")
    return project


def test_a_page_beside_other_formats(call: Call, contract: Path) -> None:
    result = call("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", "people1.csv", "--format", "html=page.html", "--format", "json=r.json", code=1)  # fmt: skip
    assert result.stderr == "FAILED: the reports are in page.html, r.json\n"
    page = (contract / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    for told in ("contract failed", "beside people1.csv", "L-infinity distance", "Oslo", "contract.yaml:4"):
        assert told in page, told
    assert "secretly" not in page
    assert (
        call("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", "people1.csv", "--format", "html", code=1).stdout == page
    )


def test_a_version_a_file_of_statistics_and_data_make_one_page(call: Call, contract: Path) -> None:
    (contract / "job.py").write_text(job_with("plain.yaml"), encoding="utf-8")
    call("run", "job.py")
    call("stats", "job.py", "-o", "kept.json")
    (contract / "all.csv").write_text(rows(0, 90), encoding="utf-8")
    pages = []
    for baseline, name in (("people@1", "people@1"), ("kept.json", "kept.json"), ("all.csv", "all.csv")):
        call("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", baseline, "--format", "html=page.html", code=1)
        page = (contract / "page.html").read_text(encoding="utf-8")
        assert name in page
        pages.append(page.replace(name, "BASE"))
    assert pages[0] == pages[1] == pages[2]


def test_several_versions_together(call: Call, contract: Path) -> None:
    (contract / "job.py").write_text(job_with("plain.yaml"), encoding="utf-8")
    call("run", "job.py")
    (contract / "people3.csv").write_text(rows(90, 120), encoding="utf-8")
    call("run", "job.py")
    call("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", "people@last:2", "--format", "html=page.html", code=1)
    page = (contract / "page.html").read_text(encoding="utf-8")
    assert "people@last:2 (1, 2), then now" in page
    assert 'class="was"' in page


def test_no_rule_need_ask_for_the_baseline(call: Call, contract: Path) -> None:
    args = ("validate", "moved.csv", "--contract", "plain.yaml", "--baseline", "people1.csv")
    call(*args, code=2)
    call(*args, "--format", "html=page.html")
    assert "that no rule holds against the baseline" in (contract / "page.html").read_text(encoding="utf-8")


def test_a_page_of_data_that_cannot_be_read(call: Call, contract: Path) -> None:
    (contract / "bad.csv").write_text(rows(0, 2) + "a,b,c,d,e,secret\n", encoding="utf-8")
    call("validate", "bad.csv", "--contract", "contract.yaml", "--format", "html=page.html", code=1)
    page = (contract / "page.html").read_text(encoding="utf-8")
    assert "the data can be read, so that its contract can be checked" in page
    assert "How the columns are distributed is not here" in page
    assert "secret" not in page.partition("<script>")[0]


def test_the_report_of_a_version_beside_another(call: Call, contract: Path) -> None:
    (contract / "job.py").write_text(job_with("plain.yaml"), encoding="utf-8")
    call("run", "job.py")
    (contract / "people3.csv").write_text(rows(90, 400).replace("Rome", "Oslo").replace("low", "secretly"), encoding="utf-8")
    call("run", "job.py")
    told = call("report", "people@2", "--baseline", "people@1", "-o", "beside.html").stderr
    assert told == "people@2 beside people@1 is in beside.html\n"
    page = (contract / "beside.html").read_text(encoding="utf-8")
    for text in (
        "people@2 beside people@1",
        "Oslo",
        "that can be compared",
        "of 4</span>",
        'class="was"',
        "sensitive: values are not shown",
    ):
        assert text in page, text
    assert "secretly" not in page
    call("stats", "people@1", "-o", "kept.json")
    call("report", "people@2", "--baseline", "kept.json", "-o", "kept.html")
    assert (contract / "kept.html").read_text(encoding="utf-8") == page.replace("people@1", "kept.json")
    call("report", "people@2", "--baseline", "people@last:2", "-o", "several.html")
    assert "--baseline is for a page" in call("report", "people@2", "--baseline", "people@1", code=2).stderr
    assert "no file of statistics" in call("report", "people@2", "--baseline", "people1.csv", "-o", "x.html", code=2).stderr
    call("run", "job.py", "--no-statistics")
    assert "made without statistics" in call("report", "people@3", "--baseline", "people@1", "-o", "x.html", code=2).stderr
    assert "made without statistics" in call("report", "people@1", "--baseline", "people@3", "-o", "x.html", code=2).stderr
    assert not (contract / "x.html").exists()
