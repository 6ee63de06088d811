"""Objects in a store that fsspec reaches. Atomic put-if-absent is the store's own conditional create.

fsspec's default for `mode="create"` is to look first and then write, which two writers can both pass; so only drivers
that are known to send the condition with the write are taken: the table `DRIVERS`.
"""

from __future__ import annotations

import importlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from featureprep.errors import ArgumentError, MissingExtraError, StoreError
from featureprep.store.entry import Entry
from featureprep.store.local import Bytes
from featureprep.store.paths import TEMPORARY_PREFIX


@dataclass(frozen=True)
class Driver:
    """A kind of store whose conditional create is known to be one.

    Attributes
    ----------
    extra : str or None
        The extra of featureprep that installs it.
    errors : tuple of str
        Exception classes beside OSError and ValueError that it raises, "module:name".
    locked : bool
        Its create is atomic only under a lock of this process (the memory store, which lives in one process anyway).
    """

    extra: str | None
    errors: tuple[str, ...] = ()
    locked: bool = False


_S3 = Driver(
    "s3",
    ("botocore.exceptions:BotoCoreError", "botocore.exceptions:ClientError", "aiohttp.client_exceptions:ClientError"),
)
_WALKS = 100

DRIVERS: Mapping[str, Driver] = {"memory": Driver(None, locked=True), "s3": _S3, "s3a": _S3}

_MEMORY_LOCK = threading.RLock()
_CONFLICT_TRIES = 6


class RemoteObjects:
    """The objects below one URL; paths are relative, already checked."""

    def __init__(self, protocol: str, root: str, options: Mapping[str, Any]) -> None:
        self.protocol = protocol
        self.root = root.rstrip("/")
        self.options = options
        self.driver = DRIVERS[protocol]
        self._made: tuple[int, Any] | None = None
        self.filesystem()
        self.errors: tuple[type[Exception], ...] = (OSError, ValueError, *map(_load, self.driver.errors))

    def filesystem(self) -> Any:
        """The driver's object of this process: its event loop and connections do not survive a fork."""
        if self._made is None or self._made[0] != os.getpid():
            import fsspec

            try:
                # listings must show what other writers did a moment ago
                made = fsspec.filesystem(self.protocol, **{"use_listings_cache": False, **self.options})
            except ImportError as error:
                raise MissingExtraError.of(self.driver.extra or self.protocol, f"a store on {self.protocol}://") from error
            self._made = (os.getpid(), made)
        return self._made[1]

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def create(self, path: str, parts: Sequence[Bytes], durable: bool) -> bool:
        del durable  # an object store acknowledges what it has stored
        data = bytes(parts[0]) if len(parts) == 1 else b"".join(parts)
        return self._conditional(lambda: self.filesystem().pipe_file(self._full(path), data, mode="create"))

    def create_from_file(self, path: str, local: str) -> bool:
        if self.driver.locked:
            with open(local, "rb") as file:
                created = self.create(path, [file.read()], durable=True)
        else:
            created = self._conditional(lambda: self.filesystem().put_file(local, self._full(path), mode="create"))
        os.unlink(local)
        return created

    def _conditional(self, send: Callable[[], object]) -> bool:
        for tried in range(_CONFLICT_TRIES):
            try:
                if self.driver.locked:
                    with _MEMORY_LOCK:
                        send()
                else:
                    send()
                return True
            except FileExistsError:
                return False
            except self.errors as error:
                code = _s3_code(error)
                if code in ("PreconditionFailed", "412"):
                    return False
                # two conditional writes met in the store: neither is refused for good, S3 says to send it again
                if code not in ("ConditionalRequestConflict", "409") or tried == _CONFLICT_TRIES - 1:
                    raise
                time.sleep(0.05 * 2**tried)
        raise StoreError("the conditional create met a conflict each time it was sent", where=self.root)

    def read(self, path: str) -> bytes:
        return bytes(self.filesystem().cat_file(self._full(path)))

    def open_local(self, path: str, look: Callable[[memoryview], object] | None = None) -> memoryview:
        whole = memoryview(self.read(path))
        if look is not None:
            look(whole)
        return whole

    def size(self, path: str) -> int:
        info = self.filesystem().info(self._full(path))
        if info.get("type") == "directory":
            raise IsADirectoryError(path)
        return int(info["size"])

    def _steady(self, listing: Callable[[], Any]) -> Any:
        """A listing; the memory store's walks a plain dict, which another thread may change under it: then it is walked again."""
        for _ in range(_WALKS if self.driver.locked else 0):
            try:
                return listing()
            except RuntimeError:  # dictionary changed size during iteration
                continue
        return listing()

    def list(self, folder: str) -> Sequence[Entry]:
        base = self._full(folder)
        try:
            found = self._steady(lambda: self.filesystem().find(base, detail=True))
        except FileNotFoundError:
            return []
        entries = []
        for full, info in found.items():
            if info.get("type") == "file" and full.startswith(self.root + "/") and TEMPORARY_PREFIX not in full:
                entries.append(Entry(full[len(self.root) + 1 :], int(info["size"] or 0), self._modified(info)))
        return entries

    def _modified(self, info: Mapping[str, Any]) -> datetime:
        moment = info.get("LastModified") or self.filesystem().modified(info["name"])
        if not isinstance(moment, datetime):
            raise StoreError(f"the store does not say when {info['name']!r} was written")
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def folders(self, folder: str) -> Sequence[str]:
        try:
            found = self._steady(lambda: self.filesystem().ls(self._full(folder), detail=True))
        except FileNotFoundError:
            return []
        return [info["name"].rstrip("/").rpartition("/")[2] for info in found if info.get("type") == "directory"]

    def delete(self, path: str) -> None:
        self.filesystem().rm_file(self._full(path))

    def leftovers(self) -> Sequence[Entry]:
        return []

    def scratch_folder(self) -> str:
        return tempfile.gettempdir()


def _load(name: str) -> type[Exception]:
    module, _, attribute = name.partition(":")
    loaded: type[Exception] = getattr(importlib.import_module(module), attribute)
    return loaded


def _s3_code(error: BaseException) -> str:
    """The S3 error code of what botocore raised, or of what s3fs made of it."""
    for candidate in (error, error.__cause__):
        response = getattr(candidate, "response", None)
        if isinstance(response, dict):
            return str(response.get("Error", {}).get("Code", ""))
    return ""


def known_protocol(protocol: str) -> Driver:
    """The driver of a URL's protocol.

    Raises
    ------
    ArgumentError
        When there is none whose conditional create is known to be atomic.
    """
    if protocol not in DRIVERS:
        known = ", ".join(f"{name}://" for name in sorted(DRIVERS))
        raise ArgumentError(
            f"a store cannot lie on {protocol[:40]}://: no driver is known there that creates an object only if it is absent, "
            "in one step, and without it two writers could take the same version",
            hint=f"Use a local folder or one of {known}.",
        )
    return DRIVERS[protocol]
