"""Files of other tools given as the contract: known by what they hold, judged here, and what they say beyond a contract is not lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import featureprep as fp
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.formats.choice import render
from featureprep.validators.formats.finding import Setting
from featureprep.validators.interop import from_gx
from featureprep.validators.interop.foreign import load_any_contract
from featureprep.validators.interop.odcs_write import to_odcs
from featureprep.validators.interop.pandera_write import to_pandera
from featureprep.validators.interop.yaml_out import yaml_document
from featureprep.validators.reasons import Status
from tests.validators.interop.test_odcs import OTHERS as DOCUMENT
from tests.validators.interop.test_pandera import OTHERS as SCHEMA

SUITE = """{
  "name": "rides",
  "expectations": [
    {"type": "expect_column_to_exist", "kwargs": {"column": "id"}},
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "fare", "min_value": 0, "strict_min": true}},
    {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "fare", "min_value": 1}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "kind", "value_set": ["a", "b"], "mostly": 0.5}, "severity": "warning"}
  ]
}
"""
TABLE = pa.table({"id": [1, 2, 2], "fare": [2.5, 0.0, 3.0], "kind": ["a", "c", "c"], "more": [True, False, True]})
MESSAGE = """# of the rides
feature {
  name: "id"
  type: INT
  presence { min_fraction: 1.0 min_count: 1 }
  shape { dim { size: 1 } }
  int_domain {
    min: 2
  }
}
feature {
  name: "kind"  # of ride
  type: BYTES
  value_count { min: 1 max: 1 }
  unique_constraints { min: 1 }
  domain: "kinds"
}
string_domain { name: "kinds" value: "a" value: 'b{' }
default_environment: "TRAINING"
"""


def lines(report: Any) -> dict[str, tuple[str, int | None]]:
    return {outcome.id: (str(outcome.status), outcome.line) for outcome in report.outcomes}


def test_a_suite_is_a_contract(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text(SUITE, encoding="utf-8")
    report = fp.validate(TABLE, path)
    found = lines(report)
    assert found["id/unique"] == ("failed", 5)
    assert found["$/expressions/fare > 0.0"] == ("failed", 6)
    assert found["kind/values"] == ("failed", 8)
    assert found["$untaken/expect_column_mean_to_be_between of 'fare'"] == ("not evaluated", 7)
    assert found["id/type"][0] == "passed"  # the suite states none: the data's
    assert [outcome.file for outcome in report.outcomes] == [str(path)] * len(report.outcomes)
    assert report.notes == ()
    assert from_gx(SUITE, file="suite.json")[1][-1] == (
        "suite.json:8: expect_column_values_to_be_in_set of 'kind' counts `mostly` without rows that have no value, a contract counts all"
    )
    text = report.render_text()
    assert f"NOT EVALUATED: expect_column_mean_to_be_between of 'fare'  [{path}:7]" in text
    assert "to accept that: `--allow-not-evaluated`" in text
    assert "notes" not in report.to_json()
    good = TABLE.slice(0, 1)
    assert not fp.validate(good, path).ok  # the mean was not looked at
    assert fp.validate(good, path, allow_not_evaluated=True).ok


def test_annotations_point_into_the_suite(tmp_path: Path) -> None:
    (tmp_path / "suite.json").write_text(SUITE, encoding="utf-8")
    report = fp.validate(TABLE, tmp_path / "suite.json")
    told = render("github", report, Setting(root=str(tmp_path)))
    for line in (5, 6, 7, 8):
        assert f"file=suite.json,line={line}" in told
    assert "Check it by other means (suite.json:7)" in told


def test_in_python_it_is_also_a_mapping_a_text_or_an_object() -> None:
    class ExpectationSuite:
        """As Great Expectations' own has it."""

        def to_json_dict(self) -> dict[str, Any]:
            return dict(json.loads(SUITE))

    whole = [(one.id, one.status) for one in fp.validate(TABLE, SUITE).outcomes]
    for each in (json.loads(SUITE), json.dumps(json.loads(SUITE)), ExpectationSuite()):
        assert [(one.id, one.status) for one in fp.validate(TABLE, each).outcomes] == whole
    (never,) = [one for one in fp.validate(TABLE, ExpectationSuite()).outcomes if one.status == Status.NOT_EVALUATED]
    assert never.place == "the expectation suite"
    with pytest.raises(fp.FeatureprepError, match="must be a Contract, the path"):
        fp.validate(TABLE, object())


def test_types_that_are_not_stated_are_the_data_s(tmp_path: Path) -> None:
    suite = {
        "expectations": [
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "fare", "min_value": 0.5}},
            {"type": "expect_column_values_to_be_between", "kwargs": {"column": "at", "min_value": "2024-01-01"}},
            {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "kind", "value_set": [1, 2]}},
        ]
    }
    table = pa.table({"fare": pa.array([1, 2], pa.int16()), "at": pa.array([0, 1], pa.timestamp("us")), "kind": ["1", "2"]})
    assert {name: status for name, (status, _) in lines(fp.validate(table, suite)).items() if status != "passed"} == {
        "at/range/min": "failed"
    }
    pq.write_table(table.drop_columns(["kind"]), tmp_path / "d.parquet")
    (tmp_path / "d.csv").write_text("fare,at,kind\n1,2024-01-01,1\n2,2023-01-01,3\n", encoding="utf-8")
    found = lines(fp.validate(str(tmp_path / "d.parquet"), suite))
    assert (found["at/range/min"][0], found["kind/required"][0]) == ("failed", "failed")
    found = lines(fp.validate(str(tmp_path / "d.csv"), suite))  # a scan finds them
    assert {name for name, (status, _) in found.items() if status != "passed"} == {"at/range/min", "kind/values"}


