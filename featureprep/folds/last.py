"""What was found of the array that was looked at last, for the next fold that is given the same one."""

from __future__ import annotations

import threading
import weakref
from typing import Generic, TypeVar

import pyarrow as pa

Found = TypeVar("Found")


class Last(Generic[Found]):
    """What was found of one array, the last one of each thread, for as long as that array lives.

    The folds of a column are given the same array one after the other, and begin with the same work.
    """

    def __init__(self) -> None:
        self._kept = threading.local()

    def of(self, array: pa.Array) -> Found | None:
        """What was found of this very array; None where another one came since."""
        known: tuple[weakref.ref[pa.Array], Found] | None = getattr(self._kept, "found", None)
        return known[1] if known is not None and known[0]() is array else None

    def keep(self, array: pa.Array, found: Found) -> Found:
        """Keep what was found, and give it back."""
        self._kept.found = weakref.ref(array, self._forget), found
        return found

    def _forget(self, dead: weakref.ref[pa.Array]) -> None:
        # in the thread that let go of the array; what another one keeps of it goes with the next array there
        known = getattr(self._kept, "found", None)
        if known is not None and known[0] is dead:
            self._kept.found = None
