"""References to versions: `census`, `census@latest`, `census@3`, `census@prod`; to several: `census@last:5`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Final

from featureprep.errors import ArgumentError, StoreError
from featureprep.store import paths
from featureprep.store.log import datasets, live_versions, read_entry, vacuumed_versions
from featureprep.store.log_entry import LogEntry
from featureprep.store.names import check_dataset_name, check_tag
from featureprep.store.objects import ObjectStore
from featureprep.store.tags import list_tags, read_tag

MOST: Final = 100
"""Versions that one reference names, at most."""
_LAST: Final = re.compile(r"last:([0-9]{1,9})")


def parse_last(ref: str) -> tuple[str, int] | None:
    """The dataset's name and the number of its newest versions that `census@last:5` names; None for a reference of another form.

    Raises
    ------
    ArgumentError
        For a name or number that cannot be.
    """
    name, _, which = ref.partition("@")
    if not which.startswith("last:"):
        return None
    check_dataset_name(name)
    found = _LAST.fullmatch(which)
    if found is None or not 1 <= int(found[1]) <= MOST:
        raise ArgumentError(f"{ref[:200]!r} names no versions", hint=f"{name}@last:5 are the newest five; at most {MOST}.")
    return name, int(found[1])


def parse_ref(ref: str) -> tuple[str, str]:
    """The dataset's name and what follows the `@`: "latest" where nothing does, a number without leading zeros, or a tag.

    Raises
    ------
    ArgumentError
        When it is not a reference.
    """
    name, at, which = ref.partition("@")
    check_dataset_name(name)
    if at and not which:
        raise ArgumentError(f"{ref[:200]!r} names no version", hint=f"{name}@latest, {name}@3 or {name}@<tag>.")
    if not at or which == "latest":
        return name, "latest"
    if parse_last(ref) is not None:
        raise ArgumentError(f"{ref[:200]!r} names several versions, and one is wanted", hint=f"{name}@latest is the newest.")
    if which.isascii() and which.isdigit():
        if len(which) > 20 or int(which) == 0:
            raise ArgumentError(f"{ref[:200]!r} names no version: they are numbered from 1")
        return name, str(int(which))
    return name, check_tag(which)


def resolve(store: ObjectStore, ref: str) -> LogEntry:
    """The version that a reference names.

    Raises
    ------
    ArgumentError
        When it is no reference, or there is no such dataset, version or tag; the hint says which there are.
    StoreError
        When the version's files were vacuumed.
    CorruptArtefactError
        When its log entry was altered or is of a newer format.
    """
    name, which = parse_ref(ref)
    live = live_versions(store, name)
    gone = vacuumed_versions(store, name)
    if not live and not gone:
        raise _no_dataset(store, name)
    if which == "latest":
        if not live:
            raise StoreError(f"all versions of {name} were vacuumed", where=store.url)
        return read_entry(store, name, live[-1])
    n = int(which) if which.isdigit() else read_tag(store, name, which)
    if n is None:
        tags = ", ".join(f"{tag} ({version})" for tag, version in sorted(list_tags(store, name).items()))
        raise ArgumentError(f"{name} has no tag {which!r}", where=store.url, hint=f"Its tags are: {tags or 'none'}.")
    if n in gone:
        raise StoreError(
            f"the files of {name}@{n} were removed by vacuum; only its log entry is left",
            where=store.locate(paths.log_entry(name, n)),
            hint=f"Versions with files: {_shown(live)}.",
        )
    if n not in live:
        raise ArgumentError(f"{name} has no version {n}", where=store.url, hint=f"Its versions are: {_shown(live)}.")
    return read_entry(store, name, n)


def resolve_last(store: ObjectStore, ref: str) -> list[LogEntry]:
    """The versions that `census@last:5` names, oldest first: the newest that can be read, fewer where there are fewer.

    Raises
    ------
    ArgumentError
        When it is no such reference, or there is no such dataset.
    StoreError
        When all versions were vacuumed.
    CorruptArtefactError
        When a log entry was altered or is of a newer format.
    """
    found = parse_last(ref)
    if found is None:
        raise ArgumentError(f"{ref[:200]!r} does not name several versions", hint="census@last:5 are the newest five.")
    name, count = found
    live = live_versions(store, name)
    if not live:
        resolve(store, name)  # says why
    return [read_entry(store, name, n) for n in live[-count:]]


def _no_dataset(store: ObjectStore, name: str) -> ArgumentError:
    names = datasets(store)
    close = get_close_matches(name, names, n=3)
    if close:
        hint = f"Did you mean {' or '.join(close)}?"
    elif names:
        hint = f"It has: {', '.join(names[:10])}{f' and {len(names) - 10} more' if len(names) > 10 else ''}."
    else:
        hint = "It has no dataset with a version yet; is this the right store?"
    return ArgumentError(f"the store has no dataset {name!r}", where=store.url, hint=hint)


def _shown(numbers: list[int]) -> str:
    """1-4, 6, 8-9: the newest ten ranges."""
    ranges: list[list[int]] = []
    for n in numbers:
        if ranges and n == ranges[-1][1] + 1:
            ranges[-1][1] = n
        else:
            ranges.append([n, n])
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges[-10:])
    return ("..., " if len(ranges) > 10 else "") + (shown or "none")