def test_a_schema_of_pandera_and_a_document_of_odcs(tmp_path: Path) -> None:
    contract = load_contract("columns:\n  id: {type: int64, unique: true}\n  fare: {type: float64, range: {min: 0.5}}\n")
    for name, document in (("schema.yaml", to_pandera(contract)[0]), ("odcs.yaml", to_odcs(contract))):
        (tmp_path / name).write_text(yaml_document(document), encoding="utf-8")
        (tmp_path / "other.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
        for path in (tmp_path / name, tmp_path / "other.json"):
            assert load_any_contract(path).to_yaml() == contract.to_yaml()
            found = lines(fp.validate(TABLE, path))
            failed = {rule: line for rule, (status, line) in found.items() if status == "failed" and not rule.endswith("extra_columns")}
            assert set(failed) == {"id/unique", "fare/range/min"}
            text = path.read_text(encoding="utf-8").splitlines()
            assert all(word in text[int(failed[rule] or 0) - 1] for rule, word in (("id/unique", "unique"), ("fare/range/min", "0.5"))), (
                failed
            )


@pytest.mark.parametrize(
    ("text", "untaken"),
    [
        (SCHEMA, [21, 23, 33, 34, 36, 38, 39, 40]),
        (DOCUMENT, [18, 21, 22, 26, 28, 29, 32, 34, 35]),
    ],
)
def test_what_cannot_be_taken_is_not_evaluated(text: str, untaken: list[int], tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    contract = load_any_contract(tmp_path / "c.yaml")
    assert [one.line for source in contract.sources for one in source.untaken] == untaken
    assert contract.notes
    report = fp.validate({contract.names[0] or "a": TABLE}, contract, allow_not_evaluated=True)
    never = [one for one in report.outcomes if one.id.startswith("$untaken/")]
    assert [one.line for one in never] == untaken
    assert len({one.id for one in never}) == len(never)
    assert {(one.status, one.lenient) for one in never} == {(Status.NOT_EVALUATED, True)}


def test_a_tfmd_schema(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")
    path = tmp_path / "schema.pbtxt"
    path.write_text(MESSAGE, encoding="utf-8")
    found = lines(fp.validate(TABLE, path))
    assert found["id/range/min"] == ("failed", 7)
    assert found["id/nullable"] == ("passed", 5)
    assert found["kind/values"] == ("failed", 16)
    assert found["$untaken/unique_constraints of feature 'kind'"] == ("not evaluated", 15)
    assert found["fare/extra_columns"][0] == "failed"
    for text, says in (
        (MESSAGE.replace("min: 2", "min: two"), "schema.pbtxt:8"),
        (MESSAGE.replace("min: 2", "min: 2 max: 1"), "range is empty"),
        ("feature { struct_domain { " * 3000, "schema.pbtxt"),
        ('feature: [{name: "a" type: INT}]', "x"),
    ):
        path.write_text(text, encoding="utf-8")
        if says == "x":
            assert [column.name for column in load_any_contract(path).sources[0].columns] == ["a"]
            continue
        with pytest.raises(fp.FeatureprepError, match="schema.pbtxt") as caught:
            load_any_contract(path)
        assert says in str(caught.value)


def test_a_message_without_its_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from featureprep.validators.tfmd.protos import protos

    for module in ("anomalies_pb2", "schema_pb2", "statistics_pb2"):
        monkeypatch.setitem(__import__("sys").modules, f"tensorflow_metadata.proto.v0.{module}", None)
    monkeypatch.setitem(__import__("sys").modules, "tensorflow_metadata.proto.v0", None)
    protos.cache_clear()
    (tmp_path / "schema.pbtxt").write_text(MESSAGE, encoding="utf-8")
    with pytest.raises(fp.FeatureprepError, match=r"featureprep\[tfmd\]"):
        load_any_contract(tmp_path / "schema.pbtxt")
    monkeypatch.undo()
    protos.cache_clear()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"columns: {a: {type: int64, odd: 3}}\n", "unknown key 'odd'"),
        (b"columns: {a: int64}\nexpectations: []\n", "unknown key 'expectations'"),
        (b"\xff\xfe", "not UTF-8"),
        (b"", "empty"),
        (b"{", "not valid YAML"),
        (b'{"expectations": 3}', "must be a list"),
        (b'{"expectations": []}', "the suite names no column"),
        (b"apiVersion: v2.0.0\nkind: DataContract\n", "no contract of the Open Data Contract Standard 3"),
        (b"schema_type: dataframe\ncolumns: {}\n", "names no column"),
        (b"[1, 2]\n", "mapping"),
    ],
)
def test_what_can_be_no_contract_is_told_as_ever(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(fp.FeatureprepError) as caught:
        fp.validate(TABLE, tmp_path / "c")
    assert says in str(caught.value)
    with pytest.raises(fp.FeatureprepError, match="does not exist"):
        fp.validate(TABLE, tmp_path / "none.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"expectations": []}\n', "suite of Great Expectations.*\n.*--from gx"),
        (SCHEMA, "schema of pandera.*\n.*--from pandera"),
        (DOCUMENT, "Open Data Contract Standard.*\n.*--from odcs"),
    ],
)
def test_where_only_a_contract_will_do_they_are_told_apart(text: str, says: str) -> None:
    with pytest.raises(fp.FeatureprepError, match=says):
        load_contract(text)
