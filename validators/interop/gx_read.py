"""Expectation suites of Great Expectations read as contracts; expectations that a contract cannot state are listed, with their line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from featureprep.errors import RequestError, short
from featureprep.validators.checks.parsing import items, mapping, text
from featureprep.validators.interop.bounds import Bound, put_bounds
from featureprep.validators.interop.gx_types import Expectation, guessed_type, stated_type
from featureprep.validators.interop.gx_write import INFINITE, META, share_missing
from featureprep.validators.interop.json_tree import parse_json
from featureprep.validators.interop.notes import Notes, Taken, Types
from featureprep.validators.interop.patterns import CLASSES, contract_pattern, portable_pattern
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.plain_tree import plain, tree_of
from featureprep.validators.untaken import Mostly
from featureprep.validators.yaml_tree import Tree

_EVERYWHERE: Final = frozenset(
    ("column", "mostly", "batch_id", "result_format", "catch_exceptions", "severity", "meta", "id", "description")
)
_TYPED: Final = ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list")


def from_gx(suite: str, *, file: str = "suite.json") -> tuple[str, list[str]]:
    """The JSON of an expectation suite, of 1.x or 0.x, as a contract.

    Parameters
    ----------
    file : str
        What to call it in messages.

    Returns
    -------
    text : str
        contract.yaml. A suite that was not written here does not say all types: they are guessed from what is expected of a column.
    lost : list of str
        What could not be carried over, or not exactly: `file:line: what`.

    Raises
    ------
    RequestError
        For what is no JSON of a suite, or names no column.
    """
    taken = take_gx(parse_json(suite, file))
    return taken.yaml(), taken.notes.lines()


def take_gx(tree: Tree, types: Types | None = None, *, has_lines: bool = True) -> Taken:
    """As `from_gx`, of the parsed suite.

    Parameters
    ----------
    types : callable, optional
        Gives the types of the data's columns: those of which the suite states no type have these.
    """
    file = tree.file
    entries = mapping(tree, "the suite")
    if "expectations" not in entries:
        hint = "great_expectations writes {name, expectations, meta}"
        raise RequestError("this is no expectation suite: it has no expectations", where=tree.place, hint=hint)
    notes = Notes(file, has_lines)
    kept = _ours(entries)
    expectations = [_expectation(each, ours=bool(kept)) for each in items(entries["expectations"], "expectations")]
    known = mapping(kept["columns"], "columns of meta.featureprep") if "columns" in kept else {}
    reader = _Reader(file, notes)
    for name, column in known.items():
        stated = mapping(column, f"column {name[:80]!r}")
        word = stated["type"].value.get("is") if "type" in stated and isinstance(stated["type"].value, dict) else stated.get("type")
        reader.draft(name, "string" if word is None else word.text, column.line)
    for name in dict.fromkeys(name for each in expectations for name in each.columns):
        if name not in known:
            mine = [each for each in expectations if each.column == name]
            line = next(each.line for each in expectations if name in each.columns)
            reader.draft(name, guessed_type(name, mine, notes, line, types), line)
    if not reader.drafts:
        raise RequestError("the suite names no column", where=tree.place, hint="expect_column_to_exist names one")
    for each in expectations:
        if not each.derived:
            reader.read(each)
    columns = {name: _column(draft, reader, known.get(name)) for name, draft in reader.drafts.items()}
    held = {key: item for key, item in kept.items() if key not in ("columns", "environments", "source")}
    if "extra_columns" in reader.section:
        held.pop("extra_columns", None)  # an expectation that was added since says it
    section = {**reader.section, **held}
    top = {"version": 1, **{key: item for key, item in kept.items() if key == "environments"}}
    if not kept:
        section.setdefault("extra_columns", "allow")  # a suite says nothing of columns that it does not name
    written = [tree for draft in reader.drafts.values() for tree in draft.expressions.values()]
    if written:
        section["expressions"] = [*items(section["expressions"], "expressions"), *written] if "expressions" in section else written
    section["columns"] = columns
    body = {"sources": {kept["source"].text: section}} if "source" in kept else section
    return Taken({**top, **body}, notes)


def _ours(entries: Mapping[str, Tree]) -> Mapping[str, Tree]:
    meta = entries["meta"].value if "meta" in entries else None
    return mapping(meta[META], "meta.featureprep") if isinstance(meta, dict) and META in meta else {}


def _expectation(tree: Tree, *, ours: bool) -> Expectation:
    entries = mapping(tree, "an expectation")
    kind = next((entries[key] for key in ("type", "expectation_type") if key in entries), None)
    if kind is None:
        raise RequestError("an expectation has no type", where=tree.place)
    kwargs = mapping(entries["kwargs"], "kwargs") if "kwargs" in entries else {}
    stated = {key: value for key, value in kwargs.items() if value.value is not None}
    severity = entries["severity"].value if "severity" in entries else None
    mine = plain(entries["meta"]) if ours and "meta" in entries else None
    said = mine.get(META) if isinstance(mine, dict) else None
    pattern = said.get("pattern") if isinstance(said, dict) else None
    return Expectation(
        text(kind, "type"), stated, tree.line, severity in ("warning", "info"), derived=isinstance(said, str),
        pattern=pattern if isinstance(pattern, str) else None,
    )  # fmt: skip


def _column(draft: ColumnDraft, reader: _Reader, known: Tree | None) -> dict[str, Any]:
    """What stands under a column: what its expectations say, with the policies and the rest of what the suite's meta holds."""
    made = draft.value()
    if known is None:
        return made
    kept = dict(mapping(known, f"column {draft.name[:80]!r}"))
    if draft.type.startswith("float"):
        kept |= {key: _infinite(kept[key]) for key in ("range", "values") if key in kept}
    policies = mapping(kept.pop("policies"), "policies") if "policies" in kept else {}
    for key, policy in policies.items():
        if key in made:
            made[key] = with_policy(key, made[key], mapping(policy, f"the policy of {key}"))
    if draft.name not in reader.existing:
        kept.setdefault("required", tree_of(value=False, file=draft.file, line=draft.line))
    return made | kept


