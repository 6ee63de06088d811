"""rows, allow_empty: how many rows a source has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.folds.counts import RowCount
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import boolean, mapping, policies, whole
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
    """`rows: {min: 1000, max: 100000}`: the number of rows, before any rule takes one away."""

    key = "rows"
    accept = "other bounds under `rows:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("min", "max", "severity", "action"))
        severity, action = policies(entries, head, self.key, row_wise=False)
        bounds = {name: whole(entries[name], f"{name} of {self.key}") for name in ("min", "max") if name in entries}
        if not bounds:
            raise RequestError("rows has neither min nor max", where=tree.place, hint="rows: {min: 1000}")
        if len(bounds) == 2 and bounds["min"] > bounds["max"]:
            raise RequestError(f"rows is empty: min {bounds['min']} is above max {bounds['max']}", where=entries["min"].place)
        return [Rule(self.key, None, name, {"bound": bound}, severity, action, entries[name].line) for name, bound in bounds.items()]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return {rule.part: rule.params["bound"] for rule in rules}

    def describe(self, rule: Rule) -> str:
        return f"has {'at least' if rule.part == 'min' else 'at most'} {rule.params['bound']} rows"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.DATASET_LOW_NUM_EXAMPLES if rule.part == "min" else Reason.DATASET_HIGH_NUM_EXAMPLES

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        n, bound = results[ROWS], rule.params["bound"]
        ok = n >= bound if rule.part == "min" else n <= bound
        return Verdict(ok, "" if ok else f"there are {n} rows", total=n)


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
