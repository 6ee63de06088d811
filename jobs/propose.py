"""What some data would need of its contract, as edits of the contract's text that are checked against the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.jobs.infer import infer
from featureprep.jobs.profile import contract_of, fold_rows
from featureprep.jobs.sources import bind_source, pseudo_schema
from featureprep.jobs.validate import validate
from featureprep.validators.changes.change import ContractChange
from featureprep.validators.changes.compare import compare_contracts
from featureprep.validators.checks.base import Rule, find
from featureprep.validators.contract import Column, Contract
from featureprep.validators.contract_yaml import load_contract
from featureprep.validators.inference import MAX_STRING_DOMAIN
from featureprep.validators.outcome import Outcome
from featureprep.validators.proposals.document import Document, Edit, applied
from featureprep.validators.proposals.facts import Facts, fact_folds, facts_of
from featureprep.validators.proposals.needs import edits_for, only_warned
from featureprep.validators.reasons import Status

_ROUNDS: Final = 5
"""A column of another type is judged again, by its other rules; few rounds end it."""


@dataclass(frozen=True)
class Need:
    """A rule that the data breaks, and what the contract would say instead."""

    source: str
    outcome: Outcome
    changes: Sequence[ContractChange]


@dataclass(frozen=True)
class Proposed:
    """A contract's text before and after.

    Attributes
    ----------
    changes : sequence of ContractChange
        All that is different, classed.
    needs : sequence of Need
        Why.
    left : sequence of (source, Outcome)
        What fails the data all the same: no edit of the contract helps there.
    """

    before: str
    after: str
    changes: Sequence[ContractChange]
    needs: Sequence[Need]
    left: Sequence[tuple[str, Outcome]]


def propose(
    sources: Mapping[str, Source], contract: Contract, folder: str | None, engine: Engine, *,
    environment: str = "TRAINING", partitions: int | None = None, max_values: int = MAX_STRING_DOMAIN, now: dt.datetime | None = None,
) -> Proposed:  # fmt: skip
    """The least that must be changed in a contract for the data to pass it.

    Rules that only warn, and those that take rows away within their threshold, do not fail and are left as they are; a column that the
    contract does not have is added, unless it allows such.

    Parameters
    ----------
    contract : Contract
        Read from a file.
    folder : str or None
        What relative paths are relative to.
    environment : str
        Columns that the contract does not expect there are not judged.
    max_values : int
        Text columns that are added get their values as a domain where they are so many at most.
    now : datetime, optional
        As `validate` has it.

    Raises
    ------
    As `validate` and `infer` do.
    """
    clock = now or dt.datetime.now(dt.UTC)  # the same for all that is tried
    text = before = contract.content.decode("utf-8")
    stated, needs = contract, list[Need]()
    inferred: dict[str, dict[str, Column]] = {}
    for _ in range(_ROUNDS):
        broken = _broken(sources, stated, folder, engine, environment, partitions, clock)
        if not broken:
            break
        if not inferred and any(outcome.check in ("type", "extra_columns") for _, outcome in broken):
            seen = infer(sources, folder, engine, partitions=partitions, max_values=max_values).contract
            inferred = {name: {column.name: column for column in seen.source(name).columns} for name in sources}
        after, found = _edited(text, stated, broken, _facts(sources, stated, broken, inferred, folder, engine, partitions))
        if after == text:
            break
        needs += found
        text, stated = after, _read(after, contract.file)
    left = [one for one in _broken(sources, stated, folder, engine, environment, partitions, clock) if one[1].blocking]
    return Proposed(before, text, compare_contracts(contract, stated), needs, left)


def _broken(
    sources: Mapping[str, Source], contract: Contract, folder: str | None, engine: Engine, environment: str, partitions: int | None,
    now: dt.datetime,
) -> list[tuple[str, Outcome]]:  # fmt: skip
    report = validate(sources, contract, folder, engine, environment=environment, partitions=partitions, now=now)
    return [
        (name, outcome)
        for name, outcomes in report.sources.items()
        for outcome in outcomes
        if (outcome.blocking and not _needs_baseline(outcome)) or (outcome.check == "extra_columns" and outcome.status == Status.FAILED)
    ]


def _needs_baseline(outcome: Outcome) -> bool:
    """Whether it was not evaluated because there is no baseline here, whatever the data is."""
    check = find(outcome.check)
    return outcome.status == Status.NOT_EVALUATED and check is not None and check.needs_baseline(outcome.id.rpartition("/")[2])


def _rules(contract: Contract, name: str, sources: Mapping[str, Source]) -> dict[str, Rule]:
    stated = contract_of(contract, name, sources)
    return {rule.id: rule for rule in (*(rule for column in stated.columns for rule in column.rules), *stated.rules)}


def _facts(
    sources: Mapping[str, Source], contract: Contract, broken: Sequence[tuple[str, Outcome]], inferred: Mapping[str, Mapping[str, Column]],
    folder: str | None, engine: Engine, partitions: int | None,
) -> dict[str, Facts]:  # fmt: skip
    made = {}
    for name in dict.fromkeys(source for source, _ in broken):
        stated, known = contract_of(contract, name, sources), _rules(contract, name, sources)
        failed = {outcome.id for source, outcome in broken if source == name and outcome.status == Status.FAILED}
        rules = [rule for key, rule in known.items() if key in failed]
        bound = bind_source(name, sources[name], folder, stated, engine, None, partitions)
        schema = pseudo_schema(bound, stated)
        scene = stated.scene(schema)
        folds = fact_folds(rules, scene)
        profile = fold_rows(bound, schema, folds, engine, partitions=partitions, label=f"what {name} needs") if folds else None
        made[name] = facts_of(rules, {} if profile is None else profile.results, scene, inferred.get(name, {}))
    return made


def _edited(
    text: str, contract: Contract, broken: Sequence[tuple[str, Outcome]], facts: Mapping[str, Facts]
) -> tuple[str, list[Need]]:  # fmt: skip
    """The text with the edits that give a contract, and what they change."""
    document = Document(text, contract.file)
    rules = {
        (source.name, rule.id): rule for source in contract.sources for rule in (*(r for c in source.columns for r in c.rules), *source.rules)
    }  # fmt: skip
    failed = [(name, contract.source(name).name, outcome) for name, outcome in broken if outcome.status == Status.FAILED]
    wanted = [edits_for(outcome, rules.get((section, outcome.id)), document, section, facts[name]) for name, section, outcome in failed]
    edited = _or_none(applied(text, [edit for edits in wanted for edit in edits]), contract.file)
    if edited is None:  # not every type is one that the expressions over its column can calculate with
        edits: list[Edit] = []
        for (_, section, outcome), first in zip(failed, wanted, strict=True):
            rule = rules.get((section, outcome.id))
            for way in (first, [] if rule is None else only_warned(rule, document, section)):
                if _or_none(applied(text, [*edits, *way]), contract.file) is not None:
                    edits += way
                    break
        edited = _read(applied(text, edits), contract.file)
    return edited.content.decode("utf-8"), _needs(failed, compare_contracts(contract, edited), rules)


def _needs(
    failed: Sequence[tuple[str, str, Outcome]], changes: Sequence[ContractChange], rules: Mapping[tuple[str, str], Rule]
) -> list[Need]:
    """The changes by the outcome that needs them: that of the rule itself, else that of a rule under the same key, else one of the column.

    One severity holds for both ends of a range; of a column's other changes most come with another type.
    """
    left = list(changes)
    mine: list[list[ContractChange]] = []
    for _, section, outcome in failed:
        mine.append([change for change in left if (change.source, change.rule) == (section, outcome.id)])
        left = [change for change in left if change not in mine[-1]]
    for change in left:
        alike = [i for i, (_, section, o) in enumerate(failed) if (section, o.column or "") == (change.source, change.column)]
        rule = rules.get((change.source, change.rule))
        shared = (i for i in alike if rule is not None and failed[i][2].check == rule.check)
        typed = (i for i in alike if failed[i][2].check == "type")
        mine[next(chain(shared, typed, alike), 0)].append(change)
    return [Need(name, outcome, found) for (name, _, outcome), found in zip(failed, mine, strict=True) if found]


def _or_none(text: str, file: str) -> Contract | None:
    try:
        return _read(text, file)
    except RequestError:
        return None


def _read(text: str, file: str) -> Contract:
    return replace(load_contract(f"{text}\n", where=file), content=text.encode())
