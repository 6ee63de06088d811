"""A contract taken apart into plain values, rule by rule, and put together again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError, short
from featureprep.types import parse_type
from featureprep.validators.checks.base import Head, RowCheck, find
from featureprep.validators.checks.thresholds import take_threshold
from featureprep.validators.contract import Contract, check_of
from featureprep.validators.interop.notes import Notes
from featureprep.validators.plain_tree import plain, tree_of
from featureprep.validators.yaml_text import INNER
from featureprep.validators.yaml_tree import Tree, parse_yaml

_POLICIES: Final = ("severity", "action", "at_most")
_BOUNDS: Final = frozenset(("range", "length", "valency", "rows"))
"""Checks whose value is a mapping, beside which a policy stands."""


@dataclass(frozen=True)
class Sections:
    """A contract's YAML as plain values.

    Attributes
    ----------
    environments : list of str or None
        None where they are the usual ones.
    sources : mapping of name to section
        The name "" stands for a contract with one list of columns. A section's columns are all mappings.
    """

    environments: list[str] | None
    sources: Mapping[str, dict[str, Any]]


def sections_of(contract: Contract) -> Sections:
    """The plain values of a contract; `contract_of_values` reads them back."""
    value = plain(parse_yaml(contract.to_yaml(), "contract"))
    found: dict[str, dict[str, Any]] = value.get("sources", {"": value})
    for section in found.values():
        section["columns"] = {name: column if isinstance(column, dict) else {"type": column} for name, column in section["columns"].items()}
    own = {"version", "environments"}
    sources = {name: {key: item for key, item in section.items() if key not in own} for name, section in found.items()}
    return Sections(value.get("environments"), sources)


def chosen_source(contract: Contract, names: Sequence[str], source: str | None, what: str) -> str:
    """The source that is meant, for a format that is about one table.

    Parameters
    ----------
    what : str
        The document, as in "an expectation suite".

    Raises
    ------
    RequestError
        When it is not said which source is meant, or there is none of that name.
    """
    if source is None and len(names) > 1:
        raise RequestError(f"{what} is about one table, and the contract has several sources", where=contract.file or None,
                           hint=f"--source {' or --source '.join(names[:3])}")  # fmt: skip
    if source is not None and source not in names:
        hint = "it is for a single source: leave --source out" if names == [""] else f"it has {', '.join(names[:5])}"
        raise RequestError(f"the contract has no source {source[:80]!r}", where=contract.file or None, hint=hint)
    return names[0] if source is None else source


def one_section(contract: Contract, source: str | None, what: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The section of the source that is meant, for a format that is about one table, and what such a document keeps of the contract around it.

    Parameters
    ----------
    what : str
        The document, as in "an expectation suite".

    Returns
    -------
    section : dict
    kept : dict
        The contract's environments, unless they are the usual ones, and the name of the source, if it has one.

    Raises
    ------
    RequestError
        As `chosen_source`.
    """
    sections = sections_of(contract)
    chosen = chosen_source(contract, list(sections.sources), source, what)
    kept: dict[str, Any] = {"environments": sections.environments} if sections.environments is not None else {}
    return sections.sources[chosen], kept | ({"source": chosen} if chosen else {})


def placed(contract: Contract, source: str | None, told: Sequence[str]) -> list[str]:
    """Rules that another format does not check, such as "fare: not_nan", each behind the `file:line` where the contract states it."""
    section = contract.sources[0] if source is None else contract.source(source)
    known = {column.name: column for column in section.columns}
    made = []
    for each in told:
        name, colon, rest = each.rpartition(": ")
        column = known.get(name) if colon else None
        check = rest.partition(" ")[0]
        rules = section.rules if column is None else column.rules
        at = next((rule.line for rule in rules if rule.check == check and rule.line), section.line if column is None else column.line)
        made.append(f"{contract.file}:{at}: {each}" if contract.file and at else each)
    return made


