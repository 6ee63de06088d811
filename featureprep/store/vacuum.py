"""`vacuum`: remove what no reader and no resumable run needs any more, and nothing that is younger than a stated age.

A run may be alive, or be resumed, while vacuum looks at it. So vacuum first puts a mark on the run and only then looks
again whether it was committed or resumed; commit and resume do their part first and then look for the mark. Whichever
order they meet in, one sees the other, and no version is ever listed whose files vacuum removed without saying so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.store import paths
from featureprep.store.entry import Entry
from featureprep.store.log import mark_vacuumed, read_entry
from featureprep.store.log_entry import FORMAT
from featureprep.store.objects import ObjectStore
from featureprep.store.record import seal
from featureprep.store.tags import list_tags


@dataclass(frozen=True)
class Removal:
    """One thing that was removed, or would be.

    Attributes
    ----------
    kind : str
        "staging", "state", "uncommitted", "failed", "version" or "temporary".
    path : str
        A file or folder, from the store's root.
    files, size : int
        How many files, and their bytes.
    """

    kind: str
    path: str
    files: int
    size: int


@dataclass
class VacuumReport:
    """What `vacuum` did, or with `dry_run` would do.

    Attributes
    ----------
    dry_run : bool
    removed : list of Removal
    kept : dict of str to str
        Things old enough that were left all the same, and why.
    """

    dry_run: bool
    removed: list[Removal] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes freed."""
        return sum(removal.size for removal in self.removed)


def vacuum(
    store: ObjectStore, older_than: timedelta, *, dry_run: bool = False, keep_versions: int | None = None, now: datetime | None = None
) -> VacuumReport:
    """Remove staging areas, fold states, files of runs that never committed, failed runs, and on request old versions.

    Parameters
    ----------
    older_than : timedelta
        Nothing written within this time is touched; of a run, its newest file counts. Longer than the longest run.
    dry_run : bool
        Only say what would be removed.
    keep_versions : int, optional
        Remove the files of versions too, but never of this many newest ones of each dataset, nor of any that has a tag. Their
        log entries stay. None: remove no version.
    now : datetime, optional
        Aware; the clock by default.

    Raises
    ------
    ArgumentError
        When the age is not positive, or `keep_versions` is under 1.
    StoreError
        When the store fails; what was removed until then stays removed, and vacuum can be run again.
    """
    if older_than <= timedelta(0):
        raise ArgumentError.of("older_than", "vacuum", "a time longer than zero", str(older_than))
    if keep_versions is not None and keep_versions < 1:
        raise ArgumentError.of("keep_versions", "vacuum", "a whole number from 1, or None", keep_versions)
    sweep = _Sweep(store, (now or datetime.now(UTC)) - older_than, VacuumReport(dry_run))
    sweep.look()
    sweep.states()
    sweep.failed_runs()
    if keep_versions is not None:
        sweep.versions(keep_versions)
    sweep.runs()
    sweep.temporaries()
    return sweep.report


