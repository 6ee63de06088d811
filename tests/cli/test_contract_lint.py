"""featureprep contract lint: what can be read and is wrong all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]


def test_contradictions_are_told_with_their_lines(call: Call, call_json: Callable[..., Any], project: Path) -> None:
    (project / "good.yaml").write_text("columns:\n  a: timestamp[Europe/Berlin]\n", encoding="utf-8")
    text = "columns:\n  a: int64\n  b:\n    type: int64\n    values: [1, 9]\n    range: {min: 2}\n  t: timestamp[Europe/Berln]\n"
    (project / "bad.yaml").write_text(text, encoding="utf-8")
    lines = call("contract", "lint", "good.yaml", "bad.yaml", code=2).stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["bad.yaml:6:", "bad.yaml:7:"]
    assert "values allows '1', which its range (min 2) rules out; take them out" in lines[0]
    assert "no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?" in lines[1]
    told = call_json("contract", "lint", "good.yaml", "bad.yaml", code=2)
    assert (told["ok"], told["files"]) == (False, 2)
    assert [(one["file"], one["where"]) for one in told["wrong"]] == [("bad.yaml", "bad.yaml:6"), ("bad.yaml", "bad.yaml:7")]


def test_no_environments_and_a_folder(call: Call, project: Path) -> None:
    (project / "none.yaml").write_text("columns: {a: int64}\nenvironments: []\n", encoding="utf-8")
    assert "none.yaml:2: environments names none" in call("contract", "lint", "none.yaml", code=2).stdout
    assert ".: the contract is a folder, not a file" in call("contract", "lint", ".", code=2).stdout
