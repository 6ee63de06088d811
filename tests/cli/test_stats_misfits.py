"""`featureprep stats` warns of cells that do not fit their type, and `validate` of a baseline that has such."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


@pytest.fixture
def trips(project: Path) -> Path:
    cells = ["abc" if i == 5 else "n/a" if i in (7, 9) else str(i % 7) for i in range(40)]
    lines = [f"{cell},{'hush' if i == 2 else i},{i}" for i, cell in enumerate(cells)]
    (project / "trips.csv").write_text("\n".join(["fare,ssn,x\x1by", *lines, ""]), encoding="utf-8")
    (project / "c.yaml").write_text(
        'columns:\n  fare: int64\n  ssn: {type: int64, sensitive: true, drift: false}\n  "x\\ey": int64\ndrift: {linf: 0.9}\n',
        encoding="utf-8",
    )
    return project


def test_a_table_warns(call: Call, call_json: Call, trips: Path) -> None:
    told = call("stats", "trips.csv", "--contract", "c.yaml").stdout.splitlines()
    assert told[-2:] == [
        "warning: column fare: 3 of 40 cells (7.50%) do not fit int64, and count as missing: 'abc' (trips.csv:7), 'n/a' (trips.csv:9)",
        "warning: column ssn: 1 of 40 cells (2.50%) does not fit int64, and counts as missing: trips.csv:4",
    ]
    found = call_json("stats", "trips.csv", "--contract", "c.yaml")["sources"]["trips.csv"]["columns"]
    assert [column.get("misfits", {}).get("n") for column in found] == [3, 1, None]
    assert "hush" not in json.dumps(found)
    assert "warning" not in call("stats", "trips.csv").output  # digits and others are texts here


def test_who_keeps_a_baseline_is_told_then_and_when_it_is_used(call: Call, call_json: Call, trips: Path) -> None:
    written = call("stats", "trips.csv", "--contract", "c.yaml", "-o", "kept.json")
    assert "warning: column fare: 3 of 40 cells (7.50%) do not fit int64" in written.stderr
    assert written.stdout == ""
    (trips / "now.csv").write_text("fare,ssn,x\x1by\n" + "1,1,1\n2,2,2\n" * 20, encoding="utf-8")
    reports = [call_json("validate", "now.csv", "--contract", "c.yaml", "--baseline", name) for name in ("kept.json", "trips.csv")]
    assert reports[0]["baseline_notes"] == reports[1]["baseline_notes"]
    assert len(reports[0]["baseline_notes"]) == 1
    for form in ("text", "markdown", "github"):
        assert (
            "column fare has 3 cells"
            in call("validate", "now.csv", "--contract", "c.yaml", "--baseline", "kept.json", "--format", form).stdout
        )


def test_names_from_data_are_no_commands_of_a_terminal(call: Call, trips: Path) -> None:
    (trips / "trips.csv").write_text('fare,ssn,x\x1by\n1,1,"\x1b[2Jzap"\n', encoding="utf-8")
    told = call("stats", "trips.csv", "--contract", "c.yaml").stdout
    assert "\x1b" not in told
    assert "does not fit int64" in told
