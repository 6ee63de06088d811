"""What a contract states that no data can meet, or that means something else than it says: it can be read, and is wrong all the same."""

from __future__ import annotations

import operator
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from featureprep.errors import ArgumentError
from featureprep.kernels.zones import offset_table
from featureprep.types import is_text
from featureprep.validators.checks.base import Rule
from featureprep.validators.checks.domains import whole_text
from featureprep.validators.checks.items import item_type, nearest
from featureprep.validators.contract import Column, Contract, SourceContract
from featureprep.validators.expression_text import parse_expression
from featureprep.validators.reasons import Severity

_SHOWN: Final = 5
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "is_in": operator.eq,
}  # fmt: skip


@dataclass(frozen=True)
class Contradiction:
    """What cannot be, the line where it stands (None where it is not known), and how to mend it."""

    what: str
    line: int | None
    hint: str


def contradictions(contract: Contract) -> list[Contradiction]:
    """What no data can meet, no clock knows or no float32 equals, in the contract's order.

    Only rules that fail the contract are held against each other: one that only warns, or that some rows may break, rules nothing out.
    """
    return [found for source in contract.sources for found in _of_source(source)]


def _of_source(source: SourceContract) -> Iterator[Contradiction]:
    for column in source.columns:
        yield from _of_column(column)
    most = next((rule for rule in source.rules if rule.check == "rows" and rule.part == "max" and _binding(rule)), None)
    if most is not None and most.params["bound"] == 0 and not source.allow_empty:
        yield Contradiction("rows may be 0 at most, and no rows at all are not allowed", most.line, "allow_empty: true, or a larger max")
    for rule in source.rules:
        if rule.check == "expressions" and _binding(rule):
            yield from _of_expression(rule, {column.name: column.type for column in source.columns})


def _of_expression(rule: Rule, types: Mapping[str, pa.DataType]) -> Iterator[Contradiction]:
    """Comparisons of a float32 column with a number that it cannot hold, where the nearest one that it can compares otherwise.

    Expressions compare exactly, in float64, while `values` and `range` are rounded to the column's type (`nearest`).
    """
    for node in parse_expression(str(rule.params["expr"]), types).walk():
        names = [str(arg.params["name"]) for arg in node.args if arg.op == "col" and types.get(arg.params["name"]) == pa.float32()]
        if len(names) != 1 or node.op not in _COMPARED:
            continue
        compare = _COMPARED[node.op]
        for number in node.params["values"] if node.op == "is_in" else [arg.params["value"] for arg in node.args if arg.op == "lit"]:
            kept = nearest(number, pa.float32())
            sides = (kept, number) if node.args[0].op == "col" else (number, kept)
            if kept != number and compare(*sides) != compare(number, number):
                yield Contradiction(
                    f"the expression {rule.part[:80]!r} compares column {names[0][:80]!r}, which is float32, with {number}; "
                    f"a cell that says so is {kept}", rule.line, "state float64; or say it by values or range, which are rounded as the column is",
                )  # fmt: skip


def _of_column(column: Column) -> Iterator[Contradiction]:
    what = f"column {column.name[:80]!r}"
    for zone in sorted(_zones(column.type)):
        try:
            offset_table(zone)
        except ArgumentError:
            if zoneinfo.available_timezones():  # a machine without a zone database knows none
                close = get_close_matches(zone[:100], zoneinfo.available_timezones(), n=1)
                hint = f"did you mean {close[0]!r}?" if close else "an IANA zone such as Europe/Berlin, or an offset such as +05:30"
                yield Contradiction(f"{what}: there is no time zone {zone!r}", column.rules[0].line, hint)
    if column.environments == ():
        yield Contradiction(f"{what} is expected in no environment", column.line, "name one in environments, or take the column out")
    stated = [rule for rule in column.rules if _binding(rule)]
    values = next((rule for rule in stated if rule.check in ("values", "min_domain_mass")), None)
    if values is not None:
        yield from _of_values(what, column, values, stated)
    if pa.types.is_fixed_size_list(column.type):
        size = column.type.list_size
        for rule in stated:
            if rule.check == "valency" and (size < rule.params["bound"] if rule.part == "min" else size > rule.params["bound"]):
                yield Contradiction(f"{what} has {size} items by its type, which its valency rules out", rule.line, "state one of them")


def _of_values(what: str, column: Column, values: Rule, stated: Sequence[Rule]) -> Iterator[Contradiction]:
    """Listed values that another rule of the column rules out."""
    listed = list(values.params["values"])
    if not listed and any(rule.check == "nullable" for rule in stated) and item_type(column.type) == column.type:
        yield Contradiction(f"{what}: no value is allowed, and no null", values.line, "name the values, or nullable: true")
    for rule in stated:
        if rule.check in ("range", "length", "regex"):
            out = [value for value in listed if _is_out(value, rule, item_type(column.type))]
            if out:
                shown = "some of them" if column.sensitive else ", ".join(repr(str(value)[:40]) for value in out[:_SHOWN])
                more = f" and {len(out) - _SHOWN} more" if len(out) > _SHOWN and not column.sensitive else ""
                part = f" ({rule.part} {rule.params['bound']})" if rule.part and not column.sensitive else ""
                yield Contradiction(
                    f"{what}: values allows {shown}{more}, which its {rule.check}{part} rules out", rule.line,
                    f"take them out of values, or widen the {rule.check}",
                )  # fmt: skip


def _is_out(value: Any, rule: Rule, dtype: pa.DataType | None) -> bool:
    """Whether a value that is not null breaks a rule."""
    if rule.check == "regex":
        return not pc.match_substring_regex(pa.scalar(value, pa.string()), whole_text(rule.params["pattern"])).as_py()
    if rule.check == "length":
        if dtype is None or not is_text(dtype):
            return False
        value = len(value)
    value, bound = nearest(value, dtype), nearest(rule.params["bound"], dtype)
    return bool(value < bound if rule.part == "min" else value > bound)


def _binding(rule: Rule) -> bool:
    """Whether the contract fails where the rule is broken, or the rows are taken away."""
    return rule.severity == Severity.ERROR and rule.at_most is None


def _zones(dtype: pa.DataType) -> set[str]:
    """The time zones in a type."""
    if pa.types.is_timestamp(dtype):
        return set() if dtype.tz is None else {dtype.tz}
    return set().union(*(_zones(dtype.field(i).type) for i in range(dtype.num_fields))) if pa.types.is_nested(dtype) else set()
