"""OpenLineage facets as plain dicts, each of the published schema that its `_schemaURL` names.

https://openlineage.io/spec/2-0-2/OpenLineage.json
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from featureprep.lineage.columns import ColumnLineage, InputField
from featureprep.lineage.naming import DatasetName
from featureprep.types import format_type

Facet = dict[str, Any]

_SPEC: Final = "https://openlineage.io/spec/facets"
RUN_FACET_SCHEMA: Final = "urn:featureprep:openlineage-run-facet:1"
"""`$id` of `schemas/run_facet.json`."""


def facet(producer: str, published: str, version: str, /, **body: Any) -> Facet:
    """A facet of OpenLineage's own; values that are None are left out."""
    url = f"{_SPEC}/{version}/{published}.json#/$defs/{published}"
    return {"_producer": producer, "_schemaURL": url, **{key: value for key, value in body.items() if value is not None}}


def moment(value: dt.datetime) -> str:
    """An aware time as RFC 3339, UTC, microseconds."""
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# Datasets.


def schema(producer: str, columns: pa.Schema) -> Facet:
    """Names and types of columns, in order; `types.format_type` spells the types. Pseudo columns are left out."""
    shown = [field for field in columns if not field.name.startswith("$")]
    fields = [{"name": field.name, "type": format_type(field.type), "ordinal_position": i} for i, field in enumerate(shown, 1)]
    return facet(producer, "SchemaDatasetFacet", "1-2-0", fields=fields)


def version(producer: str, of: str) -> Facet:
    """The version of a dataset."""
    return facet(producer, "DatasetVersionDatasetFacet", "1-0-1", datasetVersion=of)


def data_source(producer: str, name: DatasetName) -> Facet:
    """Where a dataset lies."""
    return facet(producer, "DatasourceDatasetFacet", "1-0-1", name=name.namespace, uri=name.uri)


def column_lineage(producer: str, lineage: ColumnLineage, names: Mapping[str, DatasetName]) -> Facet:
    """The inputs of every written column, and those that decide which rows there are.

    Parameters
    ----------
    names : mapping of source name to DatasetName
        Of the event's inputs; fields of other sources are left out.
    """
    fields = {column: {"inputFields": _input_fields(inputs, names)} for column, inputs in lineage.items()}
    dataset = _input_fields(lineage.dataset, names)
    return facet(producer, "ColumnLineageDatasetFacet", "1-2-0", fields=fields, dataset=dataset or None)


def _input_fields(inputs: Iterable[InputField], names: Mapping[str, DatasetName]) -> list[dict[str, Any]]:
    """One entry a column, with all its transformations; `kind` is ours beside OpenLineage's own keys."""
    grouped: dict[tuple[DatasetName, str], list[InputField]] = {}
    for field in inputs:
        if field.source in names:
            grouped.setdefault((names[field.source], field.column), []).append(field)
    return [
        {
            "namespace": name.namespace,
            "name": name.name,
            "field": column,
            "transformations": [
                {"type": f.type, "subtype": f.subtype, "description": f.description, "masking": f.masking, "kind": f.kind} for f in fields
            ],
        }
        for (name, column), fields in grouped.items()
    ]


def quality_metrics(producer: str, statistics: Mapping[str, Any], sensitive: Collection[str], *, size: int, files: int) -> Facet:
    """Counts, extremes and quantiles from a section of the statistics; of sensitive columns the counts only."""
    columns: dict[str, dict[str, Any]] = {}
    for column in statistics["columns"]:
        metrics = {"nullCount": column.get("nulls"), "distinctCount": column.get("n_unique"), "count": column.get("n")}
        if not (column.get("masked") or column["name"] in sensitive):
            metrics |= {"sum": _number(column.get("sum")), "min": _number(column.get("min")), "max": _number(column.get("max"))}
            metrics["quantiles"] = {str(q): value for q, value in column.get("quantiles") or () if _number(value) is not None} or None
        columns[column["name"]] = {key: value for key, value in metrics.items() if value is not None}
    body = {"rowCount": statistics["rows"], "bytes": size, "fileCount": files, "columnMetrics": columns}
    return facet(producer, "DataQualityMetricsInputDatasetFacet", "1-0-3", **body)


