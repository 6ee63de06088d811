"""Rows that one worker process of this machine has decoded, kept for all of them: the files of `decoded`, in a folder that they share.

A file appears whole and under a name that says what it holds, so a task that is tried or run twice finds it or makes the same again. What is not
there, for any reason, is read from its source, with the same result.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from featureprep import canonical
from featureprep.io.base import Fragment
from featureprep.run.decoded import DECODED_BYTES, Decoded, KeptPiece, Room

_LENGTH = 8
"""Bytes at the end of a file that say how long the index before them is."""


class DecodedElsewhere(Decoded):
    """Those of processes that are forked or spawned: it is pickled with what they run, and keeps there if it was keeping when it was.

    `workers`: processes that share `room`, the bytes to keep.
    """

    def __init__(self, folder: str, later: Mapping[str, Collection[str]], workers: int, room: int = DECODED_BYTES) -> None:
        super().__init__(folder, later)
        self._room = room // workers

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_owned"}

    def _path(self, name: str, piece: Fragment) -> Path:
        return Path(self._folder) / canonical.digest([name, piece.key, piece.index])

    def _known(self, name: str, piece: Fragment) -> KeptPiece | None:
        return _found(self._path(name, piece))

    def _new(self) -> str:
        return uuid.uuid4().hex

    def _left(self) -> Room:
        return _room(self._folder, self._room)

    def _keep(self, name: str, piece: Fragment, made: KeptPiece) -> None:
        _shown(made, self._path(name, piece))


@lru_cache(maxsize=4)
def _room(folder: str, room: int) -> Room:
    """What this process may still keep there."""
    return Room(room)


def _shown(made: KeptPiece, path: Path) -> None:
    """Put a whole piece, with its index, where the others look."""
    index = json.dumps([sorted(made.columns), made.batches]).encode()
    try:
        with made.path.open("ab") as file:
            file.write(index + len(index).to_bytes(_LENGTH, "little"))
        os.link(made.path, path)
    except OSError:  # a full disk, a run that is over, or another has made it meanwhile: what others may be reading is never replaced
        pass
    made.path.unlink(missing_ok=True)


def _found(path: Path) -> KeptPiece | None:
    try:
        with path.open("rb") as file:
            file.seek(-_LENGTH, 2)
            length = int.from_bytes(file.read(), "little")
            file.seek(-_LENGTH - length, 2)
            columns, batches = json.loads(file.read(length))
    except FileNotFoundError:
        return None
    return KeptPiece(path, frozenset(columns), [(row, start, stop) for row, start, stop in batches])
