"""monotonic: values that do not fall when the rows are ordered by another column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.types import format_type, is_numeric, is_temporal, is_text
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import boolean, mapping, policies, text
from featureprep.validators.checks.such_rows import holding
from featureprep.validators.ordering import Ordering, OrderingResult
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree


@register
class Monotonic(Check):
    """`monotonic: {by: pickup_at, strict: false}`: no row's value is below that of a row with a smaller `by`; strict: nor equal to it.

    Rows with the same `by` are not held against each other. Rows where either is null or NaN are left out. It costs the memory or
    disk of all distinct pairs.
    """

    key = "monotonic"
    states_values = False
    accept = "take `monotonic:` out"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("by", "strict", "severity", "action"))
        if "by" not in entries:
            raise RequestError("monotonic lacks the key 'by'", where=tree.place, hint="monotonic: {by: pickup_at}")
        if head.dtype is None or not (is_numeric(head.dtype) or is_temporal(head.dtype)):
            kind = "nothing" if head.dtype is None else format_type(head.dtype)
            raise RequestError(
                f"monotonic is for numbers, dates and timestamps; column {head.column!r} is {kind}",
                where=tree.place,
                hint="take monotonic out, or state another type",
            )
        by = text(entries["by"], "by")
        if by == head.column:
            raise RequestError(
                "monotonic orders a column by itself", where=entries["by"].place, hint="name the column that orders the rows"
            )
        try:
            severity, action = policies(entries, head, self.key, row_wise=False)
        except RequestError as error:
            raise error.at(tree.place) from None
        strict = "strict" in entries and boolean(entries["strict"], "strict")
        return [Rule(self.key, head.column, "", {"by": by, "strict": strict}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        (rule,) = rules
        return {"by": rule.params["by"]} | ({"strict": True} if rule.params["strict"] else {})

    def describe(self, rule: Rule) -> str:
        return f"{'rises' if rule.params['strict'] else 'never falls'} with {rule.params['by']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def columns(self, rule: Rule) -> set[str]:
        return {str(rule.column), str(rule.params["by"])}

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        super().verify(rule, types, where)
        kind = types[str(rule.params["by"])]
        if not (is_numeric(kind) or is_temporal(kind) or is_text(kind)):
            told = f"monotonic is by numbers, text, dates and timestamps; column {rule.params['by']!r} is {format_type(kind)}"
            raise RequestError(told, where=where)

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {rule.id: (Ordering(strict=rule.params["strict"]), (column(rule.params["by"]), column(str(rule.column))))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: OrderingResult = results[rule.id]
        names = (rule.params["by"], rule.column)
        shown = [(i, name) for i, name in enumerate(names) if name not in scene.sensitive]
        examples = tuple({name: example[i] for i, name in shown} for example in found.examples if shown)
        below = "not above" if rule.params["strict"] else "below"
        many = "value is" if found.falling == 1 else "values are"
        message = f"{found.falling:,} {many} {below} that of a row with a smaller {rule.params['by']}" if found.falling else ""
        return Verdict(not found.falling, message, found.falling, found.n + found.skipped, examples)

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        found: OrderingResult = results[rule.id]
        return holding([rule.params["by"], str(rule.column)], found.examples)
