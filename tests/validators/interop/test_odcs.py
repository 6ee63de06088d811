"""Contracts to the Open Data Contract Standard and back: valid by its schema, exact, and nothing of others lost without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings

from featureprep.errors import RequestError
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop.odcs_read import from_odcs
from featureprep.validators.interop.odcs_write import to_odcs
from featureprep.validators.interop.yaml_out import yaml_document
from tests.validators.test_yaml_text import contracts

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "odcs-3.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft201909Validator(SCHEMA)

FULL = """\
columns:
  id: {type: int64, nullable: false}
  vendor: {type: uint8, range: {min: 1, max: 6}}
  fare: {type: float64, range: {min: 0, max: 500}, not_nan: true, null_fraction: 0.07}
  price: {type: "decimal(9, 2)", range: {max: 99.95}}
  exact: {type: "decimal(38, 10)", range: {max: 1234567890123456789.0123456789}}
  half: {type: float32, range: {max: .inf}}
  plate: {type: string, regex: {pattern: "[A-Z]{2}[0-9]+", action: drop}, length: {min: 3, max: 10}, unique: true, sensitive: true, note: as registered}
  kind: {type: string, values: [taxi, "1", "true", bus], required: false, owner: fleet}
  warned: {type: string, values: [a], severity: warn}
  some: {type: string, values: {of: [a], at_most: 0.01}}
  day: {type: date, range: {min: 2024-01-01}}
  moment: {type: "timestamp[Europe/Berlin]", range: {max: "2024-01-01T00:00:00+01:00"}}
  naive: {type: timestamp, not_in: [SERVING]}
  tags: {type: list<string>, valency: {min: 1, max: 3}}
  pair: "fixed_size_list<float32>[2]"
  deep: "list<struct<a: int64, b: list<date>>>"
  raw: binary
  nothing: "null"
  flag: {type: {is: bool, action: quarantine}}
keys: [[vendor, id], [plate]]
rows: {min: 3, max: 1000000, severity: warn}
extra_columns: error
note: of last year
owner: data team
expressions:
  - {name: sane, expr: fare >= 0 or vendor == 1, severity: warn, action: quarantine, note: see there}
