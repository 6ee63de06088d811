"""Artefacts that earlier releases have saved open in this one, and mean what they meant."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep import canonical
from featureprep.expr import op
from featureprep.serving import PlatformWarning
from featureprep.store.dataset import open_dataset
from featureprep.store.objects import ObjectStore
from featureprep.store.states import StateCache
from featureprep.validators.contract_yaml import load_contract
from tests.artefacts.make import answers

VERSIONS = sorted(path for path in Path(__file__).parent.glob("v*") if path.is_dir())


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def saved(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def facts(saved: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((saved / "facts.json").read_text(encoding="utf-8"))
    return found


def opened(place: str, ref: str | None = None) -> fp.TransformGraph:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PlatformWarning)  # it was saved somewhere else
        return fp.open_graph(place, ref)


def test_there_is_a_corpus() -> None:
    assert VERSIONS


def test_a_graph_opens_and_answers_as_it_did(saved: Path) -> None:
    graph = opened(str(saved / "graph"))
    assert graph.fingerprint == facts(saved)["everything"]
    stored = canonical.loads((saved / "answers.json").read_text(encoding="utf-8"))
    now = answers(graph, [case["row"] for case in stored])
    assert canonical.dumps(now) == canonical.dumps(stored)
    assert len(stored) >= 10


def test_the_graph_has_every_transform(saved: Path) -> None:
    """Of the newest version: an operation that is not in it is not in the corpus."""
    if saved != VERSIONS[-1]:
        pytest.skip("operations are added by newer versions")
    op.find("col")
    used = set(opened(str(saved / "graph")).versions())
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    named = set(project["project"]["entry-points"]["featureprep.transforms"])
    assert named - used == set()


def test_a_version_opens(saved: Path) -> None:
    dataset = open_dataset(str(saved / "store"), "small@1")
    known = facts(saved)
    assert dataset.fingerprint == known["dataset"]
    assert dict(dataset.splits) == known["splits"]
    dataset.check()
    for split, rows in known["splits"].items():
        assert dataset.to_arrow(split, verify=True).num_rows == rows
    assert dataset.matrix("train")[0].shape[0] == known["splits"]["train"]
    assert opened(str(saved / "store"), "small@latest").fingerprint == known["graph"]


def test_the_rows_of_a_version_are_what_its_graph_gives(saved: Path) -> None:
    graph = opened(str(saved / "store"), "small@1")
    for split in ("train", "eval"):
        for row in open_dataset(str(saved / "store"), "small@1").to_arrow(split).to_pylist():
            assert graph.schema.names == list(row)


def test_quarantine_report_statistics_lineage_and_contract_are_readable(saved: Path) -> None:
    entry = open_dataset(str(saved / "store"), "small@1").entry
    folder = saved / f"store/small/data/{entry.run_id}"
    set_aside = [
        row for record in entry.files if record.path.startswith("quarantine/") for row in pq.read_table(folder / record.path).to_pylist()
    ]
    assert len(set_aside) == facts(saved)["rows"]["quarantined"] > 0
    assert set(canonical.loads((folder / "statistics.json").read_bytes())) >= {"sources", "splits"}
    events = [json.loads(line) for line in (folder / "lineage.ndjson").read_text(encoding="utf-8").splitlines()]
    assert [event["eventType"] for event in events] == ["START", "RUNNING", "COMPLETE"]
    assert load_contract(str(folder / "contract.yaml")).names
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")


def test_states_are_readable(saved: Path, tmp_path: Path) -> None:
    shutil.copytree(saved / "store", tmp_path / "store")  # a broken state would be deleted
    cache = StateCache(ObjectStore.open(str(tmp_path / "store")))
    files = [path for path in (tmp_path / "store/_state").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert cache.get(path.name) is not None or cache.get(path.parent.name + path.name) is not None


def test_nothing_saved_names_a_machine(saved: Path) -> None:
    for path in saved.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"/home/" not in data
            assert b"/root/" not in data
