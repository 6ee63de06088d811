"""type: every cell fits the column's type."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import FeatureprepError
from featureprep.expr.node import Node
from featureprep.types import format_type, is_float, is_integer, is_text, parse_type
from featureprep.validators.checks.base import MALFORMED_TEXT, Head, RowCheck, Rule, Scene, column, malformed, register
from featureprep.validators.checks.parsing import optioned, text, wrong
from featureprep.validators.reasons import Reason
from featureprep.validators.yaml_tree import Tree


def read_type(tree: Tree) -> pa.DataType:
    """The type that a `type:` states."""
    inner = tree.value.get("is", tree) if isinstance(tree.value, dict) else tree
    try:
        return parse_type(text(inner, "type"))
    except FeatureprepError as error:
        raise wrong(inner, "type", "the name of a type", error.hint) from error


UTC: Final = frozenset(
    "UTC Etc/UTC Zulu Etc/Zulu Universal Etc/Universal UCT Etc/UCT GMT Etc/GMT Greenwich Etc/Greenwich GMT0 Etc/GMT0 GMT+0 Etc/GMT+0 GMT-0 "
    "Etc/GMT-0 Z +00:00 -00:00 +0000 -0000".split()
)
"""The zone database's names of UTC, and how programs write its offset."""


def fits(actual: pa.DataType, stated: pa.DataType) -> bool:
    """Whether every value of a column of type `actual` is one of type `stated`: the same, narrower, in UTC by another name, or all null."""
    if actual in (stated, pa.null()):
        return True
    if pa.types.is_timestamp(actual) and pa.types.is_timestamp(stated):
        return actual.tz in UTC and stated.tz in UTC
    if is_integer(actual) and is_integer(stated):
        signed = pa.types.is_signed_integer(actual), pa.types.is_signed_integer(stated)
        return signed != (True, False) and actual.bit_width + (signed == (False, True)) <= stated.bit_width
    if is_float(actual) and is_float(stated):
        return bool(actual.bit_width <= stated.bit_width)
    if pa.types.is_decimal(actual) and pa.types.is_decimal(stated):
        whole = actual.precision - actual.scale <= stated.precision - stated.scale
        return bool(whole and actual.scale <= stated.scale)
    if (pa.types.is_list(actual) or pa.types.is_fixed_size_list(actual)) and pa.types.is_list(stated):
        return fits(actual.value_type, stated.value_type)
    if pa.types.is_fixed_size_list(actual) and pa.types.is_fixed_size_list(stated):
        return actual.list_size == stated.list_size and fits(actual.value_type, stated.value_type)
    if pa.types.is_struct(actual) and pa.types.is_struct(stated):
        mine = {actual.field(i).name: actual.field(i).type for i in range(actual.num_fields)}
        theirs = {stated.field(i).name: stated.field(i).type for i in range(stated.num_fields)}
        return list(mine) == list(theirs) and all(fits(mine[name], theirs[name]) for name in theirs)
    return False


NULLS = ("NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaN", "nan", "?", "-", "\\N")
"""Spellings of null that other programs write."""


@register
class TypeCheck(RowCheck):
    """`type: int64`, or `type: {is: int64, action: quarantine}`.

    A row is bad where its cell did not fit (CSV and JSON cells, which the contract types). A source with types of its own is held
    against the contract as a whole (`fits`).
    """

    key = "type"
    states_values = False
    accept = "state the type that the data has"

    def accepted(self, examples: Sequence[Any]) -> str:
        nulls = [value for value in examples if value in NULLS]
        if not nulls:
            return self.accept
        flags = " ".join(f"--null-value {shlex.quote(value)}" for value in nulls)
        told = f"where {' and '.join(map(repr, nulls))} means null, read CSV so: {flags} --null-value '' (in a job: null_values={['', *nulls]})"
        return f"{self.accept}; {told}"

    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        _, severity, action = optioned(tree, head, self.key, "is", row_wise=True)
        return [Rule(self.key, head.column, "", {"type": format_type(read_type(tree))}, severity, action, tree.line)]

    def dump(self, rules: Sequence[Rule]) -> Any:
        return rules[0].params["type"]

    def describe(self, rule: Rule) -> str:
        return f"is {rule.params['type']}"

    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        if dtype is None:
            return Reason.UNEXPECTED_DATA_TYPE
        if is_integer(dtype):
            return Reason.INT_TYPE_NOT_INT_STRING
        if is_float(dtype):
            return Reason.FLOAT_TYPE_STRING_NOT_FLOAT
        return Reason.BOOL_TYPE_UNEXPECTED_STRING if pa.types.is_boolean(dtype) else Reason.UNEXPECTED_DATA_TYPE

    def violation(self, rule: Rule, scene: Scene) -> Node:
        return malformed(str(rule.column))

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        # the cell itself is null where it did not fit; its text is shown where the source keeps it
        name = MALFORMED_TEXT + str(rule.column)
        return [column(name)] if rule.column not in scene.sensitive and scene.schema.get_field_index(name) >= 0 else []


def type_mismatch(rule: Rule, actual: pa.DataType) -> str | None:
    """What is wrong with a source's own type, or None."""
    stated = str(rule.params["type"])
    if fits(actual, parse_type(stated)):
        return None
    return f"the source's type is {format_type(actual)}, the contract says {stated}{_how(actual, parse_type(stated), rule.column)}"


def _how(actual: pa.DataType, stated: pa.DataType, name: str | None) -> str:
    """What is meant often, where the types are such; with what mends it."""
    if is_float(actual) and is_integer(stated):
        kind = format_type(stated).replace("int", "Int").replace("uI", "UI")
        return f"; a pandas column of whole numbers with nulls is float64: df[{name!r}].astype({kind!r}) keeps them whole"
    if is_text(actual) and pa.types.is_nested(stated):
        return "; a cell of CSV is one text: give JSON or Parquet, or state string here and split it in the job: col(...).str.split(',')"
    return ""
