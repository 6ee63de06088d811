"""`featureprep doctor`: what is installed here, and TFDV on request."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from featureprep.cli import cli
from featureprep.installed import Extra, extras


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_it_tells_versions_and_what_is_missing() -> None:
    shown = CliRunner().invoke(cli, ["doctor"])
    assert shown.exit_code == 0
    assert f"numpy {np.__version__}" in shown.stdout
    assert "not installed: featureprep doctor --tfdv" in shown.stdout
    told = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout)
    assert told["tfdv"] is None
    assert told["extras"]["polars"] == {"installed": {"polars": metadata.version("polars")}, "missing": []}
    assert not told["extras"].keys() & {"all", "dev", "test"}


def test_an_extra_is_told_with_what_of_it_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    class Package:
        requires = ["numpy>=2", "no-such-thing>=1; extra == 'x'", "polars>=1.0; extra == 'x'", 'ruff; extra == "dev"', "featureprep[x]; extra == 'all'"]  # fmt: skip

    real = metadata.distribution
    monkeypatch.setattr(metadata, "distribution", lambda name: Package if name == "featureprep" else real(name))
    assert extras() == [Extra("x", {"polars": metadata.version("polars")}, ["no-such-thing"])]


def test_what_is_no_installed_package_has_no_extras() -> None:
    assert extras("featureprep-that-nobody-installed") == []


def test_an_installation_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    program = cache / "python"
    program.write_text("#!/bin/sh\necho 'ERROR: there is no network' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    shown = CliRunner().invoke(cli, ["doctor", "--tfdv"])
    assert shown.exit_code == 3
    assert "this takes a few minutes" in shown.stderr
    assert "tfdv cannot be installed: ERROR: there is no network" in shown.stderr or "tfdv needs Python 3.11" in shown.stderr
