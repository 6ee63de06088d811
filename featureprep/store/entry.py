"""What a listing says of one stored object."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, order=True)
class Entry:
    """One object: its path from the store's root, its size in bytes, and when it was last written (aware, UTC)."""

    path: str
    size: int
    modified: datetime
