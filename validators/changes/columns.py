"""The differences of what two contracts state about one column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from featureprep.validators.changes.change import ContractChange
from featureprep.validators.changes.rules import enforced, exchange_lets_pass, lets_pass, type_lets_pass
from featureprep.validators.changes.words import both, words
from featureprep.validators.checks.base import Rule
from featureprep.validators.contract import Column, SourceContract, check_of
from featureprep.validators.reasons import Action, Severity


def column_added(source: str, column: Column, old: SourceContract) -> ContractChange:
    """A column that only the later contract states. Where the earlier one only warned of such a column, it let it pass."""
    backward = old.extra_columns == "error" and column.rule("required") is None
    text = f"the column is stated, {counted(column)}"
    return ContractChange(
        source, column.name, "", text, backward=backward, forward=old.extra_columns != "error", lines=(None, column.line)
    )  # fmt: skip


def column_removed(source: str, column: Column, new: SourceContract) -> ContractChange:
    """A column that only the earlier contract states."""
    forward = new.extra_columns == "error" and column.rule("required") is None
    text = f"the column was stated, {counted(column)}"
    lost = "the column may be gone, or hold anything: who reads it can rely on nothing"
    return ContractChange(
        source, column.name, text, "", backward=new.extra_columns != "error", forward=forward, lost=lost, lines=(column.line, None)
    )  # fmt: skip


def both_stated(source: str, a: Column, b: Column, old: SourceContract, new: SourceContract) -> Iterator[ContractChange]:
    """What differs in the statements about a column that both contracts have."""
    hidden = old.sensitive | new.sensitive
    was, now = ({rule.id: rule for rule in column.rules} for column in (a, b))
    nulls = _no_nulls(a, old) and not _no_nulls(b, new)
    for checks in _EXCHANGED:
        if exchange := _exchanged(a, b, checks):
            first, second = exchange
            yield ContractChange(
                source, a.name, words(first, hidden), words(second, hidden), backward=exchange_lets_pass(first, second),
                forward=exchange_lets_pass(second, first), lost=_lost(first, second, nulls=nulls), lines=(first.line, second.line), rule=first.id,
            )  # fmt: skip
            del was[first.id], now[second.id]
    for key in dict.fromkeys([*now, *was]):
        one, other = was.get(key), now.get(key)
        if one == other:
            continue
        lost = _lost(one, other, nulls=nulls)
        if one is not None and other is not None:
            yield _altered(source, one, other, hidden, (old, new), lost)
        elif one is not None:
            yield ContractChange(
                source, a.name, words(one, hidden), "", backward=True, forward=False, lost=lost, lines=(one.line, None), rule=one.id
            )  # fmt: skip
        elif other is not None:
            yield ContractChange(source, a.name, "", words(other, hidden), backward=False, forward=True, lines=(None, other.line))
    yield from _environments(source, a, b, old, new)
    yield from _marks(source, a, b)


_EXCHANGED: Final = (("nullable", "null_fraction"), ("values", "min_domain_mass"))
"""Checks that say one thing in two ways."""
_NULLS: Final = "nulls may come where there were none: who reads the column must expect them"


def _looking_at(name: str, *contracts: SourceContract) -> list[Rule]:
    """The rules that look at a column, but for its type."""
    rules = [rule for source in contracts for rule in (*(r for column in source.columns for r in column.rules), *source.rules)]
    return [rule for rule in rules if name in {rule.column, *check_of(rule).columns(rule)} and (rule.check, rule.column) != ("type", name)]


def _altered(
    source: str, a: Rule, b: Rule, hidden: frozenset[str], contracts: tuple[SourceContract, SourceContract], lost: str
) -> ContractChange:
    """A rule that both state, and not alike."""
    if a.check == "type":
        others = _looking_at(str(a.column), *contracts)
        backward, forward = (type_lets_pass(x, y, others) for x, y in ((a, b), (b, a)))
        if a.params != b.params and not backward and not forward:
            lost = "the type is another: who reads the column meets other values, or cannot read them"
    else:
        backward, forward = lets_pass(a, b), lets_pass(b, a)
    return ContractChange(
        source, str(a.column), *both(a, b, hidden), backward=backward, forward=forward, lost=lost, lines=(a.line, b.line), rule=a.id
    )  # fmt: skip


def _lost(a: Rule | None, b: Rule | None, *, nulls: bool) -> str:
    """What readers can no longer rely on; `nulls`: nulls may come where there were none."""
    if a is None:
        return ""
    if a.check == "required" and _must(a) and (b is None or not _must(b)):
        return "the column may be absent: who reads it must expect that"
    return _NULLS if nulls and a.check in ("nullable", "null_fraction") and enforced(a) else ""


def _must(rule: Rule) -> bool:
    return rule.severity == Severity.ERROR


def _no_nulls(column: Column, source: SourceContract) -> bool:
    """Whether no null is left in the column in data that passes."""
    keys = (rule for rule in source.rules if rule.check == "keys" and column.name in rule.params["columns"])
    none = (rule for rule in column.rules if rule.check == "nullable" or (rule.check == "null_fraction" and not rule.params["max"]))
    return any(enforced(rule) for rule in (*none, *keys))


def _exchanged(a: Column, b: Column, checks: tuple[str, str]) -> tuple[Rule, Rule] | None:
    """The rules of two checks that say one thing, where one column has the one and the other has the other."""
    one, other = ([rule for rule in column.rules if rule.check in checks] for column in (a, b))
    if len(one) != 1 or len(other) != 1 or one[0].check == other[0].check:
        return None
    plain = all(rule.action == Action.FAIL and rule.at_most is None for rule in (one[0], other[0]))
    return (one[0], other[0]) if plain else None


def _environments(source: str, a: Column, b: Column, old: SourceContract, new: SourceContract) -> Iterator[ContractChange]:
    shared = [name for name in new.environments if name in old.environments]
    was, now = ([e for e in shared if column.environments is None or e in column.environments] for column in (a, b))
    if was == now:
        return
    gone, come = [e for e in was if e not in now], [e for e in now if e not in was]
    texts = (f"is judged in {', '.join(was) or 'no environment'}", f"is judged in {', '.join(now) or 'no environment'}")
    lost = f"the column may be absent in {', '.join(gone)}" if gone else ""
    yield ContractChange(source, a.name, *texts, backward=not come, forward=not gone, lost=lost, lines=(a.line, b.line))


def _marks(source: str, a: Column, b: Column) -> Iterator[ContractChange]:
    lines = (a.line, b.line)
    if a.sensitive != b.sensitive:
        texts = ("values are shown", "values are hidden (sensitive)")
        lost = "its values will be shown in reports, examples and logs" if a.sensitive else ""
        yield ContractChange(
            source, a.name, texts[a.sensitive], texts[b.sensitive], backward=True, forward=True, lost=lost, lines=lines
        )  # fmt: skip
    for key in ("owner", "note"):
        if getattr(a, key) != getattr(b, key):
            yield ContractChange(source, a.name, *remarks(key, a, b), backward=True, forward=True, lines=lines)


def remarks(key: str, a: object, b: object) -> tuple[str, str]:
    """What both say under `owner:` or `note:`, in words."""
    was, now = getattr(a, key), getattr(b, key)
    return (f"{key}: {was}" if was else "", f"{key}: {now}" if now else "")


def counted(column: Column) -> str:
    """Its type and how many rules there are about it, in words."""
    n = len(column.rules)
    return f"of type {column.rules[0].params['type']}, with {n} rule{'' if n == 1 else 's'}"
