"""expressions: statements about several columns of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from featureprep.errors import FeatureprepError, RequestError
from featureprep.expr.bind import Binder
from featureprep.expr.node import Node
from featureprep.types import format_type
from featureprep.validators.checks.base import Head, RowCheck, Rule, Scene, register
from featureprep.validators.checks.parsing import items, mapping, policies, text
from featureprep.validators.checks.thresholds import take_threshold
from featureprep.validators.expression_text import parse_expression
from featureprep.validators.reasons import Action, Reason, Severity
from featureprep.validators.yaml_tree import Tree


@register
class Expressions(RowCheck):
    """`expressions: [{name: tips are plausible, expr: tips <= fare * 0.5, severity: warn, action: quarantine}]`.

    A row is bad where the expression is false; where it is null (a value it needs is missing or malformed) the row is fine.
    """

    key = "expressions"
    scope = "source"
    accept = "change the expression"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        rules: dict[str, Rule] = {}
        for item in items(tree, self.key):
            bare, allowed = take_threshold(item, self.key, row_wise=True)
            entries = mapping(bare, "an expression", ("name", "expr", "severity", "action", "note"))
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
            entry |= {"severity": str(rule.severity)} if rule.severity != Severity.ERROR else {}
            entry |= {"action": str(rule.action)} if rule.action != Action.FAIL else {}
            entry |= {"at_most": rule.at_most.stated} if rule.at_most is not None else {}
            entry |= {"note": rule.params["note"]} if rule.params["note"] else {}
            made.append(entry)
        return made

    def describe(self, rule: Rule) -> str:
        expr = " ".join(str(rule.params["expr"]).split())
        return expr if expr == rule.part else f"{rule.part}: {expr}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return Node("not", (parse_expression(str(rule.params["expr"]), scene.types),))

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
