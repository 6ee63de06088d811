"""Which files a source has: globs expanded, partitions read from folder names, each file pinned with its content version."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from featureprep.errors import RequestError, SourceChangedError, WorldError, short
from featureprep.io.base import PinnedFile, Source
from featureprep.io.known import States, remembered
from featureprep.io.near import names_like
from featureprep.io.streams import filesystem, stored_blocks, world_errors
from featureprep.threads import each

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def pin(source: Source, base_dir: str | None = None, states: States | None = None, *, versions: bool = True) -> list[PinnedFile]:
    """The files of a source as they are now, sorted by URL.

    Parameters
    ----------
    source : Source
        Its `storage_options` option, if any, is handed to fsspec.
    base_dir : str or None
        The folder that relative paths are relative to; None is the working directory.
    states : States or None
        Where pins of local files are remembered. Without it nothing is kept that a version would be asked for, and a table in memory,
        all of which would have to be hashed, has none.
    versions : bool
        False: the version of no file is asked for, so that those which need not be read before they are cut are not hashed.

    Raises
    ------
    WorldError
        When a pattern matches no file, or a file cannot be read.
    RequestError
        When a file is matched twice.
    FeatureprepError
        What the format says of a file that it cannot read.
    """
    from featureprep.io.formats import format_of

    reader = format_of(source)
    if source.kind == "memory":
        return [(reader.glance if states is None else reader.pin)(source, "memory", None, "")]
    if source.kind == "snapshot":
        from featureprep.io.snapshot import parts

        return parts(source)

    def one(listed: tuple[str, Any, str, dict[str, str | None]]) -> PinnedFile:
        url, fs, path, partition = listed
        if not versions and not reader.cut_by_content:
            return replace(reader.glance(source, url, fs, path), partition=partition)
        file = reader.pin(source, url, fs, path) if states is None or not is_local(fs) else known(states, url, fs, path)
        return replace(file, partition=partition)

    def known(states: States, url: str, fs: Any, path: str) -> PinnedFile:
        with world_errors(url):
            return remembered(states, source, url, path, reader.version, lambda: reader.pin(source, url, fs, path))

    pinned = each(one, _listed(source, base_dir))
    _check_partitions(pinned)
    return pinned


def glance(source: Source, base_dir: str | None = None) -> Iterator[PinnedFile]:
    """The same files, each looked at by its beginning alone and when it is asked for; without content versions.

    Raises
    ------
    As `pin`.
    """
    from featureprep.io.formats import format_of

    reader = format_of(source)
    if source.kind == "memory":
        yield reader.glance(source, "memory", None, "")
        return
    for url, fs, path, partition in _listed(source, base_dir):
        yield replace(reader.glance(source, url, fs, path), partition=partition)


def local_files(source: Source, base_dir: str | None = None) -> list[str]:
    """The paths of the files that lie on the local disk, sorted; none of a table in memory. Nothing is opened.

    Raises
    ------
    As `pin`, for a pattern that matches no file.
    """
    if source.kind in ("memory", "snapshot"):
        return []
    return [path for _, fs, path, _ in _listed(source, base_dir) if is_local(fs)]


def _listed(source: Source, base_dir: str | None) -> list[tuple[str, Any, str, dict[str, str | None]]]:
    """URL, file system, path there and partition of every file, sorted by URL."""
    found: dict[str, tuple[Any, str, dict[str, str | None]]] = {}
    for pattern in source.paths:
        for url, entry in _matches(source, pattern, base_dir).items():
            if url in found:
                raise RequestError(f"{url} is named twice by the source's paths", hint="its rows would be counted twice")
            found[url] = entry
    return [(url, *found[url]) for url in sorted(found)]


def verify(source: Source, file: PinnedFile) -> None:
    """Check cheaply (size, and modification time or etag) that a file is still the one that was pinned.

    Raises
    ------
    SourceChangedError
        When it differs, or is gone.
    """
    if source.kind in ("memory", "snapshot"):
        return
    fs, path = filesystem(file.url, source.options)
    hint = "sources must not change during a run: run again, or read a copy"
    try:
        size, mtime, etag = stat(fs, path)
    except OSError as error:
        raise SourceChangedError(f"the file is gone: {error.strerror or error}", where=file.url, hint=hint) from error
    if size != file.size:
        raise SourceChangedError(f"the file had {file.size} bytes and now has {size}", where=file.url, hint=hint)
    if mtime != file.mtime_ns:
        raise SourceChangedError("the file was written again since the run began", where=file.url, hint=hint)
    if etag != file.facts.get("etag"):
        raise SourceChangedError("the object was replaced since the run began", where=file.url, hint=hint)


def stat(fs: Any, path: str) -> tuple[int, int | None, str | None]:
    """Size in bytes, modification time in ns (local files), etag (object stores)."""
    if is_local(fs):
        found = os.stat(path)
        return found.st_size, found.st_mtime_ns, None
    # s3fs keeps listings: ask the store itself
    fs.invalidate_cache(fs._parent(path))
    info = fs.info(path)
    etag = info.get("ETag") or info.get("etag")
    return int(info["size"]), None, None if etag is None else str(etag).strip('"')


def is_local(fs: Any) -> bool:
    return "file" in ((fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol)


def pin_stat(source: Source, url: str, fs: Any, path: str) -> PinnedFile:
    """A pin without a version: size, time, etag."""
    with world_errors(url):
        size, mtime, etag = stat(fs, path)
    return PinnedFile(url=url, size=size, version="", mtime_ns=mtime, facts={} if etag is None else {"etag": etag})


def pin_version(source: Source, url: str, fs: Any, path: str) -> PinnedFile:
    """A pin with the store's etag as its version, or the sha256 of the file's bytes where there is none."""
    file = pin_stat(source, url, fs, path)
    etag = file.facts.get("etag")
    if etag is not None:
        return replace(file, version=f"etag:{etag}")
    digest = hashlib.sha256()
    for block in stored_blocks(url, source.options):
        digest.update(block)
    return replace(file, version=f"sha256:{digest.hexdigest()}")


def _matches(source: Source, pattern: str, base_dir: str | None) -> dict[str, tuple[Any, str, dict[str, str | None]]]:
    anchored = pattern
    if "://" not in pattern and "::" not in pattern:
        anchored = os.path.join(os.path.abspath(base_dir or os.curdir), os.path.expanduser(pattern))
    fs, path = filesystem(anchored, source.options)
    with world_errors(pattern):
        paths = _expand(fs, path)
    if not paths:
        raise _nothing(pattern, anchored, fs, path)
    hive = bool(source.options.get("hive_partitioning", False))
    return {_url(fs, p): (fs, p, _partition(p) if hive else {}) for p in paths}


def _nothing(pattern: str, anchored: str, fs: Any, path: str) -> WorldError:
    """The error for a path at which there is no file."""
    where = anchored if anchored != pattern else None
    with world_errors(pattern):
        held = fs.find(path) if fs.isdir(path) else None
    if held is not None:
        hint = (
            "names that begin with _ or . are not data: rename them, or name the files"
            if held
            else "a folder is read with all files below it"
        )
        found = f"only files that are hidden, such as {short(PurePosixPath(held[0]).name)}" if held else "no file"
        return WorldError(f"the folder {pattern!r} has {found}", where=where, hint=hint)
    if is_local(fs) and os.path.exists(path):
        hint = "data is read more than once: write what comes out of a pipe to a file first"
        return WorldError(f"{pattern!r} is no file but a pipe or a device", where=where, hint=hint)
    elsewhere = (
        "relative paths start at the folder of the job file"
        if where is not None
        else "look at the path; a folder is read with all files below it"
    )
    like = names_like(path) if is_local(fs) else None
    return WorldError(f"no file matches {pattern!r}", where=where, hint=like or elsewhere)


def _expand(fs: Any, path: str) -> list[str]:
    if fs.isfile(path):  # before globbing: a file may be called "a[1].csv"
        return [path]
    if fs.isdir(path):
        return [p for p in fs.find(path) if not _hidden(p[len(path) :])]
    return [p for p, info in fs.glob(path, detail=True).items() if info["type"] == "file"] if fs_has_magic(path) else []


def fs_has_magic(path: str) -> bool:
    return any(c in path for c in "*?[")


def _hidden(below: str) -> bool:
    """Spark's and Hive's rule: names that start with `_` or `.` are not data."""
    return any(part.startswith((".", "_")) and "=" not in part for part in PurePosixPath(below.lstrip("/")).parts)


def _url(fs: Any, path: str) -> str:
    return path if is_local(fs) else str(fs.unstrip_protocol(path))


def _partition(path: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in PurePosixPath(path).parent.parts:
        key, equals, value = part.partition("=")
        if equals and key:
            found[unquote(key)] = None if value == HIVE_NULL else unquote(value)
    return found


def _check_partitions(files: Sequence[PinnedFile]) -> None:
    first = files[0] if files else None
    for file in files:
        if first is not None and list(file.partition) != list(first.partition):
            raise RequestError(
                f"the folders of {first.url} name the partitions {_names(first.partition)}, those of {file.url} {_names(file.partition)}",
                hint="all files of a source have the same partition columns; narrow the pattern",
            )


def _names(partition: Mapping[str, str | None]) -> str:
    return ", ".join(partition) or "none"
