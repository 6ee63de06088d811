"""What must be known of the data beyond the outcomes of its rules, before other limits can be proposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.folds.extremes import MinMax
from featureprep.validators.checks.base import RowCheck, Rule, Scene, column
from featureprep.validators.checks.uniqueness import readable
from featureprep.validators.contract import Column, check_of
from featureprep.validators.moments import FarMoment
from featureprep.validators.violations import TEXT_SHOWN, Violations, can_show

MOST_VALUES: Final = 100
"""More new values than these are no domain: they are not proposed."""


@dataclass(frozen=True)
class Facts:
    """Of one source.

    Attributes
    ----------
    limits : mapping of rule id to value
        The smallest or largest value (or length) that the data has, for rules about a range or length.
    values : mapping of rule id to values
        All that are not among a rule's `values:`; a rule is not here where they are too many or too long, or may not be told.
    inferred : mapping of name to Column
        What would be inferred from the data alone.
    """

    limits: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    inferred: Mapping[str, Column] = field(default_factory=dict)


def fact_folds(rules: Iterable[Rule], scene: Scene) -> dict[str, tuple[Fold, tuple[Node, ...]]]:
    """What to fold over all rows for these rules, by rule id; nothing for those whose values may not be told."""
    made: dict[str, tuple[Fold, tuple[Node, ...]]] = {}
    for rule in rules:
        check, name = check_of(rule), str(rule.column)
        if rule.column in scene.sensitive and check.states_values:
            continue
        if rule.check == "range" and can_show(scene.types[name]):  # of lists the rule is about their items
            made[rule.id] = (MinMax(), (column(name),))
        elif rule.check == "valency" or (rule.check == "length" and can_show(scene.types[name])):
            made[rule.id] = (MinMax(), (Node("list_len" if rule.check == "valency" else "str_len", (column(name),)),))
        elif rule.check == "values" and isinstance(check, RowCheck) and can_show(scene.types[name]):
            made[rule.id] = (Violations(MOST_VALUES + 1), (check.violation(rule, scene), column(name)))
    return made


def facts_of(rules: Iterable[Rule], results: Mapping[str, Any], scene: Scene, inferred: Mapping[str, Column]) -> Facts:
    """What the finished folds tell."""
    limits: dict[str, Any] = {}
    values: dict[str, tuple[Any, ...]] = {}
    for rule in rules:
        found = results.get(rule.id)
        if found is None:
            continue
        if rule.check == "values":
            new = tuple(example[0] for example in found.examples)
            if len(new) <= MOST_VALUES and all(value == value and not _untold(value) for value in new):
                values[rule.id] = new
        elif found.n:
            end = found.min if rule.part == "min" else found.max
            limit = readable(end, scene.types[str(rule.column)]) if rule.check == "range" else end
            if not isinstance(limit, FarMoment):
                limits[rule.id] = limit
    return Facts(limits, values, inferred)


def _untold(value: Any) -> bool:
    """Whether a contract cannot state it: a text that is cut, a moment beyond the years of Python's."""
    return isinstance(value, FarMoment) or (isinstance(value, str) and len(value) >= TEXT_SHOWN)
