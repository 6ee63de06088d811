"""The `type` rule over data whose columns are of another type as a whole, and what other rules say of cells that do not fit."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import featureprep as fp
from featureprep.errors import ContractError, RequestError
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Status
from featureprep.validators.report import ValidationReport
from tests.jobs.cases import make_job, memory_store


def only(report: ValidationReport, check: str) -> Outcome:
    (found,) = [outcome for outcomes in report.sources.values() for outcome in outcomes if outcome.check == check]
    return found


@pytest.mark.parametrize("action", ["fail", "quarantine", "drop"])
@pytest.mark.parametrize("allowed", ["", ", at_most: 100%"])
def test_no_action_takes_a_whole_column_away(action: str, allowed: str) -> None:
    contract = f"columns:\n  a: {{type: {{is: int64, action: {action}{allowed}}}}}\n"
    report = fp.validate(pa.table({"a": ["x", "y"]}), contract)
    assert not report.ok
    outcome = only(report, "type")
    assert (outcome.status, outcome.blocking) == (Status.FAILED, True)
    assert outcome.message.startswith("the source's type is string, the contract says int64")


def test_a_run_fails_then_too(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("columns:\n  a: {type: int64, action: quarantine}\n", encoding="utf-8")
    source = fp.from_arrow(pa.table({"a": ["x", "y"]}))
    with pytest.raises(ContractError, match="the source's type is string, the contract says int64"):
        make_job(lambda main: main, source, contract=str(tmp_path / "contract.yaml")).run(store=memory_store())


def test_a_warning_stays_one() -> None:
    assert fp.validate(pa.table({"a": ["x"]}), "columns:\n  a: {type: {is: int64, severity: warn}}\n").ok


@pytest.mark.parametrize("kind", ["list<int64>", "struct<a: int64>", "fixed_size_list<int64>[2]", '"null"'])
def test_lists_in_csv_fail_with_file_and_line(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.csv").write_text('t,s\n"1,2",x\n', encoding="utf-8")
    contract = tmp_path / "contract.yaml"
    kind = kind if kind.startswith('"') else f"'{kind}'"
    contract.write_text(f"columns:\n  s: string\n  t: {{type: {kind}, nullable: false}}\n", encoding="utf-8")
    report = fp.validate(tmp_path / "a.csv", contract)
    outcome = next(o for o in report.sources["" if "" in report.sources else "a.csv"] if o.id == "t/type")
    assert (outcome.status, outcome.line, outcome.file) == (Status.FAILED, 3, str(contract))
    assert ("a cell of CSV is one text" in outcome.message) == ("null" not in kind)
    assert {o.id: o.status for o in report.outcomes if o.column == "s"} == {"s/type": Status.PASSED, "s/required": Status.PASSED}
    assert only(report, "nullable").status == Status.NOT_EVALUATED


def test_a_key_of_cells_that_do_not_fit_is_not_called_null(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,1\nq,2\n,3\nr,\n5,5\n5,5\n", encoding="utf-8")
    report = fp.validate(tmp_path / "a.csv", "columns:\n  a: int64\n  b: int64\nkeys: [a, b]\n")
    outcome = only(report, "keys")
    told = "2 rows share their key with another; 1 row has a null in it; 2 rows have a cell in it that is not of its column's type"
    assert (outcome.message, outcome.count, outcome.total) == (told, 5, 6)


def test_a_key_in_data_with_types_of_its_own() -> None:
    report = fp.validate(pa.table({"a": [1, None]}), "columns: {a: int64}\nkeys: [a]\n")
    assert only(report, "keys").message == "1 row has a null in it"


def test_no_columns_at_all() -> None:
    with pytest.raises(RequestError, match="the data has no columns") as told:
        fp.validate(pa.table({}), "columns: {a: int64}\n")
    assert "memory" not in str(told.value)
