"""Contracts of the Open Data Contract Standard 3 read as ours; what they say and we cannot is listed, with its line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from featureprep.errors import RequestError
from featureprep.types import is_numeric
from featureprep.validators.checks.parsing import boolean, items, mapping, text, wrong
from featureprep.validators.interop.bounds import Bound, put_bounds
from featureprep.validators.interop.json_tree import parse_document
from featureprep.validators.interop.notes import Notes, Taken
from featureprep.validators.interop.odcs_quality import column_quality, source_quality
from featureprep.validators.interop.odcs_types import read_type
from featureprep.validators.interop.odcs_write import CONFIDENTIAL, CUSTOM
from featureprep.validators.interop.patterns import contract_pattern
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.plain_tree import tree_of
from featureprep.validators.yaml_tree import Tree

_ABOUT: Final = ("apiVersion", "kind", "id", "name", "version", "status", "schema", "customProperties")
_OBJECT: Final = ("id", "name", "logicalType", "description", "properties", "quality", "customProperties")
_PROPERTY: Final = (
    "id", "name", "logicalType", "physicalType", "logicalTypeOptions", "items", "properties", "required", "unique", "description",
    "classification", "quality", "customProperties", "primaryKey", "primaryKeyPosition",
)  # fmt: skip
_SECRET: Final = (CONFIDENTIAL, "restricted", "sensitive", "secret", "pii")
_OPTIONS: Final = {
    "minimum": ("range", "min"), "maximum": ("range", "max"), "minLength": ("length", "min"), "maxLength": ("length", "max"),
    "minItems": ("valency", "min"), "maxItems": ("valency", "max"),
}  # fmt: skip
_OF_TYPES: Final = ("format", "timezone", "defaultTimezone")


def from_odcs(document: str, *, file: str = "contract.odcs.yaml") -> tuple[str, list[str]]:
    """An ODCS document (YAML or JSON) as a contract.

    Parameters
    ----------
    file : str
        What to call it in messages.

    Returns
    -------
    text : str
        contract.yaml. A document with one schema object makes a contract for a single source. The id, name, version and status of
        the document have no place there.
    lost : list of str
        What could not be carried over: `file:line: what`.

    Raises
    ------
    RequestError
        With file and line: for what is not YAML, no ODCS 3, states no columns, or would not be a contract.
    """
    taken = take_odcs(parse_document(document, file))
    return taken.yaml(), taken.notes.lines()


def take_odcs(tree: Tree) -> Taken:
    """As `from_odcs`, of the parsed document."""
    entries = mapping(tree, "the document")
    notes = Notes(tree.file)
    version = text(entries["apiVersion"], "apiVersion") if "apiVersion" in entries else ""
    if not version.startswith("v3.") or "kind" not in entries or entries["kind"].value != "DataContract":
        hint = "such documents say apiVersion: v3.1.0 and kind: DataContract"
        raise RequestError("this is no contract of the Open Data Contract Standard 3", where=tree.place, hint=hint)
    _tell_others(entries, _ABOUT, "the document", notes)
    objects = items(entries["schema"], "schema") if "schema" in entries else []
    if not objects:
        raise RequestError("the document has no schema, so it states no columns", where=tree.place)
    sections: dict[str, dict[str, Any]] = {}
    single = len(objects) == 1
    for each in objects:
        object_ = mapping(each, "an object of schema")
        name = _name(each, object_, "an object of schema")
        if name in sections:
            raise RequestError(f"two objects of schema are named {name[:80]!r}", where=each.place)
        notes.source = name
        kept = _kept(object_, notes)
        single = single and "named" not in kept
        sections[name] = _section(name, object_, {key: value for key, value in kept.items() if key != "named"}, each.line, notes)
    notes.source = ""
    top = {key: value for key, value in _kept(entries, notes).items() if key == "environments"}
    body = next(iter(sections.values())) if single else {"sources": sections}
    return Taken({"version": 1, **top, **body}, notes)


def _name(tree: Tree, entries: Mapping[str, Tree], what: str) -> str:
    if "name" not in entries:
        raise RequestError(f"{what} has no name", where=tree.place)
    return text(entries["name"], "name")


def _kept(entries: Mapping[str, Tree], notes: Notes) -> Mapping[str, Tree]:
    """What stands in our custom property; others are told."""
    kept: Mapping[str, Tree] = {}
    for each in items(entries["customProperties"], "customProperties") if "customProperties" in entries else ():
        property_ = mapping(each, "a custom property")
        if "property" in property_ and property_["property"].value == CUSTOM and "value" in property_:
            kept = mapping(property_["value"], f"the custom property {CUSTOM}")
        else:
            name = property_["property"].text if "property" in property_ else ""
            notes.tell(each.line, f"the custom property {name[:80]!r}")
    return kept


def _tell_others(entries: Mapping[str, Tree], known: tuple[str, ...], of: str, notes: Notes) -> None:
    for key, tree in entries.items():
        if key not in known:
            notes.tell(tree.line, f"{key} of {of}")


def _section(name: str, entries: Mapping[str, Tree], kept: Mapping[str, Tree], line: int, notes: Notes) -> dict[str, Any]:
    file = entries["name"].file
    _tell_others(entries, _OBJECT, f"{name[:80]!r}", notes)
    drafts: dict[str, ColumnDraft] = {}
    known: dict[str, Mapping[str, Tree]] = {}
    made: dict[str, Any] = {"columns": {}}
    for each in items(entries["properties"], "properties") if "properties" in entries else ():
        property_ = mapping(each, "a property")
        column = _name(each, property_, "a property")
        if column in made["columns"]:
            raise RequestError(f"two properties of {name[:80]!r} are named {column[:80]!r}", where=each.place)
        draft, value = _column(column, property_, each.line, notes)
        if draft is not None:
            drafts[column], made["columns"][column], known[column] = draft, value, property_
    if not drafts:
        raise RequestError(f"{name[:80]!r} has no properties, so it states no columns", where=f"{file}:{line}")
    if "description" in entries:
        made["note"] = entries["description"]
    if "quality" in entries:
        made |= source_quality(entries["quality"], drafts, notes)
    stated = [tree for draft in drafts.values() for tree in draft.expressions.values()]
    if stated:
        made["expressions"] = [*made.get("expressions", ()), *stated]
    for column, draft in drafts.items():  # the rules that came after, from the quality of the whole
        made["columns"][column] |= {key: rule for key, rule in draft.keys.items() if key not in made["columns"][column]}
    keys: list[Any] = [primary] if (primary := _primary_key(known)) else []
    keys += items(kept["keys"], "keys") if "keys" in kept else []
    return made | dict(kept) | ({"keys": keys} if keys else {})


def _primary_key(properties: Mapping[str, Mapping[str, Tree]]) -> list[str]:
    """The columns of the primary key, by their positions."""
    found: list[tuple[int, str]] = []
    for name, entries in properties.items():
        if "primaryKey" in entries and boolean(entries["primaryKey"], "primaryKey"):
            place = entries["primaryKeyPosition"].value if "primaryKeyPosition" in entries else None
            found.append((place if isinstance(place, int) else -1, name))
    return [name for _, name in sorted(found, key=lambda each: each[0])]


def _column(name: str, entries: Mapping[str, Tree], line: int, notes: Notes) -> tuple[ColumnDraft | None, dict[str, Any]]:
    file = entries["name"].file
    dtype = read_type(entries, notes, line)
    if dtype is None:
        notes.lose(line, f"the column {name[:80]!r}", "no type can be made of its logicalType", column=name, check="logicalType")
        return None, {}
    draft = ColumnDraft(name, dtype, file, line, notes)
    kept = dict(_kept(entries, notes))
    _tell_others(entries, _PROPERTY, f"column {name[:80]!r}", notes)
    policies = mapping(kept.pop("policies"), "policies") if "policies" in kept else {}
    if "required" in entries and boolean(entries["required"], "required"):
        draft.put("nullable", value=False, line=entries["required"].line)
    if "unique" in entries and boolean(entries["unique"], "unique"):
        draft.put("unique", value=True, line=entries["unique"].line)
    if "logicalTypeOptions" in entries:
        _options(draft, mapping(entries["logicalTypeOptions"], "logicalTypeOptions"))
    if "quality" in entries:
        column_quality(entries["quality"], draft)
    made = draft.value()
    if "description" in entries and text(entries["description"], "description"):
        made["note"] = entries["description"]
    if "classification" in entries:
        kind = text(entries["classification"], "classification")
        if kind.lower() in _SECRET:
            made["sensitive"] = True
        else:
            notes.tell(entries["classification"].line, f"the classification {kind[:80]!r} of column {name[:80]!r}")
    for key, policy in policies.items():
        if key in made:
            made[key] = with_policy(key, made[key], mapping(policy, f"the policy of {key}"))
    return draft, made | kept


def _options(draft: ColumnDraft, options: Mapping[str, Tree]) -> None:
    bounds: dict[str, dict[str, Tree]] = {}
    for option, tree in options.items():
        if option in _OPTIONS:
            key, end = _OPTIONS[option]
            bounds.setdefault(key, {})[end] = tree
        elif option == "pattern":
            pattern = contract_pattern(text(tree, option))
            if pattern is None:
                draft.lose(tree.line, "pattern", f"RE2 does not read {tree.text[:80]!r}")
            else:
                draft.put("regex", pattern, tree.line)
        elif option in ("exclusiveMinimum", "exclusiveMaximum") and is_numeric(draft.dtype):
            _exclusive(draft, option, tree, bounds)
        elif option not in _OF_TYPES or (option == "format" and draft.type == "string"):
            draft.lose(tree.line, option)
    for key, ends in bounds.items():
        draft.put(key, ends, next(iter(ends.values())).line)


def _exclusive(draft: ColumnDraft, option: str, tree: Tree, bounds: dict[str, dict[str, Tree]]) -> None:
    """A bound that is not allowed itself: for whole numbers the next one is, others are expressions."""
    low = option == "exclusiveMinimum"
    end = "min" if low else "max"
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(tree, option, "a number")
    if "int" in draft.type and float(value).is_integer() and end not in bounds.get("range", {}):
        bounds.setdefault("range", {})[end] = tree_of(int(value) + (1 if low else -1), tree.file, tree.line)
    else:
        put_bounds(draft, {end: Bound(tree, strict=True)}, tree.line, option)
