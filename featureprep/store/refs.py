"""References to versions: `census`, `census@latest`, `census@3`, `census@prod`."""

from __future__ import annotations

from difflib import get_close_matches

from featureprep.errors import ArgumentError, StoreError
from featureprep.store import paths
from featureprep.store.log import datasets, live_versions, read_entry, vacuumed_versions
from featureprep.store.log_entry import LogEntry
from featureprep.store.names import check_dataset_name, check_tag
from featureprep.store.objects import ObjectStore
from featureprep.store.tags import list_tags, read_tag


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
