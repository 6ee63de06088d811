"""What a file that is not there may have been called."""

from __future__ import annotations

import os
from difflib import get_close_matches
from itertools import islice

from featureprep.errors import short

_LOOKED_AT = 1000
"""Names of a folder: one may hold millions."""


def names_like(path: str) -> str | None:
    """A hint with the names that are like this one in its folder, on the local disk, or that it is a dangling link; None where there is neither."""
    if not path:
        return None
    if os.path.islink(path) and not os.path.exists(path):
        return f"it is a link to {short(os.readlink(path), 200)}, which is not there"
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(path)))
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in islice(entries, _LOOKED_AT))
    except OSError:
        return None
    close = get_close_matches(name, names, n=3, cutoff=0.7)
    return f"its folder has {' and '.join(map(short, close))}" if close else None
