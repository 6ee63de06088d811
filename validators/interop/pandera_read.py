"""Schemas of pandera, as its `to_yaml` and `to_json` write them, read as contracts; pandera is not needed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from featureprep.errors import RequestError, short
from featureprep.types import is_float
from featureprep.validators.checks.parsing import boolean, items, mapping, text
from featureprep.validators.interop.json_tree import parse_document
from featureprep.validators.interop.notes import Notes, Taken, Types
from featureprep.validators.interop.pandera_checks import listed_checks, one_check, take_check
from featureprep.validators.interop.pandera_types import UNSTATED, read_dtype
from featureprep.validators.interop.pandera_write import META
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.plain_tree import tree_of
from featureprep.validators.yaml_tree import Tree

_TABLE: Final = frozenset(
    (
        "schema_type", "version", "api", "dataframe_library", "columns", "checks", "index", "multiindex", "dtype", "coerce", "strict",
        "name", "ordered", "unique", "report_duplicates", "unique_column_names", "add_missing_columns", "title", "description",
        "drop_invalid_rows", "metadata",
    )
)  # fmt: skip
_COLUMN: Final = frozenset(
    (
        "name", "title", "description", "dtype", "nullable", "checks", "unique", "coerce", "required", "regex", "default",
        "report_duplicates", "drop_invalid_rows",
    )
)  # fmt: skip
_KINDS: Final = ("dataframe", "polars_dataframe")
_NO_RULES: Final = {
    "coerce": "values are not converted: a source with types of its own must have these",
    "default": "nulls are not filled in",
    "drop_invalid_rows": "no rows are dropped; an `action: drop` does it",
    "add_missing_columns": "columns are not added",
}


def from_pandera(schema: str, *, file: str = "schema.yaml") -> tuple[str, list[str]]:
    """The YAML or JSON of a pandera schema as a contract.

    Parameters
    ----------
    file : str
        What to call it in messages.

    Returns
    -------
    text : str
        contract.yaml. Columns whose dtype says nothing of their values are taken for strings.
    lost : list of str
        What could not be carried over, or not exactly: `file:line: what`.

    Raises
    ------
    RequestError
        For what is no such file, or names no column.
    """
    taken = take_pandera(parse_document(schema, file))
    return taken.yaml(), taken.notes.lines()


def take_pandera(
    tree: Tree, types: Types | None = None, *, has_lines: bool = True, unwritten: Mapping[str, Sequence[str]] | None = None
) -> Taken:
    """As `from_pandera`, of the parsed schema.

    Parameters
    ----------
    types : callable, optional
        Gives the types of the data's columns: those without a telling dtype have these.
    unwritten : mapping of column to names, optional
        Of each column the checks that pandera did not write, because nothing but Python says what they are; "" are those of the table.
    """
    entries = mapping(tree, "the schema")
    if "schema_type" not in entries or "columns" not in entries:
        hint = "schema.to_yaml() writes {schema_type: dataframe, columns: ...}"
        raise RequestError("this is no schema of pandera: it has no schema_type and columns", where=tree.place, hint=hint)
    if entries["schema_type"].value not in _KINDS:
        raise RequestError(f"schemas of type {entries['schema_type'].text[:80]!r} are not read", where=entries["schema_type"].place)
    reader = _Reader(entries, Notes(tree.file, has_lines), types, unwritten or {})
    return Taken({"version": 1, **reader.top()}, reader.notes)


class _Reader:
    """One schema."""

    def __init__(self, entries: Mapping[str, Tree], notes: Notes, types: Types | None, unwritten: Mapping[str, Sequence[str]]) -> None:
        self.entries = entries
        self.notes = notes
        self.types = types
        self.unwritten = unwritten
        self.lacking = False
        self.ours = False

    def top(self) -> dict[str, Any]:
        """The contract's values."""
        entries = self.entries
        found = _kept(entries)
        self.ours = found is not None
        kept = found or {}
        mine = mapping(kept["columns"], f"columns of metadata.{META}") if "columns" in kept else {}
        drafts: dict[str, ColumnDraft] = {}
        columns: dict[str, Any] = {}
        for name, tree in self.named():
            draft = self.column(name, tree, mapping(mine[name], f"column {short(name)}") if name in mine else {})
            if draft is None:
                self.lacking = True
            else:
                drafts[name], columns[name] = draft, {**draft.value(), **_policed(draft, mine.get(name))}
        for name, tree in mine.items():  # those that pandera's part does not name, such as optional ones of a type that it lacks
            columns.setdefault(name, mapping(tree, f"column {short(name)}"))
        if not columns:
            raise RequestError("the schema names no column", where=entries["columns"].place)
        made: dict[str, Any] = {}
        if note := _text(entries, "description") or _text(entries, "title"):
            made["note"] = note
        made["columns"] = columns
        if "keys" not in kept:
            made |= self.keys(columns)
        written = items(kept["expressions"], "expressions") if "expressions" in kept else []
        if expressions := [*written, *(tree for draft in drafts.values() for tree in draft.expressions.values())]:
            made["expressions"] = expressions
        made["extra_columns"] = self.strict()
        self.others(first=next(iter(entries.values())).line)
        own = {key: item for key, item in kept.items() if key not in ("columns", "environments", "source", "expressions", "unchecked")}
        section = made | own
        head = {"environments": kept["environments"]} if "environments" in kept else {}
        return head | ({"sources": {kept["source"].text: section}} if "source" in kept else section)

    def named(self) -> list[tuple[str, Tree]]:
        """The columns; a list of them has names that are no texts among them, which a contract cannot have."""
        tree = self.entries["columns"]
        if tree.value is None:
            return []
        if isinstance(tree.value, dict):
            return [(name, each) for name, each in tree.value.items()]
        found = []
        for each in items(tree, "columns"):
            name = mapping(each, "a column").get("name")
            if name is None or not isinstance(name.value, (str, int)):
                self.notes.lose(each.line, "a column whose name is no text", "a contract names columns by texts", check="columns")
            else:
                found.append((name.text, each))
        return found

    def column(self, name: str, tree: Tree, kept: Mapping[str, Tree]) -> ColumnDraft | None:
        entries = mapping(tree, f"column {short(name)}")
        if "regex" in entries and entries["regex"].value is True:
            self.notes.lose(tree.line, f"columns like {short(name)}", "a contract names each column", check="regex")
            return None
        dtype = self.dtype(name, entries, tree.line, kept)
        if dtype is None:
            return None
        draft = ColumnDraft(name, dtype, tree.file, tree.line, self.notes)
        self.flags(draft, entries, tree.line)
        nullable = "nullable" not in draft.keys
        if "checks" in entries:
            for one in listed_checks(entries["checks"]):
                take_check(draft, one, nullable=nullable)
        for key, entry in entries.items():
            if key not in _COLUMN:
                take_check(draft, one_check(key, entry), nullable=nullable)
        self.tell_unwritten(name, tree.line)
        if note := _text(entries, "description") or _text(entries, "title"):
            draft.keys["note"] = tree_of(note, tree.file, tree.line)
        return draft

    def dtype(self, name: str, entries: Mapping[str, Tree], line: int, kept: Mapping[str, Tree]) -> str | None:
        whole = self.entries.get("dtype")
        overridden = whole is not None and whole.value is not None  # the schema's own dtype is that of every column, whatever these say
        if "type" in kept and not overridden:
            stated = kept["type"]
            return stated.value["is"].text if isinstance(stated.value, dict) and "is" in stated.value else stated.text
        tree = whole if overridden else entries.get("dtype")
        said = "" if tree is None or tree.value is None else text(tree, "dtype")
        found = read_dtype(said)
        if found is not None:
            return found
        if said.lower() not in UNSTATED:
            self.notes.lose(line, f"column {short(name)}", f"a contract has no type {short(said)}", column=name, check="dtype")
            return None
        if self.types is not None and (actual := self.types().get(name)) is not None:
            return actual
        self.notes.tell(line, f"no type is stated of {name[:80]!r}: taken for string")
        return "string"

    def flags(self, draft: ColumnDraft, entries: Mapping[str, Tree], line: int) -> None:
        """What stands beside the checks."""
        if "nullable" not in entries or not boolean(entries["nullable"], "nullable"):
            at = entries["nullable"].line if "nullable" in entries else line
            draft.put("nullable", value=False, line=at)
            if is_float(draft.dtype) and self.entries["schema_type"].value == "dataframe":
                draft.put("not_nan", value=True, line=at)  # NaN is null to pandas
        if "unique" in entries and boolean(entries["unique"], "unique"):
            draft.put("unique", value=True, line=entries["unique"].line)
            if "nullable" not in draft.keys and not self.ours:
                self.notes.tell(entries["unique"].line, f"unique of column {draft.name[:80]!r}: nulls do not repeat one another here")
        if "required" in entries and not boolean(entries["required"], "required"):
            draft.put("required", value=False, line=entries["required"].line)
        self.tell_of(entries, f" of column {draft.name[:80]!r}")

    def tell_of(self, entries: Mapping[str, Tree], of: str) -> None:
        """What a schema does beyond checking."""
        for key, what in _NO_RULES.items():
            if key in entries and entries[key].value not in (None, False):
                self.notes.tell(entries[key].line, f"{key}{of}: {what}")

    def tell_unwritten(self, column: str, line: int) -> None:
        for name in self.unwritten.get(column, ()):
            what = f"the check {short(name)} of " + (f"column {short(column)}" if column else "the table")
            self.notes.lose(line, what, "it is a function of Python", column=column or None, check="custom")

    def keys(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """The columns that are unique together."""
        tree = self.entries.get("unique")
        if tree is None or tree.value in (None, []):
            return {}
        names = [text(each, "unique") for each in items(tree, "unique")] if isinstance(tree.value, list) else [text(tree, "unique")]
        if absent := [name for name in names if name not in columns]:
            self.notes.lose(tree.line, f"unique of {', '.join(map(short, names[:3]))}", f"{short(absent[0])} is no column", check="unique")
            return {}
        if any("nullable" not in columns[name] for name in names):
            self.notes.tell(tree.line, f"unique of {', '.join(map(short, names[:3]))} is a key, whose columns may not be null")
        return {"keys": [tree_of(names, tree.file, tree.line)]}

    def strict(self) -> str:
        """What columns mean that are not named."""
        tree = self.entries.get("strict")
        if tree is None or tree.value is not True:
            return "allow"
        if self.lacking:
            self.notes.lose(tree.line, "strict", "the contract does not name all columns of the schema", check="strict")
            return "allow"
        return "error"

    def others(self, *, first: int) -> None:
        """What the schema says of the whole table and a contract does not."""
        entries = self.entries
        self.tell_of(entries, "")
        self.tell_unwritten("", first)
        if "ordered" in entries and entries["ordered"].value is True:
            self.notes.lose(entries["ordered"].line, "the order of the columns", "a contract states none", check="ordered")
        for each in items(entries["index"], "index") if "index" in entries and entries["index"].value is not None else ():
            self.notes.lose(each.line, "the index", "a contract is about columns", check="index")
        for one in listed_checks(entries["checks"]) if "checks" in entries else ():
            self.notes.lose(one.line, f"{one.name[:80]} of the table", "it is about all columns at once", check=one.name[:80])
        if "strict" in entries and entries["strict"].value == "filter":
            self.notes.tell(entries["strict"].line, "strict: columns that are not named stay")
        for key, tree in entries.items():
            if key not in _TABLE:
                self.notes.tell(tree.line, f"{key} of the schema")


def _kept(entries: Mapping[str, Tree]) -> Mapping[str, Tree] | None:
    """What a contract says that pandera does not; None of a schema that was not written here."""
    metadata = entries["metadata"].value if "metadata" in entries else None
    return mapping(metadata[META], f"metadata.{META}") if isinstance(metadata, dict) and META in metadata else None


def _policed(draft: ColumnDraft, kept: Tree | None) -> dict[str, Any]:
    """The kept keys of a column, and its rules that have a policy of their own."""
    entries = dict(mapping(kept, f"column {short(draft.name)}")) if kept is not None else {}
    policies = mapping(entries.pop("policies"), "policies") if "policies" in entries else {}
    rules = {
        key: with_policy(key, draft.keys[key], mapping(of, f"the policy of {key}")) for key, of in policies.items() if key in draft.keys
    }
    return {**rules, **entries}


def _text(entries: Mapping[str, Tree], key: str) -> str:
    return entries[key].text if key in entries and isinstance(entries[key].value, str) else ""
