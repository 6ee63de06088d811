"""Statistics held against a schema: what is found at which feature, as an `Anomalies` message (TFDV: schema_anomalies.cc)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from featureprep.errors import ArgumentError
from featureprep.validators.tfmd.dataset import update_dataset
from featureprep.validators.tfmd.findings import Finding
from featureprep.validators.tfmd.paths import Path, shown
from featureprep.validators.tfmd.protos import Statistics, checked_schema, protos, whole_dataset
from featureprep.validators.tfmd.tree import SchemaTree
from featureprep.validators.tfmd.updating import update_deep, update_feature
from featureprep.validators.tfmd.view import DatasetView, FeatureView, has_weights

if TYPE_CHECKING:
    from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

_OWNER: Final = "tfmd.validate"
_DROPPED: Final = Finding("SCHEMA_MISSING_COLUMN", "Column dropped", "Column is completely missing")
_SEVERITIES: Final = ("UNKNOWN", "WARNING", "ERROR")
_DOMAIN_SIZE: Final = 400
"""Values that the domain proposed for a new column may have; the proposal is no part of the result."""


def validate(
    statistics: Statistics,
    schema: schema_pb2.Schema,
    *,
    environment: str | None = None,
    previous_statistics: Statistics | None = None,
    serving_statistics: Statistics | None = None,
    previous_version_statistics: Statistics | None = None,
    features_needed: Iterable[str | Sequence[str]] | None = None,
    new_features_are_warnings: bool = False,
    severity_overrides: Iterable[tuple[str, str]] | Mapping[str, str] = (),
) -> anomalies_pb2.Anomalies:
    """Hold statistics against a schema, by TFDV's rules but for what DEVIATIONS.md lists.

    Parameters
    ----------
    statistics : DatasetFeatureStatistics or DatasetFeatureStatisticsList
        Of all rows; of a list, the only ones or those named `All Examples`.
    schema : Schema
    environment : str, optional
        Where the data is used; one of the schema's default environments.
    previous_statistics, serving_statistics : optional
        What drift and skew are measured against. An empty message is none.
    previous_version_statistics : optional
        What the number of examples is compared with. An empty message is none.
    features_needed : iterable of paths, optional
        Each a sequence of steps, or the name of a feature that is in no struct. New features that are not among these are let pass.
    new_features_are_warnings : bool
        Whether a feature that the schema lacks is a warning.
    severity_overrides : iterable of pairs of str, or mapping
        Reason (such as `SCHEMA_NEW_COLUMN`) to severity (UNKNOWN, WARNING, ERROR).

    Returns
    -------
    Anomalies
        With `data_missing` and nothing else where the statistics are of no example.

    Raises
    ------
    ArgumentError
        Another message, NaN as a limit, an environment that the schema does not have, unknown reasons or severities, paths that are none.
    RequestError
        Statistics that name a feature twice, or of an unknown type.
    """
    data = whole_dataset(statistics, _OWNER)
    tree = SchemaTree(checked_schema(schema, _OWNER))
    severities = _severities(severity_overrides, new_features_are_warnings=new_features_are_warnings)
    if environment is not None and environment not in schema.default_environment:
        raise ArgumentError.of("environment", _OWNER, f"one of {sorted(schema.default_environment)}", environment)
    result = protos().anomalies.Anomalies(baseline=schema)
    if data.num_examples == 0:
        result.data_missing = True
        return result
    by_weight = has_weights(data)

    def control(given: Statistics | None, name: str) -> DatasetView | None:
        found = None if given is None else whole_dataset(given, _OWNER, name)
        return None if found is None or not found.ByteSize() else DatasetView(found, by_weight=by_weight, environment=environment)

    view = DatasetView(
        data,
        by_weight=by_weight,
        environment=environment,
        previous=control(previous_statistics, "previous_statistics"),
        serving=control(serving_statistics, "serving_statistics"),
        previous_version=control(previous_version_statistics, "previous_version_statistics"),
    )
    search = _Search(tree, _paths(features_needed) or None)
    for root in view.roots:
        search.visit(root)
    search.miss(view)
    result.anomaly_name_format = protos().anomalies.Anomalies.SERIALIZED_PATH
    for path in sorted(search.found):
        if findings := search.found[path]:
            _fill(result.anomaly_info[shown(path)], findings, severities)
            result.anomaly_info[shown(path)].path.step.extend(path)
    dataset = protos().schema.DatasetConstraints()
    dataset.CopyFrom(schema.dataset_constraints)
    if findings := update_dataset(view, dataset):
        _fill(result.dataset_anomaly_info, findings, severities)
    for path in sorted(search.measured):
        info = result.drift_skew_info.add()
        info.path.step.extend(path)
        info.drift_measurements.extend(search.measured[path].get("drift_comparator", ()))
        info.skew_measurements.extend(search.measured[path].get("skew_comparator", ()))
    return result


class _Search:
    """Goes through the features of the statistics, each held against a copy of the schema of its own, so that none mends another's."""

    def __init__(self, tree: SchemaTree, needed: frozenset[Path] | None) -> None:
        self._tree = tree
        self._needed = needed
        self.found: dict[Path, list[Finding]] = {}
        self.measured: dict[Path, dict[str, list[anomalies_pb2.DriftSkewInfo.Measurement]]] = {}

    def visit(self, view: FeatureView) -> None:
        part = self._tree.part(view.path)
        if part.has(view.path):
            if part.is_retired(view.path):
                return
            updated = update_feature(view, part, _DOMAIN_SIZE)
            self.found[view.path] = updated.findings
            if any(updated.measured.values()):
                self.measured[view.path] = updated.measured
            if updated.findings and part.is_retired(view.path):
                return
            for child in view.children:
                self.visit(child)
        elif self._needed is None or view.path in self._needed:
            self.found[view.path] = update_deep(view, part, _DOMAIN_SIZE, self._needed)

    def miss(self, view: DatasetView) -> None:
        """Find what the schema requires and the statistics lack."""
        for path in self._tree.required(view.environment):
            if view.get(path) is None:
                self.found.setdefault(path, []).append(_DROPPED)


