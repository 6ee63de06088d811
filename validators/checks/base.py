"""What a check is: how it is written in a contract, what it asks of the data, and how it is judged.

A check belongs to one key of the contract's YAML and turns what stands there into *rules*, which are data. **Row-wise checks**
say for one row whether it is bad, so they can also quarantine or drop it; the others look at all rows and can only fail.
Everything is computed by folds over all rows, before any rule takes a row away.

**Writing one.** Subclass `Check` or `RowCheck`, decorate with `register`, and name the module under the entry point group
`featureprep.checks` with the check's key as its name.
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, ClassVar

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.reasons import Action, Reason, Severity
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.threshold import Threshold
from featureprep.validators.violations import Violations, ViolationsResult, can_show
from featureprep.validators.yaml_tree import Tree

MALFORMED = "$malformed:"
MALFORMED_TEXT = "$malformed_text:"

FoldRequests = Mapping[str, tuple[Fold, tuple[Node, ...]]]


@dataclass(frozen=True)
class Rule:
    """One statement of a contract, as data.

    Attributes
    ----------
    check : str
        The key of its check.
    column : str or None
        None for rules about whole rows or the whole source.
    part : str
        Tells the rules of one key apart: "min" and "max" of a range, the name of an expression.
    params : mapping
        What was stated, JSON values (dates and decimals included).
    at_most : Threshold or None
        Rows that may break it, of a row-wise check; None: none may.
    file : str
        Where its line is; "" where that is the contract's file.
    code : Node or None
        What a check in Python says of a row, true where it is fine; never part of what is stored.
    """

    check: str
    column: str | None = None
    part: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = Severity.ERROR
    action: Action = Action.FAIL
    line: int | None = field(default=None, compare=False)
    at_most: Threshold | None = None
    file: str = field(default="", compare=False)
    code: Node | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Unique within a source's contract; names its folds. No contracted column's name begins with $."""
        return "/".join(part for part in ("$" if self.column is None else self.column, self.check, self.part) if part)


@dataclass(frozen=True)
class Head:
    """What a check may know while it is parsed: whose key it is, and the policies that hold where it states none."""

    column: str | None
    dtype: pa.DataType | None
    sensitive: bool = False
    severity: Severity = Severity.ERROR
    action: Action = Action.FAIL
    beside: Mapping[str, Tree] = field(default_factory=dict)
    """All keys of its column."""


