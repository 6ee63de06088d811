"""What is written is what the published JSON Schemas say, and they refuse what the reader refuses."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest

from featureprep.store import log, paths, tags
from featureprep.store.log_entry import Draft, FileRecord
from featureprep.store.objects import ObjectStore
from featureprep.store.staging import Staging, put_part
from tests.store.conftest import NOW

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed (extra 'test')")

Write = Callable[..., Draft]


def validator(name: str) -> Any:
    schema = json.loads((resources.files("featureprep.store") / "schemas" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@pytest.fixture
def entry(near_store: ObjectStore, write: Write) -> dict[str, Any]:
    run = "r1"
    graph = put_part(near_store, f"{paths.run_data('census', run)}/graph/graph.json", b"{}")
    sources = ({"name": "people", "version": "sha256:00", "files": []},)
    draft = write(near_store, run_id=run, sources=sources, ledger={"read": 3}, extra={"x": float("nan")})
    files = (*draft.files, FileRecord("graph/graph.json", graph.size, graph.sha256))
    log.commit(near_store, "census", Draft(**{**draft.__dict__, "files": files}))
    written: dict[str, Any] = json.loads(near_store.read(paths.log_entry("census", 1)))
    return written


def test_log_entry(entry: dict[str, Any]) -> None:
    validator("log_entry").validate(entry)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0},
        {"format": 2},
        {"digest": "x"},
        {"name": "../x"},
        {"splits": {"train": -1}},
        {"more": 1},
        {"created": "today"},
        {"sources": [{}]},
    ],
)
def test_log_entry_schema_refuses(entry: dict[str, Any], change: dict[str, Any]) -> None:
    assert not validator("log_entry").is_valid({**entry, **change})


@pytest.mark.parametrize("path", ["../x", "/x", "a/../b", "a//b", "", "a\\b", "a/"])
def test_log_entry_schema_refuses_paths(entry: dict[str, Any], path: str) -> None:
    assert not validator("log_entry").is_valid({**entry, "files": [{**entry["files"][0], "path": path}]})


def test_tag_entries(near_store: ObjectStore, entry: dict[str, Any]) -> None:
    tags.set_tag(near_store, entry["name"], "prod", 1, now=NOW, note="é")
    tags.delete_tag(near_store, "census", "prod", now=NOW.astimezone(dt.timezone(dt.timedelta(hours=3))))
    for k in (1, 2):
        written = json.loads(near_store.read(paths.tag_entry("census", "prod", k)))
        validator("tag_entry").validate(written)
        assert not validator("tag_entry").is_valid({**written, "tag": "3"})


def test_staging_manifest(near_store: ObjectStore) -> None:
    Staging(near_store, "r1").begin({"job": "census", "bytes": b"\x00"}, now=NOW)
    written = json.loads(near_store.read(paths.staging_manifest("r1")))
    validator("staging_manifest").validate(written)
    assert not validator("staging_manifest").is_valid({**written, "run_id": "R 1"})
