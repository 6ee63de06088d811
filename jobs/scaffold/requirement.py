"""The line by which pip installs the featureprep that wrote a project: from where it came from itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

NAME = "featureprep"


@dataclass(frozen=True)
class Requirement:
    """A line of a requirements file, and whether only this machine can follow it."""

    line: str
    local: bool


def requirement() -> Requirement:
    """From an index `featureprep>=version`; from a repository its commit; from a folder or file of this machine its URL (PEP 610)."""
    import featureprep

    root = Path(featureprep.__path__[0]).resolve().parent
    try:
        found = distribution(NAME)
        recorded, installed = found.read_text("direct_url.json"), found.read_text("RECORD") is not None
    except PackageNotFoundError:
        recorded, installed = None, False
    if not installed and (root / "pyproject.toml").is_file():  # run from a checkout
        recorded = json.dumps({"url": root.as_uri()})
    return of_record(recorded, featureprep.__version__)


def of_record(recorded: str | None, version: str) -> Requirement:
    """The requirement for what `direct_url.json` says; None or unreadable: an index."""
    try:
        found: Any = json.loads(recorded or "null")
    except ValueError:
        found = None
    url = found.get("url") if isinstance(found, dict) else None
    if not isinstance(url, str) or any(c.isspace() for c in url):
        return Requirement(f"{NAME}>={version}", local=False)
    plain = _without_secrets(url)
    vcs = found.get("vcs_info")
    if isinstance(vcs, dict) and {"vcs", "commit_id"} <= set(vcs):
        return Requirement(f"{NAME} @ {vcs['vcs']}+{plain}@{vcs['commit_id']}", local=plain.startswith("file:"))
    return Requirement(f"{NAME} @ {plain}", local=plain.startswith("file:"))


def _without_secrets(url: str) -> str:
    """The URL without password or token; the user `git` of an ssh address stays."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    kept = f"git@{host}" if at and user == "git" else host
    return urlunsplit(parts._replace(netloc=kept, query="", fragment=""))
