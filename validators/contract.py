"""Contracts: what the rows of each source must be, as data, and how the results of the scan are held against it.

The YAML form is described in `contract_yaml`; this module holds its meaning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import pyarrow as pa

from featureprep.errors import RequestError
from featureprep.expr.node import Node
from featureprep.folds.base import Fold
from featureprep.types import logical, parse_type
from featureprep.validators.as_stated import absence, as_stated
from featureprep.validators.checks import references
from featureprep.validators.checks.base import MALFORMED, MALFORMED_TEXT, Check, RowCheck, Rule, Scene, find
from featureprep.validators.checks.thresholds import tolerate, tolerates
from featureprep.validators.checks.types import type_mismatch
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.suggestions import did_you_mean
from featureprep.validators.untaken import Untaken, in_words_of
from featureprep.validators.untaken import outcomes as untaken_outcomes

ENVIRONMENTS: Final = ("TRAINING", "SERVING")


@dataclass(frozen=True)
class Column:
    """What is stated about one column.

    Attributes
    ----------
    rules : tuple of Rule
        Its `type` rule first.
    environments : tuple of str or None
        Where the column is expected; None: everywhere.
    comment : str
        Written beside it by `to_yaml`; not part of its meaning.
    """

    name: str
    rules: tuple[Rule, ...]
    environments: tuple[str, ...] | None = None
    sensitive: bool = False
    owner: str = ""
    note: str = ""
    line: int | None = field(default=None, compare=False)
    comment: str = field(default="", compare=False)

    @cached_property
    def type(self) -> pa.DataType:
        """The stated type."""
        return parse_type(str(self.rules[0].params["type"]))

    def rule(self, check: str) -> Rule | None:
        """The first rule of a check."""
        return next((rule for rule in self.rules if rule.check == check), None)


@dataclass(frozen=True)
class RowRule:
    """A rule about single rows, ready to be judged in a scan.

    Attributes
    ----------
    violation : Node
        True where the cell or row is bad; null is fine. Bind it with malformed="null".
    action : "fail", "quarantine" or "drop"
        Where "fail", the rows stay and the outcome fails the run.
    """

    id: str
    column: str | None
    check: str
    reason: Reason
    violation: Node
    severity: Severity
    action: Action
    line: int | None
    description: str


@dataclass(frozen=True)
class SourceContract:
    """What the rows of one source must be.

    Attributes
    ----------
    name : str
        The source; "" where the contract is for a single one, whatever its name.
    rules : tuple of Rule
        Those about whole rows and about the source.
    extra_columns : "error", "warn" or "allow"
        What a column means that the contract does not name.
    allow_not_evaluated : bool
        A rule that could not be evaluated does not fail the contract.
    file : str
        Where it was read from, for messages.
    untaken : tuple of Untaken
        Rules of a file in another format that could not be taken over; in every environment they are not evaluated.
    foreign : str
        "tfmd" or "other", of a file in another format; "" of our own.
    """

    name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...] = ()
    environments: tuple[str, ...] = ENVIRONMENTS
    extra_columns: str = "warn"
    allow_not_evaluated: bool = False
    owner: str = ""
    note: str = ""
    line: int | None = field(default=None, compare=False)
    file: str = field(default="", compare=False)
    untaken: tuple[Untaken, ...] = ()
    foreign: str = field(default="", compare=False)

    @cached_property
    def schema(self) -> pa.Schema:
        """The contract's columns with their types; types the cells of CSV and JSON sources."""
        return pa.schema([pa.field(column.name, column.type) for column in self.columns])

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """The columns whose values are never shown."""
        return frozenset(column.name for column in self.columns if column.sensitive)

    @property
    def allow_empty(self) -> bool:
        return not any(rule.check == "allow_empty" for rule in self.rules)

    def columns_in(self, environment: str | None) -> list[Column]:
        """The columns that are expected in an environment; all of them where it is None.

        Raises
        ------
        RequestError
            For an environment that the contract does not have.
        """
        if environment is not None and environment not in self.environments:
            hint = did_you_mean(environment, self.environments)
            raise RequestError(f"the contract has no environment {environment[:80]!r}", where=self.file or None, hint=hint)
        return [c for c in self.columns if environment is None or c.environments is None or environment in c.environments]

    def left_out(self, environment: str | None) -> list[str]:
        """The columns that are not expected in an environment: nothing about them is judged there."""
        expected = {column.name for column in self.columns_in(environment)}
        return [column.name for column in self.columns if column.name not in expected]

    def declared(self, environment: str | None) -> list[Rule]:
        """The rules that hold in an environment, in the contract's order; those about columns it does not have are not among them."""
        columns = self.columns_in(environment)
        absent = set(self.left_out(environment))
        stated = [rule for column in columns for rule in column.rules] + list(self.rules)
        return [rule for rule in stated if not absent or not check_of(rule).columns(rule) & absent]

    def asked(self, environment: str | None, baseline: Baseline | None) -> list[Rule]:
        """The rules that are judged: those about a baseline where there is one, or where it was asked for in vain."""
        return [rule for rule in self.declared(environment) if baseline is not None or not check_of(rule).needs_baseline(rule.part)]

    def scene(
        self,
        schema: pa.Schema | None = None,
        baseline: Baseline | None = None,
        now: dt.datetime | None = None,
        others: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Scene:
        """The contract's columns as checks see them, over the data's schema where it is known."""
        types = {c.name: c.type for c in self.columns}
        tolerated = frozenset(c.name for c in self.columns if tolerates(c.rules[0]))
        return Scene(self.schema if schema is None else schema, types, self.sensitive, baseline, now, others or {}, tolerated=tolerated)

    def row_rules(self, environment: str | None = None, schema: pa.Schema | None = None) -> list[RowRule]:
        """The row-wise rules that can be judged, in the contract's order: columns first, expressions last.

        Parameters
        ----------
        schema : pa.Schema, optional
            The data's; rules about columns that it lacks, or has in another type, are left out (`evaluate` tells them). Without it
            all rules are given.
        """
        scene = self.scene(schema)
        widen = self._widening(scene.schema)
        made = []
        for rule in self.declared(environment):
            check = check_of(rule)
            if isinstance(check, RowCheck) and (schema is None or self._obstacle(rule, scene) is None):
                made.append(
                    RowRule(
                        rule.id, rule.column, rule.check, self._reason(rule), check.violation(rule, scene).replace(widen), rule.severity, rule.action,
                        rule.line, self._describe(rule),
                    )
                )  # fmt: skip
        return made

    def folds(
        self, environment: str | None, schema: pa.Schema, baseline: Baseline | None = None, *, referenced: Collection[str] = ()
    ) -> dict[str, tuple[Fold, tuple[Node, ...]]]:
        """What must be folded over all rows, before any rule takes one away, by ids; bind the nodes with malformed="null".

        Parameters
        ----------
        schema : pa.Schema
            The data's, with `$malformed:<column>` (bool) for each contracted column, and `$malformed_text:<column>` (string, null
            where the cell fits) if texts of misfits are to be shown.
        baseline : Baseline, optional
            Without it nothing is folded for the rules about one.
        referenced : collection of str
            The columns that rules of other sources refer to (`Contract.referenced`).
        """
        scene = self.scene(schema, baseline)
        widen = self._widening(schema)
        made: dict[str, tuple[Fold, tuple[Node, ...]]] = {}
        for rule in self.asked(environment, baseline):
            if self._obstacle(rule, scene) is None:
                for key, (fold, nodes) in check_of(rule).folds(rule, scene).items():
                    made[key] = (fold, tuple(node.replace(widen) for node in nodes))
        for name in sorted(referenced):
            if name in {column.name for column in self.columns_in(environment)} and self._misfit(name, schema) is None:
                for key, (fold, nodes) in references.referenced(name).items():
                    made[key] = (fold, tuple(node.replace(widen) for node in nodes))
        return made

    def evaluate(
        self,
        results: Mapping[str, Any],
        *,
        environment: str | None = None,
        present: Iterable[str],
        unlisted: int = 0,
        schema: pa.Schema | None = None,
        allow_not_evaluated: bool = False,
        baseline: Baseline | None = None,
        now: dt.datetime | None = None,
        others: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> list[Outcome]:
        """How every rule of an environment ended.

        Parameters
        ----------
        results : mapping of id to result
            Of `folds`, finished.
        present : names
            The columns that the data has.
        unlisted : int
            How many more it has at least, none of which the contract names.
        schema : pa.Schema, optional
            The data's, where the source has types of its own: they are held against the contract's.
        allow_not_evaluated : bool
            As the contract's own setting: outcomes that are not evaluated do not fail.
        baseline : Baseline, optional
            As `folds` had it. Without it the rules about one are no part of the contract.
        now : datetime, optional
            The clock of the run, with a zone. Without it rules about freshness are not evaluated.
        others : mapping of source to results, optional
            Of all sources that are judged together, this one among them, for references between them.
        """
        have = {name for name in present if not name.startswith((MALFORMED, MALFORMED_TEXT))}
        lenient = allow_not_evaluated or self.allow_not_evaluated
        scene = self.scene(schema, baseline, now, others)
        known = schema is not None
        outcomes = [self._judge(rule, results, have, scene, typed=known, lenient=lenient) for rule in self.asked(environment, baseline)]
        outcomes += self._extra(have, unlisted)
        mine = [in_words_of(each, self.foreign) for each in outcomes] if self.foreign else outcomes
        return mine + untaken_outcomes(self.untaken, self.file, lenient=lenient)

    def _judge(self, rule: Rule, results: Mapping[str, Any], have: set[str], scene: Scene, *, typed: bool, lenient: bool) -> Outcome:
        check = check_of(rule)
        if rule.check == "required":
            found = rule.column in have
            return self._outcome(rule, Status.PASSED if found else Status.FAILED, "" if found else "the source does not have the column")
        if rule.check == "type" and typed and rule.column in have:
            wrong = type_mismatch(rule, logical(scene.schema.field(rule.column).type))
            if wrong is not None:
                whole = replace(rule, action=Action.FAIL)  # no single row is at fault, so none can be taken away
                return self._outcome(whole, Status.FAILED, wrong, reason=Reason.UNEXPECTED_DATA_TYPE)
        absent = sorted(check.columns(rule) - have)
        lacking = [name for name in absent if name not in self.optional]
        if lacking:
            return self._outcome(rule, Status.NOT_EVALUATED, absence(lacking[0]), lenient=lenient)
        taken = typed and rule.action != Action.FAIL and rule.column in scene.schema.names  # JSON: an absent key is null to a run
        if rule.column in absent and not taken:
            return self._outcome(rule, Status.PASSED, f"{absence(rule.column)}, which may be absent")
        obstacle = self._obstacle(rule, scene) if typed else check.obstacle(rule, scene)
        wanted = {} if obstacle else check.folds(rule, scene)
        if obstacle is None and (not wanted or any(key not in results for key in wanted)):
            obstacle = "the data was not looked at"
        if obstacle is not None:
            return self._outcome(rule, Status.NOT_EVALUATED, obstacle, lenient=lenient)
        verdict = check.judge(rule, results, scene)
        if verdict.ok is None:
            return self._outcome(rule, Status.NOT_EVALUATED, verdict.message, lenient=lenient and not verdict.inexcusable)
        if rule.at_most is not None:
            verdict = tolerate(verdict, rule)
        if absent:
            told = f"{absence(absent[0])}, so it is null in every row"
            verdict = replace(verdict, message="; ".join(filter(None, (verdict.message, told))))
        return self._outcome(
            rule, Status.PASSED if verdict.ok else Status.FAILED, verdict.message,
            count=verdict.count, total=verdict.total, examples=verdict.examples, figures=verdict.figures,
        )  # fmt: skip

    def _outcome(self, rule: Rule, status: Status, message: str, *, reason: Reason | None = None, **facts: Any) -> Outcome:
        return Outcome(
            id=rule.id, rule=self._describe(rule), column=rule.column, check=rule.check, reason=reason or self._reason(rule), status=status,
            severity=rule.severity, action=rule.action, message=message, line=rule.line, file=rule.file or self.file,
            masked=bool(check_of(rule).columns(rule) & self.sensitive), accept=check_of(rule).accepted(facts.get("examples", ())),
            at_most=rule.at_most, **facts,
        )  # fmt: skip

    def _extra(self, have: set[str], unlisted: int) -> list[Outcome]:
        """A failed outcome for each column that the contract does not name; the last one tells of those that are not listed."""
        if self.extra_columns == "allow":
            return []
        found = sorted(have - {column.name for column in self.columns})
        more = f"; at least {unlisted} more such columns are not listed" if unlisted else ""
        return [
            Outcome(
                id=f"{name}/extra_columns", rule=f"has only the contract's columns; {name} is not one", column=name, check="extra_columns",
                reason=Reason.SCHEMA_NEW_COLUMN, status=Status.FAILED, severity=Severity(self.extra_columns), action=Action.FAIL,
                message=f"the contract does not have the column{more if name == found[-1] else ''}", line=self.line, file=self.file,
                accept="add it under `columns:`, or `extra_columns: allow`",
            )
            for name in found
        ]  # fmt: skip

    def broken(self, outcomes: Iterable[Outcome], results: Mapping[str, Any], scene: Scene) -> dict[str, Node]:
        """True of rows that break the rule of an outcome, by its id; none where no single row does. Bind them with malformed="null"."""
        rules = {rule.id: rule for rule in (*(rule for column in self.columns for rule in column.rules), *self.rules)}
        widen = self._widening(scene.schema)
        made = {}
        for outcome in outcomes:
            rule = rules.get(outcome.id)
            if rule is not None and outcome.status == Status.FAILED and outcome.count:
                found = check_of(rule).broken(rule, results, scene)
                if found is not None:
                    made[outcome.id] = found.replace(widen)
        return made

    def _obstacle(self, rule: Rule, scene: Scene) -> str | None:
        """Why a rule cannot be evaluated over data of the scene's schema."""
        if rule.column in self.optional and scene.schema.get_field_index(rule.column) < 0:
            return absence(rule.column)  # it is of the column itself, if it is there
        misfits = (self._misfit(name, scene.schema) for name in sorted(check_of(rule).columns(rule)))
        return next((misfit for misfit in misfits if misfit is not None), None) or check_of(rule).obstacle(rule, scene)

    def _misfit(self, name: str, schema: pa.Schema) -> str | None:
        """Why nothing can be said of a column over data of this schema."""
        if schema.get_field_index(name) < 0:
            return None if name in self.optional else absence(name)
        wrong = type_mismatch(self._column(name).rules[0], logical(schema.field(name).type))
        return None if wrong is None else f"column {name!r}: {wrong}"

    def _widening(self, schema: pa.Schema) -> dict[str, Node]:
        """What rules look at in place of columns of a narrower type, and of those that are absent and may be."""
        return as_stated({column.name: column.type for column in self.columns}, schema, self.optional)

    def _column(self, name: str) -> Column:
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @cached_property
    def optional(self) -> frozenset[str]:
        """The columns that may be absent."""
        return frozenset(c.name for c in self.columns if (rule := c.rule("required")) is None or rule.severity != Severity.ERROR)

    def _reason(self, rule: Rule) -> Reason:
        return check_of(rule).reason(rule, None if rule.column is None else self._column(rule.column).type)

    def _describe(self, rule: Rule) -> str:
        check = check_of(rule)
        subject = check.subject(rule, None if rule.column is None else self._column(rule.column).type)
        return f"{subject} {check.sentence(rule, self.sensitive)}".lstrip()


@dataclass(frozen=True)
class Contract:
    """The contracts of one or several sources.

    Attributes
    ----------
    file : str
        Where it was read from; "" where it was made in Python.
    content : bytes
        The file as it was read; the file itself may have been edited since.
    notes : tuple of str
        What a file in another format says and this contract does otherwise, each with its place.
    """

    sources: tuple[SourceContract, ...]
    file: str = field(default="", compare=False)
    content: bytes = field(default=b"", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def names(self) -> list[str]:
        """The sources named; [""] where the contract is for a single one."""
        return [source.name for source in self.sources]

    def source(self, name: str) -> SourceContract:
        """The contract of a source.

        Raises
        ------
        RequestError
            When it has none.
        """
        for source in self.sources:
            if source.name in ("", name):
                return source
        raise RequestError(
            f"the contract says nothing of the source {name[:80]!r}", where=self.file or None, hint=did_you_mean(name, sorted(self.names))
        )

    def referenced(self, name: str) -> frozenset[str]:
        """The columns of a source that rules of any source refer to."""
        rules = (rule for source in self.sources for rule in source.declared(None))
        return frozenset(at[1] for rule in rules if (at := check_of(rule).elsewhere(rule)) is not None and at[0] == name)

    def __repr__(self) -> str:
        from featureprep.validators.contract_shown import contract_text

        return contract_text(self)

    def _repr_html_(self) -> str:
        from featureprep.validators.contract_shown import contract_html

        return contract_html(self)

    def to_yaml(self) -> str:
        """The contract as a file that `load_contract` reads back equal."""
        from featureprep.validators.yaml_text import contract_text

        return contract_text(self)

    @classmethod
    def from_pandera(cls, schema: Any) -> Contract:
        """What a pandera `DataFrameSchema` or `DataFrameModel`, for pandas or Polars, states.

        Rules that a contract cannot state, such as custom checks, are kept and not evaluated; `notes` tells what is checked otherwise.

        Raises
        ------
        ArgumentError
            For what is none.
        MissingExtraError
            Without the extra `pandera`.
        RequestError
            For a schema that no contract can hold, such as one that names no column.
        """
        from featureprep.validators.interop.pandera_objects import contract_from_schema

        return contract_from_schema(schema)

    def to_pandera(self, *, source: str | None = None) -> Any:
        """The contract of a source as a pandera `DataFrameSchema` for pandas.

        What pandera does not check is kept in `schema.metadata["featureprep"]`; its `unchecked` names those rules.

        Parameters
        ----------
        source : str, optional
            Which one, where the contract has several.

        Raises
        ------
        MissingExtraError
            Without the extra `pandera`.
        RequestError
            When it is not said which source is meant, or there is none of that name.
        """
        from featureprep.validators.interop.pandera_objects import schema_from_contract

        return schema_from_contract(self, source=source)


def check_of(rule: Rule) -> Check:
    """The check that a rule belongs to.

    Raises
    ------
    RequestError
        When nothing installed provides it.
    """
    check = find(rule.check)
    if check is None:
        raise RequestError(f"there is no check {rule.check!r}", hint="a package that provides it may be missing")
    return check
