"""Of two rules of the same check: whether all data that one lets pass passes the other.

A rule lets data pass in two senses, and both must hold: as `featureprep validate` judges, and with `--fail-on warn`. Where rules take
rows away, the rows that are left after the first must be left after the second.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

import pyarrow as pa

from featureprep.types import is_float, leaves, parse_type
from featureprep.validators.checks.base import Rule
from featureprep.validators.checks.freshness import age_of
from featureprep.validators.checks.thresholds import tolerates
from featureprep.validators.checks.types import fits
from featureprep.validators.expression_text import parse_expression
from featureprep.validators.reasons import Action, Severity
from featureprep.validators.threshold import Threshold

_ANY: Final = Threshold(share=math.inf)
_NONE: Final = Threshold(rows=0)
_COUNTED: Final = ("type", "required", "nullable", "null_fraction", "not_nan", "unique")
"""Checks of a column that end the same for a value and the one it is rounded to."""
_OF_NULLS: Final = ("nullable", "null_fraction")
_OF_WHOLE: Final = frozenset("drift expressions fresh keys length min_domain_mass monotonic range regex valency values".split())
"""Those that end the same for a whole number of any type."""


def lets_pass(a: Rule, b: Rule) -> bool:
    """Whether all data that passes `a` passes `b`, types aside."""
    return _asks_no_more(a, b) and policy_lets_pass(a, b)


def policy_lets_pass(a: Rule, b: Rule) -> bool:
    """As `lets_pass`, by severity, action and threshold alone."""
    strict = [_NONE if rule.action != Action.FAIL else rule.at_most or _NONE for rule in (a, b)]
    if not (_within(tolerated(a), tolerated(b)) and _within(*strict)):
        return False
    if b.check == "type" and a.severity == Severity.WARN and b.severity != Severity.WARN:
        return False  # a column that is of another type as a whole fails, whatever is done with rows
    newly_taken = b.action != Action.FAIL and a.action == Action.FAIL
    return not newly_taken or _within(tolerated(a), _NONE)


def says_the_same(a: Rule, b: Rule) -> bool:
    """Whether two rules with ids of their own are one: a key's columns in another order, an expression of another name."""
    return a.check == b.check in ("expressions", "keys") and _asks_no_more(a, b) and _asks_no_more(b, a)


def exchange_lets_pass(a: Rule, b: Rule) -> bool:
    """As `lets_pass`, of two checks that say one thing in two ways: `nullable` and `null_fraction`, `values` and `min_domain_mass`."""
    if a.check in _OF_NULLS:
        return policy_lets_pass(a, b) and (b.check == "null_fraction" or not a.params["max"])
    if not (policy_lets_pass(a, b) and _values(a.params, b.params, "")):
        return False
    return a.params["min"] == 1 if a.check == "min_domain_mass" else enforced(a)


def enforced(rule: Rule) -> bool:
    """Whether no cell that breaks it is left in data that passes."""
    return rule.action != Action.FAIL or _within(tolerated(rule), _NONE)


def tolerated(rule: Rule) -> Threshold:
    """How many rows may break a rule before the data fails."""
    if rule.severity == Severity.WARN:
        return _ANY
    return rule.at_most or (_NONE if rule.action == Action.FAIL else _ANY)


def type_lets_pass(a: Rule, b: Rule, others: Collection[Rule]) -> bool:
    """Whether all data that passes a column's type `a` passes `b`, the other rules being as they are.

    Parameters
    ----------
    others : rules
        All that look at the column.
    """
    if not policy_lets_pass(a, b):
        return False
    # a row that was taken away for a cell stays, and the cell counts as null
    if a.action != Action.FAIL and tolerates(b) and any(rule.column == b.column and rule.check in _OF_NULLS for rule in others):
        return False
    was, now = (parse_type(str(rule.params["type"])) for rule in (a, b))
    if was == now:
        return True
    # a cell that did not fit was null to all other rules, and is a value to them now
    if not fits(was, now) or pa.types.is_null(was) or not _within(tolerated(a), _NONE):
        return False
    checks = {rule.check for rule in others if rule.column != b.column or rule.check not in _COUNTED}
    if any(is_float(leaf) or pa.types.is_decimal(leaf) for leaf in leaves(now)):  # a wider one tells values apart
        return not checks
    # differences of uint64 have no negative
    return checks <= _OF_WHOLE and not (pa.types.is_uint64(now) and "expressions" in checks)


def _within(a: Threshold, b: Threshold) -> bool:
    """Whether `b` tolerates whatever `a` does."""
    if b == _ANY or not a.stated or (b.share is not None and b.share >= 1):
        return True
    return (a.rows is None) == (b.rows is None) and a.stated <= b.stated


def _asks_no_more(a: Rule, b: Rule) -> bool:
    if {**a.params, "note": ""} == {**b.params, "note": ""}:
        return True
    compare = _COMPARED.get(a.check)
    return compare is not None and compare(a.params, b.params, a.part)


def _bounds(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    was, now = a["bound"], b["bound"]
    if type(was) is not type(now) or (isinstance(was, dt.datetime) and (was.tzinfo is None) != (now.tzinfo is None)):
        return False
    return bool(now <= was if part == "min" else now >= was)


def _values(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    known = {(type(value), value) for value in b["values"]}
    return all((type(value), value) in known for value in a["values"])


def _mass(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    return _values(a, b, part) and bool(b["min"] <= a["min"])


def _age(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    was, now = (age_of(str(params["max_age"])) for params in (a, b))
    return was is not None and now is not None and was <= now


def _at_most(key: str) -> Callable[[Mapping[str, Any], Mapping[str, Any], str], bool]:
    """A larger one lets more pass, all else being equal."""

    def compare(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
        if key not in a or key not in b:
            return False
        return bool(a[key] <= b[key]) and {**a, key: 0} == {**b, key: 0}

    return compare


def _same_code(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    return bool(a["digest"] == b["digest"])


def _order(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    return bool(a["by"] == b["by"] and a["strict"])


def _same_key(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    return set(a["columns"]) == set(b["columns"])


def _same_expression(a: Mapping[str, Any], b: Mapping[str, Any], part: str) -> bool:
    return parse_expression(str(a["expr"])).key == parse_expression(str(b["expr"])).key


_COMPARED: Final[dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], bool]]] = {
    "checks": _same_code, "drift": _at_most("threshold"), "expressions": _same_expression, "fresh": _age, "keys": _same_key, "length": _bounds,
    "min_domain_mass": _mass, "monotonic": _order, "null_fraction": _at_most("max"), "range": _bounds, "rows": _bounds, "valency": _bounds, "values": _values,
}  # fmt: skip
"""What another limit means, by check; of checks that are not here, other limits are incomparable."""
