"""The difference of two contracts: every statement that is new, gone or another, classed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from featureprep.validators.changes.change import ChangeClass, ContractChange
from featureprep.validators.changes.columns import both_stated, column_added, column_removed, counted, remarks
from featureprep.validators.changes.rules import lets_pass, says_the_same
from featureprep.validators.changes.words import both, words
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Contract, SourceContract

_CLASSES: Final = tuple(ChangeClass)
_STRICT: Final = ("allow", "warn", "error")


def compare_contracts(before: Contract | None, after: Contract | None) -> list[ContractChange]:
    """Every statement that differs, the worst classes first, then by line; None states nothing."""
    old, new = ({} if c is None else {source.name: source for source in c.sources} for c in (before, after))
    found: list[ContractChange] = []
    if old and new and ("" in old) != ("" in new):  # the one that is for any source is held against each
        named = [name for name in (*old, *new) if name]
        wide, texts = "" in new, ("columns of a single source", f"sections for {', '.join(named)}")
        found.append(ContractChange("", "", texts[wide], texts[not wide], backward=wide, forward=not wide))
        old, new = (dict.fromkeys(named, one[""]) if "" in one else one for one in (old, new))
    for name in dict.fromkeys([*new, *old]):
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None:
            found += _source(name, was, now)
        elif was is not None:
            found += _gone(name, was, backward=after is None)
        elif now is not None:
            found += _come(name, now, forward=before is None)
    return sorted(found, key=_order)


def _order(change: ContractChange) -> tuple[int, int, str, bool, str]:
    line = change.lines[1] or change.lines[0] or 0
    return _CLASSES.index(change.kind), line, change.source, not change.column, change.column


def _source(name: str, old: SourceContract, new: SourceContract) -> Iterator[ContractChange]:
    hidden = old.sensitive | new.sensitive
    was, now = ({column.name: column for column in source.columns} for source in (old, new))
    for column in [c for c in now if c not in was]:
        yield column_added(name, now[column], old)
    for column in [c for c in was if c not in now]:
        yield column_removed(name, was[column], new)
    for column in [c for c in now if c in was]:
        yield from both_stated(name, was[column], now[column], old, new)
    if [c for c in was if c in now] != [c for c in now if c in was]:
        yield ContractChange(name, "", "the columns in one order", "the columns in another order", backward=True, forward=True)
    yield from _rules(name, {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}, hidden)
    yield from _settings(name, old, new)


def _gone(name: str, source: SourceContract, *, backward: bool) -> Iterator[ContractChange]:
    """A source of which nothing is stated any more: to validate it is an error, but where there is no contract at all."""
    lost = "nothing is promised of the source any more"
    for column in source.columns:
        text = f"the column was stated, {counted(column)}"
        yield ContractChange(name, column.name, text, "", backward=backward, forward=False, lost=lost, lines=(column.line, None))
    for rule in source.rules:
        text = words(rule, source.sensitive)
        yield ContractChange(name, "", text, "", backward=backward, forward=False, lost=lost, lines=(rule.line, None))


def _come(name: str, source: SourceContract, *, forward: bool) -> Iterator[ContractChange]:
    """A source of which nothing was stated."""
    for column in source.columns:
        text = f"the column is stated, {counted(column)}"
        yield ContractChange(name, column.name, "", text, backward=not forward, forward=forward, lines=(None, column.line))
    for rule in source.rules:
        text = words(rule, source.sensitive)
        yield ContractChange(name, "", "", text, backward=not forward, forward=forward, lines=(None, rule.line))


def _rules(name: str, was: dict[str, Rule], now: dict[str, Rule], hidden: frozenset[str]) -> Iterator[ContractChange]:
    renamed = {x: y for x in now if x not in was for y in was if y not in now and says_the_same(was[y], now[x])}
    for key in [*now, *(key for key in was if key not in now and key not in renamed.values())]:
        a, b = was.get(renamed.get(key, key)), now.get(key)
        if a is None and b is not None:
            yield ContractChange(name, "", "", words(b, hidden), backward=False, forward=True, lines=(None, b.line))
        elif b is None and a is not None:
            yield ContractChange(name, "", words(a, hidden), "", backward=True, forward=False, lines=(a.line, None), rule=a.id)
        elif a is not None and b is not None and a != b:
            yield ContractChange(
                name, "", *both(a, b, hidden), backward=lets_pass(a, b), forward=lets_pass(b, a), lines=(a.line, b.line), rule=a.id
            )  # fmt: skip


def _settings(name: str, old: SourceContract, new: SourceContract) -> Iterator[ContractChange]:
    lines = (old.line, new.line)
    a, b = _STRICT.index(old.extra_columns), _STRICT.index(new.extra_columns)
    if a != b:
        texts = (f"extra_columns: {old.extra_columns}", f"extra_columns: {new.extra_columns}")
        yield ContractChange(name, "", *texts, backward=b < a, forward=a < b, lines=lines)
    if old.allow_not_evaluated != new.allow_not_evaluated:
        texts = ("rules that cannot be evaluated fail", "rules that cannot be evaluated pass")
        texts = texts if new.allow_not_evaluated else texts[::-1]
        yield ContractChange(name, "", *texts, backward=new.allow_not_evaluated, forward=old.allow_not_evaluated, lines=lines)
    if old.environments != new.environments:
        gone, come = ([e for e in one.environments if e not in other.environments] for one, other in ((old, new), (new, old)))
        texts = (f"environments: {', '.join(old.environments)}", f"environments: {', '.join(new.environments)}")
        yield ContractChange(name, "", *texts, backward=not gone, forward=not come, lines=lines)
    for key in ("owner", "note"):
        if getattr(old, key) != getattr(new, key):
            yield ContractChange(name, "", *remarks(key, old, new), backward=True, forward=True, lines=lines)
