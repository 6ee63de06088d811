"""What TFDV is asked about a source's contract, and how its answer compares with ours."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from featureprep.validators.contract import Contract, SourceContract
from featureprep.validators.outcome import Outcome
from featureprep.validators.reasons import Reason, Status
from featureprep.validators.second_opinion import Remark, Sayer, Unasked
from featureprep.validators.tfmd.contract_to_feature import expresses
from featureprep.validators.tfmd.contracts import schema_from_contract
from featureprep.validators.tfmd.protos import protos

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0.anomalies_pb2 import Anomalies
    from tensorflow_metadata.proto.v0.schema_pb2 import Schema

_OF_ROWS: Final = ("rows", "allow_empty", "extra_columns")
_NO_FIELD: Final = "TFMD has no field for it"
_SENSITIVE: Final = "the column is sensitive: nothing of it is handed on"
_TYPES: Final = "cells that do not fit their type are missing values there"
_BASELINE: Final = "there is no baseline of it that TFDV measures"


def schema_for(stated: SourceContract, shapes: Collection[str]) -> Schema:
    """The contract of a source as a schema, without its sensitive columns; drift of the columns that have shapes alone."""
    schema = schema_from_contract(Contract((stated,), stated.file), source=stated.name)
    kept = [feature for feature in schema.feature if feature.name not in stated.sensitive]
    for feature in kept:
        if feature.name not in shapes:
            feature.ClearField("drift_comparator")
    # it is handed no number of rows of a baseline
    if schema.dataset_constraints.HasField("num_examples_drift_comparator"):
        schema.dataset_constraints.ClearField("num_examples_drift_comparator")
    del schema.feature[:]
    schema.feature.extend(kept)
    return schema


def columns_for(stated: SourceContract, present: Iterable[str], environment: str) -> list[str]:
    """The columns of the data that are handed on: those that are judged here, too."""
    hidden = stated.sensitive.union(stated.left_out(environment))
    named = {column.name for column in stated.columns}
    return [name for name in present if name not in hidden and (name in named or stated.extra_columns != "allow")]


def unasked(stated: SourceContract, outcomes: Sequence[Outcome], shapes: Collection[str], *, typed: bool) -> dict[str, Unasked]:
    """The rules that TFDV is not asked about, by their ids, in the contract's order.

    Parameters
    ----------
    shapes : collection of str
        The columns of which the baseline keeps something that TFDV measures.
    typed : bool
        Whether the data has types of its own, so that its columns can be of another one.
    """
    rules = {rule.id: (column, rule) for column in stated.columns for rule in column.rules}
    made = {}
    for outcome in outcomes:
        why = ""
        if outcome.column in stated.sensitive:
            why = _SENSITIVE
        elif outcome.id in rules:
            column, rule = rules[outcome.id]
            if rule.check == "type" and not typed:
                why = _TYPES
            elif not expresses(column, rule):
                why = _NO_FIELD
            elif rule.check == "drift" and rule.column not in shapes:
                why = _BASELINE
        elif outcome.check not in _OF_ROWS:
            why = _NO_FIELD
        elif outcome.id == "$/rows/drift":
            why = _BASELINE
        if why:
            made[outcome.id] = Unasked(outcome.rule, why, str(outcome.status))
    return made


def compared(anomalies: Anomalies, outcomes: Sequence[Outcome], left_out: Mapping[str, Unasked]) -> list[Remark]:
    """What both find, what we find alone, what TFDV finds alone; each as the contract, or the name of the column, has it."""
    theirs = _theirs(anomalies)
    asked = [outcome for outcome in outcomes if outcome.id not in left_out]
    ours: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in asked:
        if outcome.status == Status.FAILED:
            ours.setdefault((outcome.column or "", str(outcome.reason)), []).append(outcome)
    both = [Remark(*key, Sayer.BOTH, theirs[key], tuple(o.rule for o in found)) for key, found in ours.items() if key in theirs]
    us = [Remark(*key, Sayer.US, (), tuple(o.rule for o in found)) for key, found in ours.items() if key not in theirs]
    them = [
        Remark(*key, Sayer.THEM, words, tuple(_ended(outcome) for outcome in outcomes if _about(outcome, *key)))
        for key, words in sorted(theirs.items())
        if key not in ours
    ]
    return [*both, *us, *them]


def _theirs(anomalies: Anomalies) -> dict[tuple[str, str], tuple[str, ...]]:
    """TFDV's words by column and reason."""
    names = protos().anomalies.AnomalyInfo.Type
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    infos = [(".".join(info.path.step) or key, info) for key, info in anomalies.anomaly_info.items()]
    if anomalies.HasField("dataset_anomaly_info"):
        infos.append(("", anomalies.dataset_anomaly_info))
    for column, info in infos:
        for reason in info.reason:
            key = (column, names.Name(reason.type))
            found[key] = (*found.get(key, ()), reason.description)
    if anomalies.data_missing:
        found["", str(Reason.NO_DATA_IN_SPAN)] = ("Data is missing.",)
    return found


def _about(outcome: Outcome, column: str, reason: str) -> bool:
    return (outcome.column or "") == column and str(outcome.reason) == reason


def _ended(outcome: Outcome) -> str:
    return f"{outcome.rule} ({outcome.status}{f': {outcome.message}' if outcome.message else ''})"
