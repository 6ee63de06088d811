"""The reports of versions and of runs that failed, found again in a store."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.errors import ArgumentError, CorruptArtefactError, RequestError
from featureprep.jobs.artefacts import LINEAGE, REPORT, stored_file
from featureprep.report.html import numbered
from featureprep.store import paths
from featureprep.store.log import find_run
from featureprep.store.log_entry import LogEntry
from featureprep.store.objects import ObjectNotFoundError, ObjectStore
from featureprep.store.record import moment
from featureprep.store.refs import resolve
from featureprep.store.samples import sample_text

_ROWS = ("read", "created", "merged", "dropped", "quarantined", "written")
_RUN_ID = re.compile(r"r[0-9]{8}t[0-9]{9}-[0-9a-f]{10}", re.ASCII)


@dataclass(frozen=True)
class StoredReport:
    """A report as it is stored.

    Attributes
    ----------
    title : str
        The version, or the run.
    content : mapping
        What `featureprep.report.render_text` takes; of a failed run what is known.
    page_path : str
        Where the page lies.
    entry : LogEntry or None
        None for a run that failed.
    """

    title: str
    content: Mapping[str, Any]
    page_path: str
    store: ObjectStore
    entry: LogEntry | None

    def page(self) -> bytes:
        """The page, with the version's number, which the stored one cannot have; raises CorruptArtefactError when it is gone or was altered."""
        if self.entry is not None:
            data = stored_file(self.store, self.entry, REPORT)
        else:
            data = self.store.find(self.page_path.removeprefix(f"{self.store.url}/"))
        if data is None:
            raise CorruptArtefactError(f"{self.title} has no report", where=self.page_path)
        return data if self.entry is None else numbered(data, self.entry.n)


def find_report(store: ObjectStore, subject: str) -> StoredReport:
    """The report of a version ("census@3") or of a run, by its id.

    Raises
    ------
    RequestError
        When there is no such version or run.
    """
    if _RUN_ID.fullmatch(subject) is None:
        return _of_version(store, resolve(store, subject))
    for name in store.folders():
        if name.startswith("_") or not _is_dataset(name):
            continue
        entry = find_run(store, name, subject)
        if entry is not None:
            return _of_version(store, entry)
        try:
            events = store.read(f"{paths.failed_run(name, subject)}/{LINEAGE}")
        except ObjectNotFoundError:
            continue
        return _of_failure(store, name, subject, events)
    raise RequestError(
        f"the store has no run {subject} that ended", where=store.url, hint="featureprep resume --list prints the runs that did not end"
    )


def _is_dataset(name: str) -> bool:
    try:
        paths.dataset(name)
    except ArgumentError:
        return False
    return True


def _of_version(store: ObjectStore, entry: LogEntry) -> StoredReport:
    content = {
        "name": entry.name,
        "version": entry.n,
        "run_id": entry.run_id,
        "status": "COMPLETE",
        "created": moment(entry.created),
        "engine": entry.engine,
        "scans": len(entry.extra.get("scans", ())),
        "sources": [_source(source, entry.ledger) for source in entry.sources],
        "rows": {name: entry.ledger["rows"][name] for name in _ROWS if name in entry.ledger.get("rows", {})},
        "ledger": dict(entry.ledger),
        "splits": dict(entry.splits),
        "features": [{"name": name} for name in entry.schema.names],
        "fingerprints": {"dataset": entry.dataset_fingerprint, "graph": entry.graph_fingerprint},
    }
    events = stored_file(store, entry, LINEAGE)
    if events is not None:
        where = store.locate(f"{paths.run_data(entry.name, entry.run_id)}/{LINEAGE}")
        with _readable(where):
            content["validation"] = _validation(_events(events)[-1])
    if entry.extra.get("sample"):
        content["sample"] = sample_text(entry.extra["sample"])
    page = store.locate(f"{paths.run_data(entry.name, entry.run_id)}/{REPORT}")
    return StoredReport(f"{entry.name}@{entry.n}", content, page, store, entry)


def _source(source: Mapping[str, Any], ledger: Mapping[str, Any]) -> dict[str, Any]:
    # several steps may read one source, each all of its rows
    reads = [
        line["in"] for line in ledger.get("lines", ()) if not line["inputs"] and line["step"].partition(" #")[0] == f"read {source['name']}"
    ]
    return {"name": source["name"], "version": source["version"], "files": len(source.get("files", ())), "rows": max(reads, default=None)}


def _events(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines() if line.strip()]


@contextlib.contextmanager
def _readable(where: str) -> Iterator[None]:
    """Events are read inside: what does not look like them is a corrupt artefact."""
    try:
        yield
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CorruptArtefactError(
            f"the events of this run cannot be read: {type(error).__name__}: {str(error)[:200]}", where=where
        ) from error


def _validation(event: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]] | None:
    """How the contract's rules ended, by source, as far as the event's assertions tell; None where no rule was held against the data."""
    made: dict[str, list[dict[str, Any]]] = {}
    names = [one["source"] for one in event["run"]["facets"].get("featureprep", {}).get("sources", ())]
    for number, source in enumerate(event["inputs"]):
        met = source.get("inputFacets", {}).get("dataQualityAssertions", {}).get("assertions", ())
        if met:
            made[names[number]] = [_outcome(one, ended=event["eventType"] == "COMPLETE") for one in met]
    return made or None


def _outcome(one: Mapping[str, Any], *, ended: bool) -> dict[str, Any]:
    # events of earlier releases do not tell what blocked: nothing, where the run ended well
    about = one.get("params", {})
    count, of, total = str(one.get("actual", "")).removesuffix(" rows break it").partition(" of ")
    return {
        "rule": one.get("description") or one["assertion"],
        "status": "passed" if one["success"] else str(about.get("status", "failed")),
        "severity": one.get("severity"),
        "blocking": bool(about.get("blocking", not (ended or one["success"] or one.get("severity") == "warn"))),
        "count": int(count) if of else None,
        "total": int(total) if of else None,
    }


def _of_failure(store: ObjectStore, name: str, run_id: str, events: bytes) -> StoredReport:
    where = store.locate(f"{paths.failed_run(name, run_id)}/{LINEAGE}")
    with _readable(where):
        found = _events(events)
        last = found[-1]
        facets = last["run"]["facets"]
        facts = facets.get("featureprep", {})
        content = {
            "name": name,
            "version": None,
            "run_id": run_id,
            "status": str(last["eventType"]),
            "created": str(found[0]["eventTime"]),
            "engine": facts.get("engine"),
            "scans": facts.get("scans"),
            "sources": [{"name": str(source["name"])} for source in last["inputs"]],
            "error": facets.get("errorMessage", {}).get("message"),
            "validation": _validation(last),
        }
    page = store.locate(f"{paths.failed_run(name, run_id)}/{REPORT}")
    return StoredReport(f"run {run_id}", content, page, store, None)
