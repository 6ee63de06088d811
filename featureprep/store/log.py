"""The commit: one conditional create of the next log entry gives a run its number, and readers see it from then on.

Writers that want the same number are decided by the store: one creates the entry, the others find it taken and go on to
the next number. A writer that lost its answer (a timeout) reads the entry and knows its own by the nonce.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from featureprep.errors import ArgumentError, CorruptArtefactError, StoreError
from featureprep.store import paths
from featureprep.store.log_entry import FORMAT, Draft, LogEntry
from featureprep.store.objects import ObjectNotFoundError, ObjectStore
from featureprep.store.record import seal

_UNANSWERED_TRIES = 3


def versions(store: ObjectStore, name: str) -> list[int]:
    """Numbers of all versions of a dataset, ascending, vacuumed ones too; none when there is no such dataset."""
    found = (paths.parse_number(entry.path) for entry in store.list(paths.log_folder(name)))
    return sorted(n for n in found if n is not None)


def vacuumed_versions(store: ObjectStore, name: str) -> list[int]:
    """Numbers of the versions whose files `vacuum` removed, ascending."""
    found = (paths.parse_vacuumed(entry.path) for entry in store.list(paths.log_folder(name)))
    return sorted(n for n in found if n is not None)


def live_versions(store: ObjectStore, name: str) -> list[int]:
    """Numbers of the versions that can be read, ascending."""
    every, gone = set[int](), set[int]()
    for entry in store.list(paths.log_folder(name)):
        n, v = paths.parse_number(entry.path), paths.parse_vacuumed(entry.path)
        every |= {n} if n else set()
        gone |= {v} if v else set()
    return sorted(every - gone)


def datasets(store: ObjectStore) -> list[str]:
    """Names of the datasets that have a version, sorted."""
    names = [folder for folder in store.folders() if not folder.startswith("_")]
    return [name for name in names if _is_name(name) and versions(store, name)]


def _is_name(folder: str) -> bool:
    try:
        paths.dataset(folder)
    except ArgumentError:
        return False
    return True


def read_entry(store: ObjectStore, name: str, n: int) -> LogEntry:
    """The log entry of version `n`, also of a vacuumed one.

    Raises
    ------
    ObjectNotFoundError
        When there is no such version.
    CorruptArtefactError
        When it was altered, is of a newer format, or speaks of another version.
    """
    path = paths.log_entry(name, n)
    entry = LogEntry.from_bytes(store.read(path), store.locate(path))
    if (entry.name, entry.n) != (name, n):
        raise CorruptArtefactError(f"this log entry is of {entry.name}@{entry.n}", where=store.locate(path))
    return entry


def latest(store: ObjectStore, name: str) -> LogEntry | None:
    """The newest version that can be read; None when there is none."""
    live = live_versions(store, name)
    return read_entry(store, name, live[-1]) if live else None


def find_run(store: ObjectStore, name: str, run_id: str, *, after: int = 0) -> LogEntry | None:
    """The version that a run committed, looking at those numbered over `after`; None when it committed none."""
    return _find(store, name, run_id, [n for n in versions(store, name) if n > after])


def _find(store: ObjectStore, name: str, run_id: str, numbers: Sequence[int]) -> LogEntry | None:
    found = (read_entry(store, name, n) for n in reversed(numbers))
    return next((entry for entry in found if entry.run_id == run_id), None)


def mark_vacuumed(store: ObjectStore, name: str, n: int) -> None:
    """Say that the files of version `n` are gone, or about to be."""
    store.create(paths.vacuumed(name, n), seal("vacuumed", {"format": FORMAT, "name": name, "n": n}))


def commit(store: ObjectStore, name: str, draft: Draft, *, after: int = 0) -> LogEntry:
    """Make `draft` the next version of dataset `name`.

    Parameters
    ----------
    after : int
        Number of the newest version when the run began (0: not known). Versions over it are searched for this run, so that
        a run that is resumed after its commit, or twice at once, gets the one version and never a second.

    Returns
    -------
    LogEntry
        As stored. Of an earlier commit of the same run, if there was one.

    Raises
    ------
    StoreError
        When a listed file is missing or has another size, when `vacuum` took the run's files, or when the store fails:
        then the message says whether the version may exist all the same.
    """
    # one listing for both: every entry is either searched here or met as a conflict below, so a run never commits twice
    numbers = versions(store, name)
    done = _find(store, name, draft.run_id, [n for n in numbers if n > after])
    if done is not None:
        return _same(done, draft)
    flaw = _flaw(store, name, draft)
    if flaw is not None:
        raise StoreError(f"{flaw}, so the version is not committed", where=store.locate(paths.run_data(name, draft.run_id)))
    nonce = secrets.token_hex(16)
    n = max(numbers, default=0) + 1
    while True:
        entry = LogEntry.of(draft, name=name, n=n, nonce=nonce)
        found = _create(store, entry)
        if found.nonce == nonce:
            return _confirm(store, found)
        if found.run_id == draft.run_id:
            return _same(found, draft)
        n += 1


def _create(store: ObjectStore, entry: LogEntry) -> LogEntry:
    """The entry that stands under this number once one does: ours, or another writer's that was first."""
    path = paths.log_entry(entry.name, entry.n)
    failure: StoreError | None = None
    for _ in range(_UNANSWERED_TRIES):
        try:
            store.create(path, entry.to_bytes())
            return read_entry(store, entry.name, entry.n)
        except ObjectNotFoundError as error:
            failure = error
        except StoreError as error:
            failure = error
            try:
                return read_entry(store, entry.name, entry.n)
            except StoreError:
                # not there, or not readable: the same create again is safe, since it is ours or refused
                continue
    way_on = f"{failure.hint}. " if failure is not None and failure.hint else ""
    raise StoreError(
        f"cannot commit {entry.name}@{entry.n}, and the store does not say whether it was taken: {failure.what if failure else ''}",
        where=store.locate(path),
        hint=f"{way_on}The run's files are all there: featureprep resume {entry.run_id} commits it, once, when the store answers again.",
    ) from failure


def _flaw(store: ObjectStore, name: str, draft: Draft) -> str | None:
    """What keeps the run's files from being a version; None when all are there and nobody is deleting them."""
    if store.exists(paths.abandoned(draft.run_id)):
        return "vacuum is removing the files of this run"
    folder = paths.run_data(name, draft.run_id)
    sizes = {entry.path: entry.size for entry in store.list(folder)}
    for record in draft.files:
        size = sizes.get(f"{folder}/{record.path}")
        if size != record.size:
            return f"{record.path} is missing" if size is None else f"{record.path} has {size} bytes instead of {record.size}"
    return None


def _confirm(store: ObjectStore, entry: LogEntry) -> LogEntry:
    # vacuum marks the run first and looks at the log then; we commit first and look at the mark then: one of us sees the other
    flaw = _flaw(store, entry.name, entry)
    if flaw is not None:
        mark_vacuumed(store, entry.name, entry.n)
        raise StoreError(
            f"{flaw}: this happened while {entry.name}@{entry.n} was committed, which is marked as vacuumed now",
            where=store.locate(paths.run_data(entry.name, entry.run_id)),
            hint="Run the job again, and give vacuum an age longer than the longest run.",
        )
    return entry


def _same(done: LogEntry, draft: Draft) -> LogEntry:
    if (done.dataset_fingerprint, done.graph_fingerprint) != (draft.dataset_fingerprint, draft.graph_fingerprint):
        raise StoreError(
            f"run {draft.run_id} already committed {done.name}@{done.n} with other fingerprints",
            hint="Start a new run; a run id names one result.",
        )
    return done