def split_policy(key: str, value: Any) -> tuple[Any, dict[str, Any]]:
    """What a rule states, and its own severity, action and threshold: of `{max: 0.1, severity: warn}` 0.1 and the severity."""
    if not isinstance(value, dict):
        return value, {}
    policy = {name: value[name] for name in _POLICIES if name in value}
    stated = {name: item for name, item in value.items() if name not in policy}
    return stated if key in _BOUNDS else stated.get(INNER.get(key, "is")), policy


def is_hard(policy: Mapping[str, Any], key: str = "", beside: Collection[str] = ()) -> bool:
    """Whether a rule of this policy says of every row that it must hold: it does not only warn, and allows no rows that break it."""
    return policy.get("severity") != "warn" and "at_most" not in policy and not is_softened(key, beside)


def is_softened(key: str, beside: Collection[str]) -> bool:
    """Whether another key of the column lets some rows break this one."""
    return key == "values" and "min_domain_mass" in beside


def with_policy(key: str, value: Any, policy: Mapping[str, Any]) -> Any:
    """The rule that `split_policy` took apart."""
    if not policy:
        return value
    stated = value.value if isinstance(value, Tree) else value
    return {**(stated if isinstance(stated, dict) else {INNER.get(key, "is"): value}), **policy}


@dataclass
class ColumnDraft:
    """A column that is put together from another format: what cannot stand in a contract is told instead.

    Attributes
    ----------
    notes : Notes
        What could not be carried over; shared by all columns.
    """

    name: str
    type: str
    file: str
    line: int
    notes: Notes
    keys: dict[str, Any] = field(default_factory=dict)
    expressions: dict[str, Tree] = field(default_factory=dict)

    @property
    def dtype(self) -> pa.DataType:
        """Its type."""
        return parse_type(self.type)

    def put(self, key: str, value: Any, line: int | None = None, *, severity: str = "error") -> None:
        """Add a rule; where the contract would refuse it, or says something else already, it is told."""
        at = self.line if line is None else line
        tree = tree_of(with_policy(key, value, {"severity": severity} if severity != "error" else {}), self.file, at)
        check = find(key)
        try:
            if check is not None:
                check.parse(take_threshold(tree, key, row_wise=isinstance(check, RowCheck))[0], Head(self.name, self.dtype))
        except RequestError as error:
            self.lose(at, key, error.what)
            return
        known = self.keys.get(key)
        if known is not None and plain(tree_of(known, self.file)) != plain(tree):
            self.lose(at, key, "it has one already")
            return
        if (key == "null_fraction" and "nullable" in self.keys) or (key == "nullable" and "null_fraction" in self.keys):
            self.lose(at, key, "a contract states either nullable or null_fraction")
            return
        self.keys[key] = tree

    def express(self, line: int, expr: str, what: str, *, name: str = "", severity: str = "error", at_most: float | None = None) -> None:
        """Add a rule that no key of the column states, as an expression; where the contract would refuse it, it is told.

        Parameters
        ----------
        what : str
            The rule, as the other format has it.
        name : str
            What it is called; by default the expression itself.
        """
        policy = ({"severity": severity} if severity != "error" else {}) | ({"at_most": at_most} if at_most is not None else {})
        tree = tree_of({**({"name": name} if name else {}), "expr": expr, **policy}, self.file, line)
        check = find("expressions")
        try:
            for rule in check.parse(tree_of([tree], self.file, line), Head(None, None)) if check is not None else ():
                check_of(rule).verify(rule, {self.name: self.dtype}, tree.place)
        except RequestError as error:
            self.lose(line, what, error.what)
            return
        known = self.expressions.setdefault(expr, tree)
        if plain(known) != plain(tree):
            self.lose(line, what, "it is stated with another severity already")

    def lose(self, line: int, what: str, why: str = "") -> None:
        """Say that a rule of this column is not carried over."""
        self.notes.lose(line, f"{what} of column {short(self.name)}", why, column=self.name, check=what.partition(" ")[0])

    def value(self) -> dict[str, Any]:
        """What stands under its name."""
        return {"type": self.type, **self.keys}
