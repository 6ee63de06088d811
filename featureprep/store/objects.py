"""`ObjectStore`: named bytes that are created once and never changed, on a local folder or any store of `remote.DRIVERS`.

Everything above this file rests on one verb: `create`, which either makes a whole object under a name that was free, or
says that the name is taken. There is no overwrite.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from featureprep.cures import cure
from featureprep.errors import ArgumentError, FeatureprepError, StoreError
from featureprep.store.entry import Entry
from featureprep.store.local import Bytes, LocalObjects
from featureprep.store.paths import check_path
from featureprep.store.remote import RemoteObjects, known_protocol

_SECRET_OPTION = re.compile(r"secret|token|key|passw|pwd|credential|signature|sas|connection", re.IGNORECASE)


class ObjectNotFoundError(StoreError):
    """There is no object of this name (or it was deleted a moment ago)."""


class Objects(Protocol):
    """What a kind of store must do; paths are relative to its root and checked. It raises what its driver raises."""

    root: str

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool: ...
    def create_from_file(self, path: str, local: str) -> bool: ...
    def read(self, path: str) -> bytes: ...
    def open_local(self, path: str, look: Callable[[memoryview], object] | None = None) -> memoryview: ...
    def size(self, path: str) -> int: ...
    def list(self, folder: str) -> Sequence[Entry]: ...
    def folders(self, folder: str) -> Sequence[str]: ...
    def delete(self, path: str) -> None: ...
    def leftovers(self) -> Sequence[Entry]: ...
    def scratch_folder(self) -> str: ...


class ObjectStore:
    """A store by its URL. Made by `ObjectStore.open`; safe to share between threads, to fork, and to send to workers.

    Attributes
    ----------
    url : str
        As shown in messages: an absolute path or a URL, never with credentials in it.
    is_local : bool
        Whether objects are files that other programs of this machine can open.
    """

    def __init__(self, url: str, objects: Objects, options: Mapping[str, Any], errors: tuple[type[Exception], ...]) -> None:
        self.url = url
        self.is_local = isinstance(objects, LocalObjects)
        self._objects = objects
        self._options = dict(options)
        self._errors = errors

    @classmethod
    def open(cls, url: str | os.PathLike[str], **storage_options: Any) -> Self:
        """The store at `url`; nothing is read or made yet.

        Parameters
        ----------
        url : str
            A local path, `file://`, `s3://bucket/folder` (extra "s3") or `memory://folder`.
        **storage_options
            Given to the fsspec driver (`endpoint_url=`, `key=`, `secret=`...); never shown in messages.

        Raises
        ------
        ArgumentError
            For a kind of store without a conditional create, credentials or a query in the URL, or options that the driver refuses.
        StoreError
            When the path is not a folder.
        MissingExtraError
            When the driver is not installed.
        """
        if not isinstance(url, (str, os.PathLike)):
            raise ArgumentError.of("store", "a run", "a path or a URL", url)
        text = os.fspath(url)
        if not text or "\x00" in text:
            raise ArgumentError("a store is named by a path or a URL, and this one is empty or not text")
        if "://" not in text or text.startswith(("file://", "local://")):
            return cls._open_local(text.partition("://")[2] if "://" in text else text, storage_options)
        if "::" in text:
            raise ArgumentError("a store's URL cannot be a chain of file systems ('::')", hint="Give the URL of the store itself.")
        parts = urlsplit(text)
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ArgumentError(
                f"the {parts.scheme}:// URL of a store holds credentials or a query, which would end up in logs",
                hint="Give credentials by the environment, a profile, or storage options.",
            )
        known_protocol(parts.scheme)
        root = "/".join(part for part in (parts.netloc, parts.path.strip("/")) if part)
        if not root or ".." in root.split("/"):
            raise ArgumentError(f"{text[:200]!r} names no place for a store", hint="for example s3://bucket/folder")
        try:
            objects = RemoteObjects(parts.scheme, f"/{root}" if parts.scheme == "memory" else root, storage_options)
        except (TypeError, ValueError) as error:
            if isinstance(error, FeatureprepError):
                raise
            raise ArgumentError(
                f"the driver of {parts.scheme}:// refused the storage options {', '.join(sorted(storage_options))}"
            ) from None
        return cls(f"{parts.scheme}://{root}", objects, storage_options, objects.errors)

    @classmethod
    def _open_local(cls, path: str, options: Mapping[str, Any]) -> Self:
        if options:
            raise ArgumentError(f"a local store takes no storage options; got {', '.join(sorted(options))}")
        root = os.path.abspath(path)
        if os.path.lexists(root) and not os.path.isdir(root):
            raise StoreError("a store is a folder, and this is not one", where=root)
        return cls(root, LocalObjects(root), {}, (OSError, ValueError))

    @property
    def address(self) -> tuple[str, Mapping[str, Any]]:
        """URL and storage options, with which another process opens the same store. The options may hold secrets."""
        return self.url, dict(self._options)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_reopen, (self.url, self._options))

    def __repr__(self) -> str:
        return f"ObjectStore({self.url!r})"

    def locate(self, path: str) -> str:
        """The path or URL by which other programs find the object."""
        return f"{self.url}/{check_path(path)}"

    @contextmanager
    def _errors_of(self, verb: str, path: str) -> Iterator[None]:
        where = f"{self.url}/{path}" if path else self.url
        try:
            yield
        except FeatureprepError:
            raise
        except FileNotFoundError:
            raise ObjectNotFoundError(f"cannot {verb}: there is no such file", where=where) from None
        except self._errors as error:
            text = self._scrub(str(error) or type(error).__name__)
            known = isinstance(error, OSError) and error.errno is not None and error.strerror
            reason = self._scrub(str(known)) if known else text if type(error).__name__ in text else f"{type(error).__name__}: {text}"
            # a cause whose own text holds a secret must not be printed with the traceback
            cause = error if text == (str(error) or type(error).__name__) else None
            raise StoreError(f"cannot {verb}: {reason[:500]}", where=where, hint=cure(error)) from cause

    def _scrub(self, text: str) -> str:
        for secret in _secrets(self._options):
            text = text.replace(secret, "***")
        return text

    def create(self, path: str, *parts: Bytes, durable: bool = True) -> bool:
        """Make the object, whole, if there is none of this name.

        Parameters
        ----------
        *parts : bytes or memoryview
            Its bytes, one after the other; big ones are not put together before they are written.
        durable : bool
            Whether it must survive a power cut once this returns (local: fsync of file and folder). What is only a cache needs not.

        Returns
        -------
        bool
            True when it was made; False when there is one, whatever it holds.

        Raises
        ------
        StoreError
            When it cannot be known or done. After a lost connection the object may be there all the same: read it.
        """
        with self._errors_of("write", check_path(path)):
            return self._objects.create(path, parts, durable)

    def create_from_file(self, path: str, local: str) -> bool:
        """As `create`, from a local file, which is taken over: it is gone afterwards, whether the object was made or not.

        A file in `scratch_folder()` is not copied where the store is local.
        """
        with self._errors_of("write", check_path(path)):
            if not os.path.isfile(local) or os.path.islink(local):
                raise StoreError("the file to store is not there, or is not a plain file", where=local)
            return self._objects.create_from_file(path, local)

    def read(self, path: str) -> bytes:
        """The object's bytes; ObjectNotFoundError when there is none."""
        with self._errors_of("read", check_path(path)):
            return self._objects.read(path)

    def find(self, path: str) -> bytes | None:
        """The object's bytes, or None when there is none."""
        try:
            return self.read(path)
        except ObjectNotFoundError:
            return None

    def open_local(self, path: str, look: Callable[[memoryview], object] | None = None) -> memoryview:
        """The object's bytes, mapped rather than read where the store is local; ObjectNotFoundError when there is none.

        `look` is given all of them first, some at a time and each time in the same memory.
        """
        with self._errors_of("read", check_path(path)):
            return self._objects.open_local(path, look)

    def size(self, path: str) -> int:
        """The object's size in bytes; ObjectNotFoundError when there is none."""
        with self._errors_of("look up", check_path(path)):
            return self._objects.size(path)

    def exists(self, path: str) -> bool:
        """Whether there is an object of this name."""
        try:
            self.size(path)
        except ObjectNotFoundError:
            return False
        return True

    def list(self, prefix: str = "") -> Sequence[Entry]:
        """All objects below the folder `prefix` (the whole store by default), by path; none when there is no such folder."""
        with self._errors_of("list", check_path(prefix) if prefix else ""):
            return sorted(self._objects.list(prefix))

    def folders(self, prefix: str = "") -> Sequence[str]:
        """Names of the folders directly in the folder `prefix`, sorted; none when there is no such folder."""
        with self._errors_of("list", check_path(prefix) if prefix else ""):
            return sorted(self._objects.folders(prefix))

    def delete(self, path: str) -> None:
        """Remove the object; no error when there is none."""
        with self._errors_of("delete", check_path(path)):
            try:
                self._objects.delete(path)
            except FileNotFoundError:
                return

    def leftovers(self) -> Sequence[Entry]:
        """Temporary files of killed writers (local stores only), for `vacuum`."""
        with self._errors_of("list", ""):
            return sorted(self._objects.leftovers())

    def delete_leftover(self, entry: Entry) -> None:
        """Remove one of `leftovers()`."""
        with self._errors_of("delete", entry.path):
            try:
                self._objects.delete(entry.path)
            except FileNotFoundError:
                return

    def scratch_folder(self) -> str:
        """A local folder for files that `create_from_file` will take over; made if need be."""
        with self._errors_of("make a scratch folder in", ""):
            return self._objects.scratch_folder()


def _reopen(url: str, options: Mapping[str, Any]) -> ObjectStore:
    return ObjectStore.open(url, **options)


def _secrets(options: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for key, value in options.items():
        if isinstance(value, Mapping):
            found += _secrets(value)
        elif isinstance(value, str) and len(value) >= 4 and _SECRET_OPTION.search(str(key)):
            found.append(value)
    return found