def _fill(info: anomalies_pb2.AnomalyInfo, findings: Sequence[Finding], severities: Mapping[str, str]) -> None:
    """Findings as reasons, their texts joined, the gravest severity. Only new columns (of one that is nested): the first stands for all."""
    kinds = protos().anomalies.AnomalyInfo
    gravest = max((severities.get(finding.reason, "ERROR") for finding in findings), key=_SEVERITIES.index)
    info.severity = kinds.Severity.Value(gravest)
    if all(finding.reason == "SCHEMA_NEW_COLUMN" for finding in findings):
        findings = findings[:1]
    for finding in findings:
        reason_type = kinds.Type.Value(finding.reason)
        info.reason.add(type=reason_type, short_description=finding.short, description=finding.long)
    told = [finding for finding in findings if finding.long] or findings[-1:]
    info.description = " ".join(finding.long for finding in told)
    info.short_description = told[0].short if len(told) == 1 else "Multiple errors"


def _paths(needed: Iterable[str | Sequence[str]] | None) -> frozenset[Path]:
    must = "paths, each a name or a sequence of steps"
    if isinstance(needed, str) or not isinstance(needed, Iterable | None):
        raise ArgumentError.of("features_needed", _OWNER, must, needed)
    paths = [(path,) if isinstance(path, str) else path for path in needed or ()]
    for path in paths:
        if not isinstance(path, Sequence) or not path or not all(isinstance(step, str) for step in path):
            raise ArgumentError.of("features_needed", _OWNER, must, path)
    return frozenset(map(tuple, paths))


def _severities(overrides: Iterable[tuple[str, str]] | Mapping[str, str], *, new_features_are_warnings: bool) -> dict[str, str]:
    kinds = protos().anomalies.AnomalyInfo
    severities = {"SCHEMA_NEW_COLUMN": "WARNING"} if new_features_are_warnings else {}
    if not isinstance(overrides, Mapping):
        try:
            overrides = dict(overrides)
        except (TypeError, ValueError) as error:
            raise ArgumentError.of("severity_overrides", _OWNER, "pairs of a reason and a severity", overrides) from error
    for reason, severity in overrides.items():
        if reason not in kinds.Type.keys():  # noqa: SIM118  (a wrapper of an enum, not a dict)
            raise ArgumentError.of("severity_overrides", _OWNER, "of reasons of AnomalyInfo.Type", reason)
        if severity not in _SEVERITIES:
            raise ArgumentError.of("severity_overrides", _OWNER, f"to severities of {sorted(_SEVERITIES)}", severity)
        severities[reason] = severity
    return severities