def _number(value: Any) -> float | int | None:
    """`value` if JSON has it as a number (the extremes of dates and texts have no place in the facet)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def assertions(producer: str, outcomes: Sequence[Mapping[str, Any]]) -> Facet:
    """How the rules of a contract ended, without the values that broke them. What was not evaluated did not succeed.

    Parameters
    ----------
    outcomes : sequence of mappings
        As `Outcome.to_json` of the validators: check, status, column, severity; id, rule, message, count, total where known.
    """
    return facet(producer, "DataQualityAssertionsDatasetFacet", "1-1-0", assertions=[_assertion(outcome) for outcome in outcomes])


def _assertion(outcome: Mapping[str, Any]) -> dict[str, Any]:
    status = str(outcome["status"])
    found: dict[str, Any] = {"assertion": str(outcome["check"]), "success": status == "passed"}
    texts = {"column": "column", "severity": "severity", "name": "id", "description": "rule"}
    found |= {key: str(outcome[ours]) for key, ours in texts.items() if outcome.get(ours)}
    if outcome.get("count") is not None:
        found["actual"] = (
            f"{outcome['count']} of {outcome['total']} rows break it" if outcome.get("total") is not None else str(outcome["count"])
        )
    if status not in ("passed", "failed"):
        found["params"] = {"status": status, "reason": str(outcome.get("message") or "")}
    if status != "passed" and "blocking" in outcome:
        found["params"] = {**found.get("params", {}), "blocking": bool(outcome["blocking"])}
    return found


def input_statistics(producer: str, *, rows: int | None, size: int, files: int) -> Facet:
    """What was read."""
    return facet(producer, "InputStatisticsInputDatasetFacet", "1-0-0", rowCount=rows, size=size, fileCount=files)


def output_statistics(producer: str, *, rows: int, size: int, files: int) -> Facet:
    """What was written."""
    return facet(producer, "OutputStatisticsOutputDatasetFacet", "1-0-2", rowCount=rows, size=size, fileCount=files)


# Runs and jobs.


def engine(producer: str, name: str, engine_version: str, ours: str) -> Facet:
    """What ran it, and this package's version."""
    return facet(producer, "ProcessingEngineRunFacet", "1-1-1", version=engine_version, name=name, openlineageAdapterVersion=ours)


def parent(producer: str, run_id: str, namespace: str, name: str) -> Facet:
    """The run that started this one: a scheduler's task, say."""
    return facet(producer, "ParentRunFacet", "1-2-0", run={"runId": run_id}, job={"namespace": namespace, "name": name})


def nominal_time(producer: str, start: dt.datetime, end: dt.datetime | None) -> Facet:
    """The time that a scheduled run is for."""
    ends = None if end is None else moment(end)
    return facet(producer, "NominalTimeRunFacet", "1-0-1", nominalStartTime=moment(start), nominalEndTime=ends)


def parameters(producer: str, params: Mapping[str, Any]) -> Facet:
    """The parameters of a run, values as text."""
    shown = [{"key": key, "name": key, "value": str(value)} for key, value in params.items()]
    return facet(producer, "ExecutionParametersRunFacet", "1-0-0", parameters=shown)


def error_message(producer: str, message: str) -> Facet:
    """What a run failed with; no stack trace, for it may hold values."""
    return facet(producer, "ErrorMessageRunFacet", "1-0-1", message=message, programmingLanguage="PYTHON")


def source_code(producer: str, text: str, path: str | None, sha256: str) -> Facet:
    """The job file. `path` and `sha256` are ours beside OpenLineage's own keys."""
    return facet(producer, "SourceCodeJobFacet", "1-0-1", language="PYTHON", sourceCode=text, path=path, sha256=sha256)


def job_type(producer: str) -> Facet:
    """A batch job of featureprep."""
    return facet(producer, "JobTypeJobFacet", "2-0-4", processingType="BATCH", integration="FEATUREPREP", jobType="JOB")


def featureprep(producer: str, **body: Any) -> Facet:
    """Our own run facet: what OpenLineage has no place for. `schemas/run_facet.json` describes it."""
    url = f"{RUN_FACET_SCHEMA}#/$defs/FeatureprepRunFacet"
    return {"_producer": producer, "_schemaURL": url, **{key: value for key, value in body.items() if value is not None}}
