"""drift: how it is written, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from featureprep.errors import RequestError
from featureprep.validators.checks.drift import WORDS
from featureprep.validators.contract import SourceContract, check_of
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.drift import MEASURES, compare
from featureprep.validators.drift.baseline import Baseline, baseline_of
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Severity, Status
from featureprep.validators.statistics import column_folds, finish

FoldOver = Callable[..., dict[str, Any]]


def contract(text: str) -> SourceContract:
    return load_contract(text + "\n").source("any")


def drift_of(source: SourceContract, column: str) -> dict[str, tuple[Mapping[str, Any], Severity]]:
    (found,) = [c for c in source.columns if c.name == column]
    return {rule.part: (rule.params, rule.severity) for rule in found.rules if rule.check == "drift"}


def test_every_measure_has_words() -> None:
    assert set(WORDS) == set(MEASURES)


def test_of_a_column() -> None:
    source = contract(
        """
columns:
  a: {type: float64, drift: {linf: 0.1, psi: {threshold: 0.2, alpha: 0.001, severity: error}, wasserstein: {}, severity: warn, missing: false}}
"""
    )
    assert drift_of(source, "a") == {
        "linf": ({"missing": False, "threshold": 0.1}, Severity.WARN),
        "psi": ({"missing": False, "threshold": 0.2, "alpha": 0.001}, Severity.ERROR),
        "wasserstein": ({"missing": False}, Severity.WARN),
    }


def test_of_all_columns_that_state_none_and_have_a_shape() -> None:
    source = contract(
        """
columns:
  number: {type: int64, severity: warn, action: quarantine}
  text: string
  flag: bool
  own: {type: float64, drift: {psi: 0.2}}
  none: {type: float64, drift: false}
  secret: {type: string, sensitive: true}
  day: date
  list: list<int64>
drift: {jensen_shannon: 0.05, mean_shift: 0.5}
"""
    )
    both, one = {"jensen_shannon", "mean_shift"}, {"jensen_shannon"}
    found = {column.name: set(drift_of(source, column.name)) for column in source.columns}
    assert found == {"number": both, "text": one, "flag": one, "own": {"psi"}, "none": set(), "secret": set(), "day": set(), "list": both}
    assert {severity for _, severity in drift_of(source, "number").values()} == {Severity.WARN}
    assert {severity for _, severity in drift_of(source, "text").values()} == {Severity.ERROR}


@pytest.mark.parametrize(
    "text",
    [
        "columns: {a: {type: string, drift: {linf: 0.1}}}",
        "columns: {a: {type: string, drift: {linf: 0.1, psi: 0.25, severity: warn}}}",
        "columns: {a: {type: int64, drift: {linf: {threshold: 0.1, severity: warn}, psi: {alpha: 0.001}, mean_shift: 1}}}",
        "columns: {a: int64, b: {type: float64, drift: false}, c: string}\ndrift: {linf: {missing: false}, std_change: 2.5}",
    ],
)
def test_it_is_written_as_it_is_read(text: str) -> None:
    made = load_contract(text + "\n")
    assert load_contract(made.to_yaml()) == made


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("{type: string, drift: {kl: 0.1}}", "no measure 'kl'"),
        ("{type: string, drift: {lnf: 0.1}}", "no measure 'lnf'"),
        ("{type: string, drift: {}}", "names no measure"),
        ("{type: string, drift: {severity: warn}}", "names no measure"),
        ("{type: string, drift: true}", "must be a mapping of measures"),
        ("{type: string, drift: 0.1}", "must be a mapping of measures"),
        ("{type: string, drift: {linf: -0.1}}", "a number from 0"),
        ("{type: string, drift: {linf: .inf}}", "a number from 0"),
        ("{type: string, drift: {linf: .nan}}", "a number from 0"),
        ("{type: string, drift: {linf: true}}", "a number from 0"),
        ("{type: string, drift: {linf: }}", "a number from 0"),
        ("{type: string, drift: {linf: 1}}", "below 1"),
        ("{type: string, drift: {linf: {max: 0.1}}}", "unknown key 'max'"),
        ("{type: string, drift: {linf: 0.1, alpha: 1.0}}", "between 0 and 1"),
        ("{type: string, drift: {linf: 0.1, alpha: 0}}", "between 0 and 1"),
        ("{type: string, drift: {linf: 0.1, missing: maybe}}", "true or false"),
        ("{type: string, drift: {linf: 0.1, action: drop}}", "cannot be drop"),
        ("{type: string, drift: {linf: 0.1, at_most: 3}}", "at_most"),
        ("{type: string, drift: {wasserstein: 0.1}}", "a measure of numbers"),
        ("{type: binary, drift: {linf: 0.1}}", "is binary"),
        ("{type: list<string>, drift: {wasserstein: 0.1}}", "a measure of numbers"),
        ("{type: date, drift: {linf: {threshold: 0.1, of: lengths}}}", "only lists have lengths"),
        ("{type: list<string>, drift: {linf: 0.1, of: rows}}", "items or lengths"),
        ("{type: string, sensitive: true, drift: {linf: 0.1}}", "sensitive"),
    ],
)
def test_bad(column: str, says: str) -> None:
    with pytest.raises(RequestError, match=says) as caught:
        contract(f"columns:\n  a: {column}")
    assert str(caught.value.where).startswith("contract:2")


def test_bad_for_all_columns_even_where_it_is_for_none() -> None:
    with pytest.raises(RequestError, match="no measure"):
        contract("columns: {a: date}\ndrift: {kl: 0.1}")
    with pytest.raises(RequestError, match="mapping of measures"):
        contract("columns: {a: int64}\ndrift: false")


TEXT = """
columns:
  x: {type: float64, drift: {kolmogorov_smirnov: 0.1, mean_shift: {}, linf: 0.9}}
  s: {type: string, drift: {linf: {threshold: 0.1, severity: warn}}}
  b: {type: bool, required: false, drift: {jensen_shannon: 0.1}}
