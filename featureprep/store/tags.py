"""Tags: movable names of versions, such as `prod`. Each move is an entry of the tag's history, made by conditional create."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from featureprep.errors import ArgumentError, CorruptArtefactError, StoreError
from featureprep.store import paths
from featureprep.store.log import live_versions, read_entry
from featureprep.store.objects import ObjectStore
from featureprep.store.record import moment, read_moment, seal, unseal
from featureprep.store.samples import refuse_sample

FORMAT = 1


@dataclass(frozen=True)
class TagEntry:
    """One move of a tag.

    Attributes
    ----------
    name, tag : str
    k : int
        Place in the tag's history, from 1.
    version : int or None
        What it names from now on; None: the tag was deleted.
    created : datetime
        Aware, UTC.
    note : str
    nonce : str
    """

    name: str
    tag: str
    k: int
    version: int | None
    created: dt.datetime
    note: str
    nonce: str

    def to_bytes(self) -> bytes:
        """Its canonical JSON."""
        return seal("tag_entry", {**self.__dict__, "created": moment(self.created), "format": FORMAT})


def _read(store: ObjectStore, name: str, tag: str, k: int) -> TagEntry:
    path = paths.tag_entry(name, tag, k)
    where = store.locate(path)
    body = unseal("tag_entry", store.read(path), FORMAT, where)
    del body["format"]
    try:
        entry = TagEntry(**{**body, "created": read_moment(body["created"])})
        if entry.version is not None:
            paths.number(entry.version)
    except (TypeError, KeyError, ValueError) as error:
        raise CorruptArtefactError(f"this tag entry is not one: {error}", where=where) from error
    if (entry.name, entry.tag, entry.k) != (name, tag, k):
        raise CorruptArtefactError(f"this tag entry is of {entry.name}@{entry.tag}", where=where)
    return entry


def _numbers(store: ObjectStore, name: str, tag: str) -> list[int]:
    found = (paths.parse_number(entry.path) for entry in store.list(paths.tag_folder(name, tag)))
    return sorted(k for k in found if k is not None)


def tag_history(store: ObjectStore, name: str, tag: str) -> list[TagEntry]:
    """All moves of a tag, oldest first; none when it never was."""
    return [_read(store, name, tag, k) for k in _numbers(store, name, tag)]


def read_tag(store: ObjectStore, name: str, tag: str) -> int | None:
    """The version that a tag names; None when there is no such tag, or it was deleted."""
    numbers = _numbers(store, name, tag)
    return _read(store, name, tag, numbers[-1]).version if numbers else None


def list_tags(store: ObjectStore, name: str) -> dict[str, int]:
    """All tags of a dataset and the versions they name."""
    found = {tag: read_tag(store, name, tag) for tag in store.folders(paths.tags(name))}
    return {tag: version for tag, version in found.items() if version is not None}


def set_tag(store: ObjectStore, name: str, tag: str, version: int, *, now: dt.datetime, note: str = "") -> TagEntry:
    """Let `tag` name `version` from now on.

    Raises
    ------
    ArgumentError
        When there is no such version, its files were vacuumed, or it is a sample.
    StoreError
        When the store fails, or vacuum removed the version at the same moment (the tag is taken back then).
    """
    if version not in live_versions(store, name):
        raise ArgumentError(f"{name}@{version} cannot be tagged: there is no such version, or it was vacuumed")
    refuse_sample(read_entry(store, name, version), "tagged")
    before = read_tag(store, name, tag)
    entry = _append(store, name, tag, version, now, note)
    # vacuum marks first and looks at the tags then; we tag first and look at the mark then: one of us sees the other
    if store.exists(paths.vacuumed(name, version)):
        still = before if before in live_versions(store, name) else None
        _append(store, name, tag, still, now, f"version {version} was vacuumed")
        raise StoreError(f"{name}@{version} was vacuumed while it was tagged; the tag was taken back")
    return entry


def delete_tag(store: ObjectStore, name: str, tag: str, *, now: dt.datetime, note: str = "") -> TagEntry:
    """End a tag; its history stays readable.

    Raises
    ------
    ArgumentError
        When there is no such tag.
    """
    if read_tag(store, name, tag) is None:
        raise ArgumentError(f"{name} has no tag {tag!r}", hint=f"Its tags are: {', '.join(sorted(list_tags(store, name))) or 'none'}.")
    return _append(store, name, tag, None, now, note)


def _append(store: ObjectStore, name: str, tag: str, version: int | None, now: dt.datetime, note: str) -> TagEntry:
    nonce = secrets.token_hex(16)
    k = max(_numbers(store, name, tag), default=0) + 1
    while True:
        entry = TagEntry(name, tag, k, version, now.astimezone(dt.UTC), note, nonce)
        path = paths.tag_entry(name, tag, k)
        try:
            store.create(path, entry.to_bytes())
        except StoreError:
            if not store.exists(path):
                raise
        if _read(store, name, tag, k).nonce == nonce:
            return entry
        k += 1
