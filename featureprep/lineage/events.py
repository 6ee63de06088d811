"""The events of a run as OpenLineage 2-0-2 has them: plain dicts, made from what the driver knows. No clock is read here."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import ArgumentError
from featureprep.io.base import PinnedFile
from featureprep.lineage import facets
from featureprep.lineage.columns import ColumnLineage
from featureprep.lineage.facets import moment
from featureprep.lineage.naming import DatasetName, common_folder, in_memory, name_of, stored_version

Event = dict[str, Any]

SCHEMA_URL: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
RUN_IDS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:featureprep:runs")
"""The default uuid5 namespace of run ids."""
MAX_FILES: Final = 1000
"""Files of a source that an event lists; all of them count in its version."""
_MAX_MESSAGE = 10_000


@dataclass(frozen=True)
class ParentRun:
    """The run of another system that started this one. `run_id` is a UUID."""

    run_id: str
    namespace: str
    name: str

    def __post_init__(self) -> None:
        try:
            uuid.UUID(self.run_id)
        except ValueError:
            raise ArgumentError.of("run_id", "a parent run", "a UUID", self.run_id[:80]) from None


@dataclass(frozen=True)
class RunInfo:
    """What stands in every event of a run.

    Attributes
    ----------
    run_id : str
        Ours; OpenLineage's is `uuid5(run_ids, run_id)`.
    job, namespace : str
        OpenLineage's names of the job.
    started : datetime
        Aware.
    engine, engine_version, python_version, featureprep_version : str
    source_code, source_path : str or None
        The text of the job file, and where it lies.
    nominal : pair of datetimes or None
        Start and (or None) end of the time that a scheduled run is for, aware.
    producer : str
        A URI; "" names this package and its version.
    """

    run_id: str
    job: str
    started: dt.datetime
    engine: str
    engine_version: str
    python_version: str
    featureprep_version: str
    namespace: str = "featureprep"
    params: Mapping[str, Any] = field(default_factory=dict)
    source_code: str | None = None
    source_path: str | None = None
    parent: ParentRun | None = None
    nominal: tuple[dt.datetime, dt.datetime | None] | None = None
    producer: str = ""
    run_ids: uuid.UUID = RUN_IDS

    def __post_init__(self) -> None:
        if not self.producer:
            object.__setattr__(self, "producer", f"urn:featureprep:{self.featureprep_version}")
        for when in (self.started, *(t for t in self.nominal or () if t is not None)):
            if when.tzinfo is None:
                raise ArgumentError.of("started", "a run", "an aware datetime", when.isoformat())

    @property
    def uuid(self) -> str:
        """OpenLineage's id of the run."""
        return str(uuid.uuid5(self.run_ids, self.run_id))


@dataclass(frozen=True)
class InputDataset:
    """A source of a run.

    Attributes
    ----------
    source : str
        Its name in the job.
    files : sequence of PinnedFile
        As pinned; of a table in memory, its one pin.
    location : str or None
        The path or pattern that names the source, absolute; else the file, or the folder that holds all files, names it.
    rows : int or None
        Rows read.
    statistics : mapping or None
        The source's section of the statistics.
    outcomes : sequence of mappings
        Of the contract's rules about it (see `facets.assertions`).
    sensitive : names
        Columns whose values stay out of every facet.
    """

    source: str
    files: Sequence[PinnedFile]
    schema: pa.Schema | None = None
    location: str | None = None
    rows: int | None = None
    statistics: Mapping[str, Any] | None = None
    outcomes: Sequence[Mapping[str, Any]] = ()
    sensitive: frozenset[str] = frozenset()

    def name(self, job: str) -> DatasetName:
        """Its OpenLineage name; files of a version in a store are called as that dataset is."""
        urls = [file.url for file in self.files]
        if urls == ["memory"]:
            return in_memory(job, self.source)
        if self.files and "native" in self.files[0].facts:
            return in_memory(job, self.source, self.files[0].facts["native"])
        stored = stored_version(urls)
        return stored[0] if stored else name_of(self.location or common_folder(urls))

    @property
    def version(self) -> str:
        """The run id of a stored version, the one file's version, or the sha256 of all files' names within the source and versions."""
        stored = stored_version([file.url for file in self.files])
        if stored:
            return stored[1]
        if len(self.files) == 1:
            return self.files[0].version
        return "sha256:" + canonical.digest(sorted([name_of(file.url).name, file.version] for file in self.files))


@dataclass(frozen=True)
class OutputDataset:
    """The version that a run writes, or would have written. `store` is the store's URL; the version's number is not known before the commit.

    `schema` is None where the run broke before it was known. A FAIL event names the dataset, without version and counts.
    """

    store: str
    dataset: str
    run_id: str
    schema: pa.Schema | None
    rows: int
    size: int
    files: int
    lineage: ColumnLineage

    @property
    def name(self) -> DatasetName:
        return name_of(f"{self.store}/{self.dataset}")


@dataclass(frozen=True)
class RunFacts:
    """What a run learnt about itself, for the `featureprep` facet; all may be absent.

    Attributes
    ----------
    ledger : mapping or None
        `Ledger.to_json()`.
    fingerprints : mapping
        "dataset" and "graph".
    fitted_by : str or None
        The version, or the fingerprint of the graph, whose constants were applied, where nothing was fitted.
    """

    ledger: Mapping[str, Any] | None = None
    fingerprints: Mapping[str, str | None] = field(default_factory=dict)
    scans: int | None = None
    seconds: float | None = None
    splits: Mapping[str, int] = field(default_factory=dict)
    fitted_by: str | None = None
    status: str | None = None


