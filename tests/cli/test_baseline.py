"""validate --baseline: against a version, a file of statistics, other data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call, CallJson
from tests.cli.people import contract_with, job_with, rows

CONTRACT = contract_with(
    "{jensen_shannon: 0.1, kolmogorov_smirnov: 0.2}", income="{type: string, drift: {linf: {threshold: 0.2, severity: warn}}}"
)


@pytest.fixture
def contract(project: Path) -> Path:
    (project / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (project / "job.py").write_text(job_with("contract.yaml"), encoding="utf-8")
    (project / "same.csv").write_text(rows(200, 400), encoding="utf-8")
    moved = rows(200, 400).replace("Rome", "Oslo").replace("low", "high")
    (project / "moved.csv").write_text(moved, encoding="utf-8")
    return project


def drift_of(report: Any) -> dict[str, tuple[str, str]]:
    (outcomes,) = [section["outcomes"] for section in report["sources"].values()]
    return {o["id"]: (o["status"], o["message"]) for o in outcomes if o["check"] == "drift"}


def test_a_version_a_file_of_statistics_and_the_data_itself_are_one_baseline(call: Call, call_json: CallJson, contract: Path) -> None:
    call("run", "job.py")  # rules about drift are no part of it
    call("tag", "people@1", "good")
    assert "statistics are in" in call("stats", "job.py", "-o", "kept.json").stderr
    (contract / "all.csv").write_text(rows(0, 90), encoding="utf-8")
    told = []
    for baseline, name in (("people@good", "people@1"), ("kept.json", "kept.json"), ("all.csv", "all.csv")):
        same = call_json("validate", "same.csv", "--contract", "contract.yaml", "--baseline", baseline)
        assert {status for status, _ in drift_of(same).values()} == {"passed"}
        moved = drift_of(call_json("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", baseline, code=1))
        assert {key for key, (status, _) in moved.items() if status == "failed"} == {"city/drift/jensen_shannon", "income/drift/linf"}
        told.append({key: text.replace(name, "BASE") for key, (_, text) in moved.items()})
        assert all(f"against {name}: " in text for _, text in moved.values())
    assert told[0] == told[1] == told[2]


def test_the_job_is_held_against_its_own_version(call: Call, contract: Path) -> None:
    call("run", "job.py")
    assert "contract met" in call("validate", "job.py", "--baseline", "people").stdout
    assert "contract met" in call("validate", "job.py", "--baseline", "people1.csv").stdout
    told = call("validate", "job.py", "--source", "moved.csv", "--baseline", "people@latest", code=1).stdout
    assert "ERROR: city drifts from its baseline by at most 0.1 (Jensen-Shannon divergence)" in told
    assert "COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH" in told
    assert "WARNING: income drifts" in told


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "github", "gitlab", "markdown"])
def test_every_format_tells_it(call: Call, contract: Path, form: str) -> None:
    result = call("validate", "moved.csv", "--contract", "contract.yaml", "--baseline", "people1.csv", "--format", form, code=1)
    assert "city drifts from its baseline by at most 0.1" in result.stdout
    assert "chance alone gives up to" in result.stdout


def test_without_a_baseline_the_rules_are_not_evaluated(call: Call, call_json: CallJson, contract: Path) -> None:
    report = call_json("validate", "same.csv", "--contract", "contract.yaml", code=1)
    assert {status for status, _ in drift_of(report).values()} == {"not evaluated"}
    assert "no baseline is given" in call("validate", "same.csv", "--contract", "contract.yaml", code=1).stdout
    call("validate", "same.csv", "--contract", "contract.yaml", "--allow-not-evaluated")


def test_statistics_without_shapes_are_told_to_be_no_baseline(call: Call, call_json: CallJson, contract: Path) -> None:
    (contract / "old.json").write_text(call("stats", "people1.csv", "--json").stdout, encoding="utf-8")
    found = drift_of(call_json("validate", "same.csv", "--contract", "contract.yaml", "--baseline", "old.json", code=1))
    assert all(status == "not evaluated" and "earlier release" in message for status, message in found.values())


def test_statistics_that_are_shown_have_no_shapes(call: Call, call_json: CallJson, contract: Path) -> None:
    call("run", "job.py")
    for subject in ("people", "people1.csv"):
        assert "shape" not in json.dumps(call_json("stats", subject))
    call("stats", "people", "-o", "kept.json")
    assert '"shape":"numeric"' in (contract / "kept.json").read_text(encoding="utf-8")


def test_what_is_no_baseline(call: Call, contract: Path) -> None:
    def told(*baseline: str, code: int = 2) -> str:
        text: str = call("validate", "same.csv", "--contract", "contract.yaml", "--baseline", *baseline, code=code).stderr
        return text

    assert "no store here" in told("people@1")
    call("run", "job.py", "--no-statistics")
    assert "made without statistics" in told("people@1")
    assert "no version 7" in told("people@7")
    assert "no such file" in told("absent.csv")
    (contract / "kept.json").write_text('{"entry":null,"sources":{"peo', encoding="utf-8")
    assert "kept.json" in told("kept.json", code=3)
    call("infer", "people1.csv", "-o", "plain.yaml")
    nothing = call("validate", "same.csv", "--contract", "plain.yaml", "--baseline", "people1.csv", code=2).stderr
    assert "states nothing about drift" in nothing


def test_several_sources_have_a_baseline_each(call: Call, contract: Path) -> None:
    columns = "    columns: {id: {type: int64, drift: false}, age: int64, city: string, income: string}\n"
    section = f"{columns}    drift: {{total_variation: 0.2}}\n"
    (contract / "two.yaml").write_text(f"sources:\n  a:\n{section}  b:\n{section}", encoding="utf-8")
    both = ("--source", "a=people1.csv", "--source", "b=people2.csv")
    call("stats", *both, "-o", "kept.json")
    now = ("validate", "--contract", "two.yaml", "--source", "a=same.csv", "--source", "b=moved.csv")
    told = call(*now, "--baseline", "kept.json", code=1).stdout
    assert "source b" in told
    assert "source a" not in told
    assert "several" in call(*now, "--baseline", "people1.csv", code=2).stderr
    call("stats", "people1.csv", "-o", "one.json")
    assert "not of a" in call(*now, "--baseline", "one.json", code=1).stdout


def test_digits_that_are_texts_need_the_contract(call: Call, call_json: CallJson, project: Path) -> None:
    (project / "zips.csv").write_text("zip\n" + "".join(f"{1000 + i % 7}\n" for i in range(50)), encoding="utf-8")
    (project / "zips.yaml").write_text("columns:\n  zip: {type: string, drift: {linf: 0.1}}\n", encoding="utf-8")
    judge = ("validate", "zips.csv", "--contract", "zips.yaml", "--baseline", "kept.json")
    call("stats", "zips.csv", "-o", "kept.json")
    ((status, message),) = drift_of(call_json(*judge, code=1)).values()
    assert status == "not evaluated"
    assert "write it with the contract: featureprep stats FILE --contract PATH -o" in message
    call("stats", "zips.csv", "--contract", "zips.yaml", "-o", "kept.json")
    ((status, _),) = drift_of(call_json(*judge)).values()
    assert status == "passed"


def test_statistics_by_a_contract_keep_nothing_of_what_is_sensitive(call: Call, project: Path) -> None:
    (project / "named.yaml").write_text(
        "sources:\n  people: {columns: {id: int64, age: int64, city: {type: string, sensitive: true}, income: string}}\n", encoding="utf-8"
    )
    call("stats", "people1.csv", "--contract", "named.yaml", "-o", "kept.json")
    kept = json.loads((project / "kept.json").read_text(encoding="utf-8"))
    assert list(kept["sources"]) == ["people"]  # by the contract's name
    assert "Rome" not in json.dumps(kept)
    assert "--contract does not go with a version" in call("stats", "people@1", "--contract", "named.yaml", code=2).stderr
    assert "does not exist" in call("stats", "people1.csv", "--contract", "nope.yaml", code=2).stderr
