"""What TFDV says of the data that a contract was held against, from our statistics of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from featureprep.errors import ArgumentError, FeatureprepError
from featureprep.jobs.sources import BoundSource
from featureprep.jobs.tfmd_statistics import statistics_of_columns
from featureprep.validators.contract import SourceContract
from featureprep.validators.drift.baseline import Baseline
from featureprep.validators.outcome import Outcome
from featureprep.validators.second_opinion import SecondOpinion
from featureprep.validators.statistics.layout import kind_of
from featureprep.validators.tfdv.opinion import at_hand, judged
from featureprep.validators.tfdv.question import columns_for, compared, schema_for, unasked
from featureprep.validators.tfmd.from_shapes import statistics_of_shapes

TOOLS: Final = ("tfdv",)


def check_at_hand(also: str) -> None:
    """Refuse a tool that is not here, before any data is read.

    Raises
    ------
    ArgumentError
        When there is no such tool.
    WorldError
        When it is not installed.
    MissingExtraError
        Without `tensorflow-metadata`.
    """
    if also not in TOOLS:
        raise ArgumentError.of("also", "validate", "'tfdv', or None", also)
    at_hand()


def second_opinion(
    bound: BoundSource, stated: SourceContract, outcomes: Sequence[Outcome], baseline: Baseline, environment: str
) -> SecondOpinion:
    """Hand the statistics of a source, its contract as a schema and what is kept of the baseline to TFDV.

    Parameters
    ----------
    outcomes : sequence of Outcome
        How the contract's rules ended.

    Returns
    -------
    SecondOpinion
        Where TFDV breaks, or a column has no statistics of its kind, with the reason in place of an answer: this informs, and fails nothing.
    """
    types = {column.name: column.type for column in stated.columns}
    # of other columns it has other statistics than ours are: those of texts of dates and decimals, of items of lists
    kept = {
        name: shape for name, shape in baseline.shapes.items() if name in types and kind_of(types[name]) in ("number", "bool", "string")
    }
    left_out = unasked(stated, outcomes, kept, typed=bound.certain)
    present = [name for name in bound.schema.names if name in bound.present]
    try:
        statistics = statistics_of_columns(bound, columns_for(stated, present, environment))
        previous = statistics_of_shapes(kept, types) if kept else None
        anomalies = judged(statistics, schema_for(stated, kept), environment=environment, previous=previous)
    except FeatureprepError as error:
        return SecondOpinion(unasked=tuple(left_out.values()), why=error.what)
    return SecondOpinion(tuple(compared(anomalies, outcomes, left_out)), tuple(left_out.values()))
