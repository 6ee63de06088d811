"""rows, allow_empty: how many rows a source has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.folds.counts import RowCount
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import boolean, mapping, policies, whole, wrong
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree

ROWS: Final = "$rows"
"""The id of the fold that counts the rows."""


class _RowCountCheck(Check):
    scope = "source"

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {ROWS: (RowCount(), (column(scene.schema.names[0]),))} if scene.schema.names else {}


@register
class Rows(_RowCountCheck):
    """`rows: {min: 1000, max: 100000, drift: 0.2}`: the number of rows, before any rule takes one away.

    `drift`: it differs from that of the baseline (of several versions the median) by at most this share of it.
    """

    key = "rows"
    accept = "other bounds under `rows:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("min", "max", "drift", "severity", "action"))
        severity, action = policies(entries, head, self.key, row_wise=False)
        bounds: dict[str, float] = {name: whole(entries[name], f"{name} of {self.key}") for name in ("min", "max") if name in entries}
        if "drift" in entries:
            bounds["drift"] = _share(entries["drift"])
        if not bounds:
            raise RequestError("rows has neither min nor max nor drift", where=tree.place, hint="rows: {min: 1000}")
        if "min" in bounds and "max" in bounds and bounds["min"] > bounds["max"]:
            raise RequestError(
                f"rows is empty: min {bounds['min']} is above max {bounds['max']}", where=entries["min"].place, hint="swap them"
            )
        return [Rule(self.key, None, name, {"bound": bound}, severity, action, entries[name].line) for name, bound in bounds.items()]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return {rule.part: rule.params["bound"] for rule in rules}

    def describe(self, rule: Rule) -> str:
        if rule.part == "drift":
            return f"has as many rows as its baseline, give or take {_percent(rule.params['bound'])}"
        return f"has {'at least' if rule.part == 'min' else 'at most'} {rule.params['bound']} row{'' if rule.params['bound'] == 1 else 's'}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        if rule.part == "drift":
            return Reason.CUSTOM_VALIDATION
        return Reason.DATASET_LOW_NUM_EXAMPLES if rule.part == "min" else Reason.DATASET_HIGH_NUM_EXAMPLES

    def needs_baseline(self, part: str) -> bool:
        return part == "drift"

    def obstacle(self, rule: Rule, scene: Scene) -> str | None:
        if rule.part != "drift" or scene.baseline is None or scene.baseline.rows is not None:
            return None
        return scene.baseline.why or f"it is not known how many rows {scene.baseline.name} has"

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        n, bound = results[ROWS], rule.params["bound"]
        if rule.part == "drift":
            return _against(n, bound, scene.baseline)
        ok = n >= bound if rule.part == "min" else n <= bound
        return Verdict(ok, "" if ok else f"there {'is' if n == 1 else 'are'} {n:,} row{'' if n == 1 else 's'}", total=n)


def _against(n: int, bound: float, baseline: Baseline | None) -> Verdict:
    if baseline is None or baseline.rows is None:
        return Verdict(None, "there is no baseline")
    was = baseline.rows
    # the share as it is written, so that 0.29 of 100 rows is 29 of them
    ok = abs(n - Fraction(was)) <= Fraction(repr(bound)) * Fraction(was)
    change = abs(n - was) / was if was else (math.inf if n else 0.0)
    told = "" if n == was or not was else f", {_percent(change)} {'more' if n > was else 'fewer'}"
    figures = {
        "baseline": baseline.name,
        "rows": n,
        "baseline_rows": was,
        "value": change if math.isfinite(change) else None,
        "threshold": bound,
    }
    return Verdict(ok, f"against {baseline.name}: there are {n:,} rows{told} (it has {_number(was)})", total=n, figures=figures)


def _share(tree: Tree) -> float:
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise wrong(tree, "drift of rows", "a number from 0", "drift: 0.2 for a fifth more or fewer rows than the baseline has")
    return float(value)


def _number(rows: float) -> str:
    return f"{rows:,.0f}" if rows == int(rows) else f"{rows:,.1f}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g}%" if share < 10 else f"{100.0 * share:,.0f}%"


@register
class AllowEmpty(_RowCountCheck):
    """`allow_empty: true` takes away the rule that every source has: there is at least one row."""

    key = "allow_empty"
    accept = "`allow_empty: true`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        return [] if boolean(tree, self.key) else [Rule(self.key, line=tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return not rules

    def describe(self, rule: Rule) -> str:
        return "has rows"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.NO_DATA_IN_SPAN

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        n = results[ROWS]
        return Verdict(n > 0, "" if n else "there are no rows", total=n)
