"""Holding all rows of some sources against a contract, without running a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.jobs.baseline import NOT_GIVEN, Reference
from featureprep.jobs.profile import Profile, Unparsable, contract_of, fold_rows
from featureprep.jobs.sources import BoundSource, bind_source, pseudo_schema
from featureprep.validators.contract import Contract, SourceContract, check_of
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.report import ValidationReport

_ACTIONS: Final = {"fail": Action.FAIL, "quarantine": Action.QUARANTINE, "drop": Action.DROP}


def validate(
    sources: Mapping[str, Source],
    contract: Contract,
    folder: str | None,
    engine: Engine,
    *,
    environment: str = "TRAINING",
    allow_not_evaluated: bool = False,
    partitions: int | None = None,
    reference: Reference | None = None,
    now: dt.datetime | None = None,
) -> ValidationReport:
    """How every rule of the contract ended, from one scan of each source.

    Parameters
    ----------
    sources : mapping of name to Source
    folder : str or None
        What relative paths are relative to.
    environment : str
        Columns that the contract does not expect there are not judged.
    reference : Reference, optional
        Whose columns those of the sources are held against, where the contract has rules about drift; these are not evaluated without it.
    now : datetime, optional
        The clock, with a zone, that ages are told by; the machine's by default. What is told of an age names it.

    Returns
    -------
    ValidationReport
        Records that could not be parsed are an outcome of their own; with the source's `on_error` "quarantine" or "drop" they do not fail.

    Raises
    ------
    ParseError
        For the first such record, where `on_error` is "fail".
    RequestError
        When the contract says nothing of a source, has no such environment, or states nothing about drift where there is a reference.
    """
    stated_of = {name: contract_of(contract, name, sources) for name in sources}
    drifting = {name: _drifting(stated, environment) for name, stated in stated_of.items()}
    if reference is not None and not any(drifting.values()):
        raise RequestError(
            "the contract states nothing about drift, so nothing is held against a baseline",
            where=contract.file or None,
            hint="write `drift: {jensen_shannon: 0.1}` beside `columns:`, or under a column",
        )
    clock = now or dt.datetime.now(dt.UTC)
    outcomes: dict[str, list[Outcome]] = {}
    left_out: dict[str, list[str]] = {}
    seen: dict[str, _Looked] = {}
    for name, source in sources.items():
        stated, columns = stated_of[name], drifting[name]
        expected = {column.name for column in stated.columns_in(environment)}
        bound = bind_source(name, source, folder, stated, engine, None, partitions)
        schema = pseudo_schema(bound, stated)
        baseline = NOT_GIVEN if reference is None or not columns else reference.baseline(name, stated, columns, engine)
        folds = stated.folds(environment, schema, baseline, referenced=contract.referenced(name))
        profile = fold_rows(bound, schema, folds, engine, partitions=partitions, label=f"contract of {name}")
        seen[name] = _Looked(bound, schema, baseline, profile)
        left_out[name] = [column.name for column in stated.columns if column.name not in expected]
    known = {name: looked.profile.results for name, looked in seen.items()}
    for name, looked in seen.items():
        stated, bound, profile = stated_of[name], looked.bound, looked.profile
        judged = stated.evaluate(
            profile.results,
            environment=environment,
            present=bound.present,
            schema=looked.schema,
            allow_not_evaluated=allow_not_evaluated,
            baseline=looked.baseline,
            now=clock,
            others=known,
        )
        outcomes[name] = [*_unparsable(bound, stated, profile.unparsable, profile.rows), *judged]
    return ValidationReport(outcomes, environment, left_out)


@dataclass(frozen=True)
class _Looked:
    """A source of which all is known."""

    bound: BoundSource
    schema: pa.Schema
    baseline: Baseline
    profile: Profile


def _drifting(contract: SourceContract, environment: str) -> set[str]:
    """The columns that rules hold against a baseline."""
    return {rule.column for rule in contract.declared(environment) if check_of(rule).needs_baseline and rule.column is not None}


def _unparsable(bound: BoundSource, contract: SourceContract, bad: Unparsable, rows: int) -> list[Outcome]:
    """An outcome that tells of records that are not among the rows; none where all could be parsed."""
    if not bad.count:
        return []
    reasons = ", ".join(f"{reason} ({count})" for reason, count in sorted(bad.reasons.items(), key=lambda item: (-item[1], item[0]))[:5])
    places = ", ".join(place for _, _, place in bad.first)
    return [
        Outcome(
            id="$records/parsable", rule="every record can be parsed", column=None, check="parsable", reason=Reason.CUSTOM_VALIDATION,
            status=Status.FAILED, severity=Severity.ERROR, action=_ACTIONS[bound.source.on_error], message=f"{reasons}; first at {places}",
            count=bad.count, total=rows + bad.count, file=contract.file, line=contract.line,
            accept="nothing: such records hold no row",
        )
    ]  # fmt: skip
