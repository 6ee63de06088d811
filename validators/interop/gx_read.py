"""Expectation suites of Great Expectations read as contracts; expectations that a contract cannot state are listed, with their line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from featureprep.errors import RequestError, short
from featureprep.validators.checks.parsing import items, mapping, text
from featureprep.validators.interop.gx_types import Expectation, guessed_type
from featureprep.validators.interop.gx_write import INFINITE, META, share_missing
from featureprep.validators.interop.json_tree import parse_json
from featureprep.validators.interop.patterns import contract_pattern, portable_pattern
from featureprep.validators.interop.sections import ColumnDraft, with_policy
from featureprep.validators.plain_tree import contract_of_values, plain, tree_of
from featureprep.validators.yaml_tree import Tree

_EVERYWHERE: Final = frozenset(
    ("column", "mostly", "batch_id", "result_format", "catch_exceptions", "severity", "meta", "id", "description")
)
_CLASSES: Final = re.compile(r"\\[dwsbDWSB]")
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
    tree = parse_json(suite, file)
    entries = mapping(tree, "the suite")
    if "expectations" not in entries:
        hint = "great_expectations writes {name, expectations, meta}"
        raise RequestError("this is no expectation suite: it has no expectations", where=tree.place, hint=hint)
    lost: list[str] = []
    kept = _ours(entries)
    expectations = [_expectation(each, ours=bool(kept)) for each in items(entries["expectations"], "expectations")]
    known = mapping(kept["columns"], "columns of meta.featureprep") if "columns" in kept else {}
    reader = _Reader(file, lost)
    for name, column in known.items():
        stated = mapping(column, f"column {name[:80]!r}")
        word = stated["type"].value.get("is") if "type" in stated and isinstance(stated["type"].value, dict) else stated.get("type")
        reader.draft(name, "string" if word is None else word.text, column.line)
    for name in dict.fromkeys(name for each in expectations for name in each.columns):
        if name not in known:
            mine = [each for each in expectations if each.column == name]
            line = next(each.line for each in expectations if name in each.columns)
            reader.draft(name, guessed_type(name, mine, lost, f"{file}:{line}"), line)
    if not reader.drafts:
        raise RequestError("the suite names no column", where=tree.place, hint="expect_column_to_exist names one")
    for each in expectations:
        if not each.derived:
            reader.read(each)
    columns = {name: _column(draft, reader, known.get(name)) for name, draft in reader.drafts.items()}
    section = {**reader.section, **{key: item for key, item in kept.items() if key not in ("columns", "environments", "source")}}
    top = {"version": 1, **{key: item for key, item in kept.items() if key == "environments"}}
    section["columns"] = columns
    body = {"sources": {kept["source"].text: section}} if "source" in kept else section
    return contract_of_values({**top, **body}, file).to_yaml(), lost


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

    def __init__(self, file: str, lost: list[str]) -> None:
        self.file = file
        self.lost = lost
        self.drafts: dict[str, ColumnDraft] = {}
        self.section: dict[str, Any] = {}
        self.existing: set[str] = set()

    def draft(self, name: str, dtype: str, line: int) -> None:
        self.drafts[name] = ColumnDraft(name, dtype, self.file, line, self.lost)

    def read(self, one: Expectation) -> None:
        """Take over what an expectation says; tell what it says that a contract cannot."""
        read = _READERS.get(one.kind)
        if read is None or (one.kind.startswith("expect_column_") and one.column not in self.drafts):
            if one.kind not in _TYPED:
                self.tell(one, "is not carried over")
            return
        arguments, take = read
        more = sorted(set(one.kwargs) - _EVERYWHERE - set(arguments))
        if any(key in more for key in ("row_condition", "condition_parser")):
            self.tell(one, "is not carried over: it is about some rows only")
            return
        said = take(self, one)
        if said is not None:
            self.tell(one, said)
        if ignored := [key for key in more if one.kwargs[key].value is not False]:
            self.tell(one, f"is carried over without {', '.join(ignored)[:200]}")

    def tell(self, one: Expectation, what: str) -> None:
        about = f" of {', '.join(map(short, one.columns[:3]))}" if one.columns else ""
        self.lost.append(f"{self.file}:{one.line}: {one.kind[:80]}{about} {what}")

    def put(self, one: Expectation, key: str, value: Any) -> str | None:
        """A rule of the expectation's column."""
        mostly = one.mostly
        policy = {} if mostly is None or key == "null_fraction" else {"at_most": share_missing(mostly)}
        self.drafts[one.column].put(key, with_policy(key, value, policy), one.line, severity="warn" if one.warn else "error")
        return "counts `mostly` without rows that have no value, a contract counts all" if policy else None


