"""Files of other tools given as the contract: what they leave out of their own lists, and the words that reports use of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.formats.choice import render
from featureprep.validators.formats.finding import Setting
from featureprep.validators.interop.gx_write import to_gx

TABLE = pa.table({"id": [1, 2], "x": [1.0, float("nan")], "s": ["a", "b"]})


def statuses(report: Any) -> dict[str, str]:
    return {outcome.id: str(outcome.status) for outcome in report.outcomes}


def columns_suite(kind: str, listed: Any, *more: Any) -> dict[str, Any]:
    key = "column_list" if kind.endswith("list") else "column_set"
    return {"expectations": [*more, {"type": f"expect_table_columns_to_match_{kind}", "kwargs": {key: listed, "exact_match": True}}]}


@pytest.mark.parametrize("kind", ["set", "ordered_list"])
@pytest.mark.parametrize("about", [{"column": "s"}, {"column_list": ["id", "s"]}])
def test_columns_that_a_suite_s_own_list_leaves_out(kind: str, about: Any) -> None:
    name = "expect_column_values_to_not_be_null" if "column" in about else "expect_compound_columns_to_be_unique"
    report = fp.validate(TABLE, columns_suite(kind, ["id", "x"], {"type": name, "kwargs": about}))
    (lost,) = [outcome for outcome in report.outcomes if outcome.is_untaken]
    assert "it leaves out 's', of which the suite says more: no data meets both" in lost.message
    assert not report.ok


@pytest.mark.parametrize("kind", ["set", "ordered_list"])
def test_lists_of_columns(kind: str) -> None:
    assert statuses(fp.validate(TABLE, columns_suite(kind, ["id", "x"])))["s/extra_columns"] == "failed"
    exists = {"type": "expect_column_to_exist", "kwargs": {"column": "id"}}
    for listed in (None, ["id", 3]):
        lost = [one for one in fp.validate(TABLE, columns_suite(kind, listed, exists)).outcomes if one.is_untaken]
        assert [one.message for one in lost] == ["it has no list of the columns' names"]


def test_a_list_that_only_warns_takes_nothing_from_one_that_fails() -> None:
    suite = columns_suite("set", ["id", "x"])
    suite["expectations"].append(suite["expectations"][0] | {"severity": "warning"})
    assert not fp.validate(TABLE, suite).ok


def test_a_list_that_is_added_to_a_suite_of_ours_counts() -> None:
    contract = load_contract("columns: {id: int64, x: float64}\nextra_columns: allow\n")
    suite: Any = to_gx(contract)
    suite = suite[0] if isinstance(suite, tuple) else suite
    assert fp.validate(TABLE, suite).ok
    suite["expectations"] += columns_suite("set", ["id", "x"])["expectations"]
    assert statuses(fp.validate(TABLE, suite))["s/extra_columns"] == "failed"


PANDERA = """schema_type: dataframe
{top}
strict: true
columns:
  id: {{dtype: int64}}
  x: {{dtype: {dtype}, nullable: true, checks: {{greater_than: 0}}}}
"""


def test_a_strict_schema_of_pandera() -> None:
    assert statuses(fp.validate(TABLE, PANDERA.format(top="", dtype="float64")))["s/extra_columns"] == "failed"


def test_the_dtype_of_a_schema_of_pandera_is_that_of_all_its_columns() -> None:
    table = TABLE.select(["id", "x"])
    found = statuses(fp.validate(table, PANDERA.format(top="dtype: float64", dtype="str")))
    assert (found["id/type"], found["x/type"]) == ("failed", "passed")
    other = statuses(fp.validate(table, PANDERA.format(top="dtype: object", dtype="str")))
    assert other["x/type"] == "passed"  # it says nothing: the data's
    with pytest.raises(fp.FeatureprepError, match="names no column"):
        fp.validate(table, PANDERA.format(top="dtype: timedelta64[ns]", dtype="float64"))


def test_the_dtype_of_a_schema_object_of_pandera() -> None:
    pytest.importorskip("pandera", reason="the extra pandera is not installed")
    import pandera.pandas as pandera

    schema = pandera.DataFrameSchema({"id": pandera.Column("int64"), "x": pandera.Column("str", nullable=True)}, dtype="float64")
    found = statuses(fp.validate(TABLE, schema))
    assert (found["id/type"], found["x/type"]) == ("failed", "passed")


def test_bounds_read_as_they_were_said_and_let_nan_be() -> None:
    path = PANDERA.format(top="", dtype="float64")
    table = TABLE.select(["id", "x"])
    assert statuses(fp.validate(table, path))["$/expressions/x > 0.0"] == "passed"
    worse = pa.table({"id": [1], "x": [0.0]})
    assert "x > 0.0: not x <= 0.0" in fp.validate(worse, path).render_text()


def test_hints_name_the_place_not_keys_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    path.write_text(
        '{"expectations": [\n{"type": "expect_column_values_to_be_between", "kwargs": {"column": "x", "min_value": 2}},\n'
        '{"type": "expect_column_values_to_be_unique", "kwargs": {"column": "gone"}}]}',
        encoding="utf-8",
    )
    report = fp.validate(TABLE, path)
    told = report.render_text() + "".join(render(word, report, Setting(root=str(tmp_path))) for word in ("github", "markdown"))
    assert f"to accept it: change it in {path}:2" in told
    assert "to accept that: `--allow-not-evaluated` (allow_not_evaluated=True)\n" in told
    assert "or say `--allow-not-evaluated`" in told
    assert "allow_not_evaluated: true" not in told
    assert "`range:`" not in told
    ours = fp.validate(TABLE, "columns: {x: {type: float64, range: {min: 2}}, gone: {type: string, unique: true}}\n").render_text()
    assert "`allow_not_evaluated: true`" in ours
    assert "a wider `range:`" in ours


def test_a_feature_of_tfmd_without_a_shape_is_a_list_and_that_is_explained(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow_metadata", reason="the extra tfmd is not installed")
    path, data = tmp_path / "schema.pbtxt", tmp_path / "d.csv"
    data.write_text("x\n1.5\n", encoding="utf-8")
    path.write_text('feature {\n  name: "x"\n  type: FLOAT\n}\n', encoding="utf-8")
    told = fp.validate(str(data), path).render_text()
    assert f"change it in {path}:3: `value_count {{ min: 1 max: 1 }}` (or `shape {{}}`) there makes it a single value" in told
    for mended in ("value_count { min: 1 max: 1 }", "shape {}"):
        path.write_text(f'feature {{\n  name: "x"\n  type: FLOAT\n  {mended}\n}}\n', encoding="utf-8")
        assert fp.validate(str(data), path).ok
