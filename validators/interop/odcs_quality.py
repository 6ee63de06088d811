"""The quality rules of an ODCS document: those of its library whose meaning a contract has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from featureprep.validators.checks.parsing import items, mapping
from featureprep.validators.interop.notes import Notes
from featureprep.validators.interop.odcs_write import CUSTOM, share_of
from featureprep.validators.interop.patterns import contract_pattern
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.yaml_tree import Tree

_ROWS: Final = {"mustBe": ("min", "max"), "mustBeGreaterOrEqualTo": ("min",), "mustBeLessOrEqualTo": ("max",)}
_SAID: Final = (
    "id", "type", "metric", "arguments", "unit", "severity", "name", "description", "dimension", "engine", "implementation",
)  # fmt: skip


def column_quality(tree: Tree, draft: ColumnDraft) -> None:
    """The rules of one property."""
    for each in items(tree, "quality"):
        entries = mapping(each, "a quality rule")
        if not _column_rule(entries, draft, each.line):
            draft.lose(each.line, f"quality {_told(entries)}")


def source_quality(tree: Tree, drafts: Mapping[str, ColumnDraft], notes: Notes) -> dict[str, Any]:
    """The keys of a section that the rules of a schema object make; a rule about one of its columns goes to that column."""
    rows: dict[str, Any] = {}
    policy: dict[str, str] = {}
    expressions: list[Tree] = []
    for each in items(tree, "quality"):
        entries = mapping(each, "a quality rule")
        severity = _severity(entries)
        if _is_ours(entries):
            expressions.append(entries["implementation"])
        elif found := _row_bounds(entries):
            if set(found) & set(rows) or (rows and policy.get("severity", "error") != severity):
                notes.lose(each.line, f"quality {_told(entries)}", "the number of rows has a rule already", check="quality")
            else:
                rows |= found
                policy = {"severity": severity} if severity != "error" else {}
        elif not _at_least_one_row(entries) and not _rule_of_a_column(entries, drafts, each.line):
            notes.lose(each.line, f"quality {_told(entries)}", check="quality")
    return ({"rows": with_policy("rows", rows, policy)} if rows else {}) | ({"expressions": expressions} if expressions else {})


def _is_ours(entries: Mapping[str, Tree]) -> bool:
    return "engine" in entries and entries["engine"].value == CUSTOM and "implementation" in entries


def _at_least_one_row(entries: Mapping[str, Tree]) -> bool:
    operators = _operators(entries)
    return _metric(entries) == "rowCount" and list(operators) == ["mustBeGreaterThan"] and operators["mustBeGreaterThan"].value == 0


def _row_bounds(entries: Mapping[str, Tree]) -> dict[str, Any]:
    """Of `rows:`; both ends of mustBeBetween are taken for allowed."""
    if _metric(entries) != "rowCount" or len(_operators(entries)) != 1:
        return {}
    ((operator, tree),) = _operators(entries).items()
    if operator == "mustBeBetween":
        low, high = items(tree, operator)[:1], items(tree, operator)[1:2]
        return {"min": low[0], "max": high[0]} if low and high and _whole(low[0].value) and _whole(high[0].value) else {}
    value = tree.value
    if not _whole(value):
        return {}
    if operator in _ROWS:
        return dict.fromkeys(_ROWS[operator], tree)
    if operator == "mustBeGreaterThan" and value > 0:
        return {"min": value + 1}
    return {"max": value - 1} if operator == "mustBeLessThan" and value > 0 else {}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62


def _rule_of_a_column(entries: Mapping[str, Tree], drafts: Mapping[str, ColumnDraft], line: int) -> bool:
    """A duplicateValues rule of the object that names one of its properties."""
    arguments = mapping(entries["arguments"], "arguments") if "arguments" in entries else {}
    names = items(arguments["properties"], "properties") if "properties" in arguments else []
    if _metric(entries) != "duplicateValues" or len(names) != 1 or names[0].text not in drafts:
        return False
    return _column_rule(entries, drafts[names[0].text], line)


def _column_rule(entries: Mapping[str, Tree], draft: ColumnDraft, line: int) -> bool:
    """Add what a library rule says to a column; False where it has no such meaning."""
    operators = _operators(entries)
    if len(operators) != 1:
        return False
    ((operator, tree),) = operators.items()
    none = operator in ("mustBe", "mustBeLessOrEqualTo") and tree.value == 0 and not isinstance(tree.value, bool)
    arguments = mapping(entries["arguments"], "arguments") if "arguments" in entries else {}
    severity = _severity(entries)
    match _metric(entries):
        case "nullValues" if none and "unit" not in entries:
            draft.put("nullable", value=False, line=line, severity=severity)
        case "nullValues" if operator == "mustBeLessOrEqualTo" and _percent(entries, tree):
            draft.put("null_fraction", share_of(tree.text), line, severity=severity)
        case "duplicateValues" if none:
            draft.put("unique", value=True, line=line, severity=severity)
        case "invalidValues" if none and set(arguments) == {"validValues"}:
            draft.put("values", arguments["validValues"], line, severity=severity)
        case "invalidValues" if none and set(arguments) == {"pattern"} and (pattern := contract_pattern(arguments["pattern"].text)):
            draft.put("regex", pattern, line, severity=severity)
        case _:
            return False
    return True


def _percent(entries: Mapping[str, Tree], tree: Tree) -> bool:
    stated = isinstance(tree.value, (int, float)) and not isinstance(tree.value, bool) and 0 <= tree.value <= 100
    return stated and "unit" in entries and entries["unit"].value == "percent"


def _metric(entries: Mapping[str, Tree]) -> str:
    return next((entries[key].text for key in ("metric", "rule") if key in entries), "")  # rule: its name before 3.1


def _operators(entries: Mapping[str, Tree]) -> dict[str, Tree]:
    return {key: tree for key, tree in entries.items() if key.startswith("must")}


def _severity(entries: Mapping[str, Tree]) -> str:
    return "warn" if "severity" in entries and entries["severity"].text.lower() in ("warn", "warning", "info") else "error"


def _told(entries: Mapping[str, Tree]) -> str:
    """What a rule says, short."""
    name = next((entries[key].text for key in ("name", "description") if key in entries and entries[key].text), "")
    kind = _metric(entries) or (entries["type"].text if "type" in entries else "text")
    others = [key for key in entries if key not in _SAID]
    return " ".join(filter(None, (kind, ", ".join(others), f"({name[:80]})" if name else "")))
