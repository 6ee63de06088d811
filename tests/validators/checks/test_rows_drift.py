"""rows: {drift: ...}: the number of rows against that of the baseline."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import featureprep as fp
from featureprep.errors import RequestError
from featureprep.jobs.baseline import Kept
from featureprep.jobs.engines import make_engine
from featureprep.jobs.pooled_baseline import Pooled
from featureprep.validators.changes.compare import compare_contracts
from featureprep.validators.contract_yaml import load_contract

CONTRACT = "allow_empty: true\ncolumns: {a: int64}\nrows: {drift: %s}"


def rows(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n)}, dtype="int64")


def judged(n: int, m: int | None, share: str = "0.2", **options: Any) -> Any:
    report = fp.validate(rows(n), CONTRACT % share, baseline=None if m is None else rows(m), **options)
    return next(outcome for outcome in report.outcomes if outcome.check == "rows")


@pytest.mark.parametrize(
    ("n", "m", "share", "ok"),
    [
        (10, 10, "0", True), (11, 10, "0", False), (12, 10, "0.2", True), (8, 10, "0.2", True), (13, 10, "0.2", False), (7, 10, "0.2", False),
        # as it is written: in doubles 0.29 * 100 is less than 29
        (129, 100, "0.29", True), (130, 100, "0.29", False), (40, 10, "3", True), (41, 10, "3", False), (0, 10, "1", True),
        (0, 0, "0.2", True), (1, 0, "5", False),
    ],
)  # fmt: skip
def test_by_hand(n: int, m: int, share: str, ok: bool) -> None:
    assert (judged(n, m, share).status == "passed") == ok


def test_what_is_told() -> None:
    outcome = judged(1300, 1000)
    assert outcome.message == "against the baseline: there are 1,300 rows, 30% more (it has 1,000)"
    assert outcome.rule == "has as many rows as its baseline, give or take 20%"
    assert outcome.figures == {"baseline": "the baseline", "rows": 1300, "baseline_rows": 1000, "value": 0.3, "threshold": 0.2}
    assert judged(500, 1000).message.endswith("there are 500 rows, 50% fewer (it has 1,000)")
    assert judged(5, 0).message == "against the baseline: there are 5 rows (it has 0)"
    assert judged(1300, None).status == "not evaluated"
    warned = fp.validate(rows(9), "columns: {a: int64}\nrows: {min: 1, drift: 0, severity: warn}", baseline=rows(3))
    assert warned.ok
    assert [str(outcome.status) for outcome in warned.outcomes if outcome.check == "rows"] == ["passed", "failed"]


def test_several_versions_count_by_their_median() -> None:
    kept = tuple(Kept(f"v{at}", {"": {"rows": n, "columns": []}}) for at, n in enumerate((10, 1000, 12, 14)))
    source = load_contract(CONTRACT % "0.2").source("")
    assert Pooled("v@last:4", kept).baseline("", source, [], make_engine("pandas")).rows == 13
    assert Pooled("v@last:1", kept[:1]).baseline("", source, [], make_engine("pandas")).rows == 10
    without = Pooled("v@last:2", (Kept("a", {"": {"columns": []}}), Kept("b", {"": {"columns": []}})))
    assert without.baseline("", source, [], make_engine("pandas")).rows is None


@pytest.mark.parametrize("bad", ["true", "-0.1", ".nan", ".inf", "20%", "[1]"])
def test_mistakes(bad: str) -> None:
    with pytest.raises(RequestError, match="drift of rows must be a number from 0"):
        load_contract(CONTRACT % bad)


def test_it_is_written_and_compared() -> None:
    one, other = (load_contract(f"columns: {{a: int64}}\nrows: {{min: 1, drift: {share}}}") for share in (0.2, 0.5))
    none = load_contract("columns: {a: int64}\nrows: {min: 1}")
    assert load_contract(one.to_yaml()) == one
    kinds = [str(compare_contracts(was, now)[0].kind) for was, now in ((one, other), (other, one), (none, one), (one, none))]
    assert kinds == ["widening", "narrowing", "narrowing", "widening"]


def test_a_run_leaves_it_out() -> None:
    source = load_contract(CONTRACT % "0.2").source("")
    assert [rule.check for rule in source.asked(None, None)].count("rows") == 0


def test_as_a_schema_of_tensorflow() -> None:
    pytest.importorskip("tensorflow_metadata")
    from featureprep.validators.tfmd.contracts import contract_from_schema, schema_from_contract

    for share, ends in ((0.2, (0.8, 1.2)), (0, (1.0, 1.0)), (1, (None, 2.0)), (3.5, (None, 4.5))):
        contract = load_contract(CONTRACT % share)
        schema = schema_from_contract(contract)
        told = schema.dataset_constraints.num_examples_drift_comparator
        least = told.min_fraction_threshold if told.HasField("min_fraction_threshold") else None
        assert (least, told.max_fraction_threshold) == ends
        back = load_contract(contract_from_schema(schema))
        assert [rule for rule in back.source("").rules if rule.check == "rows"] == [
            r for r in contract.source("").rules if r.check == "rows"
        ]
    for least, most in ((0.5, 1.2), (None, 1.2), (0.5, None), (0.5, 0.9)):
        told.Clear()
        if least is not None:
            told.min_fraction_threshold = least
        if most is not None:
            told.max_fraction_threshold = most
        text = contract_from_schema(schema)
        assert "# not expressed: 'dataset_constraints.num_examples_drift_comparator'" in text
        assert "rows:" not in text