def _infinite(tree: Tree) -> Tree:
    """The same with the numbers that JSON has no spelling for."""
    if isinstance(tree.value, dict):
        return replace(tree, value={key: _infinite(item) for key, item in tree.value.items()})
    if isinstance(tree.value, list):
        return replace(tree, value=[_infinite(item) for item in tree.value])
    number = next((number for number, word in INFINITE.items() if word == tree.value), None)
    return tree if number is None else tree_of(number, tree.file, tree.line)


class _Reader:
    """Columns and source rules as the expectations that were read make them.

    Attributes
    ----------
    existing : set of names
        Columns that must exist.
    """

    def __init__(self, file: str, notes: Notes) -> None:
        self.file = file
        self.notes = notes
        self.drafts: dict[str, ColumnDraft] = {}
        self.section: dict[str, Any] = {}
        self.existing: set[str] = set()

    def draft(self, name: str, dtype: str, line: int) -> None:
        self.drafts[name] = ColumnDraft(name, dtype, self.file, line, self.notes)

    def read(self, one: Expectation) -> None:
        """Take over what an expectation says; tell what it says that a contract cannot."""
        if one.kind in _TYPED:
            if stated_type(one) is None:
                self.lose(one, "it names no type that is known here")
            return
        read = _READERS.get(one.kind)
        if read is None or (one.kind.startswith("expect_column_") and one.column not in self.drafts):
            self.lose(one)
            return
        arguments, take = read
        more = sorted(set(one.kwargs) - _EVERYWHERE - set(arguments))
        if any(key in more for key in ("row_condition", "condition_parser")):
            self.lose(one, "it is about some rows only")
            return
        take(self, one)
        if ignored := [key for key in more if one.kwargs[key].value is not False]:
            self.tell(one, f"is carried over without {', '.join(ignored)[:200]}")

    def lose(self, one: Expectation, why: str = "") -> None:
        self.notes.lose(one.line, one.title, why, column=one.column or None, check=one.kind[:80])

    def tell(self, one: Expectation, what: str) -> None:
        self.notes.tell(one.line, f"{one.title} {what}")

    def put(self, one: Expectation, key: str, value: Any) -> None:
        """A rule of the expectation's column."""
        share = None if key == "null_fraction" else self.at_most(one)
        policy = {} if share is None else {"at_most": share}
        before = self.stated(one)
        self.drafts[one.column].put(key, with_policy(key, value, policy), one.line, severity=one.severity)
        if share is not None:
            self.share(one, before)

    def at_most(self, one: Expectation) -> float | None:
        """The share of rows that may break the rule."""
        if one.mostly is None:
            return None
        self.notes.tell(one.line, f"{one.title} counts `mostly` without rows that have no value, a contract counts all", written=True)
        return share_missing(one.mostly)

    def stated(self, one: Expectation) -> set[str]:
        """How the ids of the rules begin that state something of the expectation's column."""
        draft = self.drafts[one.column]
        written = (mapping(tree, "an expression") for tree in draft.expressions.values())
        names = {" ".join(entry.get("name", entry["expr"]).text.split()) for entry in written}
        return {f"{draft.name}/{key}" for key in draft.keys} | {f"$/expressions/{name}" for name in names}

    def share(self, one: Expectation, before: set[str]) -> None:
        """Of the rules that are stated now and were not before, `mostly` is of the values."""
        ids = tuple(sorted(self.stated(one) - before))
        if one.mostly is not None and ids:
            self.notes.shares.append(Mostly(one.title, "", one.column, one.kind[:80], one.line, one.mostly, ids))