@dataclass(frozen=True)
class Scene:
    """The data that rules are bound to: its columns, and which of them are masked.

    Attributes
    ----------
    schema : pa.Schema
        May hold the pseudo columns `$malformed:<column>` (bool) and `$malformed_text:<column>` (string).
    baseline : Baseline or None
        What columns are held against; None where no rule asks for one.
    now : datetime or None
        The clock of the run, with a zone; checks read no other.
    others : mapping of source to results by their ids
        What is known of all sources that are judged together, this one among them.
    found : dict
        What a check keeps of its findings for its other rules, by names that begin with the column's.
    tolerated : frozenset of str
        Columns whose rows stay where a cell does not fit its type: `type` only warns, or some may break it.
    """

    schema: pa.Schema
    types: Mapping[str, pa.DataType]
    sensitive: frozenset[str]
    baseline: Baseline | None = None
    now: dt.datetime | None = None
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, compare=False)
    found: dict[str, Any] = field(default_factory=dict, compare=False)
    tolerated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What a check finds in the results of its folds: whether the rule holds, or None where that cannot be told, as `message` says.

    `figures` are for programs: what was measured, JSON values. `inexcusable`: that it cannot be told fails even where that is allowed.
    """

    ok: bool | None
    message: str
    count: int | None = None
    total: int | None = None
    examples: tuple[Any, ...] = ()
    figures: Mapping[str, Any] | None = None
    inexcusable: bool = False


class Check(ABC):
    """One key of the contract. Instances hold no state; there is one of each."""

    key: ClassVar[str]
    scope: ClassVar[str] = "column"
    """"column" or "source": where the key stands."""
    accept: ClassVar[str]
    """What to change in the contract if the data is right after all."""
    states_values: ClassVar[bool] = True
    """What a rule states may be values of its column, which are not told where that is sensitive."""

    @abstractmethod
    def parse(self, tree: Tree, head: Head) -> list[Rule]:
        """The rules of what stands under the key; raises RequestError with its place."""

    @abstractmethod
    def dump(self, rules: Sequence[Rule]) -> Any:
        """What to write under the key for these rules (plain values; policies are added by the writer)."""

    def beside(self, rules: Sequence[Rule]) -> Mapping[str, Any]:
        """What to write under other keys for them."""
        return {}

    @abstractmethod
    def describe(self, rule: Rule) -> str:
        """The rule as a sentence: what must hold."""

    @abstractmethod
    def reason(self, rule: Rule, dtype: pa.DataType | None) -> Reason:
        """The name under which a violation is reported."""

    @abstractmethod
    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        """What must be known of all rows, by ids that equal requests share."""

    @abstractmethod
    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        """The end of it; `results` holds what `folds` asked for."""

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        """True of rows that break it, all of them or those of its examples; None where no single row does. Bound with malformed="null"."""
        return None

    def obstacle(self, rule: Rule, scene: Scene) -> str | None:
        """Why a rule cannot be evaluated, whatever the data; None where nothing stands in its way."""
        return None

    def needs_baseline(self, part: str) -> bool:
        """Whether its rule of that part holds the data against other data, so that it is no part of a run, which has no such baseline."""
        return False

    def accepted(self, examples: Sequence[Any]) -> str:
        """As `accept`, where more is known from values that break the rule."""
        return self.accept

    def subject(self, rule: Rule, dtype: pa.DataType | None) -> str:
        """What the sentence is about; "" for the whole source."""
        return rule.column or ""

    def sentence(self, rule: Rule, sensitive: Collection[str]) -> str:
        """`describe`, without what it states about a sensitive column."""
        if rule.column in sensitive and rule.params and self.states_values:
            return f"keeps to its {' '.join(filter(None, (self.key, rule.part)))} (sensitive)"
        return self.describe(rule)

    def columns(self, rule: Rule) -> set[str]:
        """The columns that must be there for it to be evaluated."""
        return set() if rule.column is None else {rule.column}

    def elsewhere(self, rule: Rule) -> tuple[str, str] | None:
        """A source and a column of it that it is held against."""
        return None

    def verify(self, rule: Rule, types: Mapping[str, pa.DataType], where: str) -> None:
        """Hold the rule against the columns of its contract; raises RequestError for one that is not there, or does not suit it."""
        for name in sorted(self.columns(rule) - types.keys()):
            hint = did_you_mean(name, sorted(types)) or f"columns: {{{name}: ...}}"
            raise RequestError(f"{self.key}: the contract has no column {name[:80]!r}", where=where, hint=hint)


class RowCheck(Check):
    """A check of single rows."""

    examples: ClassVar[int] = 5
    """How many of the values that break it are kept."""

    @abstractmethod
    def violation(self, rule: Rule, scene: Scene) -> Node:
        """True where the row is bad; null and false are fine."""

    def shown(self, rule: Rule, scene: Scene) -> list[Node]:
        """The columns whose values are examples; never a sensitive one."""
        return [column(name) for name in sorted(self.columns(rule)) if name not in scene.sensitive and can_show(scene.types[name])]

    def folds(self, rule: Rule, scene: Scene) -> FoldRequests:
        return {rule.id: (Violations(self.examples), (self.violation(rule, scene), *self.shown(rule, scene)))}

    def judge(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Verdict:
        found: ViolationsResult = results[rule.id]
        if rule.column is None:
            names = [str(node.params["name"]) for node in self.shown(rule, scene)]
            examples: tuple[Any, ...] = tuple(dict(zip(names, example, strict=True)) for example in found.examples)
        else:
            examples = tuple(example[0] for example in found.examples)
        return Verdict(found.count == 0, "", found.count, found.total, examples)

    def broken(self, rule: Rule, results: Mapping[str, Any], scene: Scene) -> Node | None:
        return self.violation(rule, scene)


def column(name: str) -> Node:
    """The node of a column."""
    return Node("col", (), {"name": name})


def malformed(name: str) -> Node:
    """True where a cell of the column did not fit its type."""
    return column(MALFORMED + name)


_REGISTRY: dict[str, Check] = {}


def register(cls: type[Check]) -> type[Check]:
    """Class decorator: make the check known by its key."""
    known = _REGISTRY.get(cls.key)
    if known is not None and type(known).__qualname__ != cls.__qualname__:
        raise RequestError(f"two checks are named {cls.key!r}")
    _REGISTRY[cls.key] = cls()
    return cls


def find(key: str) -> Check | None:
    """The check of that key: built in, or loaded by its entry point; None where nothing installed provides it."""
    import featureprep.validators.checks.builtin  # noqa: F401  (registers them)

    if key not in _REGISTRY:
        for point in entry_points(group="featureprep.checks", name=key):
            point.load()
    return _REGISTRY.get(key)


def known_keys(scope: str) -> list[str]:
    """The keys of the checks of a scope that are loaded, sorted."""
    import featureprep.validators.checks.builtin  # noqa: F401

    return sorted(key for key, check in _REGISTRY.items() if check.scope == scope)
