"""Where a version comes from, and what was made of it: followed from version to version within one store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from featureprep.errors import ArgumentError, CorruptArtefactError
from featureprep.lineage.naming import DatasetName
from featureprep.lineage.stored import FieldUse, Place, Record, read_record
from featureprep.lineage.view import LineageView, Link, ViewNode
from featureprep.store.log import datasets, find_run, live_versions, read_entry
from featureprep.store.log_entry import LogEntry
from featureprep.store.names import check_dataset_name, check_run_id
from featureprep.store.objects import ObjectStore
from featureprep.store.refs import resolve


def lineage_of(store: ObjectStore, ref: str, *, upstream: bool = True, downstream: bool = True) -> LineageView:
    """The lineage of a version.

    Parameters
    ----------
    ref : str
        `census`, `census@3`, `census@prod`.
    upstream : bool
        Whether its inputs are looked at, those that are versions of this store followed to their own inputs, and so on.
    downstream : bool
        Whether the versions of this store that read it are looked for, and those that read them, and so on. This reads the lineage
        of every version in the store; one that cannot be read is named in the view's notes.

    Raises
    ------
    ArgumentError
        When there is no such version.
    CorruptArtefactError
        When its lineage is absent, altered, or none.
    """
    walk = _Walk(store)
    root = walk.add(read_record(store, resolve(store, ref)))
    if downstream:  # first: it meets every version, which makes the way up short
        walk.down(root)
    if upstream:
        walk.up(root)
    return walk.view(root, inputs=upstream)


class _Walk:
    """Gathers nodes and links; each version's record is read once."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.records: dict[str, Record] = {}
        self.nodes: dict[str, ViewNode] = {}
        self.found: dict[Place, LogEntry | None] = {}
        self.runs: dict[tuple[str, str], LogEntry] = {}
        self.notes: list[str] = []

    def add(self, record: Record) -> Record:
        self.records[record.ref] = record
        return record

    def up(self, root: Record) -> None:
        waiting = deque([root])
        while waiting:
            for place in waiting.popleft().inputs:
                entry = self.entry_of(place)
                if entry is None or f"{entry.name}@{entry.n}" in self.records:
                    continue
                record = self.read(entry)
                if record:
                    waiting.append(self.add(record))

    def down(self, root: Record) -> None:
        users: dict[str, list[Record]] = {}
        for record in self.every():
            for place in record.inputs:
                entry = self.entry_of(place)
                if entry is not None:
                    users.setdefault(f"{entry.name}@{entry.n}", []).append(record)
        waiting = deque([root.ref])
        seen = {root.ref}
        while waiting:
            for record in users.get(waiting.popleft(), ()):
                if record.ref not in seen:
                    seen.add(record.ref)
                    self.add(record)
                    waiting.append(record.ref)

    def every(self) -> Iterator[Record]:
        entries = [entry for name in datasets(self.store) for n in live_versions(self.store, name) if (entry := self.entry(name, n))]
        self.runs = {(entry.name, entry.run_id): entry for entry in entries}
        for entry in entries:
            record = self.records.get(f"{entry.name}@{entry.n}") or self.read(entry)
            if record:
                yield record

    def entry(self, name: str, n: int) -> LogEntry | None:
        try:
            return read_entry(self.store, name, n)
        except CorruptArtefactError as error:
            self.note(f"{name}@{n}", error)
            return None

    def read(self, entry: LogEntry) -> Record | None:
        try:
            return read_record(self.store, entry)
        except CorruptArtefactError as error:
            self.note(f"{entry.name}@{entry.n}", error)
            return None

    def note(self, ref: str, error: CorruptArtefactError) -> None:
        note = f"{ref}: {error.what}"
        if note not in self.notes:
            self.notes.append(note)

    def entry_of(self, place: Place) -> LogEntry | None:
        """The version of this store that an input is: known by dataset and run id, so that a store may be moved."""
        if place not in self.found:
            self.found[place] = self._entry_of(place)
        return self.found[place]

    def _entry_of(self, place: Place) -> LogEntry | None:
        name = place.name.rpartition("/")[2]
        try:
            check_dataset_name(name)
            check_run_id(place.version)
            return self.runs.get((name, place.version)) or find_run(self.store, name, place.version)
        except ArgumentError:  # no name or run id of ours
            return None
        except CorruptArtefactError as error:
            self.note(name, error)
            return None

    # The view.

    def view(self, root: Record, *, inputs: bool) -> LineageView:
        links: list[Link] = []
        for record in self.records.values():
            self.nodes[record.ref] = ViewNode(record.ref, record.ref, record.entry.run_id, stored=True)
            if inputs or record is not root:
                links += self.links(record)
        return LineageView(root.ref, root.entry.run_id, tuple(root.fields), dict(self.nodes), tuple(links), tuple(self.notes), inputs)

    def links(self, record: Record) -> list[Link]:
        """Every use of an input; of an input without one, that it is read."""
        found = [self.link(use, record.ref, column) for column, uses in record.fields.items() for use in uses]
        found += [self.link(use, record.ref, None) for use in record.dataset]
        used = {link.source for link in found}
        keys = [self.node_of(place) for place in record.inputs]
        return found + [Link(key, None, record.ref, None, "read", "", "", "") for key in keys if key not in used]

    def link(self, use: FieldUse, target: str, column: str | None) -> Link:
        return Link(self.node_of(use.place), use.column, target, column, use.kind, use.type, use.subtype, use.description)

    def node_of(self, place: Place) -> str:
        """The key of an input's node, which is made if it is new."""
        entry = self.entry_of(place)
        if entry is not None:
            key = title = f"{entry.name}@{entry.n}"
        else:
            title = DatasetName(place.namespace, place.name).uri
            key = f"{title} {place.version}"
        self.nodes.setdefault(key, ViewNode(key, title, place.version, stored=entry is not None))
        return key
