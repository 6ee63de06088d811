"""What is different between two contracts: rules added and removed, tightened and loosened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Contract, SourceContract, check_of
from featureprep.validators.reasons import Severity

SHOWN = 5
"""Allowed values that came or went which a difference names."""


@dataclass(frozen=True)
class ContractChange:
    """One statement that is new, gone or another.

    Attributes
    ----------
    source, column : str
        "" for a contract of a single source, and for rules about rows.
    change : "added", "removed", "tightened", "loosened" or "changed"
        "changed" where neither can be said, such as another pattern.
    before, after : str
        The rule in words; "" where there is none.
    """

    source: str
    column: str
    change: str
    before: str
    after: str

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return dict(vars(self))


def compare_contracts(before: Contract | None, after: Contract | None) -> list[ContractChange]:
    """Every statement that differs, loosened and removed ones first; a version without a contract states nothing."""
    old, new = ({} if c is None else {source.name: source for source in c.sources} for c in (before, after))
    found = [change for name in dict.fromkeys([*new, *old]) for change in _source(name, old.get(name), new.get(name))]
    order = ("removed", "loosened", "changed", "tightened", "added")
    return sorted(found, key=lambda change: order.index(change.change))


def _source(name: str, old: SourceContract | None, new: SourceContract | None) -> Iterator[ContractChange]:
    was, now = ({} if source is None else {rule.id: rule for rule in _rules(source)} for source in (old, new))
    hidden = {column for source in (old, new) if source is not None for column in source.sensitive}
    columns = [set() if source is None else {column.name for column in source.columns} for source in (old, new)]
    for column in sorted(columns[1] - columns[0]):
        yield ContractChange(name, column, "added", "", f"the column is stated, {_count(now, column)}")
    for column in sorted(columns[0] - columns[1]):
        yield ContractChange(name, column, "removed", f"the column was stated, {_count(was, column)}", "")
    both = columns[0] & columns[1]
    for key in dict.fromkeys([*now, *was]):
        a, b = was.get(key), now.get(key)
        column = (a or b).column or ""  # type: ignore[union-attr]
        if column and column not in both:
            continue
        if a is None or b is None:
            yield ContractChange(name, column, "removed" if b is None else "added", _words(a, hidden), _words(b, hidden))
        elif a != b:
            yield ContractChange(name, column, _direction(a, b), *_both_words(a, b, hidden))
    yield from _settings(name, old, new)


def _rules(source: SourceContract) -> list[Rule]:
    return [rule for column in source.columns for rule in column.rules] + list(source.rules)


def _count(rules: dict[str, Rule], column: str) -> str:
    n = sum(rule.column == column for rule in rules.values())
    return f"with {n} rule{'' if n == 1 else 's'}"


def _words(rule: Rule | None, hidden: set[str]) -> str:
    if rule is None:
        return ""
    return check_of(rule).sentence(rule, hidden) + _policy(rule)


def _policy(rule: Rule) -> str:
    parts = ["only warned of"] * (rule.severity == Severity.WARN) + [f"else {rule.action}"] * (str(rule.action) != "fail")
    return f" ({', '.join(parts)})" if parts else ""


def _both_words(a: Rule, b: Rule, hidden: set[str]) -> tuple[str, str]:
    """Both in words; of long lists of allowed values, what came and what went."""
    if a.check == "values" and a.column not in hidden:
        gone, come = (_listed([v for v in one.params["values"] if v not in other.params["values"]]) for one, other in ((a, b), (b, a)))
        if gone or come:
            sizes = [f"one of {len(rule.params['values']):,} values{_policy(rule)}" for rule in (a, b)]
            return sizes[0] + (f", with {gone}" if gone else ""), sizes[1] + (f", with {come}" if come else "")
    return _words(a, hidden), _words(b, hidden)


def _listed(values: list[Any]) -> str:
    return ", ".join(repr(v) for v in values[:SHOWN]) + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")


def _direction(a: Rule, b: Rule) -> str:
    """Whether a rule lets fewer rows pass than before, more, or others."""
    found = {_severity(a, b), *_limits(a, b)} - {""}
    return found.pop() if len(found) == 1 else "changed"


def _severity(a: Rule, b: Rule) -> str:
    if a.severity != b.severity:
        return "loosened" if b.severity == Severity.WARN else "tightened"
    if a.action != b.action:
        return "tightened" if str(b.action) == "fail" else "loosened" if str(a.action) == "fail" else "changed"
    return ""


def _limits(a: Rule, b: Rule) -> Iterator[str]:
    for name in sorted(a.params.keys() | b.params.keys()):
        was, now = a.params.get(name), b.params.get(name)
        if was == now:
            continue
        if name == "values" and isinstance(was, (list, tuple)) and isinstance(now, (list, tuple)):
            fewer, more = any(v not in now for v in was), any(v not in was for v in now)
            yield "changed" if fewer and more else "tightened" if fewer else "loosened" if more else ""
        elif was is not None and now is not None and {"min", "max"} & {name, a.part} and type(was) is type(now):
            yield "tightened" if (now < was) == ("max" in (name, a.part)) else "loosened"
        elif name != "note":
            yield "changed"


def _settings(name: str, old: SourceContract | None, new: SourceContract | None) -> Iterator[ContractChange]:
    if old is None or new is None:
        return
    strict = ("allow", "warn", "error")
    a, b = old.extra_columns, new.extra_columns
    if a != b:
        change = "tightened" if strict.index(b) > strict.index(a) else "loosened"
        yield ContractChange(name, "", change, f"extra_columns: {a}", f"extra_columns: {b}")
    if old.allow_not_evaluated != new.allow_not_evaluated:
        change = "loosened" if new.allow_not_evaluated else "tightened"
        texts = [f"rules that cannot be evaluated {'pass' if s.allow_not_evaluated else 'fail'}" for s in (old, new)]
        yield ContractChange(name, "", change, *texts)
    for column in sorted(old.sensitive ^ new.sensitive):
        change = "tightened" if column in new.sensitive else "loosened"
        marks = ["values are hidden (sensitive)" if column in s.sensitive else "values are shown" for s in (old, new)]
        yield ContractChange(name, column, change, *marks)