"""


def table(seed: int, shift: float, share: float, rows: int = 2000) -> pa.Table:
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "x": pa.array(rng.normal(shift, 1, rows)),
            "s": pa.array(np.where(rng.random(rows) < share, "often", "seldom").tolist()),
            "b": pa.array(rng.random(rows) < 0.5),
        }
    )


def judged(
    fold_over: FoldOver, text: str, now: pa.Table, baseline: Baseline | None, cuts: Sequence[int] = (), *, allow: bool = False
) -> dict[str, Outcome]:
    source = contract(text)
    whole = now
    for name in now.column_names:
        whole = whole.append_column(f"$malformed:{name}", pa.array(np.zeros(now.num_rows, bool)))
    results = fold_over(source.folds(None, whole.schema, baseline), whole, cuts)
    found = source.evaluate(results, present=now.column_names, schema=whole.schema, baseline=baseline, allow_not_evaluated=allow)
    return {outcome.id: outcome for outcome in found}


def kept(fold_over: FoldOver, before: pa.Table) -> Baseline:
    return baseline_of(
        finish(fold_over(column_folds(before.schema, shapes=True), before), before.schema, shapes=True), "old@1", before.column_names
    )


def test_it_is_judged(fold_over: FoldOver) -> None:
    baseline = kept(fold_over, table(1, 0.0, 0.7))
    same = judged(fold_over, TEXT, table(2, 0.0, 0.7), baseline)
    assert {outcome.status for outcome in same.values()} == {Status.PASSED}
    moved = judged(fold_over, TEXT, table(3, 1.0, 0.4), baseline)
    failed = {key for key, outcome in moved.items() if outcome.status == Status.FAILED}
    assert failed == {"x/drift/kolmogorov_smirnov", "x/drift/mean_shift", "s/drift/linf"}
    linf, shifted = moved["s/drift/linf"], moved["x/drift/mean_shift"]
    assert (linf.reason, linf.severity, linf.blocking) == (Reason.COMPARATOR_L_INFTY_HIGH, Severity.WARN, False)
    assert (shifted.reason, shifted.blocking) == (Reason.CUSTOM_VALIDATION, True)
    assert linf.rule == "s drifts from its baseline by at most 0.1 (L-infinity distance)"
    assert shifted.rule.endswith("by no more than chance explains (shift of the mean, in standard deviations)")
    assert linf.message.startswith("against old@1: linf is 0.")
    assert "above the threshold 0.1; chance alone gives up to 0." in linf.message
    assert "with 2,000 and 2,000 rows" in linf.message
    assert '"often" went from' in linf.message or '"seldom" went from' in linf.message
    assert "larger threshold" in linf.accept


def test_it_is_what_compare_says_in_any_pieces(fold_over: FoldOver) -> None:
    before, now = table(1, 0.0, 0.7), table(3, 0.2, 0.6)
    baseline = kept(fold_over, before)
    outcomes = judged(fold_over, TEXT, now, baseline)
    assert judged(fold_over, TEXT, now, baseline, (1, 700, 701)) == outcomes
    current = kept(fold_over, now)
    found = compare("kolmogorov_smirnov", baseline.shapes["x"], current.shapes["x"], threshold=0.1)
    told = outcomes["x/drift/kolmogorov_smirnov"]
    assert told.message == f"against old@1: {found.sentence}"
    assert told.to_json()["figures"] == {"baseline": "old@1", **found.to_json()}
    assert "figures" not in outcomes["x/type"].to_json()


def test_too_few_rows_are_no_alarm(fold_over: FoldOver) -> None:
    text = "columns: {x: {type: float64, drift: {kolmogorov_smirnov: 0.1}}, s: string, b: bool}"
    found = judged(fold_over, text, table(5, 0.3, 0.7, rows=12), kept(fold_over, table(1, 0.0, 0.7)))["x/drift/kolmogorov_smirnov"]
    assert found.status == Status.PASSED
    assert "but chance alone" in found.message


def test_without_a_baseline_it_is_not_evaluated_and_in_a_run_not_asked(fold_over: FoldOver) -> None:
    now = table(1, 0.0, 0.7)
    none = judged(fold_over, TEXT, now, Baseline(why="no baseline is given"))
    drift = [outcome for outcome in none.values() if outcome.check == "drift"]
    assert len(drift) == 5
    assert all(o.status == Status.NOT_EVALUATED and o.blocking and o.message == "no baseline is given" for o in drift)
    allowed = judged(fold_over, TEXT, now, Baseline(why="no baseline is given"), allow=True)
    assert not any(outcome.blocking for outcome in allowed.values())
    run = judged(fold_over, TEXT, now, None)
    assert not any(outcome.check == "drift" for outcome in run.values())
    source = contract(TEXT)
    assert not any("drift" in key for key in source.folds(None, now.schema))
    assert not any(check_of(rule).needs_baseline(rule.part) for rule in source.asked(None, None))


def test_what_the_baseline_lacks_is_not_evaluated(fold_over: FoldOver) -> None:
    before, now = table(1, 0.0, 0.7), table(2, 0.0, 0.7)
    gone = judged(fold_over, TEXT, now, kept(fold_over, before.drop_columns(["s"])))["s/drift/linf"]
    assert (gone.status, gone.message) == (Status.NOT_EVALUATED, "the baseline old@1 does not have the column")
    other = judged(fold_over, TEXT, now, kept(fold_over, before.set_column(1, "s", pa.array(np.arange(2000)))))["s/drift/linf"]
    assert other.status == Status.NOT_EVALUATED
    assert "one column holds numbers, the other categories" in other.message
    empty = judged(fold_over, TEXT, now, kept(fold_over, before.slice(0, 0)))["x/drift/mean_shift"]
    assert empty.status == Status.NOT_EVALUATED
    assert "the baseline has no finite values" in empty.message
    absent = judged(fold_over, TEXT, now.drop_columns(["b"]), kept(fold_over, before))["b/drift/jensen_shannon"]
    assert (absent.status, absent.message) == (Status.PASSED, "the source does not have the column 'b', which may be absent")


def test_long_values_are_cut_in_what_is_told(fold_over: FoldOver) -> None:
    before, now = (pa.table({"s": pa.array([one * 5000] * 50)}) for one in "ab")
    found = judged(fold_over, "columns: {s: {type: string, drift: {linf: 0.1}}}", now, kept(fold_over, before))["s/drift/linf"]
    assert found.status == Status.FAILED
    assert len(found.message) < 300
