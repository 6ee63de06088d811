"""references: foreign keys. Every value occurs in a column of another source, or of the same one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.types import format_type, is_float, is_integer
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import mapping, policies, text
from featureprep.validators.checks.such_rows import holding
from featureprep.validators.moments import python_values
from featureprep.validators.reasons import Reason
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.value_set import ValueSet, ValueSetResult, counted
from featureprep.validators.yaml_tree import Tree

_SHOWN: Final = 5
_HINT: Final = "references: {source: zones, column: zone_id}"


@register
class References(Check):
    """`references: {source: zones, column: zone_id}`: every value of the column that is not null occurs there.

    Both columns are of one type; integers may differ in width. It costs the memory of the distinct values of both.
    """

    key = "references"
    states_values = False
    accept = "take `references:` out"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("source", "column", "severity", "action"))
        for key in ("source", "column"):
            if key not in entries:
                raise RequestError(f"references lacks the key {key!r}", where=tree.place, hint=_HINT)
        if head.dtype is None or pa.types.is_nested(head.dtype) or is_float(head.dtype):
            kind = "nothing" if head.dtype is None else format_type(head.dtype)
            told = f"references is for whole numbers, text, dates and such; column {head.column!r} is {kind}"
            raise RequestError(told, where=tree.place, hint="take references out, or state another type")
        try:
            severity, action = policies(entries, head, self.key, row_wise=False)
        except RequestError as error:
            raise error.at(tree.place) from None
        params = {key: text(entries[key], f"{key} of references") for key in ("source", "column")}
        return [Rule(self.key, head.column, "", params, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return dict(rules[0].params)

    def describe(self, rule: Rule) -> str:
        return f"occurs in {rule.params['column']} of {rule.params['source']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def elsewhere(self, rule: Rule) -> tuple[str, str]:
        return rule.params["source"], rule.params["column"]

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return referenced(str(rule.column))

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        source, name = self.elsewhere(rule)
        there: ValueSetResult = scene.others[source][next(iter(referenced(name)))]
        found: ValueSetResult = results[next(iter(referenced(str(rule.column))))]
        absent = found.absent_from(there)
        values = [] if absent is None else python_values(absent["key0"].slice(0, _SHOWN))
        return holding([str(rule.column)], [[value] for value in values])

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        source, name = self.elsewhere(rule)
        if source not in scene.others:
            return Verdict(None, f"the source {source!r} is not given")
        there: ValueSetResult | None = scene.others[source].get(next(iter(referenced(name))))
        if there is None:
            return Verdict(None, f"the source {source!r} does not have the column {name!r}, or not in the contract's type")
        found: ValueSetResult = results[next(iter(referenced(str(rule.column))))]
        absent = found.absent_from(there)
        if absent is None:
            return Verdict(ok=True, message="", count=0, total=found.n + found.missing)
        examples = () if rule.column in scene.sensitive else tuple(python_values(absent["key0"].slice(0, _SHOWN)))
        message = f"{absent.num_rows:,} different value{'' if absent.num_rows == 1 else 's'} not in {name} of {source}"
        return Verdict(False, message, counted(absent), found.n + found.missing, examples)


def referenced(name: str) -> FoldRequests:
    """What must be known of a column that refers, or that is referred to; one request whichever it is."""
    return {f"{name}/value_set": (ValueSet(), (column(name),))}


def verify_elsewhere(rule: Rule, here: pa.DataType, types: Mapping[str, Mapping[str, pa.DataType]], where: str) -> None:
    """Hold a reference against the columns of all sources.

    Raises
    ------
    RequestError
        For a source or a column that is not there, and one of another type.
    """
    source, name = rule.params["source"], rule.params["column"]
    if source not in types:
        hint = did_you_mean(source, sorted(types)) if any(types) else "sources: {trips: {columns: ...}, zones: {columns: ...}}"
        raise RequestError(f"references: the contract has no source {source[:80]!r}", where=where, hint=hint)
    if name not in types[source]:
        hint = did_you_mean(name, sorted(types[source]))
        raise RequestError(f"references: the source {source[:80]!r} has no column {name[:80]!r}", where=where, hint=hint)
    there = types[source][name]
    if here != there and not (is_integer(here) and is_integer(there)):
        told = f"column {rule.column!r} is {format_type(here)}, and {name!r} of {source!r} is {format_type(there)}"
        raise RequestError(f"references: {told}", where=where, hint="state one type for both")