"""


def exact(contract: Contract) -> tuple[dict[str, Any], list[str]]:
    """What is written of a contract, which is valid and comes back as it was; and what was lost of it."""
    document = to_odcs(contract)
    text = yaml_document(document)
    assert yaml.safe_load(text) == document
    VALIDATOR.validate(document)
    back, lost = from_odcs(text)
    assert back == contract.to_yaml()
    return document, lost


@settings(max_examples=60)
@given(contracts())
def test_round_trip(contract: Contract) -> None:
    # through our own text first: it orders the rules
    _, lost = exact(load_contract(contract.to_yaml()))
    assert lost == []


def properties(document: dict[str, Any], at: int = 0) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in document["schema"][at]["properties"]}


def test_fields_hold_what_the_standard_has() -> None:
    document, lost = exact(load_contract(FULL))
    assert lost == []
    assert (document["apiVersion"], document["kind"]) == ("v3.1.0", "DataContract")
    found = properties(document)
    assert found["id"] == {
        "name": "id", "logicalType": "integer", "physicalType": "int64", "logicalTypeOptions": {"format": "i64"}, "required": True,
        "primaryKey": True, "primaryKeyPosition": 2,
    }  # fmt: skip
    assert found["vendor"]["logicalTypeOptions"] == {"format": "u8", "minimum": 1, "maximum": 6}
    assert found["fare"]["quality"] == [{"metric": "nullValues", "mustBeLessOrEqualTo": 7.0, "unit": "percent"}]
    assert found["fare"]["customProperties"] == [{"property": "featureprep", "value": {"not_nan": True}}]
    assert found["price"]["logicalTypeOptions"] == {"maximum": 99.95}
    assert "logicalTypeOptions" not in found["exact"]
    assert found["plate"]["logicalTypeOptions"] == {"pattern": "^(?:[A-Z]{2}[0-9]+)$", "minLength": 3, "maxLength": 10}
    assert (found["plate"]["unique"], found["plate"]["classification"]) == (True, "confidential")
    assert found["kind"]["quality"][0] == {
        "metric": "invalidValues", "arguments": {"validValues": ["taxi", "1", "true", "bus"]}, "mustBe": 0,
    }  # fmt: skip
    for soft in ("warned", "some"):  # what only warns is no promise to others
        assert "quality" not in found[soft]
    assert found["day"]["logicalTypeOptions"] == {"minimum": "2024-01-01"}
    assert found["moment"]["logicalTypeOptions"]["defaultTimezone"] == "Europe/Berlin"
    assert found["tags"]["logicalTypeOptions"] == {"minItems": 1, "maxItems": 3}
    assert found["deep"]["items"]["properties"][1]["items"] == {"logicalType": "date", "physicalType": "date"}
    quality = document["schema"][0]["quality"]
    assert [q.get("metric", q.get("type")) for q in quality] == ["rowCount", "custom", "rowCount", "rowCount"]


def test_several_sources_and_one_that_has_a_name() -> None:
    document, lost = exact(load_contract("sources:\n  rides: {columns: {a: int64}}\n  zones: {columns: {b: string}, allow_empty: true}\n"))
    assert (lost, [each["name"] for each in document["schema"]]) == ([], ["rides", "zones"])
    exact(load_contract("sources:\n  rides: {columns: {a: int64}}\n"))
    exact(load_contract("environments: [A, B]\ncolumns:\n  a: {type: int64, not_in: [B]}\n"))


OTHERS = """\
apiVersion: v3.0.2
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553b
version: 1.0.0
status: active
team: [{username: jo}]
schema:
  - name: tbl
    physicalName: tbl_1
    description: All payments.
    properties:
      - {name: id, logicalType: integer, physicalType: BIGINT, primaryKey: true}
      - {name: amount, logicalType: number, physicalType: "DECIMAL(9,2)", required: true, logicalTypeOptions: {exclusiveMinimum: 0}}
      - name: code
        logicalType: string
        physicalType: VARCHAR(18)
        classification: restricted
        logicalTypeOptions: {pattern: "^[A-Z]+$", format: uuid}
        quality:
          - {type: library, metric: nullValues, mustBeLessOrEqualTo: 5, unit: percent, severity: warning}
          - {type: sql, query: SELECT 1, mustBe: 0, name: odd}
      - {name: n, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0, maximum: 9, multipleOf: 3}, classification: public}
      - {name: at, logicalType: time}
      - {name: tags, logicalType: array, items: {logicalType: string}}
      - {name: where, logicalType: object, properties: [{name: x, logicalType: number}, {name: y, logicalType: number, logicalTypeOptions: {format: f32}}]}
      - {name: void, logicalType: object}
      - {name: find, logicalType: string, logicalTypeOptions: {pattern: "[0-9]"}}
      - {name: look, logicalType: string, logicalTypeOptions: {pattern: "(?=a)"}}
      - {name: short, logicalType: string, logicalTypeOptions: {minLength: 5, maxLength: 1}}
    quality:
      - {metric: rowCount, mustBeBetween: [10, 20]}
      - {metric: rowCount, mustBeGreaterThan: 3}
      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [n]}}
      - {metric: duplicateValues, mustBe: 0, arguments: {properties: [n, code]}}
      - {type: text, description: be nice}
