"""required, nullable, null_fraction: whether a column exists, and whether its cells hold something.

A cell that did not fit its type is null to who reads it. Where the column's `type` fails for it, or takes its row away, that is said there, and
not here again; where `type` lets it pass (`tolerates`), it counts as null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.counts import NullCounts, NullCountsResult
from featureprep.validators.checks.base import Check, FoldRequests, Head, RowCheck, Rule, Scene, Verdict, column, malformed, register
from featureprep.validators.checks.parsing import boolean, optioned, share
from featureprep.validators.reasons import Reason
from featureprep.validators.violations import Violations
from featureprep.validators.yaml_tree import Tree


@register
class Required(Check):
    """`required: true` (the default): the source has the column. Judged from its columns, without a fold."""

    key = "required"
    accept = "`required: false`, or take the column out"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        # rows do not come into it, so the column's action does not either
        relaxed = Head(head.column, head.dtype, head.sensitive, head.severity)
        value, severity, action = optioned(tree, relaxed, self.key, "is", row_wise=False)
        return [Rule(self.key, head.column, "", {}, severity, action, tree.line)] if boolean(value, self.key) else []

    def dump(self, rules: Sequence[Rule]) -> Any:
        return bool(rules)

    def describe(self, rule: Rule) -> str:
        return "exists"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.SCHEMA_MISSING_COLUMN

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        return Verdict(ok=True, message="")

    def columns(self, rule: Rule) -> set[str]:
        return set()


@register
class Nullable(RowCheck):
    """`nullable: false`: no cell is null, nor does one not fit its type where `type` lets that pass; NaN is not null."""

    key = "nullable"
    accept = "`nullable: true`, or a `null_fraction:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "is", row_wise=True)
        if isinstance(value.value, (int, float)) and not isinstance(value.value, bool):
            raise RequestError("nullable is true or false", where=value.place, hint=f"null_fraction: {value.text} allows a share of nulls")
        return [] if boolean(value, self.key) else [Rule(self.key, head.column, "", {}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return False

    def describe(self, rule: Rule) -> str:
        return "is not null"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FEATURE_TYPE_LOW_FRACTION_PRESENT

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return missing(str(rule.column), scene)

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        return []


@register
class NullFraction(Check):
    """`null_fraction: 0.01`: at most this share of all rows is null, as `nullable` has it."""

    key = "null_fraction"
    states_values = False
    accept = "a larger `null_fraction:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "max", row_wise=False)
        return [Rule(self.key, head.column, "", {"max": share(value, self.key)}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return rules[0].params["max"]

    def describe(self, rule: Rule) -> str:
        return f"is null in at most {rule.params['max']:.6g} of the rows"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FEATURE_TYPE_LOW_FRACTION_PRESENT

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        name = str(rule.column)
        nulls: FoldRequests = {f"{name}/nulls": (NullCounts(), (column(name),))}
        return nulls if name in scene.tolerated else {**nulls, f"{name}/type": (Violations(), (malformed(name),))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        counts: NullCountsResult = results[f"{rule.column}/nulls"]
        total = counts.n + counts.nulls + counts.nans
        nulls = counts.nulls - (0 if rule.column in scene.tolerated else results[f"{rule.column}/type"].count)
        most = rule.params["max"]
        ok = total == 0 or nulls / total <= most
        return Verdict(ok, "" if ok else f"{nulls / total:.6g} of the rows are null, {most:.6g} are allowed", nulls, total)


def missing(name: str, scene: Scene) -> Node:
    """True where a cell is null, and not because it did not fit if `type` says so."""
    null = Node("is_null", (column(name),))
    return null if name in scene.tolerated else Node("and", (null, Node("not", (malformed(name),))))
