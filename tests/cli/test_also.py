"""`validate --also tfdv`: in which formats it is told, and what it does not change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.validators.tfdv.stand_in import python_of_tfdv, stands_in

pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")

Call = Callable[..., Any]
CONTRACT = "columns:\n  age: {type: int64, range: {max: 30}}\n  city: {type: string, length: {max: 3}}\nextra_columns: allow\n"
ASKED = ("validate", "people1.csv", "--contract", "contract.yaml", "--also", "tfdv")


@pytest.fixture
def contract(project: Path) -> Path:
    (project / "contract.yaml").write_text(CONTRACT, encoding="utf-8")
    return project


@pytest.mark.parametrize("form", ["text", "json", "markdown", "github"])
def test_it_is_told(call: Call, contract: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    stands_in(contract, monkeypatch)
    told = call(*ASKED, "--format", form, code=1).stdout
    assert "INT_TYPE_BIG_INT" in told
    assert "Unexpectedly large value: " in told
    assert "city has a length of at most 3" in told
    assert "TFMD has no field for it" in told


def test_what_it_finds_alone_fails_nothing(call: Call, call_json: Call, contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stands_in(contract, monkeypatch)
    (contract / "contract.yaml").write_text("columns:\n  age: {type: int64, range: {max: 30, at_most: 99%}}\nextra_columns: allow\n")
    found = call_json(*ASKED)
    assert found["ok"]
    assert [opinion["only_tfdv"] for opinion in found["opinions"].values()] == [1]
    python_of_tfdv("exit 7", contract / "broken", monkeypatch)
    assert "TFDV gave no opinion: TFDV broke with exit code 7" in call(*ASKED).stdout


def test_without_tfdv_its_verb_is_named(call: Call, contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(contract))
    result = call(*ASKED, code=3)
    assert "TFDV is not installed" in result.stderr
    assert "featureprep doctor --tfdv" in result.stderr
    assert "informs, and changes no exit" in " ".join(call("validate", "--help").stdout.split())