"""


def test_a_document_of_others() -> None:
    text, lost = from_odcs(OTHERS, file="d.yaml")
    contract = load_contract(text)
    (source,) = contract.sources
    assert {column.name: str(column.rules[0].params["type"]) for column in source.columns} == {
        "id": "int64", "amount": "decimal(9, 2)", "code": "string", "n": "int64", "at": "string", "tags": "list<string>",
        "where": "struct<x: float64, y: float32>", "find": "string", "look": "string", "short": "string",
    }  # fmt: skip
    found = {rule.id: rule for rule in source.declared(None)}
    assert found["$/keys/id"].params["columns"] == ("id",)
    assert (found["$/rows/min"].params["bound"], found["$/rows/max"].params["bound"]) == (10, 20)
    assert "amount/nullable" in found
    assert (found["code/null_fraction"].params["max"], str(found["code/null_fraction"].severity)) == (0.05, "warn")
    assert found["code/regex"].params["pattern"] == "[A-Z]+"
    assert found["find/regex"].params["pattern"] == "(?s:.*)(?:[0-9])(?s:.*)"
    assert (found["n/range/min"].params["bound"], found["n/range/max"].params["bound"]) == (1, 9)
    assert "n/unique" in found
    assert found["$/expressions/amount > 0.00"].line is not None  # exclusiveMinimum
    assert [column.name for column in source.columns if column.sensitive] == ["code"]
    assert source.note == "All payments."
    told = "\n".join(lost)
    for what in (
        "d.yaml:6: team of the document", "d.yaml:9: physicalName of 'tbl'",
        "d.yaml:18: format of column 'code'", "d.yaml:21: quality sql query, mustBe (odd) of column 'code'",
        "d.yaml:22: multipleOf of column 'n'", "d.yaml:22: the classification 'public' of column 'n'", "d.yaml:23: there is no type for times",
        "d.yaml:26: the column 'void': no type", "d.yaml:28: pattern of column 'look': RE2 does not read '(?=a)'", "d.yaml:29: length of column",
        "d.yaml:32: quality rowCount", "d.yaml:34: quality duplicateValues", "d.yaml:35: quality text  (be nice)",
    ):  # fmt: skip
        assert what.replace("  ", " ") in told, what
    assert len(lost) == 13


def test_what_was_edited_there_counts() -> None:
    """The fields are what is read; our custom properties hold only what they cannot say."""
    document = to_odcs(load_contract("columns:\n  a: {type: int64, range: {min: 0, action: quarantine}, unique: true}\n"))
    (column,) = document["schema"][0]["properties"]
    column["logicalTypeOptions"]["minimum"] = 7
    column["logicalType"], column["unique"] = "number", False
    del column["logicalTypeOptions"]["format"]
    assert "  a:\n    type: float64\n    range: {min: 7.0, action: quarantine}\n" in from_odcs(json.dumps(document))[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the document must be a mapping"),
        ("columns: {a: int64}", "no contract of the Open Data Contract Standard 3"),
        ("{apiVersion: v2.2.2, kind: DataContract}", "no contract of the Open Data Contract Standard 3"),
        ("{apiVersion: v3.1.0, kind: DataContract}", "the document has no schema"),
        ("{apiVersion: v3.1.0, kind: DataContract, schema: [{}]}", "has no name"),
        ("{apiVersion: v3.1.0, kind: DataContract, schema: [{name: a}]}", "no properties"),
        ("{apiVersion: v3.1.0, kind: DataContract, schema: [{name: a, properties: 3}]}", "must be a list"),
        ("{apiVersion: v3.1.0, kind: DataContract, schema: [{name: a, properties: [{logicalType: string}]}]}", "has no name"),
        ("{apiVersion: v3.1.0, kind: DataContract, schema: [{name: a, properties: [{name: $x, logicalType: string}]}]}", "are taken"),
        (
            "{apiVersion: v3.1.0, kind: DataContract, schema: [{name: a, properties: [{name: x, logicalType: string, required: 3}]}]}",
            "must be true or false",
        ),
        ("a: &a [*a]", "inside its own anchor"),
        ("[" * 60, "nested deeper"),
    ],
)
def test_what_is_no_such_contract_is_told(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        from_odcs(text)
    assert says in str(caught.value)
    assert "contract.odcs.yaml" in str(caught.value)
