"""`featureprep contract convert`: there and back, what is lost on standard error, and calls that cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from featureprep.validators.contract_yaml import load_contract
from tests.cli.conftest import Call

CONTRACT = "columns:\n  id: {type: int64, unique: true}\n  fare: {type: float64, not_nan: true, range: {min: 0}}\n"


@pytest.fixture
def contract(project: Path) -> str:
    (project / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    return load_contract("c.yaml").to_yaml()


@pytest.mark.parametrize("form", ["odcs", "gx", "pandera"])
def test_there_and_back(form: str, call: Call, project: Path, contract: str) -> None:
    call("contract", "convert", "c.yaml", "--to", form, "-o", "other")
    result = call("contract", "convert", "other", "--from", form)
    assert (result.stdout, result.stderr) == (contract, "")
    call("contract", "convert", "other", "--from", form, "-o", "back.yaml")
    assert (project / "back.yaml").read_text(encoding="utf-8") == contract
    call("contract", "lint", "back.yaml")


def test_what_is_printed(call: Call, contract: str) -> None:
    odcs = call("contract", "convert", "c.yaml", "--to", "odcs")
    assert (yaml.safe_load(odcs.stdout)["name"], odcs.stderr) == ("c", "")
    suite = call("contract", "convert", "c.yaml", "--to", "gx")
    assert json.loads(suite.stdout)["name"] == "c"
    assert suite.stderr == "not checked by Great Expectations: c.yaml:3: fare: not_nan\n"
    schema = call("contract", "convert", "c.yaml", "--to", "pandera")
    assert yaml.safe_load(schema.stdout)["columns"]["id"] == {"dtype": "Int64", "nullable": True, "unique": True}
    assert schema.stderr == "not checked by pandera: c.yaml:3: fare: not_nan\nnot checked by pandera: c.yaml:1: allow_empty\n"


def test_what_is_lost_is_told(call: Call, project: Path) -> None:
    suite: dict[str, Any] = {
        "name": "s",
        "expectations": [
            {"type": "expect_column_to_exist", "kwargs": {"column": "a\x1b[31m"}},
            {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "a\x1b[31m", "min_value": 1}},
        ],
    }
    (project / "s.json").write_text(json.dumps(suite, indent=1), encoding="utf-8")
    result = call("contract", "convert", "s.json", "--from", "gx")
    assert "columns:" in result.stdout
    first, second = result.stderr.splitlines()
    assert first.startswith("not carried over as it is: s.json:4: no type is stated of")
    assert "expect_column_mean_to_be_between" in second
    assert "\x1b" not in result.stderr


def test_a_tfmd_schema_there_and_back(call: Call, project: Path, contract: str) -> None:
    pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")
    result = call("contract", "convert", "c.yaml", "--to", "tfmd", "-o", "schema.pbtxt")
    assert result.stderr == "not checked by TFDV: c.yaml:2: id: unique\n"
    back = call("contract", "convert", "schema.pbtxt", "--from", "tfmd")
    assert "range: {min: 0.0}" in back.stdout
    assert back.stderr == "not carried over as it is: schema.pbtxt:1: unique of feature 'id'\n"


def test_one_of_several_sources(call: Call, project: Path) -> None:
    (project / "two.yaml").write_text("sources:\n  a: {columns: {x: int64}}\n  b: {columns: {y: int64}}\n", encoding="utf-8")
    for form in ("gx", "pandera", "tfmd"):
        assert "--source a or --source b" in call("contract", "convert", "two.yaml", "--to", form, code=2).stderr
        assert "y" in call("contract", "convert", "two.yaml", "--to", form, "--source", "b").stdout
    assert '"y"' in call("contract", "convert", "two.yaml", "--to", "gx", "--source", "b").stdout
    assert len(yaml.safe_load(call("contract", "convert", "two.yaml", "--to", "odcs").stdout)["schema"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("c.yaml",), 2, "say either --to or --from"),
        (("c.yaml", "--to", "odcs", "--from", "gx"), 2, "say either --to or --from"),
        (("c.yaml", "--to", "odcs", "--source", "a"), 2, "--source is for --to gx, pandera, tfmd"),
        (("c.yaml", "--from", "pandera"), 2, "no schema of pandera"),
        (("c.yaml", "--from", "tfmd"), 2, "this is no TFMD schema: "),
        (("c.yaml", "--to", "xml"), 2, "odcs"),
        (("none.yaml", "--to", "odcs"), 2, "the contract does not exist"),
        (("none.yaml", "--from", "odcs"), 2, "there is no such file"),
        (("c.yaml", "--from", "odcs"), 2, "no contract of the Open Data Contract Standard 3"),
        (("c.yaml", "--from", "gx"), 2, "no expectation suite"),
        ((".", "--from", "gx"), 3, "cannot be read"),
        (("bytes", "--from", "gx"), 2, "not UTF-8"),
        (("c.yaml", "--to", "odcs", "-o", "no/where"), 2, "folder of the output does not exist"),
    ],
)
def test_calls_that_cannot_be_meant(arguments: tuple[str, ...], code: int, says: str, call: Call, project: Path, contract: str) -> None:
    (project / "bytes").write_bytes(b'{"a": "\xff"}')
    assert says in call("contract", "convert", *arguments, code=code).stderr


def test_a_suite_as_the_contract_of_validate(call: Call, project: Path) -> None:
    suite = {
        "expectations": [
            {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
            {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "id", "min_value": 1}},
        ]
    }
    (project / "suite.json").write_text(json.dumps(suite, indent=1), encoding="utf-8")
    (project / "d.csv").write_text("id,more\n1,x\n2,y\n", encoding="utf-8")
    told = call("validate", "d.csv", "--contract", "suite.json", code=1).stdout
    assert "contract FAILED: 4 passed, 1 not evaluated" in told
    assert "expect_column_mean_to_be_between of 'id'  [suite.json:9]" in told
    call("validate", "d.csv", "--contract", "suite.json", "--allow-not-evaluated")
    (project / "d.csv").write_bytes(b"id\n\xff\n")
    call("validate", "d.csv", "--contract", "suite.json", "--format", "junit=r.xml", "--allow-not-evaluated", code=1)
    assert (project / "r.xml").exists()
