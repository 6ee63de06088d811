"""featureprep skew: exit codes, options, formats."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import featureprep as fp

Call = Callable[..., Any]


@pytest.fixture
def served(project: Path, call: Call) -> Path:
    """A version, and a log of what its graph served; the features stand in an object."""
    call("run", "job.py")
    graph = fp.open_graph("store", "people")
    requests: list[dict[str, Any]] = [{"id": i, "age": 20 + i, "city": ("Rome", "Lima")[i % 2]} for i in range(30)]
    write(project, [{**request, "served": {k: v for k, v in graph(request).items() if k != "id"}} for request in requests])
    return project


def write(folder: Path, records: list[dict[str, Any]]) -> None:
    (folder / "log.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]


ASKED = ("skew", "people@1", "log.jsonl", "--outputs", "served")


def test_it_agrees(call: Call, call_json: Call, served: Path) -> None:
    assert call(*ASKED).stdout == "no skew: 2 features of people@1 agree bit for bit in 30 rows\n"
    assert call_json(*ASKED)["ok"]
    assert "the answer is in told.json" in call(*ASKED, "--format", "json", "-o", "told.json").stderr
    assert json.loads((served / "told.json").read_text(encoding="utf-8"))["rows"] == 30


def test_it_differs(call: Call, call_json: Call, served: Path) -> None:
    changed = records(served)
    changed[7]["served"]["age"] += 1.0
    changed[8]["served"]["city"] = [9, 9, 9]
    changed[9]["served"]["age"] = round(changed[9]["served"]["age"], 12)
    write(served, changed)
    told = call(*ASKED, code=1).stdout
    assert told.startswith("SKEW: 3 of 30 rows were served otherwise than people@1 computes them; 2 of 2 features differ\n")
    assert "age (float64): 2 rows (6.67%): 1 otherwise, 1 as if rounded to float32\n" in told
    assert "log.jsonl:9: served [9, 9, 9], computed [" in told
    found = call_json(*ASKED, code=1)
    assert {feature["name"]: feature["kinds"] for feature in found["features"]} == {"age": {"other": 1, "float32": 1}, "city": {"other": 1}}


def test_what_is_allowed_does_not_fail(call: Call, served: Path) -> None:
    changed = records(served)
    for record in changed:
        del record["served"]["city"]
    write(served, changed)
    assert "not in the log: city" in call(*ASKED, code=1).stdout
    assert "no skew but what is allowed: 1 features" in call(*ASKED, "--allow", "missing").stdout


def test_requests_are_held_against_the_version(call: Call, served: Path) -> None:
    """The other half of skew: how the requests are distributed."""
    write(served, [{"id": i, "age": 20 + i % 40, "city": ("Rome", "Lima")[i % 2], "served": {"age": 0.5}} for i in range(600)])
    (served / "contract.yaml").write_text(
        "columns:\n  id: {type: int64, drift: false}\n  age: int64\n  city: string\n  income: {type: string, not_in: [SERVING]}\n"
        "drift: {linf: 0.2}\nextra_columns: allow\n",
        encoding="utf-8",
    )
    asked = ("validate", "log.jsonl", "--contract", "contract.yaml", "--baseline", "people@1", "--environment", "SERVING")
    told = call(*asked, code=1).stdout
    assert "city drifts from its baseline by at most 0.2" in told
    assert "income" in told  # not judged, which is told


def test_what_cannot_be_done(call: Call, served: Path) -> None:
    assert "no dataset 'persons'" in call("skew", "persons", "log.jsonl", code=2).stderr
    assert "no such file" in call("skew", "people", "lag.jsonl", code=2).stderr
    assert "no object 'answer'" in call("skew", "people", "log.jsonl", "--outputs", "answer", code=2).stderr
    (served / "else.jsonl").write_text('{"a": 1, "served": {"age": 0.5}}\n', encoding="utf-8")
    assert "none of the columns that the graph reads" in call("skew", "people", "else.jsonl", "--outputs", "served", code=2).stderr
    (served / "log.jsonl").write_text("{\n", encoding="utf-8")
    told = call(*ASKED, code=1).stderr
    assert "the record is no JSON object" in told
    assert "log.jsonl:1\n" in told
    (served / "log.jsonl").write_text("", encoding="utf-8")
    assert "the log has no rows" in call(*ASKED, code=1).stdout
