"""The requirement of a new project: from where the featureprep that wrote it came."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

import featureprep
from featureprep.jobs.scaffold import requirement as module
from featureprep.jobs.scaffold.project import starter_files
from featureprep.jobs.scaffold.requirement import of_record, requirement

COMMIT = "0" * 40
GIT = {"vcs": "git", "commit_id": COMMIT}


@pytest.mark.parametrize(
    ("record", "line", "local"),
    [
        (None, "featureprep>=1.2", False),
        ({"url": "https://example.org/featureprep-1.2-py3-none-any.whl", "archive_info": {}}, "featureprep @ https://example.org/featureprep-1.2-py3-none-any.whl", False),
        ({"url": "https://example.org/f.git", "vcs_info": GIT}, f"featureprep @ git+https://example.org/f.git@{COMMIT}", False),
        ({"url": "https://me:secret@example.org/f.git?token=t#x", "vcs_info": GIT}, f"featureprep @ git+https://example.org/f.git@{COMMIT}", False),
        ({"url": "ssh://git@example.org/f.git", "vcs_info": GIT}, f"featureprep @ git+ssh://git@example.org/f.git@{COMMIT}", False),
        ({"url": "file:///home/me/featureprep", "dir_info": {"editable": True}}, "featureprep @ file:///home/me/featureprep", True),
        ({"url": "file:///home/me/f", "vcs_info": GIT}, f"featureprep @ git+file:///home/me/f@{COMMIT}", True),
        ({"url": 3}, "featureprep>=1.2", False),
        ({"url": "https://x\n--index-url evil"}, "featureprep>=1.2", False),
        ([], "featureprep>=1.2", False),
    ],
)  # fmt: skip
def test_every_kind_of_installation(record: Any, line: str, local: bool) -> None:
    made = of_record(None if record is None else json.dumps(record), "1.2")
    assert (made.line, made.local) == (line, local)


def test_a_record_that_is_no_json() -> None:
    assert of_record("{", "1.2").line == "featureprep>=1.2"


def test_a_checkout_is_named_by_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "distribution", absent)
    root = Path(featureprep.__path__[0]).resolve().parent
    assert requirement().line == f"featureprep @ {root.as_uri()}"


@pytest.mark.parametrize("url", [None, "file:///home/me/featureprep"])
def test_a_project_says_what_other_machines_need(url: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    record = None if url is None else json.dumps({"url": url})
    made = of_record(record, "1.2")
    monkeypatch.setattr("featureprep.jobs.scaffold.project.requirement", lambda: made)
    files = starter_files("demo")
    lines = [line for line in files["requirements.txt"].splitlines() if not line.startswith("#")]
    assert lines == [made.line, "pytest>=8"]
    assert ("# the featureprep of this machine" in files["requirements.txt"]) == made.local
    assert ("takes featureprep from a place on the machine" in files["README.md"]) == made.local
