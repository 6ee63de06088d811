"""The end of a run: artefacts beside the data, then the commit; or, where it failed, a report that is kept apart."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from featureprep import canonical
from featureprep.errors import FeatureprepError
from featureprep.jobs.explain import explain_prepared
from featureprep.jobs.lineage import run_events, send_events
from featureprep.jobs.prepare import Prepared
from featureprep.lineage import events
from featureprep.report import build_report, render_html
from featureprep.run.ledger import Ledger
from featureprep.serving import artefact
from featureprep.serving.graph import TransformGraph
from featureprep.store import paths
from featureprep.store.log import commit
from featureprep.store.log_entry import Draft, FileRecord, LogEntry, schema_to_columns
from featureprep.store.objects import ObjectStore
from featureprep.store.samples import sample_text
from featureprep.store.staging import put_part, sha256_of
from featureprep.validators.outcome import Outcome
from featureprep.validators.report import ValidationReport

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver


@dataclass
class Findings:
    """What a run learns on its way."""

    prepared: Prepared
    run_id: str
    now: dt.datetime
    engine: str
    started: float
    statistics: dict[str, Any] = field(default_factory=lambda: {"sources": {}, "entry": None, "splits": {}})
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    files: list[FileRecord] = field(default_factory=list)
    splits: dict[str, int] = field(default_factory=dict)
    split_prints: dict[str, str] = field(default_factory=dict)
    graph: TransformGraph | None = None
    graph_files: Future[dict[str, bytes]] | None = None
    """As `artefact.to_files` makes them, while rows are written."""
    schema: pa.Schema | None = None
    ledger: Ledger | None = None
    report: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    report_path: str = ""
    warnings: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Fail where the contract does.

        Raises
        ------
        ContractError
        """
        ValidationReport(self.outcomes).raise_for_errors()


def dataset_fingerprint(schema: pa.Schema, split_prints: Mapping[str, str]) -> str:
    """32 hex digits of schema and rows by split, whatever their order and origin."""
    return canonical.digest({"schema": schema_to_columns(schema), "splits": dict(split_prints)})[:32]


def publish(store: ObjectStore, findings: Findings, driver: Driver) -> LogEntry:
    """Store everything beside the data and commit the version."""
    prepared, graph, ledger = findings.prepared, findings.graph, findings.ledger
    assert graph is not None and ledger is not None and findings.schema is not None and findings.graph_files is not None  # noqa: S101, PT018
    fingerprint = dataset_fingerprint(findings.schema, findings.split_prints)
    files = list(findings.files)

    def keep(path: str, data: bytes) -> None:
        part = put_part(store, f"{paths.run_data(prepared.name, findings.run_id)}/{path}", data)
        files.append(FileRecord(path, part.size, part.sha256))

    def keep_first(path: str, data: bytes) -> None:
        """What tells of times differs from attempt to attempt: the first one stays."""
        place = f"{paths.run_data(prepared.name, findings.run_id)}/{path}"
        stored = data if store.create(place, data) else store.read(place)
        files.append(FileRecord(path, len(stored), sha256_of(stored)))

    for path, data in findings.graph_files.result().items():
        keep(f"{artefact.FOLDER}/{path}", data)
    if prepared.contract is not None:
        keep("contract.yaml", prepared.contract.content)
    if prepared.request.statistics:
        keep("statistics.json", (canonical.dumps(findings.statistics) + "\n").encode())
    findings.report = report_of(findings, driver, "COMPLETE", fingerprint, None)
    if driver.graph is None:
        findings.warnings += [f"{feature['name']}: {remark}" for feature in findings.report["features"] for remark in feature["remarks"]]
    trouble = [] if driver.cache is None else driver.cache.trouble
    findings.warnings += [f"fold states are not kept, and the next run starts from the beginning: {why}" for why in trouble]
    findings.report_path = store.locate(f"{paths.run_data(prepared.name, findings.run_id)}/report.html")
    keep_first("report.html", render_html(findings.report).encode())
    findings.events = run_events(findings, driver, fingerprint, None)
    keep_first("lineage.ndjson", events.to_ndjson(findings.events).encode())
    draft = Draft(
        run_id=findings.run_id,
        job=prepared.job.name,
        created=findings.now,
        engine=findings.engine,
        dataset_fingerprint=fingerprint,
        graph_fingerprint=graph.fingerprint,
        schema=findings.schema,
        files=tuple(files),
        splits=findings.splits,
        sources=tuple(source_facts(prepared)),
        ledger=ledger.to_json(),
        extra={"scans": driver.scans, "statistics": prepared.request.statistics, **_sample_of(prepared)},
    )
    entry = commit(store, prepared.name, draft)
    findings.report["version"] = entry.n
    findings.warnings += send_events(findings.events)
    return entry


def _sample_of(prepared: Prepared) -> dict[str, Any]:
    """The mark of a version that is a sample; nothing for a whole one."""
    return {} if prepared.sample is None else {"sample": prepared.sample.to_json()}


def source_facts(prepared: Prepared) -> list[dict[str, Any]]:
    """Each source with its files and their versions."""
    return [
        {"name": name, "version": source.version(), "kind": source.source.kind,
         "files": [{"url": f.url, "size": f.size, "version": f.version} for f in source.files]}
        for name, source in prepared.sources.items()
    ]  # fmt: skip


def publish_failure(store: ObjectStore, findings: Findings, driver: Driver, error: FeatureprepError) -> None:
    """Keep what is known of a run that failed, apart from the versions."""
    findings.report = report_of(findings, driver, "FAIL", None, error)
    findings.events = run_events(findings, driver, None, error)
    folder = paths.failed_run(findings.prepared.name, findings.run_id)
    findings.report_path = store.locate(f"{folder}/report.html")
    stored = {
        "report.html": render_html(findings.report).encode(),
        "statistics.json": canonical.dumps(findings.statistics).encode(),
        "lineage.ndjson": events.to_ndjson(findings.events).encode(),
    }
    for name, data in stored.items():
        store.create(f"{folder}/{name}", data)
    findings.warnings += send_events(findings.events)


def report_of(findings: Findings, driver: Driver, status: str, fingerprint: str | None, error: FeatureprepError | None) -> dict[str, Any]:
    """The report as data."""
    prepared = findings.prepared
    validation = {name: [o.to_json() for o in outcomes] for name, outcomes in findings.outcomes.items()} if prepared.contract else None
    found = build_report(
        name=prepared.name,
        run_id=findings.run_id,
        status=status,
        created=findings.now,
        engine=findings.engine,
        seconds=time.monotonic() - findings.started,
        scans=driver.scans,
        sources=source_facts(prepared),
        physical=prepared.physical,
        ledger=findings.ledger,
        statistics=findings.statistics if prepared.request.statistics else None,
        validation=validation,
        graph=findings.graph,
        splits=findings.splits,
        dataset_fingerprint=fingerprint,
        error=None if error is None else str(error),
        explain=explain_prepared(prepared).to_text(),
        sensitive={name: contract.sensitive for name, contract in prepared.contracts.items()},
        fit=None if driver.graph is not None else prepared.fit,
        contract="" if prepared.contract is None else prepared.contract.content.decode("utf-8", "replace"),
    )
    return found if prepared.sample is None else found | {"sample": sample_text(prepared.sample.to_json())}