class _Sweep:
    """One pass over a store, by one listing."""

    def __init__(self, store: ObjectStore, cut: datetime, report: VacuumReport) -> None:
        self.store = store
        self.cut = cut
        self.report = report
        self.staging: dict[str, list[Entry]] = defaultdict(list)
        self.single_states: list[Entry] = []
        self.data: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self.failed: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self.logs: dict[str, dict[int, Entry]] = defaultdict(dict)
        self.gone: dict[str, set[int]] = defaultdict(set)
        self._committed: dict[str, tuple[dict[str, int], str]] = {}

    def look(self) -> None:
        for entry in self.store.list():
            match entry.path.split("/"):
                case [paths.STATE, _, _]:
                    self.single_states.append(entry)
                case [paths.STAGING, run_id, *_] if _valid(paths.staging, run_id):
                    self.staging[run_id].append(entry)
                case [name, "data", run_id, *_] if _valid(paths.run_data, name, run_id):
                    self.data[name, run_id].append(entry)
                case [name, "runs", run_id, *_] if _valid(paths.failed_run, name, run_id):
                    self.failed[name, run_id].append(entry)
                case [name, "log", _] if _valid(paths.dataset, name):
                    n, gone = paths.parse_number(entry.path), paths.parse_vacuumed(entry.path)
                    if n is not None:
                        self.logs[name][n] = entry
                    elif gone is not None:
                        self.gone[name].add(gone)

    def _old(self, entries: list[Entry]) -> bool:
        return all(entry.modified <= self.cut for entry in entries)

    def _remove(self, kind: str, path: str, entries: list[Entry]) -> None:
        if not self.report.dry_run:
            for entry in entries:
                self.store.delete(entry.path)
        self.report.removed.append(Removal(kind, path, len(entries), sum(entry.size for entry in entries)))

    def states(self) -> None:
        for entry in self.single_states:
            if self._old([entry]):
                self._remove("state", entry.path, [entry])

    def failed_runs(self) -> None:
        for (name, run_id), entries in sorted(self.failed.items()):
            if self._old(entries):
                self._remove("failed", paths.failed_run(name, run_id), entries)

    def temporaries(self) -> None:
        for entry in self.store.leftovers():
            if self._old([entry]):
                if not self.report.dry_run:
                    self.store.delete_leftover(entry)
                self.report.removed.append(Removal("temporary", entry.path, 1, entry.size))

    def versions(self, keep: int) -> None:
        for name, entries in sorted(self.logs.items()):
            live = sorted(set(entries) - self.gone[name])
            tagged = {version: tag for tag, version in list_tags(self.store, name).items()}
            for n in live[:-keep]:
                if not self._old([entries[n]]):
                    continue
                if n in tagged:
                    self.report.kept[f"{name}@{n}"] = f"tagged {tagged[n]}"
                else:
                    self._version(name, n)

    def _version(self, name: str, n: int) -> None:
        try:
            run_id = read_entry(self.store, name, n).run_id
        except CorruptArtefactError as error:
            self.report.kept[f"{name}@{n}"] = error.what
            return
        if not self.report.dry_run:
            mark_vacuumed(self.store, name, n)
            # set_tag tags first and looks for the mark then; we mark first and look at the tags then
            if n in list_tags(self.store, name).values():
                self.store.delete(paths.vacuumed(name, n))
                self.report.kept[f"{name}@{n}"] = "tagged a moment ago"
                return
        self._remove("version", paths.run_data(name, run_id), self.data.pop((name, run_id), []))

    def runs(self) -> None:
        """Staging areas, and data folders that no readable version names."""
        folders: dict[str, list[str]] = defaultdict(list)
        for name, run_id in self.data:
            folders[run_id].append(name)
        for run_id in sorted({*self.staging, *folders}):
            mark = paths.abandoned(run_id)
            staged = [entry for entry in self.staging.get(run_id, []) if entry.path != mark]
            uncommitted = {}
            for name in folders[run_id]:
                state = self._state(name, run_id)
                if state == "uncommitted":
                    uncommitted[name] = self.data[name, run_id]
                elif state != "committed":
                    self.report.kept[paths.run_data(name, run_id)] = state
            entries = [*staged, *(entry for each in uncommitted.values() for entry in each)]
            marked = len(staged) < len(self.staging.get(run_id, []))
            if (entries or marked) and self._old(entries):
                self._run(run_id, staged, uncommitted)

    def _state(self, name: str, run_id: str) -> str:
        """What the log says of a run: "committed", "uncommitted" (or vacuumed), or why that cannot be known."""
        named, unreadable = self._named(name)
        if run_id in named:
            return "uncommitted" if named[run_id] in self.gone[name] else "committed"
        return unreadable or "uncommitted"

    def _named(self, name: str) -> tuple[dict[str, int], str]:
        """The version of each committed run, and why some entry cannot be read ("" when all can)."""
        if name not in self._committed:
            named, unreadable = {}, ""
            for n in self.logs[name]:
                try:
                    named[read_entry(self.store, name, n).run_id] = n
                except CorruptArtefactError as error:
                    unreadable = f"log entry {n} cannot be read, and may name it: {error.what}"
            self._committed[name] = named, unreadable
        return self._committed[name]

    def _run(self, run_id: str, staged: list[Entry], uncommitted: dict[str, list[Entry]]) -> None:
        mark = paths.abandoned(run_id)
        if not self.report.dry_run:
            self.store.create(mark, seal("abandoned", {"format": FORMAT, "run_id": run_id}))
            if self._moved(run_id, staged, uncommitted):
                self.store.delete(mark)
                self.report.kept[paths.staging(run_id)] = "resumed or committed a moment ago"
                return
        for name, entries in sorted(uncommitted.items()):
            self._remove("uncommitted", paths.run_data(name, run_id), entries)
        self._remove("staging", paths.staging(run_id), staged)
        if not self.report.dry_run:
            self.store.delete(mark)  # last: until here neither resume nor commit may begin

    def _moved(self, run_id: str, staged: list[Entry], uncommitted: dict[str, list[Entry]]) -> bool:
        """Whether the run was resumed, wrote or was committed since the listing."""
        known = {entry.path for entry in staged} | {paths.abandoned(run_id)}
        if any(entry.path not in known for entry in self.store.list(paths.staging(run_id))):
            return True
        for name, entries in uncommitted.items():
            written = {entry.path for entry in self.store.list(paths.run_data(name, run_id))}
            if not written <= {entry.path for entry in entries}:
                return True
            for entry in self.store.list(paths.log_folder(name)):
                n = paths.parse_number(entry.path)
                if n is not None and n not in self.logs[name] and read_entry(self.store, name, n).run_id == run_id:
                    return True
        return False


def _valid(make: Callable[..., str], *names: str) -> bool:
    """Whether a path function takes these names: folders that are not the store's own are left alone."""
    try:
        make(*names)
    except ArgumentError:
        return False
    return True
