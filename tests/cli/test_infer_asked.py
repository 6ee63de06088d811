"""`featureprep infer --ranges --keys`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

Call = Callable[..., Result]
JOB = """
import featureprep as fp

@fp.job(sources={"people": fp.read_csv("d.csv")}, contract="contract.yaml")
def features(people):
    return people
"""


def test_ranges_and_keys_are_stated_where_asked_for(project: Path, call: Call) -> None:
    (project / "d.csv").write_text("id,day,x\n1,2024-01-01,0.5\n2,2024-01-03,1.5\n3,2024-01-03,\n", encoding="utf-8")
    call("infer", "d.csv", "--ranges", "--keys", "-o", "c.yaml")
    assert (project / "c.yaml").read_text(encoding="utf-8").splitlines()[2:] == [
        "columns:",
        "  id:",
        "    type: int64",
        "    nullable: false",
        "    range: {min: 1, max: 3}",
        "    unique: true",
        "  day:",
        "    type: date",
        "    nullable: false",
        '    range: {min: "2024-01-01", max: "2024-01-03"}',
        "  x:  # 1 of 3 null (33.33%)",
        "    type: float64",
        "    range: {min: 0.5, max: 1.5}",
    ]
    call("validate", "d.csv", "--contract", "c.yaml")
    plain = call("infer", "d.csv").stdout
    assert "range" not in plain
    assert "unique" not in plain


def test_it_says_so_where_nothing_is_a_key(project: Path, call: Call) -> None:
    (project / "d.csv").write_text("a,b\n1,1\n1,1\n", encoding="utf-8")
    assert call("infer", "d.csv", "--keys").stderr == "note: nothing was found that tells the rows of d.csv apart\n"


def test_a_job_says_what_is_sensitive(project: Path, call: Call) -> None:
    (project / "d.csv").write_text("name,income\nAnn,123456\nBob,654321\n", encoding="utf-8")
    (project / "job.py").write_text(JOB, encoding="utf-8")
    (project / "contract.yaml").write_text(
        "columns: {name: {type: string, sensitive: true}, income: {type: int64, sensitive: true}}\n", encoding="utf-8"
    )
    text = call("infer", "job.py", "--ranges", "--keys").stdout
    assert text.count("sensitive: true") == 2
    assert not any(value in text for value in ("Ann", "Bob", "123456", "654321"))
