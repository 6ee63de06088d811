"""values, range, regex, length, valency, not_nan: what a cell may hold. Null is never judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import RequestError
from featureprep.expr.literal import literal
from featureprep.expr.node import Node
from featureprep.types import format_type, is_float, is_integer, is_list, is_numeric, is_temporal, is_text
from featureprep.validators.checks.base import Head, RowCheck, Rule, Scene, column, register
from featureprep.validators.checks.items import DomainCheck, item_type
from featureprep.validators.checks.parsing import boolean, items, mapping, optioned, policies, text, value_of, whole
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree

_POLICIES = ("severity", "action")


def _refuse(tree: Tree, head: Head, key: str, takes: str) -> RequestError:
    kind = "nothing" if head.dtype is None else format_type(head.dtype)
    return RequestError(
        f"{key} is for {takes}; column {head.column!r} is {kind}", where=tree.place, hint=f"take {key} out, or state another type"
    )


@register
class Values(DomainCheck):
    """`values: [a, b]`: one of these, for text, numbers, bools, dates, timestamps, and lists of them. 1 and 1.0 are the same value; NaN is none."""

    key = "values"
    accept = "add the values to `values:`"
    examples = 20  # new values are what one wants to know

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        return [] if "min_domain_mass" in head.beside else self.rules(tree, head)  # which makes the rule then

    def rules(self, tree: Tree, head: Head) -> list[Rule]:
        """The rule, whatever else is stated."""
        value, severity, action = optioned(tree, head, self.key, "of", row_wise=True)
        dtype = item_type(head.dtype)
        if dtype is None or pa.types.is_nested(dtype) or pa.types.is_binary(dtype) or pa.types.is_null(dtype):
            raise _refuse(tree, head, self.key, "text, numbers, bools, dates and timestamps")
        allowed: dict[Any, int] = {}
        for item in items(value, self.key):
            one = value_of(item, dtype, f"each of {self.key}")
            if one in allowed:
                raise RequestError(
                    f"{item.text!r} stands twice in values, first in line {allowed[one]}", where=item.place, hint="remove one"
                )
            allowed[one] = item.line
        return [Rule(self.key, head.column, "", {"values": tuple(allowed)}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return list(rules[0].params["values"])

    def describe(self, rule: Rule) -> str:
        values = [str(value) for value in rule.params["values"]]
        if not values:
            return "is null: no value is allowed"
        return f"is one of {len(values)} values" if len(values) > 8 else f"is one of {', '.join(values)}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        kind = item_type(dtype)
        text_like = kind is not None and is_text(kind)
        return Reason.ENUM_TYPE_UNEXPECTED_STRING_VALUES if text_like else Reason.CUSTOM_VALIDATION

    def test(self, rule: Rule) -> tuple[str, Any]:
        return "outside", list(rule.params["values"])

    def outside(self, rule: Rule) -> Node:
        return Node("not", (Node("is_in", (column(str(rule.column)),), {"values": list(rule.params["values"])}),))


@register
class Range(DomainCheck):
    """`range: {min: 0, max: 10}`: both ends allowed, either may be left out. NaN is not judged here (see not_nan)."""

    key = "range"
    accept = "a wider `range:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("min", "max", *_POLICIES), row_wise=True)
        dtype = item_type(head.dtype)
        if dtype is None or not (is_numeric(dtype) or is_temporal(dtype)):
            raise _refuse(tree, head, self.key, "numbers, dates and timestamps")
        return _bounds(
            tree, entries, head, {name: value_of(entries[name], dtype, name) for name in ("min", "max") if name in entries}, self.key
        )

    def dump(self, rules: Sequence[Rule]) -> Any:
        return {rule.part: rule.params["bound"] for rule in rules}

    def describe(self, rule: Rule) -> str:
        return f"is {'at least' if rule.part == 'min' else 'at most'} {rule.params['bound']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        low, dtype = rule.part == "min", item_type(dtype)
        if dtype is not None and is_integer(dtype):
            return Reason.INT_TYPE_SMALL_INT if low else Reason.INT_TYPE_BIG_INT
        if dtype is not None and is_numeric(dtype):
            return Reason.FLOAT_TYPE_SMALL_FLOAT if low else Reason.FLOAT_TYPE_BIG_FLOAT
        return Reason.CUSTOM_VALIDATION

    def test(self, rule: Rule) -> tuple[str, Any]:
        return "below" if rule.part == "min" else "above", rule.params["bound"]

    def outside(self, rule: Rule) -> Node:
        return Node("lt" if rule.part == "min" else "gt", (column(str(rule.column)), literal(rule.params["bound"])))


@register
class Regex(DomainCheck):
    """`regex: '[A-Z]{2}[0-9]+'`: the whole text matches this RE2 pattern."""

    key = "regex"
    accept = "a wider `regex:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "pattern", row_wise=True)
        dtype = item_type(head.dtype)
        if dtype is None or not is_text(dtype):
            raise _refuse(tree, head, self.key, "text")
        pattern = text(value, self.key)
        try:
            for each in (pattern, whole_text(pattern)):  # a)|(b is valid between the parentheses of the latter
                pc.match_substring_regex(pa.array([""]), each)
        except pa.ArrowInvalid as error:
            reason = str(error).removeprefix("Invalid regular expression: ")
            hint = "patterns are RE2's (no look-around, no back-references); quote them with single quotes"
            raise RequestError(f"regex {pattern[:80]!r} is not valid: {reason[:200]}", where=value.place, hint=hint) from error
        return [Rule(self.key, head.column, "", {"pattern": pattern}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return rules[0].params["pattern"]

    def describe(self, rule: Rule) -> str:
        return f"matches {rule.params['pattern']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def test(self, rule: Rule) -> tuple[str, Any]:
        return "unlike", whole_text(rule.params["pattern"])

    def outside(self, rule: Rule) -> Node:
        found = Node("str_matches", (column(str(rule.column)),), {"pattern": whole_text(rule.params["pattern"])})
        return Node("not", (found,))


def whole_text(pattern: str) -> str:
    """The pattern that is found where `pattern` matches all of a text."""
    return rf"\A(?:{pattern})\z"


@register
class Length(RowCheck):
    """`length: {min: 1, max: 20}`: code points of a text."""

    key = "length"
    states_values = False
    accept = "a wider `length:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("min", "max", *_POLICIES), row_wise=True)
        if head.dtype is None or not is_text(head.dtype):
            error = _refuse(tree, head, self.key, "text")
            if head.dtype is not None and is_list(head.dtype):
                error.hint = "the number of items of a list is its valency: {min: 1}"
            raise error
        return _bounds(tree, entries, head, {name: whole(entries[name], name) for name in ("min", "max") if name in entries}, self.key)

    def dump(self, rules: Sequence[Rule]) -> Any:
        return {rule.part: rule.params["bound"] for rule in rules}

    def describe(self, rule: Rule) -> str:
        return f"has a length of {'at least' if rule.part == 'min' else 'at most'} {rule.params['bound']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def violation(self, rule: Rule, scene: Scene) -> Node:
        size = Node("str_len", (column(str(rule.column)),))
        return Node("lt" if rule.part == "min" else "gt", (size, literal(rule.params["bound"])))


@register
class Valency(RowCheck):
    """`valency: {min: 1, max: 5}`: items of a list, null ones among them."""

    key = "valency"
    states_values = False
    accept = "a wider `valency:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        entries = mapping(tree, self.key, ("min", "max", *_POLICIES), row_wise=True)
        if head.dtype is None or not is_list(head.dtype):
            raise _refuse(tree, head, self.key, "lists")
        return _bounds(tree, entries, head, {name: whole(entries[name], name) for name in ("min", "max") if name in entries}, self.key)

    def dump(self, rules: Sequence[Rule]) -> Any:
        return {rule.part: rule.params["bound"] for rule in rules}

    def describe(self, rule: Rule) -> str:
        return f"has {'at least' if rule.part == 'min' else 'at most'} {rule.params['bound']} items"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FEATURE_TYPE_LOW_NUMBER_VALUES if rule.part == "min" else Reason.FEATURE_TYPE_HIGH_NUMBER_VALUES

    def violation(self, rule: Rule, scene: Scene) -> Node:
        size = Node("list_len", (column(str(rule.column)),))
        return Node("lt" if rule.part == "min" else "gt", (size, literal(rule.params["bound"])))


@register
class NotNan(RowCheck):
    """`not_nan: true`: no cell is NaN."""

    key = "not_nan"
    accept = "take `not_nan:` out"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        value, severity, action = optioned(tree, head, self.key, "is", row_wise=True)
        if head.dtype is None or not is_float(head.dtype):
            raise _refuse(tree, head, self.key, "float32 and float64")
        return [Rule(self.key, head.column, "", {}, severity, action, tree.line)] if boolean(value, self.key) else []

    def dump(self, rules: Sequence[Rule]) -> Any:
        return True

    def describe(self, rule: Rule) -> str:
        return "is not NaN"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.FLOAT_TYPE_HAS_NAN

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return Node("is_nan", (column(str(rule.column)),))

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        return []


def _bounds(tree: Tree, entries: Mapping[str, Tree], head: Head, bounds: Mapping[str, Any], key: str) -> list[Rule]:
    severity, action = policies(entries, head, key, row_wise=True)
    if not bounds:
        raise RequestError(f"{key} has neither min nor max", where=tree.place, hint=f"{key}: {{min: 0, max: 10}}")
    if len(bounds) == 2 and bounds["min"] > bounds["max"]:
        raise RequestError(
            f"{key} is empty: min {bounds['min']} is above max {bounds['max']}", where=entries["min"].place, hint="swap them"
        )
    return [Rule(key, head.column, name, {"bound": bound}, severity, action, entries[name].line) for name, bound in bounds.items()]
