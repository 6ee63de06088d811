"""Expectations taken apart, and the column types that they hint at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from featureprep.errors import short
from featureprep.validators.interop.notes import Notes, Types
from featureprep.validators.plain_tree import plain
from featureprep.validators.yaml_tree import Tree

_KINDS: Final = {
    "int64": ("int", "int64", "int_", "integer", "bigint", "long", "integertype", "longtype"),
    "int32": ("int32", "integer32"),
    "int16": ("int16", "smallint", "shorttype"),
    "int8": ("int8", "tinyint", "bytetype"),
    "uint8": ("uint8",),
    "uint16": ("uint16",),
    "uint32": ("uint32",),
    "uint64": ("uint64",),
    "float64": ("float", "float64", "float_", "double", "doubletype", "double_precision", "real", "number"),
    "float32": ("float32", "floattype"),
    "string": ("str", "string", "object", "text", "varchar", "char", "stringtype", "nvarchar"),
    "bool": ("bool", "boolean", "bool_", "booleantype"),
    "timestamp": ("timestamp", "datetime", "datetime64", "datetime64[ns]", "datetime64[us]", "timestamptype"),
    "date": ("date", "datetype"),
}
_TYPES: Final = {word: name for name, words in _KINDS.items() for word in words}
"""Names that pandas, SQL and Spark give their types, in lower case, and ours."""


@dataclass(frozen=True)
class Expectation:
    """One of a suite.

    Attributes
    ----------
    kwargs : mapping
        Those that are not null.
    warn : bool
        Of severity warning or info.
    derived : bool
        That it follows from a rule that our own part of the suite's meta holds.
    pattern : str or None
        Of one that was written here: the contract's pattern.
    """

    kind: str
    kwargs: Mapping[str, Tree]
    line: int
    warn: bool = False
    derived: bool = False
    pattern: str | None = None

    @property
    def column(self) -> str:
        """The column that it is about; "" where it is about none, or several."""
        tree = self.kwargs.get("column")
        return tree.value if tree is not None and isinstance(tree.value, str) else ""

    @property
    def columns(self) -> list[str]:
        """All columns that it names."""
        if self.column:
            return [self.column]
        listed = next((self.kwargs[key].value for key in ("column_list", "column_set") if key in self.kwargs), None)
        return [each.value for each in listed if isinstance(each.value, str) and each.value] if isinstance(listed, list) else []

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return self.kind[:80] + (f" of {', '.join(map(short, self.columns[:3]))}" if self.columns else "")

    @property
    def severity(self) -> str:
        """Of the rules that it makes."""
        return "warn" if self.warn else "error"

    @property
    def mostly(self) -> float | None:
        """The share of rows for which it must hold; None where that is all of them."""
        tree = self.kwargs.get("mostly")
        value = tree.value if tree is not None else 1
        return float(value) if isinstance(value, (int, float)) and 0 <= value < 1 else None


def guessed_type(name: str, expectations: Sequence[Expectation], notes: Notes, line: int, types: Types | None) -> str:
    """The type of a column: the one that is stated, else the data's, else one from what is expected of it, which is noted."""
    stated = next((found for each in expectations if (found := stated_type(each)) is not None), None)
    if stated is None and types is not None:
        stated = types().get(name)
    if stated is not None:
        return stated
    made = next((found for each in expectations if (found := _hinted(each)) is not None), "string")
    notes.tell(line, f"no type is stated of {name[:80]!r}: taken for {made}")
    return made


def stated_type(one: Expectation) -> str | None:
    """Our name of the type that an expectation states; None where it states none that is known here."""
    names: list[Any] = []
    if one.kind == "expect_column_values_to_be_of_type" and "type_" in one.kwargs:
        names = [one.kwargs["type_"].value]
    elif one.kind == "expect_column_values_to_be_in_type_list" and "type_list" in one.kwargs:
        listed = plain(one.kwargs["type_list"])
        names = listed if isinstance(listed, list) else []
    return next((_TYPES[word.lower()] for word in names if isinstance(word, str) and word.lower() in _TYPES), None)


def _hinted(one: Expectation) -> str | None:
    if one.kind in ("expect_column_values_to_match_regex", "expect_column_value_lengths_to_be_between"):
        return "string"
    if one.kind == "expect_column_values_to_be_between":
        bounds = [one.kwargs[key].value for key in ("min_value", "max_value") if key in one.kwargs]
        return "float64" if bounds and all(isinstance(bound, (int, float)) for bound in bounds) else None
    if one.kind == "expect_column_values_to_be_in_set" and "value_set" in one.kwargs:
        values = plain(one.kwargs["value_set"])
        kinds = {type(value) for value in values} if isinstance(values, list) else set()
        if kinds and kinds <= {int, float}:
            return "int64" if kinds == {int} else "float64"
        return "bool" if kinds == {bool} else None
    return None
