"""A contract taken apart into plain values, rule by rule, and put together again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.types import parse_type
from featureprep.validators.checks.base import Head, RowCheck, find
from featureprep.validators.checks.thresholds import take_threshold
from featureprep.validators.contract import Contract
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
    lost : list of str
        What could not be carried over, with its place; shared by all columns.
    """

    name: str
    type: str
    file: str
    line: int
    lost: list[str]
    keys: dict[str, Any] = field(default_factory=dict)

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
            self.tell(at, error.what)
            return
        known = self.keys.get(key)
        if known is not None and plain(tree_of(known, self.file)) != plain(tree):
            self.tell(at, f"a second {key} of column {self.name!r}")
            return
        if (key == "null_fraction" and "nullable" in self.keys) or (key == "nullable" and "null_fraction" in self.keys):
            self.tell(at, f"{key} of column {self.name!r}: a contract states either nullable or null_fraction")
            return
        self.keys[key] = tree

    def tell(self, line: int, what: str) -> None:
        """Say that something is not carried over."""
        self.lost.append(f"{self.file}:{line}: {what}")

    def value(self) -> dict[str, Any]:
        """What stands under its name."""
        return {"type": self.type, **self.keys}