def _exists(reader: _Reader, one: Expectation) -> str | None:
    reader.existing.add(one.column)
    if one.warn:
        reader.put(one, "required", value=True)
    return None


def _not_null(reader: _Reader, one: Expectation) -> str | None:
    if one.mostly is None:
        return reader.put(one, "nullable", value=False)
    return reader.put(one, "null_fraction", share_missing(one.mostly))


def _between(key: str) -> Callable[[_Reader, Expectation], str | None]:
    def take(reader: _Reader, one: Expectation) -> str | None:
        bounds: dict[str, Any] = {end: one.kwargs[f"{end}_value"] for end in ("min", "max") if f"{end}_value" in one.kwargs}
        inexact = None
        for end, step in (("min", 1), ("max", -1)):
            strict = one.kwargs.get(f"strict_{end}")
            if strict is None or strict.value is not True or end not in bounds:
                continue
            value = bounds[end].value
            if isinstance(value, int) and (key == "length" or "int" in reader.drafts[one.column].type):
                bounds[end] = tree_of(value + step, reader.file, one.line)
            else:
                inexact = "is carried over with its bounds allowed"
        return (reader.put(one, key, bounds) if bounds else None) or inexact

    return take


def _regex(reader: _Reader, one: Expectation) -> str | None:
    stated = one.kwargs["regex"].text if "regex" in one.kwargs else None
    if stated is not None and one.pattern is not None and portable_pattern(one.pattern) == stated:
        return reader.put(one, "regex", one.pattern)
    pattern = contract_pattern(stated) if stated is not None else None
    if stated is None or pattern is None:
        return "is not carried over: RE2 does not read its pattern"
    return reader.put(one, "regex", pattern) or (
        r"is carried over with the \d, \w, \s and \b of ASCII" if _CLASSES.search(stated) else None
    )


def _rows(reader: _Reader, one: Expectation) -> str | None:
    ends = {"min": "min_value", "max": "max_value"} if one.kind.endswith("between") else {"min": "value", "max": "value"}
    bounds = {end: one.kwargs[word] for end, word in ends.items() if word in one.kwargs}
    if "rows" in reader.section or not bounds:
        return "is not carried over: the rows are counted by another already" if bounds else None
    if not all(isinstance(bound.value, int) and 0 <= bound.value < 2**63 for bound in bounds.values()):
        return "is not carried over: its bounds are no whole numbers"
    reader.section["rows"] = with_policy("rows", bounds, {"severity": "warn"} if one.warn else {})
    return None


def _compound(reader: _Reader, one: Expectation) -> str | None:
    names = one.columns
    stated = {"of": names, "severity": "warn"} if one.warn else names
    reader.section["keys"] = [*reader.section.get("keys", ()), stated]
    return "is carried over as a key, whose columns may not be null"


def _columns(reader: _Reader, one: Expectation) -> str | None:
    exact = one.kwargs.get("exact_match")
    if exact is not None and exact.value is False:
        return "is not carried over: without exact_match it may be met by other columns"
    reader.existing.update(one.columns)
    reader.section["extra_columns"] = "warn" if one.warn else "error"
    return "is carried over without the order of the columns" if one.kind.endswith("ordered_list") else None


def _set(reader: _Reader, one: Expectation) -> str | None:
    return reader.put(one, "values", one.kwargs["value_set"]) if "value_set" in one.kwargs else "is not carried over: it has no value_set"


def _length(reader: _Reader, one: Expectation) -> str | None:
    return reader.put(one, "length", dict.fromkeys(("min", "max"), one.kwargs["value"])) if "value" in one.kwargs else "has no value"


def _unique(reader: _Reader, one: Expectation) -> str | None:
    if one.mostly is not None:
        return "is not carried over: a contract has no shares of what is unique"
    return reader.put(one, "unique", value=True)


_Taker = Callable[[_Reader, Expectation], str | None]
_BOUNDS: Final = ("min_value", "max_value", "strict_min", "strict_max")
_READERS: Final[Mapping[str, tuple[tuple[str, ...], _Taker]]] = {
    "expect_column_to_exist": ((), _exists),
    "expect_column_value_lengths_to_be_between": (_BOUNDS, _between("length")),
    "expect_column_value_lengths_to_equal": (("value",), _length),
    "expect_column_values_to_be_between": (_BOUNDS, _between("range")),
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
