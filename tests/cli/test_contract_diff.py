"""`featureprep contract diff`: two files, or a file and a revision of git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Call, CallJson

OLD = "columns:\n  age: {type: int64, nullable: false}\n  city: {type: string, values: [Rome, Oslo]}\n"
NEW = "columns:\n  age: int64\n  city: {type: string, values: [Rome, Oslo, Lima]}\n  # told by mail\n  x: int64\n"


@pytest.fixture
def two(project: Path) -> Path:
    (project / "old.yaml").write_text(OLD, encoding="utf-8")
    (project / "new.yaml").write_text(NEW, encoding="utf-8")
    return project


def git(*args: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *args], check=True, capture_output=True)


def test_text(two: Path, call: Call) -> None:
    assert call("contract", "diff", "old.yaml", "new.yaml").stdout.splitlines() == [
        "BREAKING: age: removed: is not null  [old.yaml:2]",
        "  nulls may come where there were none: who reads the column must expect them",
        "WIDENING: city: one of 2 values -> one of 3 values, with 'Lima'  [old.yaml:3 -> new.yaml:3]",
        "  data that passed still passes, and more does",
        "NARROWING: x: added: the column is stated, of type int64, with 2 rules  [new.yaml:5]",
        "  data that passed may fail",
        "3 changes: 1 breaking, 1 widening, 1 narrowing; data that passes old.yaml may fail new.yaml, and the other way round",
    ]
    assert call("contract", "diff", "old.yaml", "old.yaml").stdout == "old.yaml and old.yaml state the same\n"


@pytest.mark.parametrize(("named", "code"), [((), 0), (("breaking",), 1), (("cosmetic",), 0), (("cosmetic", "narrowing"), 1)])
def test_fail_on(two: Path, call_json: CallJson, named: tuple[str, ...], code: int) -> None:
    found = call_json("contract", "diff", "old.yaml", "new.yaml", *(word for name in named for word in ("--fail-on", name)), code=code)
    assert found["ok"] == (code == 0)
    (one,) = found["compared"]
    assert (one["old"], one["new"], one["not_compared"]) == ("old.yaml", "new.yaml", None)
    assert (one["backward"], one["forward"]) == (False, False)
    assert one["counts"] == {"breaking": 1, "widening": 1, "narrowing": 1}
    assert one["changes"][1] == {
        "source": "", "column": "city", "class": "widening", "change": "loosened", "before": "one of 2 values",
        "after": "one of 3 values, with 'Lima'", "meaning": "data that passed still passes, and more does", "backward": True,
        "forward": False, "lines": [3, 3],
    }  # fmt: skip


def test_revisions(two: Path, call: Call, call_json: CallJson) -> None:
    assert "not a git repository" in call("contract", "diff", "HEAD:old.yaml", "new.yaml", code=2).stderr
    git("init", "-q")
    git("add", "old.yaml")
    git("commit", "-q", "-m", "one")
    assert "HEAD:old.yaml:2" in call("contract", "diff", "HEAD:old.yaml", "new.yaml").stdout
    (two / "old.yaml").write_text(NEW, encoding="utf-8")
    found = call_json("contract", "diff", "HEAD:", "old.yaml", "new.yaml")["compared"]
    assert [one["not_compared"] for one in found] == [None, "HEAD does not have it"]
    assert len(found[0]["changes"]) == 3
    assert "HEAD does not have this file" in call("contract", "diff", "HEAD:new.yaml", "new.yaml", code=2).stderr
    assert "invalid object name 'nope'" in call("contract", "diff", "nope:old.yaml", "new.yaml", code=2).stderr
    assert call("contract", "diff", "--output=x:old.yaml", "new.yaml", code=2).stderr  # no option reaches git
    assert call("contract", "diff", "--", "--output=x:old.yaml", "new.yaml", code=2).stderr
    assert not (two / "x:old.yaml").exists()
    (two / "HEAD:old.yaml").write_text(NEW, encoding="utf-8")  # a file of that name comes first
    assert call("contract", "diff", "HEAD:old.yaml", "new.yaml").stdout == "HEAD:old.yaml and new.yaml state the same\n"


def test_wrong_requests(two: Path, call: Call) -> None:
    assert "one OLD is compared with one NEW" in call("contract", "diff", "old.yaml", "new.yaml", "new.yaml", code=2).stderr
    assert "does not exist" in call("contract", "diff", "old.yaml", "nope.yaml", code=2).stderr
    assert "does not exist" in call("contract", "diff", "nope.yaml", "new.yaml", code=2).stderr
    (two / "old.yaml").write_text("columns: [", encoding="utf-8")
    assert "not valid YAML" in call("contract", "diff", "old.yaml", "new.yaml", code=2).stderr
    assert "Missing argument" in call("contract", "diff", "old.yaml", code=2).stderr
    assert "Missing command" in call("contract", code=2).stderr


def test_sensitive_values_are_not_told(two: Path, call: Call) -> None:
    text = "columns: {age: int64, city: {type: string, values: [%s], sensitive: true}}\n"
    (two / "old.yaml").write_text(text % "Rome, Oslo", encoding="utf-8")
    (two / "new.yaml").write_text(text % "Rome, Lima", encoding="utf-8")
    told = call("contract", "diff", "old.yaml", "new.yaml").stdout + json.dumps(
        call("contract", "diff", "old.yaml", "new.yaml", "--json").stdout
    )
    assert "BREAKING: city: " in told
    assert not any(name in told for name in ("Rome", "Oslo", "Lima"))