def _exists(reader: _Reader, one: Expectation) -> None:
    reader.existing.add(one.column)
    if one.warn:
        reader.put(one, "required", value=True)


def _not_null(reader: _Reader, one: Expectation) -> None:
    if one.mostly is None:
        reader.put(one, "nullable", value=False)
    else:
        reader.put(one, "null_fraction", share_missing(one.mostly))


def _between(reader: _Reader, one: Expectation) -> None:
    if bounds := _bounds(one):
        draft, before = reader.drafts[one.column], reader.stated(one)
        put_bounds(draft, bounds, one.line, one.kind[:80], severity=one.severity, at_most=reader.at_most(one))
        reader.share(one, before)


def _bounds(one: Expectation) -> dict[str, Bound]:
    strict = {end for end in ("min", "max") if f"strict_{end}" in one.kwargs and one.kwargs[f"strict_{end}"].value is True}
    return {end: Bound(one.kwargs[f"{end}_value"], end in strict) for end in ("min", "max") if f"{end}_value" in one.kwargs}


def _lengths(reader: _Reader, one: Expectation) -> None:
    made: dict[str, Any] = {}
    for end, (tree, strict) in _bounds(one).items():
        step = 1 if end == "min" else -1
        made[end] = tree_of(tree.value + step, reader.file, one.line) if strict and isinstance(tree.value, int) else tree
    if made:
        reader.put(one, "length", made)


def _regex(reader: _Reader, one: Expectation) -> None:
    stated = one.kwargs["regex"].text if "regex" in one.kwargs else None
    if stated is not None and one.pattern is not None and portable_pattern(one.pattern) == stated:
        reader.put(one, "regex", one.pattern)
        return
    pattern = contract_pattern(stated) if stated is not None else None
    if stated is None or pattern is None:
        reader.lose(one, "RE2 does not read its pattern")
        return
    reader.put(one, "regex", pattern)
    if CLASSES.search(stated):
        reader.tell(one, r"is carried over with the \d, \w, \s and \b of ASCII")


