"""Objects in a local folder. Atomic put-if-absent is a temporary file in the same folder, then a hard link to the name.

A reader sees a whole file or none; after a crash at most a temporary file is left, which no listing shows and `vacuum`
removes. Symbolic links below the root are not listed, and one that leads out of the root is never read or deleted
through: a folder from a stranger cannot reach the rest of the disk.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from featureprep.errors import StoreError
from featureprep.mapped import map_file
from featureprep.store.entry import Entry
from featureprep.store.paths import STAGING, TEMPORARY_PREFIX

_NO_LINK = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_TRIES = 50
_BLOCK = 1 << 16
Bytes = bytes | bytearray | memoryview
_MAPPED_FROM = 1 << 16
"""Bytes; smaller objects are read, for a process may map only so many."""


class LocalObjects:
    """The objects below one folder; paths are relative, already checked."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._real = os.path.realpath(root)

    def _full(self, path: str) -> str:
        full = place = os.path.join(self.root, path)
        while len(place) > len(self.root) and not os.path.islink(place):
            place = place[: place.rindex("/")]
        if len(place) == len(self.root):  # nothing below the root is a link
            return full
        folder = os.path.realpath(os.path.dirname(full))
        if folder != self._real and not folder.startswith(self._real + os.sep):
            raise StoreError("a symbolic link leads out of the store", where=full)
        if os.path.islink(full):
            raise StoreError("this is a symbolic link; a store holds plain files only", where=full)
        return full

    def _place(self, path: str, fill: Callable[[str], None], durable: bool) -> bool:
        """Link what `fill` writes to `path`, unless something is there."""
        target = self._full(path)
        folder = os.path.dirname(target)
        for _ in range(_TRIES):
            if not _make_folder(folder):
                continue
            temporary = os.path.join(folder, TEMPORARY_PREFIX + secrets.token_hex(8))
            try:
                fill(temporary)
                os.link(temporary, target)
                if durable:
                    _sync_folder(folder)
                return True
            except FileExistsError:
                return False
            except FileNotFoundError:
                continue  # `delete` removed the folder, empty at that moment, under our hands; it may be there again by now
            except OSError as error:
                if error.errno in _NO_LINK and os.path.exists(temporary):
                    raise StoreError(
                        f"this file system cannot make hard links ({error.strerror}), so it has no conditional create",
                        where=self.root,
                        hint="Keep the store on a disk with hard links (ext4, xfs, apfs, zfs, NFS), or on s3://.",
                    ) from error
                raise
            finally:
                _unlink(temporary)
        raise StoreError("the folder cannot be made here, or another process removes it again and again", where=folder)

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        def fill(temporary: str) -> None:
            with open(temporary, "xb") as file:
                file.writelines(parts)
                if durable:
                    file.flush()
                    os.fsync(file.fileno())

        return self._place(path, fill, durable)

    def create_from_file(self, path: str, local: str) -> bool:
        def fill(temporary: str) -> None:
            try:
                os.rename(local, temporary)
            except FileNotFoundError:
                if not os.path.exists(local):
                    raise StoreError("the file to store was removed meanwhile", where=local) from None
                raise
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                shutil.copyfile(local, temporary)
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())

        created = self._place(path, fill, durable=True)
        _unlink(local)
        return created

    def read(self, path: str) -> bytes:
        with open(self._full(path), "rb") as file:
            return file.read()

    def open_local(self, path: str, look: Callable[[memoryview], object] | None = None) -> memoryview:
        with open(self._full(path), "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size < _MAPPED_FROM:
                small = memoryview(file.readall())
                if look is not None:
                    look(small)
                return small
            if look is not None:
                block = memoryview(bytearray(_BLOCK))
                while read := file.readinto(block):
                    look(block[:read])
            return map_file(file.name)

    def size(self, path: str) -> int:
        full = self._full(path)
        if os.path.isdir(full):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), full)
        return os.stat(full).st_size

    def list(self, folder: str) -> Sequence[Entry]:
        return [entry for entry in self._entries(folder) if TEMPORARY_PREFIX not in entry.path]

    def _entries(self, folder: str) -> Iterator[Entry]:
        for entry in _walk(os.path.join(self.root, folder) if folder else self.root):
            try:
                stat = entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # deleted since the folder was read
                continue
            relative = os.path.relpath(entry.path, self.root).replace(os.sep, "/")
            yield Entry(relative, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))

    def folders(self, folder: str) -> Sequence[str]:
        try:
            with os.scandir(os.path.join(self.root, folder) if folder else self.root) as entries:
                return [e.name for e in entries if e.is_dir(follow_symlinks=False) and not e.name.startswith(TEMPORARY_PREFIX)]
        except FileNotFoundError:
            return []

    def delete(self, path: str) -> None:
        full = self._full(path)
        os.unlink(full)
        folder = os.path.dirname(full)
        while folder != self.root and len(folder) > len(self.root):
            try:
                os.rmdir(folder)
            except OSError:  # not empty, or already gone
                return
            folder = os.path.dirname(folder)

    def leftovers(self) -> Sequence[Entry]:
        """Temporary files of writers that were killed; their paths are good for `delete_leftover` only."""
        return [entry for entry in self._entries("") if TEMPORARY_PREFIX in entry.path]

    def scratch_folder(self) -> str:
        folder = os.path.join(self.root, STAGING, TEMPORARY_PREFIX + "scratch")
        os.makedirs(folder, exist_ok=True)
        return folder


def _walk(folder: str) -> Iterator[os.DirEntry[str]]:
    """Every plain file below `folder`; symbolic links are not followed."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif entry.is_file(follow_symlinks=False):
            yield entry


def _make_folder(folder: str) -> bool:
    """Whether the folder is there now; False when another process removed it, or one above it, at the same moment."""
    try:
        os.makedirs(folder, exist_ok=True)
    except FileNotFoundError:
        return False
    except FileExistsError:
        # also raised when the folder was there and then was not
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise
        return os.path.isdir(folder)
    return True


def _sync_folder(folder: str) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:  # removed since, with all that was put there
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
