"""No output takes the place of what the command reads, by whatever path it is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.people import PLAIN, job_with

ROW = '{"age": 3, "city": "Rome"}'


@pytest.fixture
def files(project: Path) -> Path:
    (project / "contract.yaml").write_text(PLAIN, encoding="utf-8")
    (project / "baseline.csv").write_bytes((project / "people2.csv").read_bytes())
    (project / "job.py").write_text(job_with("contract.yaml"), encoding="utf-8")
    (project / "soft.csv").symlink_to("people1.csv")
    (project / "hard.csv").hardlink_to(project / "people1.csv")
    (project / "soft.yaml").symlink_to("contract.yaml")
    (project / "parts").mkdir()
    (project / "parts" / "one.csv").write_bytes((project / "people1.csv").read_bytes())
    return project


def content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


VALIDATE = ("validate", "people1.csv", "--contract", "contract.yaml")
BASED = (*VALIDATE, "--baseline", "baseline.csv")


@pytest.mark.parametrize(
    "command",
    [
        ("stats", "people1.csv", "-o", "people1.csv"),
        ("stats", "people1.csv", "-o", "./parts/../people1.csv"),
        ("stats", "people1.csv", "-o", "soft.csv"),
        ("stats", "soft.csv", "-o", "people1.csv"),
        ("stats", "people1.csv", "-o", "hard.csv"),
        ("stats", "people1.csv", "--tfmd", "people1.csv"),
        ("stats", "people*.csv", "-o", "people2.csv"),
        ("stats", "parts", "--input-format", "csv", "-o", "parts/one.csv"),
        ("stats", "--source", "a=people2.csv", "--source", "b=people1.csv", "-o", "people1.csv"),
        ("stats", "people1.csv", "--contract", "contract.yaml", "-o", "contract.yaml"),
        ("stats", "job.py", "-o", "job.py"),
        ("stats", "job.py", "-o", "people2.csv"),
        ("stats", "job.py", "-o", "soft.yaml"),
        (*VALIDATE, "-o", "people1.csv"),
        (*VALIDATE, "-o", "contract.yaml"),
        (*VALIDATE, "--format", "sarif=soft.yaml"),
        (*VALIDATE, "--format", "junit=fine.xml", "--format", "json=hard.csv"),
        (*BASED, "-o", "baseline.csv"),
        (*VALIDATE, "--baseline", "base*.csv", "--format", "markdown=baseline.csv"),
        ("infer", "people1.csv", "-o", "people1.csv", "--force"),
        ("infer", "people1.csv", "-o", "hard.csv", "--force"),
        ("infer", "people1.csv", "--propose", "contract.yaml", "-o", "soft.yaml", "--force"),
        ("skew", "people@1", "people1.csv", "-o", "hard.csv"),
        ("contract", "convert", "contract.yaml", "--to", "odcs", "-o", "contract.yaml"),
        ("contract", "convert", "contract.yaml", "--to", "gx", "-o", "soft.yaml"),
    ],
)
def test_inputs_are_not_overwritten(call: Call, files: Path, command: tuple[str, ...]) -> None:
    before = content(files)
    told = call(*command, code=2).stderr
    assert "would take the place of" in told
    assert "name another file" in told
    assert content(files) == before


def test_what_was_written_before_is_replaced(call: Call, files: Path) -> None:
    for name in ("report.txt", "parts.json"):
        (files / name).write_text("old", encoding="utf-8")
    call(*VALIDATE, "-o", "report.txt")
    assert "contract met" in (files / "report.txt").read_text(encoding="utf-8")
    call("stats", "parts", "--input-format", "csv", "-o", "parts.json")  # beside the folder that is read
    assert (files / "parts.json").read_text(encoding="utf-8").startswith("{")


def test_data_that_cannot_be_listed_is_told_of_as_ever(call: Call, files: Path) -> None:
    (files / "report.json").write_text("old", encoding="utf-8")
    assert "no file matches" in call("validate", "nope*.csv", "--contract", "contract.yaml", "-o", "report.json", code=3).stderr


def test_two_reports_do_not_share_a_file(call: Call, files: Path) -> None:
    (files / "a.txt").write_text("", encoding="utf-8")
    (files / "b.txt").hardlink_to(files / "a.txt")
    told = call(*VALIDATE, "--format", "json=a.txt", "--format", "junit=b.txt", code=2).stderr
    assert "two reports are to be written to one file" in told


def test_the_row_of_a_trace_is_not_overwritten(call: Call, files: Path) -> None:
    (files / "row.json").write_text(ROW, encoding="utf-8")
    assert "the place of the row" in call("trace", "people@1", "--row-file", "row.json", "-o", "row.json", code=2).stderr
    assert (files / "row.json").read_text(encoding="utf-8") == ROW


def test_the_message_of_tfmd_is_all_that_is_written(call: Call, files: Path) -> None:
    assert "-o does not go with it" in call("stats", "people1.csv", "--tfmd", "a.pb", "-o", "b.json", code=2).stderr
    assert "--json does not go with it" in call("stats", "people1.csv", "--tfmd", "a.pb", "--json", code=2).stderr
