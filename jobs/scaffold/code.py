"""Python source from values: literals, names of arguments, comments. Nothing that data holds can become code."""

from __future__ import annotations

import datetime as dt
import keyword
import re
import unicodedata
from collections.abc import Collection

RESERVED = frozenset({"keep", "dtype"})
"""Arguments of `features` itself."""
_LONGEST_NAME = 60


def quoted(text: str) -> str:
    """A string literal in double quotes where that needs no more escapes; every unprintable character is escaped."""
    literal = repr(text)
    return f'"{literal[1:-1]}"' if literal[0] == "'" and '"' not in literal and "\\'" not in literal else literal


def argument_name(text: str, used: Collection[str] = (), *, reserved: Collection[str] = RESERVED) -> str:
    """A keyword argument for a column of any name: the name itself where it can be one, else one near to it, that is not in `used`.

    Python reads identifiers in Unicode's form NFKC, so that is what is made and compared.
    """
    name = unicodedata.normalize("NFKC", text)
    if not name.isidentifier():
        name = re.sub(r"\W+", "_", name).strip("_")[:_LONGEST_NAME].lower()
        name = unicodedata.normalize("NFKC", name)
        name = name if name.isidentifier() else f"c_{name}" if name and f"c_{name}".isidentifier() else "column"
    if keyword.iskeyword(name) or name in reserved:
        name += "_"
    made, n = name, 1
    while made in used:
        n += 1
        made = f"{name}_{n}"
    return made


def comment(text: str, limit: int = 110) -> str:
    """A text that can stand behind `#`: one line, printable."""
    safe = "".join(c if c.isprintable() else " " for c in text)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def shown(value: object) -> str:
    """A value of data inside a comment."""
    if isinstance(value, float):
        return f"{value:.6g}"
    text = quoted(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def moment(text: str, *, day: bool) -> str | None:
    """A date or time in ISO form as `dt.date(...)` or `dt.datetime...`; None for one that Python's calendar does not have."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    if day:
        return f"dt.date({found.year}, {found.month}, {found.day})"
    return f"dt.datetime.fromisoformat({quoted(text)})"
