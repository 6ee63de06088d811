"""The files that lie beside a version's rows, read back and held against its log entry."""

from __future__ import annotations

import hashlib

from featureprep.errors import CorruptArtefactError
from featureprep.store import paths
from featureprep.store.log_entry import LogEntry
from featureprep.store.objects import ObjectNotFoundError, ObjectStore
from featureprep.validators.contract import Contract
from featureprep.validators.contract_yaml import load_contract

CONTRACT = "contract.yaml"
STATISTICS = "statistics.json"
REPORT = "report.html"
LINEAGE = "lineage.ndjson"


def stored_file(store: ObjectStore, entry: LogEntry, name: str) -> bytes | None:
    """A file of a version; None where the version was made without it.

    Raises
    ------
    CorruptArtefactError
        When it is gone, or not the file that was committed.
    """
    record = next((record for record in entry.files if record.path == name), None)
    if record is None:
        return None
    path = f"{paths.run_data(entry.name, entry.run_id)}/{name}"
    try:
        data = store.read(path)
    except ObjectNotFoundError:
        raise CorruptArtefactError(
            "this file of the version is gone", where=store.locate(path), hint="restore it, or run the job again"
        ) from None
    if hashlib.sha256(data).hexdigest() != record.sha256:
        raise CorruptArtefactError(
            "this file was altered: its sha256 is not the one in the version's log entry",
            where=store.locate(path),
            hint="restore it, or run the job again",
        )
    return data


def stored_contract(store: ObjectStore, entry: LogEntry) -> Contract | None:
    """The contract that a version was checked against; None where there was none.

    Raises
    ------
    CorruptArtefactError
    """
    data = stored_file(store, entry, CONTRACT)
    if data is None:
        return None
    where = store.locate(f"{paths.run_data(entry.name, entry.run_id)}/{CONTRACT}")
    return load_contract(data.decode("utf-8-sig") + "\n", where=where)
