"""min_domain_mass: the share of the values that are among those of `values:`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.folds.counts import NullCounts, NullCountsResult
from featureprep.types import is_list
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.domains import Values
from featureprep.validators.checks.items import as_kept
from featureprep.validators.checks.parsing import optioned, share
from featureprep.validators.item_totals import ItemTotals
from featureprep.validators.reasons import Reason
from featureprep.validators.violations import Violations, ViolationsResult
from featureprep.validators.yaml_tree import Tree

_VALUES = Values()


@register
class MinDomainMass(Check):
    """`min_domain_mass: 0.95` beside `values`: at least this share of all values that are not null, of lists of their items, is among them.

    TensorFlow Metadata's `distribution_constraints.min_domain_mass`, counted over all values. Where there is no value it holds.
    """

    key = "min_domain_mass"
    accept = "add the values to `values:`, or a smaller `min_domain_mass:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "min", row_wise=False)
        least = share(value, self.key)
        stated = head.beside.get("values")
        if stated is None:
            raise RequestError(f"{self.key} is a share of `values`, and there are none", where=tree.place, hint="values: [a, b]")
        own = [name for name in ("severity", "action", "at_most") if isinstance(stated.value, dict) and name in stated.value]
        if own:
            hint = f"write {self.key}: {{min: {value.text}, {own[0]}: ...}}" if own[0] == "severity" else f"take {own[0]} or {self.key} out"
            raise RequestError(f"values has {own[0]!r}, and {self.key} decides when it fails", where=stated.at(own[0]), hint=hint)
        (rule,) = _VALUES.rules(stated, replace(head, beside={}))
        return [Rule(self.key, head.column, "", {"values": rule.params["values"], "min": least}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return rules[0].params["min"]

    def beside(self, rules: Sequence[Rule]) -> Mapping[str, Any]:
        return {"values": list(rules[0].params["values"])}

    def describe(self, rule: Rule) -> str:
        return f"{_VALUES.describe(rule)}, in {_percent(rule.params['min'])} of its values at least"

    def subject(self, rule: Rule, dtype: pa.DataType | None) -> str:
        return _VALUES.subject(rule, dtype)

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return _VALUES.reason(rule, dtype)

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        name = str(rule.column)
        bad = (Violations(Values.examples), (_VALUES.violation(rule, scene), *_VALUES.shown(rule, scene)))
        if not is_list(scene.types[name]):
            return {rule.id: bad, f"{name}/nulls": (NullCounts(), (column(name),))}
        kept = as_kept(rule, scene.types[name])
        counted = _VALUES.counted(kept, *_VALUES.test(kept)), _VALUES.counted(kept, "present", None)
        return {rule.id: bad, f"{rule.id}/items": (ItemTotals(), counted)}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: ViolationsResult = results[rule.id]
        if is_list(scene.types[str(rule.column)]):
            bad, values = results[f"{rule.id}/items"]
        else:
            nulls: NullCountsResult = results[f"{rule.column}/nulls"]
            bad, values = found.count, nulls.n + nulls.nans
        ok = not values or (values - bad) / values >= rule.params["min"]
        told = f"{bad:,} of {values:,} values {'is' if bad == 1 else 'are'} not among those allowed; {_percent(rule.params['min'])} must be"
        return Verdict(ok, told if bad else "", found.count, found.total, tuple(example[0] for example in found.examples))


def _percent(part: float) -> str:
    return f"{part * 100:.6g}%"
