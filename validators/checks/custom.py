"""checks: statements about rows in Python, made by `fp.check`. A contract only names them; their code stays where it was written."""

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
from featureprep.validators.raised import Raised
from featureprep.validators.reasons import Action, Reason
from featureprep.validators.yaml_tree import Tree

_TEXTS = ("says", "code", "digest", "owner", "note")


@register
class CustomChecks(RowCheck):
    """`checks: [{name: fares_add_up, columns: [fare, tip, total], code: "job.py:12", digest: ...}]`, as a contract with checks is stored.

    A row is bad where an expression is, see `expressions`, and where a function says false; null is fine. A check whose code is not given is
    not evaluated, and so is one whose function raises. Where such a check takes rows away, nobody knows which: that it is not evaluated cannot be allowed.
    """

    key = "checks"
    scope = "source"
    accept = "change the check, or say `at_most=` there"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        rules: dict[str, Rule] = {}
        for item in items(tree, self.key):
            bare, allowed = take_threshold(item, self.key, row_wise=True)
            entries = mapping(bare, "a check", ("name", "columns", "severity", "action", *_TEXTS), row_wise=True)
            for key in ("name", "columns"):
                if key not in entries:
                    raise RequestError(
                        f"a check lacks the key {key!r}", where=item.place, hint="- {name: fares_add_up, columns: [fare, tip]}"
                    )
            name = text(entries["name"], "name")
            if name in rules:
                raise RequestError(f"two checks are named {name!r}", where=item.place, hint=f"the first is in line {rules[name].line}")
            severity, action = policies(entries, head, self.key, row_wise=True)
            params: dict[str, Any] = {"columns": [text(column, "each of columns") for column in items(entries["columns"], "columns")]}
            params |= {key: text(entries[key], key) if key in entries else "" for key in _TEXTS}
            rules[name] = Rule(self.key, None, name, params, severity, action, item.line, allowed)
        return list(rules.values())

    def dump(self, rules: Sequence[Rule]) -> Any:
        return [self.entry(rule) for rule in rules]

    def entry(self, rule: Rule) -> dict[str, Any]:
        """What a contract states of one check."""
        made: dict[str, Any] = {"name": rule.part, "columns": list(rule.params["columns"])}
        return made | policy_stated(rule) | {key: rule.params[key] for key in _TEXTS if rule.params[key]}

    def describe(self, rule: Rule) -> str:
        return ": ".join(filter(None, (rule.part, " ".join(str(rule.params["says"] or rule.params["note"]).split()))))

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def columns(self, rule: Rule) -> set[str]:
        return set(rule.params["columns"])

    def obstacle(self, rule: Rule, scene: Scene) -> str | None:
        if rule.code is not None:
            return None
        stands = f", which stands in {rule.params['code']}," if rule.params["code"] else ""
        return f"its code{stands} is not given: fp.validate(..., checks=[...]), or the job that has it"

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return violation_of(fine(_code(rule)))

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        code = _code(rule)
        more = {_raised(rule): (Raised(), (_field(code, "error"),))} if code.op == "checked" else fault_folds(rule, code)
        return {**super().folds(rule, scene), **more}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        raised = results.get(_raised(rule))
        if raised is not None:
            taken = "; nobody knows which rows it takes away, so that cannot be allowed" if rule.action != Action.FAIL else ""
            return Verdict(None, f"{raised}{taken}", inexcusable=bool(taken))
        return with_faults(super().judge(rule, results, scene), rule, results)

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        at = f"{rule.file}:{rule.line}" if rule.file else where
        try:
            super().verify(rule, types, at)
            if rule.code is None:
                return
            bound = Binder(pa.schema(list(types.items())), malformed="null").bind(fine(rule.code))
        except FeatureprepError as error:
            raise RequestError(f"the check {rule.part!r}: {error.what}", where=at, hint=error.hint) from error
        if bound.type != pa.bool_():
            told = f"the check {rule.part!r} must be true or false of a row; it is {format_type(bound.type)}"
            raise RequestError(told, where=at, hint="compare: return t.fare >= 0")


def fine(code: Node) -> Node:
    """True where a row is fine."""
    return _field(code, "fine") if code.op == "checked" else code


def _field(code: Node, name: str) -> Node:
    return Node("struct_field", (code,), {"name": name})


def _code(rule: Rule) -> Node:
    if rule.code is None:
        raise RequestError(f"the code of the check {rule.part!r} is not given")
    return rule.code


def _raised(rule: Rule) -> str:
    return f"{rule.id}/raised"