def start(info: RunInfo, inputs: Sequence[InputDataset] = ()) -> Event:
    """The run has begun."""
    return _event("START", info, info.started, inputs, (), RunFacts())


def running(info: RunInfo, inputs: Sequence[InputDataset] = (), *, at: dt.datetime, facts: RunFacts = RunFacts()) -> Event:
    """The run goes on; `facts` says how far."""
    return _event("RUNNING", info, at, inputs, (), facts)


def complete(info: RunInfo, inputs: Sequence[InputDataset], outputs: Sequence[OutputDataset], *, at: dt.datetime, facts: RunFacts) -> Event:
    """All is written; to be sent once the commit has succeeded."""
    return _event("COMPLETE", info, at, inputs, outputs, facts)


def fail(
    info: RunInfo,
    error: BaseException | str,
    inputs: Sequence[InputDataset] = (),
    outputs: Sequence[OutputDataset] = (),
    *,
    at: dt.datetime,
    facts: RunFacts = RunFacts(),
) -> Event:
    """The run ended without a version."""
    message = (str(error) or type(error).__name__)[:_MAX_MESSAGE]
    event = _event("FAIL", info, at, inputs, outputs, facts)
    event["run"]["facets"]["errorMessage"] = facets.error_message(info.producer, message)
    return event


def to_ndjson(events: Iterable[Event]) -> str:
    """One event a line, ASCII."""
    return "".join(json.dumps(event, allow_nan=False, separators=(",", ":")) + "\n" for event in events)


def _event(
    kind: str, info: RunInfo, at: dt.datetime, inputs: Sequence[InputDataset], outputs: Sequence[OutputDataset], facts: RunFacts
) -> Event:
    if at.tzinfo is None:
        raise ArgumentError.of("at", "an event", "an aware datetime", at.isoformat())
    return {
        "eventType": kind,
        "eventTime": moment(at),
        "producer": info.producer,
        "schemaURL": SCHEMA_URL,
        "run": {"runId": info.uuid, "facets": _run_facets(info, inputs, facts)},
        "job": {"namespace": info.namespace, "name": info.job, "facets": _job_facets(info)},
        "inputs": [_input(info, one) for one in inputs],
        "outputs": [_output(info, one, inputs, made=kind != "FAIL") for one in outputs],
    }


def _run_facets(info: RunInfo, inputs: Sequence[InputDataset], facts: RunFacts) -> dict[str, Any]:
    by = info.producer
    made: dict[str, Any] = {"processing_engine": facets.engine(by, info.engine, info.engine_version, info.featureprep_version)}
    if info.parent:
        made["parent"] = facets.parent(by, info.parent.run_id, info.parent.namespace, info.parent.name)
    if info.nominal:
        made["nominalTime"] = facets.nominal_time(by, *info.nominal)
    if info.params:
        made["executionParameters"] = facets.parameters(by, info.params)
    made["featureprep"] = facets.featureprep(
        by,
        runId=info.run_id,
        featureprepVersion=info.featureprep_version,
        pythonVersion=info.python_version,
        engine=info.engine,
        status=facts.status,
        fingerprints={name: text for name, text in facts.fingerprints.items() if text} or None,
        scans=facts.scans,
        seconds=facts.seconds,
        splits=dict(facts.splits) or None,
        fittedBy=facts.fitted_by,
        ledger=None if facts.ledger is None else dict(facts.ledger),
        sources=[_listing(info, one) for one in inputs] or None,
    )
    return made


def _listing(info: RunInfo, one: InputDataset) -> dict[str, Any]:
    name = one.name(info.job)
    files = [{"name": name_of(file.url).name, "size": file.size, "version": file.version} for file in one.files[:MAX_FILES]]
    return {"source": one.source, "namespace": name.namespace, "name": name.name, "fileCount": len(one.files), "files": files}


def _job_facets(info: RunInfo) -> dict[str, Any]:
    made = {"jobType": facets.job_type(info.producer)}
    if info.source_code is not None:
        digest = hashlib.sha256(info.source_code.encode("utf-8", "surrogatepass")).hexdigest()
        made["sourceCode"] = facets.source_code(info.producer, info.source_code, info.source_path, digest)
    return made


def _input(info: RunInfo, one: InputDataset) -> dict[str, Any]:
    by, name, size = info.producer, one.name(info.job), sum(file.size for file in one.files)
    about = {"version": facets.version(by, one.version), "dataSource": facets.data_source(by, name)}
    if one.schema is not None:
        about["schema"] = facets.schema(by, one.schema)
    met = {"inputStatistics": facets.input_statistics(by, rows=one.rows, size=size, files=len(one.files))}
    if one.statistics is not None:
        met["dataQualityMetrics"] = facets.quality_metrics(by, one.statistics, one.sensitive, size=size, files=len(one.files))
    if one.outcomes:
        met["dataQualityAssertions"] = facets.assertions(by, one.outcomes)
    return {"namespace": name.namespace, "name": name.name, "facets": about, "inputFacets": met}


def _output(info: RunInfo, one: OutputDataset, inputs: Sequence[InputDataset], *, made: bool) -> dict[str, Any]:
    by, name = info.producer, one.name
    about = {
        "dataSource": facets.data_source(by, name),
        "columnLineage": facets.column_lineage(by, one.lineage, {x.source: x.name(info.job) for x in inputs}),
    }
    if one.schema is not None:
        about["schema"] = facets.schema(by, one.schema)
    if not made:
        return {"namespace": name.namespace, "name": name.name, "facets": about}
    about["version"] = facets.version(by, one.run_id)
    met = {"outputStatistics": facets.output_statistics(by, rows=one.rows, size=one.size, files=one.files)}
    return {"namespace": name.namespace, "name": name.name, "facets": about, "outputFacets": met}