def _rows(reader: _Reader, one: Expectation) -> None:
    ends = {"min": "min_value", "max": "max_value"} if one.kind.endswith("between") else {"min": "value", "max": "value"}
    bounds = {end: one.kwargs[word] for end, word in ends.items() if word in one.kwargs}
    if not bounds:
        return
    if "rows" in reader.section:
        reader.lose(one, "the rows are counted by another already")
    elif not all(isinstance(bound.value, int) and 0 <= bound.value < 2**63 for bound in bounds.values()):
        reader.lose(one, "its bounds are no whole numbers")
    else:
        rows = with_policy("rows", bounds, {"severity": "warn"} if one.warn else {})
        reader.section["rows"] = tree_of(rows, reader.file, one.line)


def _compound(reader: _Reader, one: Expectation) -> None:
    names = one.columns
    stated = {"of": names, "severity": "warn"} if one.warn else names
    reader.section["keys"] = [*reader.section.get("keys", ()), tree_of(stated, reader.file, one.line)]
    reader.tell(one, "is carried over as a key, whose columns may not be null")


def _columns(reader: _Reader, one: Expectation) -> None:
    exact = one.kwargs.get("exact_match")
    if exact is not None and exact.value is False:
        reader.lose(one, "without exact_match it may be met by other columns")
        return
    listed = next((one.kwargs[key].value for key in ("column_list", "column_set") if key in one.kwargs), None)
    if not isinstance(listed, list) or len(listed) != len(one.columns):
        reader.lose(one, "it has no list of the columns' names")
        return
    if outside := [name for name in reader.drafts if name not in one.columns]:
        reader.lose(one, f"it leaves out {short(outside[0])}, of which the suite says more: no data meets both")
        return
    reader.existing.update(one.columns)
    if reader.section.get("extra_columns") != "error":
        reader.section["extra_columns"] = "warn" if one.warn else "error"
    if one.kind.endswith("ordered_list"):
        reader.notes.lose(one.line, f"the order in {one.title}", "a contract states no order of columns", check=one.kind)


def _set(reader: _Reader, one: Expectation) -> None:
    if "value_set" in one.kwargs:
        reader.put(one, "values", one.kwargs["value_set"])
    else:
        reader.lose(one, "it has no value_set")


def _length(reader: _Reader, one: Expectation) -> None:
    if "value" in one.kwargs:
        reader.put(one, "length", dict.fromkeys(("min", "max"), one.kwargs["value"]))
    else:
        reader.lose(one, "it has no value")


def _unique(reader: _Reader, one: Expectation) -> None:
    if one.mostly is not None:
        reader.lose(one, "a contract has no shares of what is unique")
    else:
        reader.put(one, "unique", value=True)


_Taker = Callable[[_Reader, Expectation], None]
_BOUNDS: Final = ("min_value", "max_value", "strict_min", "strict_max")
_READERS: Final[Mapping[str, tuple[tuple[str, ...], _Taker]]] = {
    "expect_column_to_exist": ((), _exists),
    "expect_column_value_lengths_to_be_between": (_BOUNDS, _lengths),
    "expect_column_value_lengths_to_equal": (("value",), _length),
    "expect_column_values_to_be_between": (_BOUNDS, _between),
    "expect_column_values_to_be_in_set": (("value_set",), _set),
    "expect_column_values_to_be_unique": ((), _unique),
    "expect_column_values_to_match_regex": (("regex",), _regex),
    "expect_column_values_to_not_be_null": ((), _not_null),
    "expect_compound_columns_to_be_unique": (("column_list", "ignore_row_if"), _compound),
    "expect_table_columns_to_match_ordered_list": (("column_list",), _columns),
    "expect_table_columns_to_match_set": (("column_set", "exact_match"), _columns),
    "expect_table_row_count_to_be_between": (("min_value", "max_value"), _rows),
    "expect_table_row_count_to_equal": (("value",), _rows),
}
