"""`featureprep infer --propose`: a patch to review; the contract itself is never edited."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Call = Callable[..., Result]
CONTRACT = """# people
columns:
  id: int64  # theirs
  age: {type: int64, range: {max: 50}}
  city: {type: string, values: [Rome, Oslo]}
  income: {type: string, values: [high], sensitive: true}
"""


@pytest.fixture
def stated(project: Path) -> Path:
    path = project / "my contract.yaml"
    path.write_text(CONTRACT, encoding="utf-8")
    return path


def test_the_patch_is_printed_and_nothing_is_edited(stated: Path, call: Call) -> None:
    printed = call("infer", "people1.csv", "--propose", stated.name).stdout
    assert stated.read_text(encoding="utf-8") == CONTRACT
    assert printed.splitlines()[:9] == [
        "# my contract.yaml, for the data to pass it: 3 changes: 3 widening",
        "#",
        "# WIDENING: age: is at most 50 -> is at most 69  [my contract.yaml:4]",
        "#   19 of 60 rows (31.67%) break it; for example 51, 52, 53, 54, 55",
        "# WIDENING: city: one of 2 values -> one of 3 values, with 'Lima'  [my contract.yaml:5]",
        "#   20 of 60 rows (33.33%) break it; for example 'Lima'",
        "# WIDENING: income: keeps to its values (sensitive) -> keeps to its values (sensitive) (only warned of)  [my contract.yaml:6]",
        "#   45 of 60 rows (75.00%) break it; for example *** (sensitive)",
        "--- a/my contract.yaml\t",
    ]
    assert "low" not in printed
    subprocess.run(["git", "apply", "-"], input=printed.encode(), cwd=stated.parent, check=True)
    assert "id: int64  # theirs\n" in stated.read_text(encoding="utf-8")
    call("validate", "people1.csv", "--contract", stated.name)
    again = call("infer", "people1.csv", "--propose", stated.name)
    assert again.stdout == "nothing to propose: the data passes my contract.yaml\n"


def test_the_patch_is_written(stated: Path, call: Call, call_json: Callable[..., Any]) -> None:
    told = call("infer", "people1.csv", "--propose", stated.name, "-o", "p.patch").stdout
    patch = (stated.parent / "p.patch").read_text(encoding="utf-8")
    assert told.endswith("next: look at p.patch; then git apply p.patch\n")
    assert "--- a/" not in told
    assert patch.startswith("# my contract.yaml, for the data to pass it: 3 changes")
    subprocess.run(["patch", "-p1", "-i", "p.patch"], cwd=stated.parent, check=True, capture_output=True)
    call("validate", "people1.csv", "--contract", stated.name)
    found = call_json("infer", "people1.csv", "--propose", stated.name)
    assert (found["passes"], found["patch"], found["changes"], found["output"]) == (True, "", [], None)


def test_as_json(stated: Path, call_json: Callable[..., Any]) -> None:
    found = call_json("infer", "people1.csv", "--propose", stated.name)
    assert [change["class"] for change in found["changes"]] == ["widening"] * 3
    assert [need["outcome"]["count"] for need in found["needs"]] == [19, 20, 45]
    assert found["needs"][2]["outcome"]["examples"] == ["***"]
    assert found["patch"].startswith("--- a/my contract.yaml\t\n")


def test_what_no_contract_can_mend(stated: Path, call: Call, call_json: Callable[..., Any]) -> None:
    (stated.parent / "bad.csv").write_text("id,age,city,income\n1,2,Rome,high\n1,2\n", encoding="utf-8")
    found = call_json("infer", "bad.csv", "--propose", stated.name, "--on-error", "quarantine")
    assert found["passes"]  # such records are set apart, as ever
    text = "sources: {people1.csv: {columns: {id: int64}}, other: {columns: {id: {type: int64, references: {source: people1.csv, column: id}}}}}\n"
    (stated.parent / "more.yaml").write_text(text, encoding="utf-8")
    (stated.parent / "other.csv").write_text("id\n1\n77777\n", encoding="utf-8")
    args = ("infer", "--source", "people1.csv=people1.csv", "--source", "other=other.csv", "--propose", "more.yaml")
    patch = call(*args).stdout
    assert "severity: warn" in patch


def test_environments_and_odd_names(stated: Path, call: Call) -> None:
    stated.write_text("columns:\n  id: int64\n  y: {type: int64, not_in: [SERVING]}\nextra_columns: error\n", encoding="utf-8")
    (stated.parent / "odd.csv").write_text('id,"a: {b}#","true"\n1,x,2\n', encoding="utf-8")
    training, serving = (
        call("infer", "odd.csv", "--propose", stated.name, "--environment", name).stdout for name in ("TRAINING", "SERVING")
    )
    assert "+  y: {type: int64, not_in: [SERVING], required: false}\n" in training
    assert "required" not in serving
    assert '+  "a: {b}#": {type: string, nullable: false, values: [x]}\n+  "true": {type: int64, nullable: false}\n' in serving
    assert "no environment 'NIGHT'" in call("infer", "odd.csv", "--propose", stated.name, "--environment", "NIGHT", code=2).stderr


def test_wrong_requests(stated: Path, call: Call) -> None:
    told = call("infer", "people1.csv", "--propose", stated.name, "-o", stated.name, "--force", code=2).stderr
    assert "take the place of the contract" in told
    assert "does not exist" in call("infer", "people1.csv", "--propose", "nope.yaml", code=2).stderr
    (stated.parent / "p.patch").write_text("mine", encoding="utf-8")
    assert "not overwritten" in call("infer", "people1.csv", "--propose", stated.name, "-o", "p.patch", code=2).stderr
    stated.write_text("columns: [", encoding="utf-8")
    assert "not valid YAML" in call("infer", "people1.csv", "--propose", stated.name, code=2).stderr


def test_the_clock(project: Path, call: Call) -> None:
    (project / "old.csv").write_text("t\n2024-05-01\n", encoding="utf-8")
    (project / "fresh.yaml").write_text("columns: {t: date}\nfresh: {column: t, max_age: 2d}\n", encoding="utf-8")
    assert "severity: warn" in call("infer", "old.csv", "--propose", "fresh.yaml").stdout
    told = call("infer", "old.csv", "--propose", "fresh.yaml", "--now", "2024-05-02").stdout
    assert "nothing to propose" in told
    assert "--now goes with --propose" in call("infer", "old.csv", "--now", "2024-05-02", code=2).stderr
    assert "--environment goes with --propose" in call("infer", "old.csv", "--environment", "SERVING", code=2).stderr
    assert "is not a time" in call("infer", "old.csv", "--propose", "fresh.yaml", "--now", "noon", code=2).stderr


def test_every_change_has_its_own_reason(project: Path, call: Call, call_json: Callable[..., Any]) -> None:
    """Both ends of a range have one severity: where only one is broken, the other's change is for that, not for another rule."""
    (project / "c.yaml").write_text(
        "columns:\n  at: int64\n  s:\n    type: int64\n    sensitive: true\n    range: {min: 0, max: 50}\n    monotonic: {by: at}\n",
        encoding="utf-8",
    )
    (project / "d.csv").write_text("at,s\n1,5\n2,99\n3,4\n4,4\n", encoding="utf-8")
    assert call("infer", "d.csv", "--propose", "c.yaml").stdout.splitlines()[2:8] == [
        "# WIDENING: s: never falls with at -> never falls with at (only warned of)  [c.yaml:7]",
        "#   2 values are below that of a row with a smaller at; 2 of 4 rows (50.00%) break it; for example *** (sensitive)",
        "# WIDENING: s: keeps to its range max (sensitive) -> keeps to its range max (sensitive) (only warned of)  [c.yaml:6]",
        "#   1 of 4 rows (25.00%) break it; for example *** (sensitive)",
        "# WIDENING: s: keeps to its range min (sensitive) -> keeps to its range min (sensitive) (only warned of)  [c.yaml:6]",
        "#   goes with that, for: s keeps to its range max (sensitive)",
    ]
    needs = call_json("infer", "d.csv", "--propose", "c.yaml")["needs"]
    assert {need["outcome"]["id"]: len(need["changes"]) for need in needs} == {"s/monotonic": 1, "s/range/max": 2}


@pytest.mark.parametrize("flag", ["--ranges", "--keys"])
def test_no_new_limits_are_proposed(stated: Path, call: Call, flag: str) -> None:
    told = call("infer", "people1.csv", "--propose", stated.name, flag, code=2).stderr
    assert told.startswith(f"error: {flag} does not go with --propose")
