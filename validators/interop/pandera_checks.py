"""The checks of a pandera schema, one by one, as rules of a contract.

What each means is pandera's `backends/pandas/builtin_checks.py`: null is left out of all of them, unless `ignore_na: false`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from featureprep.errors import RequestError
from featureprep.validators.checks.domains import whole_text
from featureprep.validators.checks.parsing import items, mapping, text
from featureprep.validators.interop.bounds import Bound, column_text, literal_text, put_bounds
from featureprep.validators.interop.patterns import CLASSES, contract_pattern, prefix_pattern
from featureprep.validators.interop.sections import ColumnDraft
from featureprep.validators.plain_tree import tree_of
from featureprep.validators.yaml_tree import Tree

_OPTIONS: Final = frozenset(("check_name", "ignore_na", "raise_warning", "n_failure_cases", "groupby", "groups", "error", "name"))
_ALIASES: Final = {
    "eq": "equal_to", "ne": "not_equal_to", "gt": "greater_than", "ge": "greater_than_or_equal_to",
    "lt": "less_than", "le": "less_than_or_equal_to", "between": "in_range",
}  # fmt: skip


@dataclass(frozen=True)
class PanderaCheck:
    """One check.

    Attributes
    ----------
    stated : mapping
        Its arguments by name; "" for one that is written without.
    """

    name: str
    line: int
    stated: Mapping[str, Tree] = field(default_factory=dict)
    options: Mapping[str, Tree] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """Of the rules that it makes."""
        return "warn" if "raise_warning" in self.options and self.options["raise_warning"].value is True else "error"

    @property
    def keeps_nulls(self) -> bool:
        """Whether it looks at null, too."""
        return "ignore_na" in self.options and self.options["ignore_na"].value is False

    def argument(self, *names: str) -> Tree | None:
        """The argument of one of these names, or the only one; None where it is absent or null."""
        tree = next((self.stated[name] for name in (*names, "value", "") if name in self.stated), None)
        return None if tree is None or (tree.value is None and not tree.quoted) else tree


def listed_checks(tree: Tree) -> Iterator[PanderaCheck]:
    """Those of a `checks:`: a list whose entries name themselves in their options, or, of older files, a mapping by their names."""
    if tree.value is None:
        return
    if isinstance(tree.value, dict):
        for name, entry in tree.value.items():
            yield one_check(name, entry)
        return
    for each in items(tree, "checks"):
        entries = mapping(each, "a check")
        options = mapping(entries["options"], "options") if "options" in entries else {}
        name = text(options["check_name"], "check_name") if "check_name" in options else "a check without a name"
        yield PanderaCheck(_ALIASES.get(name, name), each.line, {key: item for key, item in entries.items() if key != "options"}, options)


def one_check(name: str, tree: Tree) -> PanderaCheck:
    """A check that stands under its own name: an only argument, or a mapping of arguments and options."""
    name = _ALIASES.get(name, name)
    if not isinstance(tree.value, dict):
        return PanderaCheck(name, tree.line, {"": tree})
    options = {key: item for key, item in tree.value.items() if key in _OPTIONS}
    if "options" in tree.value:
        options |= mapping(tree.value["options"], "options")
    stated = {key: item for key, item in tree.value.items() if key not in _OPTIONS and key != "options"}
    return PanderaCheck(name, tree.line, stated, options)


def take_check(draft: ColumnDraft, one: PanderaCheck, *, nullable: bool) -> None:
    """Add what a check says to its column; what a contract cannot say is told."""
    take = _TAKERS.get(one.name)
    if take is None:
        draft.lose(one.line, one.name[:80])
        return
    if any(key in one.options and one.options[key].value is not None for key in ("groupby", "groups")):
        draft.lose(one.line, one.name, "it is about groups of rows")
        return
    try:
        take(draft, one)
    except RequestError as error:
        draft.lose(one.line, one.name, error.what)
        return
    if one.keeps_nulls and nullable:
        draft.lose(one.line, f"{one.name} of nulls", "a rule about values says nothing of nulls")


def _needed(one: PanderaCheck, *names: str) -> Tree:
    tree = one.argument(*names)
    if tree is None:
        raise RequestError(f"it has no {names[0]}")
    return tree


def _bound(end: str, *, strict: bool) -> Callable[[ColumnDraft, PanderaCheck], None]:
    def take(draft: ColumnDraft, one: PanderaCheck) -> None:
        put_bounds(draft, {end: Bound(_needed(one, f"{end}_value"), strict)}, one.line, one.name, severity=one.severity)

    return take


def _in_range(draft: ColumnDraft, one: PanderaCheck) -> None:
    open_ends = {end for end in ("min", "max") if (tree := one.argument(f"include_{end}")) is not None and tree.value is False}
    bounds = {end: Bound(one.stated[f"{end}_value"], end in open_ends) for end in ("min", "max") if f"{end}_value" in one.stated}
    put_bounds(draft, bounds, one.line, one.name, severity=one.severity)


def _values(tree: Tree) -> list[Tree]:
    """Without null, which no check looks at, and what stands there twice."""
    listed = items(tree, "its values")
    return list({(type(each.value), each.text): each for each in listed if each.value is not None or each.quoted}.values())


def _isin(draft: ColumnDraft, one: PanderaCheck) -> None:
    draft.put("values", tree_of(_values(_needed(one, "allowed_values")), draft.file, one.line), one.line, severity=one.severity)


def _equal(draft: ColumnDraft, one: PanderaCheck) -> None:
    draft.put("values", tree_of([_needed(one, "value")], draft.file, one.line), one.line, severity=one.severity)


def _not_equal(draft: ColumnDraft, one: PanderaCheck) -> None:
    limit = literal_text(_needed(one, "value"), draft.dtype)
    draft.express(one.line, f"{column_text(draft.name)} != {limit}", one.name, severity=one.severity)


def _notin(draft: ColumnDraft, one: PanderaCheck) -> None:
    if values := ", ".join(literal_text(each, draft.dtype) for each in _values(_needed(one, "forbidden_values"))):
        draft.express(one.line, f"{column_text(draft.name)} not in [{values}]", one.name, severity=one.severity)


def _matches(draft: ColumnDraft, one: PanderaCheck) -> None:
    pattern = text(_needed(one, "pattern"), "pattern")
    _put_pattern(draft, one, pattern, prefix_pattern(pattern))


def _contains(draft: ColumnDraft, one: PanderaCheck) -> None:
    pattern = text(_needed(one, "pattern"), "pattern")
    _put_pattern(draft, one, pattern, contract_pattern(pattern))


def _put_pattern(draft: ColumnDraft, one: PanderaCheck, stated: str, pattern: str | None) -> None:
    if pattern is None:
        draft.lose(one.line, one.name, f"RE2 does not read {stated[:80]!r}")
        return
    if "regex" in draft.keys:
        expr = f"matches({column_text(draft.name)}, {json.dumps(whole_text(pattern), ensure_ascii=False)})"
        draft.express(one.line, expr, one.name, severity=one.severity)
    else:
        draft.put("regex", pattern, one.line, severity=one.severity)
    if CLASSES.search(stated):
        draft.notes.tell(one.line, rf"{one.name} of column {draft.name[:80]!r} is carried over with the \d, \w, \s and \b of ASCII")


def _edge(function: str) -> Callable[[ColumnDraft, PanderaCheck], None]:
    def take(draft: ColumnDraft, one: PanderaCheck) -> None:
        edge = json.dumps(text(_needed(one, "string"), "string"), ensure_ascii=False)
        draft.express(one.line, f"{function}({column_text(draft.name)}, {edge})", one.name, severity=one.severity)

    return take


def _length(draft: ColumnDraft, one: PanderaCheck) -> None:
    exact = one.argument("exact_value")
    if exact is not None:
        bounds = dict.fromkeys(("min", "max"), exact)
    else:
        bounds = {end: tree for end in ("min", "max") if (tree := one.stated.get(f"{end}_value")) is not None and tree.value is not None}
    if not bounds:
        raise RequestError("it has no length")
    draft.put("length", bounds, one.line, severity=one.severity)


_TAKERS: Final[Mapping[str, Callable[[ColumnDraft, PanderaCheck], None]]] = {
    "equal_to": _equal,
    "greater_than": _bound("min", strict=True),
    "greater_than_or_equal_to": _bound("min", strict=False),
    "in_range": _in_range,
    "isin": _isin,
    "less_than": _bound("max", strict=True),
    "less_than_or_equal_to": _bound("max", strict=False),
    "not_equal_to": _not_equal,
    "notin": _notin,
    "str_contains": _contains,
    "str_endswith": _edge("ends_with"),
    "str_length": _length,
    "str_matches": _matches,
    "str_startswith": _edge("starts_with"),
}
