"""The OpenLineage events of a run, from what the driver knows."""

from __future__ import annotations

import datetime as dt
import os
import platform
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import featureprep
from featureprep.errors import FeatureprepError
from featureprep.lineage import events
from featureprep.lineage.columns import column_lineage
from featureprep.lineage.send import send

if TYPE_CHECKING:
    from featureprep.jobs.driver import Driver
    from featureprep.jobs.publish import Findings

PACKAGES = {"beam": "apache-beam", "dask": "dask", "pandas": "pandas", "spark": "pyspark"}
"""By engine, the package whose version counts."""
TARGET = "FEATUREPREP_LINEAGE"
"""Environment variable: the URL or file that events are sent to."""
TOKEN = "FEATUREPREP_LINEAGE_TOKEN"  # noqa: S105  (the name of a variable)


def run_events(findings: Findings, driver: Driver, fingerprint: str | None, error: FeatureprepError | None) -> list[dict[str, Any]]:
    """START, RUNNING and COMPLETE, or START and FAIL."""
    prepared = findings.prepared
    info = _info(findings, driver)
    at = findings.now + dt.timedelta(seconds=time.monotonic() - findings.started)
    inputs = [_input(findings, name) for name in prepared.sources]
    facts = events.RunFacts(
        ledger=None if findings.ledger is None else findings.ledger.to_json(),
        fingerprints={"dataset": fingerprint, "graph": None if findings.graph is None else findings.graph.fingerprint},
        scans=len(driver.scans),
        splits=findings.splits,
        fitted_by=None if driver.graph is None else driver.graph.fingerprint,
    )
    outputs = [_output(findings, driver, failed=error is not None)]
    begun = [events.start(info, inputs)]
    if error is not None:
        return [*begun, events.fail(info, str(error), inputs, outputs, at=at, facts=facts)]
    running = events.running(info, inputs, at=at, facts=events.RunFacts(scans=len(driver.scans), status="written"))
    return [*begun, running, events.complete(info, inputs, outputs, at=at, facts=facts)]


def _info(findings: Findings, driver: Driver) -> events.RunInfo:
    job = findings.prepared.job
    path = Path(job.file) if job.file else None
    return events.RunInfo(
        run_id=findings.run_id,
        job=job.name,
        started=findings.now,
        engine=driver.engine.name,
        engine_version=_version(PACKAGES.get(driver.engine.name)),
        python_version=platform.python_version(),
        featureprep_version=featureprep.__version__,
        params={name: str(value) for name, value in findings.prepared.request.params.items()},
        source_code=path.read_text(encoding="utf-8", errors="replace") if path is not None and path.is_file() else None,
        source_path=str(path) if path else None,
    )


@cache
def _version(package: str | None) -> str:
    """As its metadata says, all of which is parsed for it; featureprep's own for an engine of somebody else."""
    return version(package) if package else featureprep.__version__


def _input(findings: Findings, name: str) -> events.InputDataset:
    prepared = findings.prepared
    source = prepared.sources[name]
    statistics = findings.statistics["sources"].get(name)
    contract = prepared.contracts.get(name)
    return events.InputDataset(
        name,
        source.files,
        source.schema,
        location=_location(prepared.job.folder, source.source.paths),
        rows=None if statistics is None else statistics.get("rows"),
        statistics=statistics,
        outcomes=[outcome.to_json() for outcome in findings.outcomes.get(name, [])],
        sensitive=frozenset() if contract is None else contract.sensitive,
    )


def _location(folder: str | None, paths: tuple[str, ...]) -> str | None:
    """A single pattern, made absolute: it names a source of many files."""
    if len(paths) != 1 or "*" not in paths[0]:
        return None
    return paths[0] if "://" in paths[0] else os.path.abspath(os.path.join(folder or "", paths[0]))


def _output(findings: Findings, driver: Driver, *, failed: bool) -> events.OutputDataset:
    prepared = findings.prepared
    # a graph that was applied learnt nothing here
    lineage = column_lineage(prepared.physical, None if driver.graph is not None else prepared.fit)
    rows = [] if failed else [file for file in findings.files if file.split is not None]
    schema = None if failed else findings.schema
    size, written = sum(file.size for file in rows), sum(file.rows or 0 for file in rows)
    return events.OutputDataset(driver.store.url, prepared.name, findings.run_id, schema, written, size, len(rows), lineage)


def send_events(found: list[dict[str, Any]]) -> list[str]:
    """Send a run's events where the environment says; what goes wrong comes back as warnings."""
    target = os.environ.get(TARGET)
    return send(found, target, token_env=TOKEN) if target else []
