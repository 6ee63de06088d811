"""Rules in words, side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import check_of
from featureprep.validators.reasons import Severity

SHOWN: Final = 5
"""Allowed values that came or went which a difference names."""


def words(rule: Rule, hidden: Collection[str]) -> str:
    """What a rule states, with its policy; nothing of the values of `hidden` columns."""
    return check_of(rule).sentence(rule, hidden) + policy(rule)


def policy(rule: Rule) -> str:
    """What becomes of rows that break it, in parentheses; "" where the data fails for each."""
    parts = ["only warned of"] * (rule.severity == Severity.WARN) + [f"else {rule.action}"] * (str(rule.action) != "fail")
    parts += [] if rule.at_most is None else [f"but for {rule.at_most}"]
    return f" ({', '.join(parts)})" if parts else ""


def both(a: Rule, b: Rule, hidden: Collection[str]) -> tuple[str, str]:
    """Both in words; of lists of allowed values, what came and what went."""
    if a.check == "values" and a.column not in hidden:
        gone, come = (_listed([v for v in one.params["values"] if v not in other.params["values"]]) for one, other in ((a, b), (b, a)))
        if gone or come:
            sizes = [
                f"one of {n:,} {'value' if n == 1 else 'values'}{policy(rule)}" for rule in (a, b) for n in [len(rule.params["values"])]
            ]
            return sizes[0] + (f", with {gone}" if gone else ""), sizes[1] + (f", with {come}" if come else "")
    return words(a, hidden), words(b, hidden)


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(repr(v) for v in values[:SHOWN]) + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")
