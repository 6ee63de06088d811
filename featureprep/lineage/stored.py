"""The lineage that lies beside a version, read back: its COMPLETE event as typed data. The file may be a stranger's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from featureprep.errors import CorruptArtefactError
from featureprep.store import paths
from featureprep.store.log_entry import LogEntry
from featureprep.store.objects import ObjectNotFoundError, ObjectStore

FILE = "lineage.ndjson"


@dataclass(frozen=True, order=True)
class Place:
    """A dataset as an event names it, at a version: "" where the event says none."""

    namespace: str
    name: str
    version: str


@dataclass(frozen=True)
class FieldUse:
    """A column of an input, and how it is used."""

    place: Place
    column: str
    kind: str
    type: str
    subtype: str
    description: str


@dataclass(frozen=True)
class Record:
    """What the lineage of one version says.

    Attributes
    ----------
    inputs : tuple of Place
    fields : mapping of written column to its uses of input columns
    dataset : tuple of FieldUse
        The uses that decide which rows there are.
    """

    entry: LogEntry
    inputs: tuple[Place, ...]
    fields: Mapping[str, tuple[FieldUse, ...]]
    dataset: tuple[FieldUse, ...]

    @property
    def ref(self) -> str:
        return f"{self.entry.name}@{self.entry.n}"


def read_record(store: ObjectStore, entry: LogEntry) -> Record:
    """The lineage of a version.

    Raises
    ------
    CorruptArtefactError
        When the version has no lineage, the file was altered, or it is no lineage.
    """
    path = f"{paths.run_data(entry.name, entry.run_id)}/{FILE}"
    where = store.locate(path)
    listed = next((record for record in entry.files if record.path == FILE), None)
    if listed is None:
        raise CorruptArtefactError(f"{entry.name}@{entry.n} has no lineage", where=where)
    try:
        data = store.read(path)
    except ObjectNotFoundError:
        raise CorruptArtefactError("the lineage of this version is gone", where=where) from None
    if hashlib.sha256(data).hexdigest() != listed.sha256:
        raise CorruptArtefactError("this lineage was altered: its sha256 is not the one in the version's log entry", where=where)
    try:
        return _parse(entry, data)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise CorruptArtefactError(f"this is no lineage: {type(error).__name__}: {str(error)[:200]}", where=where) from error


def _parse(entry: LogEntry, data: bytes) -> Record:
    events = [json.loads(line) for line in data.splitlines() if line.strip()]
    event = next(e for e in [*reversed(events), {}] if e.get("eventType") == "COMPLETE" or not e)
    inputs = {(str(i["namespace"]), str(i["name"])): _place(i) for i in event["inputs"]}
    output = event["outputs"][0]
    lineage = output["facets"]["columnLineage"]
    fields = {str(column): tuple(_uses(found["inputFields"], inputs)) for column, found in lineage["fields"].items()}
    return Record(entry, tuple(inputs.values()), fields, tuple(_uses(lineage.get("dataset", ()), inputs)))


def _place(given: Mapping[str, Any]) -> Place:
    version = given.get("facets", {}).get("version", {}).get("datasetVersion", "")
    return Place(str(given["namespace"]), str(given["name"]), str(version))


def _uses(fields: Any, inputs: Mapping[tuple[str, str], Place]) -> Iterator[FieldUse]:
    for field in fields:
        name = (str(field["namespace"]), str(field["name"]))
        place = inputs.get(name, Place(*name, ""))
        for way in field.get("transformations", ()):
            texts = (
                str(way.get(key, default)) for key, default in (("kind", "direct"), ("type", ""), ("subtype", ""), ("description", ""))
            )
            yield FieldUse(place, str(field["field"]), *texts)
