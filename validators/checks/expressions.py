"""expressions: statements about several columns of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import FeatureprepError, RequestError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node
from featureprep.types import format_type
from featureprep.validators.checks.base import FoldRequests, Head, RowCheck, Rule, Scene, Verdict, register
from featureprep.validators.checks.faults import fault_folds, violation_of, with_faults
from featureprep.validators.checks.parsing import items, mapping, policies, policy_stated, text
from featureprep.validators.checks.thresholds import take_threshold
from featureprep.validators.expression_text import parse_expression
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree


@register
class Expressions(RowCheck):
    """`expressions: [{name: tips are plausible, expr: tips <= fare * 0.5, severity: warn, action: quarantine}]`.

    A row is bad where the expression is false. Where it is null the row is fine if a value that it needs is null or does not fit its type,
    and bad if something in it has no result: a whole number beyond 64 bits, a division by 0, NaN made of numbers.
    """

    key = "expressions"
    scope = "source"
    accept = "change the expression"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        rules: dict[str, Rule] = {}
        for item in items(tree, self.key):
            bare, allowed = take_threshold(item, self.key, row_wise=True)
            entries = mapping(bare, "an expression", ("name", "expr", "severity", "action", "note"), row_wise=True)
            if "expr" not in entries:
                raise RequestError("an expression lacks the key 'expr'", where=item.place, hint="- {name: sane fare, expr: fare >= 0}")
            expr = text(entries["expr"], "expr")
            name = text(entries["name"], "name") if "name" in entries else " ".join(expr.split())
            if name in rules:
                raise RequestError(f"two expressions are named {name!r}", where=item.place, hint=f"the first is in line {rules[name].line}")
            severity, action = policies(entries, head, self.key, row_wise=True)
            params = {"expr": expr, "note": text(entries["note"], "note") if "note" in entries else ""}
            rules[name] = Rule(self.key, None, name, params, severity, action, entries["expr"].line, allowed)
        return list(rules.values())

    def dump(self, rules: Sequence[Rule]) -> Any:
        made = []
        for rule in rules:
            entry: dict[str, Any] = {"name": rule.part} if rule.part != " ".join(rule.params["expr"].split()) else {}
            entry["expr"] = rule.params["expr"]
            entry |= policy_stated(rule)
            entry |= {"note": rule.params["note"]} if rule.params["note"] else {}
            made.append(entry)
        return made

    def describe(self, rule: Rule) -> str:
        expr = " ".join(str(rule.params["expr"]).split())
        return expr if expr == rule.part else f"{rule.part}: {expr}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return violation_of(parse_expression(str(rule.params["expr"]), scene.types))

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {**super().folds(rule, scene), **fault_folds(rule, parse_expression(str(rule.params["expr"]), scene.types))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        return with_faults(super().judge(rule, results, scene), rule, results)

    def columns(self, rule: Rule) -> set[str]:
        return parse_expression(str(rule.params["expr"])).columns()

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        try:
            bound = Binder(pa.schema(list(types.items())), malformed="null").bind(parse_expression(str(rule.params["expr"]), types))
        except FeatureprepError as error:
            raise RequestError(f"the expression {rule.part!r}: {error.what}", where=where, hint=error.hint) from error
        if bound.type != pa.bool_():
            told = f"the expression {rule.part!r} must be true or false; it is {format_type(bound.type)}"
            raise RequestError(told, where=where, hint="compare: fare >= 0")
