"""Holding all rows of some sources against a contract, without running a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from featureprep.engines.base import Engine
from featureprep.errors import RequestError
from featureprep.io.base import Source
from featureprep.io.unlike import UnlikeDataError
from featureprep.jobs.baseline import NOT_GIVEN, Reference
from featureprep.jobs.example_rows import with_rows
from featureprep.jobs.json_columns import with_json_columns
from featureprep.jobs.misfit_cells import misfits_in
from featureprep.jobs.profile import Profile, Unparsable, contract_of, fold_rows
from featureprep.jobs.sources import BoundSource, pseudo_schema
from featureprep.jobs.unlike import bind_known, told_unlike
from featureprep.validators.contract import Contract, SourceContract, check_of
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.misfit_text import notes
from featureprep.validators.mostly import judge_mostly, mostly_folds
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Action, Reason, Severity, Status
from featureprep.validators.report import ValidationReport
from featureprep.validators.second_opinion import SecondOpinion
from featureprep.validators.seen import Seen
from featureprep.validators.statistics import column_folds, finish

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
    also: str | None = None,
    statistics: bool = False,
) -> ValidationReport:
    """How every rule of the contract ended, from one scan of each source, and from a second one where rows are to be shown that break it.

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
    also : {"tfdv"}, optional
        Another tool that is asked, whose opinion stands in the report and fails nothing.
    statistics : bool
        The same scan makes statistics of all columns, for the page of the report; then a reference needs no rule about drift.

    Returns
    -------
    ValidationReport
        Records that could not be parsed are an outcome of their own; with the source's `on_error` "quarantine" or "drop" they do not fail.
        Of files that cannot be read as one table only that is told: it fails.

    Raises
    ------
    ParseError
        For the first such record, where `on_error` is "fail".
    RequestError
        When the contract says nothing of a source, has no such environment, or states nothing about drift where there is a reference.
    WorldError
        When the other tool is not installed.
    """
    if also is not None:
        from featureprep.jobs.second_opinion import check_at_hand

        check_at_hand(also)
    stated_of = {name: contract_of(contract, name, sources) for name in sources}
    drifting = {name: _drifting(stated, environment) for name, stated in stated_of.items()}
    if reference is not None and not statistics and not any(map(any, drifting.values())):
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
        stated, (drifts, columns) = stated_of[name], drifting[name]
        expected = {column.name for column in stated.columns_in(environment)}
        left_out[name] = [column.name for column in stated.columns if column.name not in expected]
        bound = bind_known(name, source, folder, stated, engine, partitions)
        if isinstance(bound, Outcome):
            outcomes[name] = [bound]
            continue
        bound = with_json_columns(bound, stated, environment, engine, None, partitions)
        schema = pseudo_schema(bound, stated)
        if statistics:
            columns = columns | (set(bound.schema.names) - stated.sensitive)
        baseline = NOT_GIVEN
        if reference is not None and (drifts or columns):
            baseline = reference.baseline(name, stated, columns, engine, statistics=statistics)
        folds = stated.folds(environment, schema, baseline, referenced=contract.referenced(name))
        folds |= mostly_folds(stated.untaken, bound.schema.names)
        if statistics:
            folds |= column_folds(bound.schema, shapes=True)
        try:
            profile = fold_rows(bound, schema, folds, engine, partitions=partitions, label=f"contract of {name}")
        except UnlikeDataError as error:
            outcomes[name] = [told_unlike(error, stated)]
            continue
        seen[name] = _Looked(bound, schema, baseline, profile)
    known = {name: looked.profile.results for name, looked in seen.items()}
    for name, looked in seen.items():
        stated, bound, profile = stated_of[name], looked.bound, looked.profile
        judged = stated.evaluate(
            profile.results,
            environment=environment,
            present=bound.present,
            unlisted=bound.unlisted,
            schema=looked.schema,
            allow_not_evaluated=allow_not_evaluated,
            baseline=looked.baseline,
            now=clock,
            others=known,
        )
        judged = judge_mostly(judged, stated.untaken, profile.results)
        scene = stated.scene(looked.schema, looked.baseline, clock, known)
        shown = with_rows(judged, stated, profile.results, scene, bound, engine, partitions)
        outcomes[name] = [*_unparsable(bound, stated, profile.unparsable, profile.rows), *shown]
    return ValidationReport(
        {name: outcomes[name] for name in sources},
        environment,
        left_out,
        opinions=_opinions(seen, stated_of, outcomes, environment) if also else {},
        notes=contract.notes,
        baseline_notes=_baseline_notes(seen),
        contract=contract.content,
        seen={name: looked.shown(stated_of[name].sensitive) for name, looked in seen.items()} if statistics else {},
    )


@dataclass(frozen=True)
class _Looked:
    """A source of which all is known."""

    bound: BoundSource
    schema: pa.Schema
    baseline: Baseline
    profile: Profile

    def shown(self, sensitive: Collection[str]) -> Seen:
        """Its columns, all of which were folded."""
        misfits = misfits_in(self.profile.misfits, self.bound, self.profile.rows, places=False)
        section = finish(self.profile.results, self.bound.schema, sensitive=sensitive, shapes=True, misfits=misfits)
        return Seen(section, None if self.baseline is NOT_GIVEN else self.baseline, sensitive)


def _opinions(
    seen: Mapping[str, _Looked], stated_of: Mapping[str, SourceContract], outcomes: Mapping[str, Sequence[Outcome]], environment: str
) -> dict[str, SecondOpinion]:
    from featureprep.jobs.second_opinion import second_opinion

    return {
        name: second_opinion(looked.bound, stated_of[name], outcomes[name], looked.baseline, environment) for name, looked in seen.items()
    }


def _baseline_notes(seen: Mapping[str, _Looked]) -> tuple[str, ...]:
    """What the baselines lack; with the names of the sources where these are several."""
    return tuple(f"{name}: {note}" if len(seen) > 1 else note for name, looked in seen.items() for note in notes(looked.baseline))


def _drifting(contract: SourceContract, environment: str) -> tuple[bool, set[str]]:
    """Whether rules hold the data against a baseline, and the columns that they are about."""
    found = [rule for rule in contract.declared(environment) if check_of(rule).needs_baseline(rule.part)]
    return bool(found), {rule.column for rule in found if rule.column is not None}


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
