"""Places of rows for people: those in one file together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Final

_PLACE: Final = re.compile(r"(.*)(:| row )([0-9]+)", re.DOTALL)


def places_shown(rows: Iterable[str]) -> list[str]:
    """`a.csv:3` and `a.csv:8` as "a.csv:3, 8", `b.parquet row 3` and `b.parquet row 8` as "b.parquet rows 3, 8"; files as seen from here.

    Parameters
    ----------
    rows : iterable of str
        As an outcome has them.
    """
    by_file: dict[tuple[str, str], list[str]] = {}
    for place in rows:
        found = _PLACE.fullmatch(place)
        file, kind, number = (place, "", "") if found is None else found.groups()
        by_file.setdefault((file, kind), []).append(number)
    return [f"{_from_here(file)}{_many(kind, len(numbers))}{', '.join(numbers)}" for (file, kind), numbers in by_file.items()]


def _many(kind: str, n: int) -> str:
    return " rows " if kind == " row " and n > 1 else kind


def _from_here(file: str) -> str:
    """A file under the working folder by its path from there; others as they are."""
    here = os.getcwd() + os.sep
    return file.removeprefix(here)
