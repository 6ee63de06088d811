"""fresh: how old the newest row may be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.canonical import EPOCH, EPOCH_DATE
from featureprep.errors import RequestError
from featureprep.folds.extremes import MinMax, MinMaxResult
from featureprep.types import format_type, is_temporal
from featureprep.validators.checks.base import Check, FoldRequests, Head, Rule, Scene, Verdict, column, register
from featureprep.validators.checks.parsing import mapping, policies, text, wrong
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree

_UNITS: Final = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_AGE: Final = re.compile(r"([0-9]{1,9}) ?([wdhms])")
_LONGEST: Final = 100 * 366 * 86400
_DAY: Final = 86_400_000_000


@register
class Fresh(Check):
    """`fresh: {column: at, max_age: 2d}`: the newest value is at most that old, by the clock of the run (`--now`, recorded).

    Timestamps without a zone count as UTC, and a date is as new as its last moment. A newest value that is further than `max_age`
    ahead of the clock is not fresh either: it would hide that nothing new arrived. No rows are not old; only nulls are.
    """

    key = "fresh"
    scope = "source"
    states_values = False
    accept = "a longer `max_age:`"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        rules: dict[str, Rule] = {}
        for item in tree.value if isinstance(tree.value, list) else [tree]:
            entries = mapping(item, self.key, ("column", "max_age", "severity", "action"))
            for key in ("column", "max_age"):
                if key not in entries:
                    raise RequestError(f"fresh lacks the key {key!r}", where=item.place, hint="fresh: {column: at, max_age: 2d}")
            severity, action = policies(entries, head, self.key, row_wise=False)
            name, age = text(entries["column"], "column of fresh"), text(entries["max_age"], "max_age")
            if age_of(age) is None:
                raise wrong(entries["max_age"], "max_age", "an age such as 30m, 36h, 2d or 1w, of a hundred years at most", "max_age: 2d")
            if name in rules:
                raise RequestError(f"fresh has {name[:80]!r} twice", where=item.place, hint=f"the first is in line {rules[name].line}")
            rules[name] = Rule(self.key, None, name, {"column": name, "max_age": age}, severity, action, entries["max_age"].line)
        return list(rules.values())

    def dump(self, rules: Sequence[Rule]) -> Any:
        severities = [{"severity": str(rule.severity)} if rule.severity != "error" else {} for rule in rules]
        return [{**rule.params, **severity} for rule, severity in zip(rules, severities, strict=True)]

    def describe(self, rule: Rule) -> str:
        return f"has a newest {rule.part} that is at most {rule.params['max_age']} old"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        return Reason.CUSTOM_VALIDATION

    def columns(self, rule: Rule) -> set[str]:
        return {str(rule.params["column"])}

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        super().verify(rule, types, where)
        if not is_temporal(types[rule.part]):
            told = f"fresh is for dates and timestamps; column {rule.part!r} is {format_type(types[rule.part])}"
            raise RequestError(told, where=where, hint="name another column, or state that this is one of dates or timestamps")

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {rule.id: (MinMax(), (column(rule.part),))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: MinMaxResult = results[rule.id]
        age = age_of(str(rule.params["max_age"]))
        if age is None or scene.now is None:
            return Verdict(None, "no clock is given to compare with")
        if not found.n:
            return Verdict(not found.nulls, "there is no value" if found.nulls else "")
        dated = pa.types.is_date(scene.types[rule.part])
        # microseconds from the epoch: a column may hold years that Python's datetime has not
        start = found.max * _DAY if dated else found.max
        now, allowed = _micros(scene.now - EPOCH), _micros(age)
        old, ahead = now - start - (_DAY if dated else 0), start - now
        clock = scene.now.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        ok = old <= allowed and ahead <= allowed
        if rule.part in scene.sensitive:
            # with the clock, an age is the value
            far = f"at most {rule.params['max_age']}" if ok else f"more than {rule.params['max_age']}"
            return Verdict(ok, f"the newest is {far} {'from' if ok else 'ahead of' if ahead > allowed else 'older than'} {clock}")
        told = f"{_told(ahead)} ahead of" if ahead > 0 else f"{_told(max(old, 0))} old at"
        return Verdict(ok, f"the newest is {_moment(found.max, dated=dated)}, which is {told} {clock}")


def age_of(text: str) -> dt.timedelta | None:
    found = _AGE.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else _LONGEST + 1
    return dt.timedelta(seconds=seconds) if seconds <= _LONGEST else None


def _micros(span: dt.timedelta) -> int:
    return span // dt.timedelta(microseconds=1)


def _told(span: int) -> str:
    """Microseconds as people say an age."""
    seconds = span // 1_000_000
    unit = next((name for name in "dhm" if seconds >= 2 * _UNITS[name]), "s")
    amount = seconds / _UNITS[unit]
    return f"{amount:,.0f}{unit}" if amount >= 1000 else f"{amount:.4g}{unit}"


def _moment(value: int, *, dated: bool) -> str:
    try:
        if dated:
            return (EPOCH_DATE + dt.timedelta(days=value)).isoformat()
        return (EPOCH + dt.timedelta(microseconds=value)).isoformat().replace("+00:00", "Z")
    except OverflowError:
        return "outside the years 1 to 9999"
