"""Contracts to suites of Great Expectations and back: exact, and nothing of others' suites lost without a word."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

from featureprep.errors import RequestError
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.interop.gx_read import from_gx
from featureprep.validators.interop.gx_write import to_gx
from tests.validators.interop.test_odcs import FULL
from tests.validators.test_yaml_text import contracts


def exact(contract: Contract, *, ascii_only: bool = True) -> list[str]:
    """What a suite does not check, of a contract that comes back from it as it was."""
    for source in contract.sources:
        suite, unchecked = to_gx(contract, source=source.name)
        back, lost = from_gx(json.dumps(suite, allow_nan=False, ensure_ascii=ascii_only, indent=2))
        assert back == Contract((source,)).to_yaml()
        assert lost == []
    return unchecked


@settings(max_examples=60)
@given(contracts())
def test_round_trip(contract: Contract) -> None:
    exact(load_contract(contract.to_yaml()))


def test_what_is_expected() -> None:
    contract = load_contract(FULL)
    exact(contract, ascii_only=False)
    suite, unchecked = to_gx(contract, name="rides")
    assert suite["name"] == "rides"
    made = {
        (each["type"].removeprefix("expect_"), each["kwargs"].get("column")): {
            **{key: value for key, value in each["kwargs"].items() if key != "column"},
            **({"severity": each["severity"]} if "severity" in each else {}),
        }
        for each in suite["expectations"]
    }
    assert made["column_values_to_not_be_null", "fare"] == {"mostly": 0.93}
    assert made["column_values_to_be_between", "vendor"] == {"min_value": 1, "max_value": 6}
    assert made["column_values_to_match_regex", "plate"] == {"regex": "^(?:[A-Z]{2}[0-9]+)$"}
    assert made["column_value_lengths_to_be_between", "plate"] == {"min_value": 3, "max_value": 10}
    assert made["column_values_to_be_in_set", "kind"] == {"value_set": ["taxi", "1", "true", "bus"]}
    assert made["column_values_to_be_in_set", "warned"] == {"value_set": ["a"], "severity": "warning"}
    assert made["compound_columns_to_be_unique", None] == {"column_list": ["vendor", "id"]}
    assert made["table_row_count_to_be_between", None] == {"min_value": 3, "max_value": 1000000, "severity": "warning"}
    assert ("column_to_exist", "kind") not in made
    for rule in (
        "fare: not_nan",
        "price: range",
        "half: range",
        "some: values",
        "day: range",
        "tags: valency",
        "expressions",
        "extra_columns",
    ):
        assert rule in unchecked
    assert not any(rule.startswith(("id:", "plate:")) for rule in unchecked)


def test_what_a_domain_s_mass_lets_pass_is_not_expected() -> None:
    contract = load_contract("columns:\n  a: {type: string, values: [x], min_domain_mass: 0.5}\n")
    assert "a: values" in exact(contract)
    assert "in_set" not in json.dumps(to_gx(contract))


def test_a_suite_is_about_one_source() -> None:
    contract = load_contract("sources:\n  rides: {columns: {a: int64}}\n  zones: {columns: {b: string}}\n")
    with pytest.raises(RequestError, match="--source rides or --source zones"):
        to_gx(contract)
    with pytest.raises(RequestError, match="no source 'moon'.*\n.*rides, zones"):
        to_gx(contract, source="moon")
    assert from_gx(json.dumps(to_gx(contract, source="zones")[0]))[0].count("zones") == 1


OTHERS = r"""{
	"expectation_suite_name": "old",
	"meta": {"great_expectations_version": "0.18.3"},
	"expectations": []
}"""

SUITE = r"""{
  "name": "others",
  "expectations": [
    {"type": "expect_column_to_exist", "kwargs": {"column": "id"}},
    {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "id", "type_": "BIGINT"}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "id", "min_value": 0, "strict_min": true, "max_value": null}},
    {"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name \ud83d\ude00", "mostly": 0.93}},
    {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "name \ud83d\ude00", "regex": "^[A-Z]", "mostly": 0.5}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "kind", "value_set": [1, 2]}, "severity": "warning"},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "fare", "min_value": 0, "strict_min": true}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "fare", "max_value": 5, "row_condition": "id > 3"}},
    {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "fare", "min_value": 1}},
    {"type": "expect_column_value_lengths_to_equal", "kwargs": {"column": "code", "value": 3}},
    {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "code", "regex": "(?=a)"}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "at", "value_set": ["2024-13-01"]}},
    {"type": "expect_column_values_to_be_in_type_list", "kwargs": {"column": "at", "type_list": ["nope", "datetime64[ns]"]}},
    {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 10}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
    {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["id", "kind"]}},
    {"type": "expect_table_columns_to_match_ordered_list", "kwargs": {"column_list": ["id", "further"]}}
  ]
}"""


def test_a_suite_of_others() -> None:
    text, lost = from_gx(SUITE, file="s.json")
    assert text.partition("\n")[2] == (
        "version: 1\n"
        "columns:\n"
        "  id:\n    type: int64\n    range: {min: 1}\n    unique: true\n"
        '  "name 😀":\n    type: string\n    null_fraction: 0.07\n'
        '    regex: {pattern: "(?s:.*)(?:^[A-Z])(?s:.*)", at_most: 0.5}\n'
        "  kind:\n    type: int64\n    values: {of: [1, 2], severity: warn}\n"
        "  fare: float64\n"
        "  code:\n    type: string\n    length: {min: 3, max: 3}\n"
        "  at: timestamp\n"
        "  further: string\n"
        'expressions:\n  - {name: "fare > 0.0", expr: "not fare <= 0.0"}\n'
        "keys: [[id, kind]]\n"
        "rows: {min: 10, max: 10}\n"
        "extra_columns: allow\n"
    )
    told = "\n".join(lost)
    for what in (
        "s.json:8: no type is stated of 'name 😀': taken for string", "s.json:10: no type is stated of 'kind': taken for int64",
        "s.json:9: expect_column_values_to_match_regex of 'name 😀' counts `mostly`",
        "s.json:12: expect_column_values_to_be_between of 'fare': it is about some rows only",
        "s.json:13: expect_column_mean_to_be_between of 'fare'", "s.json:15: expect_column_values_to_match_regex of 'code': RE2",
        "s.json:16: values of column 'at': each of values must be a value of type timestamp",
        "s.json:19: expect_table_row_count_to_be_between: the rows are counted by another",
        "s.json:20: expect_compound_columns_to_be_unique of 'id', 'kind' is carried over as a key",
        "s.json:21: expect_table_columns_to_match_ordered_list of 'id', 'further': it leaves out",
    ):  # fmt: skip
        assert what in told, what


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the suite must be a mapping"),
        ("[]", "the suite must be a mapping"),
        ("{}", "no expectation suite"),
        (OTHERS, "the suite names no column"),
        ('{"expectations": [{"kwargs": {}}]}', "an expectation has no type"),
        ('{"expectations": 3}', "must be a list"),
        ('{"expectations": [', "not valid YAML"),
        ("[" * 100_000, "nested deeper"),
        ('{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "$x"}}]}', "are taken"),
    ],
)
def test_what_is_no_suite_is_told(text: str, says: str) -> None:
    with pytest.raises(RequestError) as caught:
        from_gx(text)
    assert says in str(caught.value)
    assert "suite.json" in str(caught.value)


def test_lines_of_json_that_is_no_yaml() -> None:
    said = from_gx('{"expectations": [\n{"type": "expect_column_to_exist", "kwargs": {"column": "a\\/\\ud83d\\ude00\\\\u0041"}}]}')
    assert '"a/😀\\\\u0041": string' in said[0]
    assert said[1][0].startswith("suite.json:2:")
    tabs = from_gx('{\n\t"expectations": [\n\t{"type": "expect_column_to_exist", "kwargs": {"column": "a"}}]}')
    assert "  a: string" in tabs[0]
