"""Rules of another tool that a share of the values must keep to, rows without a value left out: a contract's `at_most` counts all rows.

Such a rule is stated with `at_most`, which it never breaks where it keeps to its share; what that lets pass is judged here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from featureprep.folds.counts import NullCounts, NullCountsResult
from featureprep.validators.checks.base import FoldRequests, column
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Status
from featureprep.validators.untaken import Mostly, Untaken


def mostly_folds(rules: Iterable[Untaken], names: Collection[str]) -> FoldRequests:
    """What must be known of all rows, of those rules whose columns are among `names`."""
    return {
        _key(str(rule.column)): (NullCounts(), (column(str(rule.column)),))
        for rule in rules
        if isinstance(rule, Mostly) and rule.column in names
    }


def judge_mostly(outcomes: Sequence[Outcome], rules: Iterable[Untaken], results: Mapping[str, Any]) -> list[Outcome]:
    """The outcomes; of a rule whose share of the values is too small all that rows break fail."""
    made = {outcome.id: outcome for outcome in outcomes}
    for rule in rules:
        if not isinstance(rule, Mostly) or _key(str(rule.column)) not in results:
            continue
        mine = [outcome for outcome in outcomes if outcome.count and rule.is_about(outcome.id)]
        counts: NullCountsResult = results[_key(str(rule.column))]
        bad = sum(outcome.count or 0 for outcome in mine)  # of two bounds no value breaks both
        if not bad or (counts.n and (counts.n - bad) / counts.n >= rule.share):
            continue
        told = f"{bad:,} of {counts.n:,} values {'breaks' if bad == 1 else 'break'} it, rows without a value left out; of these {rule.share * 100:.6g}% must keep to it"
        for outcome in mine:
            if outcome.status == Status.PASSED:
                made[outcome.id] = replace(outcome, status=Status.FAILED, message=told)
    return list(made.values())


def _key(name: str) -> str:
    return f"{name}/nulls"
