"""validate --baseline people@last:3: the newest versions together."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import featureprep as fp
from featureprep.errors import ArgumentError, StoreError
from featureprep.store.objects import ObjectStore
from featureprep.store.vacuum import vacuum
from tests.cli.conftest import Call, CallJson
from tests.cli.people import JOB, contract_with, rows

CONTRACT = contract_with("{jensen_shannon: 0.01, mean_shift: 0.05}")
SPANS = ((0, 40), (40, 200), (200, 230))
JUDGED = ("validate", "now.csv", "--contract", "contract.yaml", "--baseline")


@pytest.fixture
def versions(project: Path, call: Call) -> Path:
    """Three versions, each of rows of its own."""
    (project / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    (project / "job.py").write_text(JOB, encoding="utf-8")
    (project / "now.csv").write_text(rows(500, 900), encoding="utf-8")
    for number, (start, end) in enumerate(SPANS, 1):
        (project / f"day{number}.csv").write_text(rows(start, end), encoding="utf-8")
        call("run", "job.py", "--source", f"day{number}.csv")
    return project


def drift(report: Any) -> dict[str, Any]:
    (outcomes,) = [section["outcomes"] for section in report["sources"].values()]
    figures = {o["id"]: o["figures"] for o in outcomes if o["check"] == "drift"}
    return {key: {**each, "baseline": ""} for key, each in figures.items()}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_it_is_as_the_data_of_all_of_them(call_json: CallJson, versions: Path, count: int) -> None:
    frames = [pd.read_csv(versions / f"day{number}.csv", keep_default_na=False, na_values=[""]) for number in range(4 - count, 4)]
    pd.concat(frames).to_csv(versions / "all.csv", index=False)
    found = call_json(*JUDGED, f"people@last:{count}", "--allow-not-evaluated")
    expected = call_json(*JUDGED, "all.csv", "--allow-not-evaluated")
    assert len(drift(found)) == 4
    for key, one in drift(expected).items():
        assert {name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value for name, value in one.items()} == drift(
            found
        )[key]
    assert f"against people@last:{count} ({', '.join(map(str, range(4 - count, 4)))}): " in json.dumps(found)


def test_fewer_are_told(call: Call, versions: Path) -> None:
    assert call(*JUDGED, "people@last:3").stderr == ""
    assert "note: people@last:5 (1, 2, 3): 3 of 5 versions are there" in call(*JUDGED, "people@last:5").stderr
    call("run", "job.py", "--no-statistics")
    assert "note: people@last:2 (3): 4 was made without statistics and left out" in call(*JUDGED, "people@last:2").stderr


def test_none_is_told(call: Call, versions: Path) -> None:
    assert "no dataset 'persons'" in call(*JUDGED, "persons@last:2", code=2).stderr
    assert "names no versions" in call(*JUDGED, "people@last:0", code=2).stderr
    assert "names no versions" in call(*JUDGED, "people@last:many", code=2).stderr
    assert "names no versions" in call(*JUDGED, "people@last:101", code=2).stderr
    call("run", "job.py", "--no-statistics")
    told = call(*JUDGED, "people@last:1", code=2).stderr
    assert "people@last:1: people@4 was made without statistics, so there is no baseline" in told
    assert "names several versions, and one is wanted" in call("stats", "people@last:2", code=2).stderr


def test_in_python(versions: Path) -> None:
    several = fp.open_datasets("store", "people@last:2")
    assert [dataset.version for dataset in several] == [2, 3]
    assert [dataset.version for dataset in fp.open_datasets("store", "people@1")] == [1]
    report = fp.validate("now.csv", "contract.yaml", baseline=several)
    (message,) = [o.message for o in report.outcomes if o.id == "city/drift/jensen_shannon"]
    assert message.startswith("against people@2, people@3: jensen_shannon is ")
    with pytest.raises(ArgumentError, match="one is wanted"):
        fp.open_dataset("store", "people@last:2")
    with pytest.raises(ArgumentError, match="baseline"):
        fp.validate("now.csv", "contract.yaml", baseline=[])


@pytest.mark.usefixtures("versions")
def test_what_was_vacuumed_is_none() -> None:
    vacuum(ObjectStore.open("store"), dt.timedelta(days=1), keep_versions=1, now=dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
    assert [dataset.version for dataset in fp.open_datasets("store", "people@last:5")] == [3]
    with pytest.raises(StoreError):
        fp.open_dataset("store", "people@1")
