"""The folder through which workers hand results to the driver: Beam has no other way back that every runner knows.

A file is `kind/depth-number-attempt`: what it is, after how many exchanges, of which partition, and a name of its own for each attempt, so
that retried and speculative attempts never write the same file. Its first bytes are the payload's length and digest: a file that a killed
worker left unfinished counts as absent. Files go through Beam's own FileSystems, so the folder may be wherever the runner's workers can write.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle
import xxhash
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

BEGUN, CODE, FAILED, SENT, FOLDED, MADE, STATE = "begun", "code", "failed", "sent", "folded", "made", "state"
SHARED = "workers that do not share this machine's disk need temp_location=, a folder that they and this process can write and read"
_HEADER = struct.Struct("<Q16s")
_NAME = re.compile(r"(-?\d+)-(\d+)-[0-9a-f]{32}")
Place = tuple[int, int]
"""(how many exchanges come before, number of the partition)."""
FIRST: Place = (-1, 0)
"""Comes before all others: where the driver says that nothing more is wanted."""


@dataclass(frozen=True)
class Folder:
    """What the workers of one pipeline leave for the driver."""

    path: str

    def put(self, kind: str, place: Place, value: Any = None) -> None:
        """Leave a value."""
        data = cloudpickle.dumps(value)
        name = f"{self.path}/{kind}/{place[0]}-{place[1]}-{uuid.uuid4().hex}"
        with FileSystems.create(name, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            file.write(_HEADER.pack(len(data), xxhash.xxh3_128_digest(data)))
            file.write(data)

    def found(self, kind: str) -> dict[Place, list[str]]:
        """The files of a kind, by place, in its order."""
        places: dict[Place, list[str]] = {}
        pattern = re.sub(r"[*?\[]", "?", self.path)  # Beam's cannot quote, but a "?" stands for any one character
        for meta in FileSystems.match([f"{pattern}/{kind}/*"])[0].metadata_list:
            name = _NAME.fullmatch(meta.path.replace("\\", "/").rpartition("/")[2])
            if name is not None:
                places.setdefault((int(name[1]), int(name[2])), []).append(meta.path)
        return dict(sorted(places.items()))

    def get(self, files: Sequence[str]) -> Any:
        """The value in the first of some files that is whole: they are attempts at the same.

        Raises
        ------
        LookupError
            None is whole.
        """
        for path in files:
            with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                data = file.read()
            payload = memoryview(data)[_HEADER.size :]
            if data[: _HEADER.size] == _HEADER.pack(len(payload), xxhash.xxh3_128_digest(payload)):
                return cloudpickle.loads(payload)
        raise LookupError(self.path)

    def failed_before(self, place: Place) -> bool:
        """Whether something failed whose error is told before that of `place`, which then need not be worked on."""
        return any(other < place for other in self.found(FAILED))

    def remove(self) -> None:
        """Delete all that lies there. Nothing may have been left, and what cannot be deleted harms nobody."""
        if "://" not in self.path:
            shutil.rmtree(self.path, ignore_errors=True)
            return
        with contextlib.suppress(BeamIOError):
            FileSystems.delete([self.path])
