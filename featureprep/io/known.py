"""Pins of local files that an earlier run has looked through: a file that was not touched since is not read for its version again.

Whether it was is told by its size, inode, times of change of content and of inode (which no program can set back), as version control
systems tell it; a file that was changed a moment before it was looked at is not remembered, since a further change might bear the
same time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from featureprep import canonical
from featureprep.errors import CorruptArtefactError
from featureprep.io.base import PinnedFile, Source

_VERSION: Final = 1
_SETTLED: Final = 2_000_000_000
"""Nanoseconds after which a further change bears another time on every file system."""


class States(Protocol):
    """Where small bytes are kept by key, as the cache of fold states does."""

    def get(self, key: str) -> memoryview | None:
        """What was kept, whole and as it was, or None."""

    def put(self, key: str, data: bytes) -> bool:
        """Keep."""


def remembered(states: States, source: Source, url: str, path: str, version: int, look: Callable[[], PinnedFile]) -> PinnedFile:
    """What `look` says of a local file, from an earlier time where the file is the same; `version` is the format's."""
    stat = os.stat(path)
    touched = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev]
    reader = [source.kind, dict(source.options), source.on_error, str(source.schema), version]
    key = canonical.digest(["pin", _VERSION, url, touched, reader])
    kept = states.get(key)
    if kept is not None:
        try:
            return PinnedFile(**canonical.loads(bytes(kept)))
        except (CorruptArtefactError, TypeError):  # of another make
            pass
    settled = time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED
    file = look()
    if settled:
        states.put(key, canonical.dumps(_plain(file)).encode())
    return file


def _plain(file: PinnedFile) -> dict[str, Any]:
    return {"url": file.url, "size": file.size, "version": file.version, "mtime_ns": file.mtime_ns, "facts": dict(file.facts)}
