"""How far a pipeline is, by the files that its workers have left: Beam's own counters tell nothing before the end on most runners."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from featureprep.engines.beam.folder import SENT

if TYPE_CHECKING:
    from featureprep.engines.beam.folder import Folder
    from featureprep.engines.beam.plan import Batches

Progress = Callable[[str, int, int], None]


class Steps:
    """The passes of a pipeline in their order, and how many partitions of each are done."""

    def __init__(self, batches: Batches, label: str, ends: str, progress: Progress | None) -> None:
        self._progress = progress
        self._passes: list[tuple[str, str, int, int]] = [(ends, label, batches.depth, batches.size)]
        while batches.sent is not None:
            label, batches = batches.label, batches.sent
            self._passes.insert(0, (SENT, label, batches.depth, batches.size))
        self._at = 0
        self._told = -1

    def look(self, folder: Folder) -> None:
        """Tell what has been done since the last look."""
        while self._progress is not None and self._at < len(self._passes):
            kind, label, depth, size = self._passes[self._at]
            done = sum(place[0] == depth for place in folder.found(kind))
            for number in range(self._told + 1, done + 1):
                self._told = number
                self._progress(label, number, size)
            if done < size:
                break
            self._at += 1
            self._told = -1
