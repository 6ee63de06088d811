"""Holding all rows of some sources against a contract, without running a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from featureprep.engines.base import Engine
from featureprep.io.base import Source
from featureprep.jobs.profile import Unparsable, contract_of, fold_rows
from featureprep.jobs.sources import BoundSource, bind_source, pseudo_schema
from featureprep.validators.contract import Contract, SourceContract
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
) -> ValidationReport:
    """How every rule of the contract ended, from one scan of each source.

    Parameters
    ----------
    sources : mapping of name to Source
    folder : str or None
        What relative paths are relative to.
    environment : str
        Columns that the contract does not expect there are not judged.

    Returns
    -------
    ValidationReport
        Records that could not be parsed are an outcome of their own; with the source's `on_error` "quarantine" or "drop" they do not fail.

    Raises
    ------
    ParseError
        For the first such record, where `on_error` is "fail".
    RequestError
        When the contract says nothing of a source, or has no such environment.
    """
    outcomes: dict[str, list[Outcome]] = {}
    left_out: dict[str, list[str]] = {}
    for name, source in sources.items():
        stated = contract_of(contract, name, sources)
        expected = {column.name for column in stated.columns_in(environment)}
        bound = bind_source(name, source, folder, stated, engine, None, partitions)
        schema = pseudo_schema(bound, stated)
        folds = stated.folds(environment, schema)
        profile = fold_rows(bound, schema, folds, engine, partitions=partitions, label=f"contract of {name}")
        judged = stated.evaluate(
            profile.results, environment=environment, present=bound.present, schema=schema, allow_not_evaluated=allow_not_evaluated
        )
        outcomes[name] = [*_unparsable(bound, stated, profile.unparsable, profile.rows), *judged]
        left_out[name] = [column.name for column in stated.columns if column.name not in expected]
    return ValidationReport(outcomes, environment, left_out)


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
