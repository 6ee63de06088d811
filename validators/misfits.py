"""Cells of a column that do not fit its type: how many, and where the first ones stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from featureprep.errors import CorruptArtefactError

KEY: Final = "misfits"
"""Under which a column of a section of statistics has them."""


@dataclass(frozen=True)
class Misfits:
    """To statistics such cells are null.

    Attributes
    ----------
    type : str
        What they do not fit, as a contract spells it.
    count : int
        At least one.
    rows : int
        Of so many cells.
    first : tuple of (text or None, place)
        The first of them whose texts differ, in the order of the files; texts of at most 200 code points, None where they are not shown.
    """

    type: str
    count: int
    rows: int
    first: tuple[tuple[str | None, str], ...] = ()

    def to_json(self, *, masked: bool = False) -> dict[str, Any]:
        """What stands in statistics beside the column's type; `masked`: without texts."""
        shown = [{"at": place} | ({} if masked or text is None else {"text": text}) for text, place in self.first]
        return {"n": self.count, "first": shown}


def misfits_of(column: Mapping[str, Any], rows: Any, where: str) -> Misfits | None:
    """Those of a column of a section of statistics; None where it has none, as in statistics of an earlier release.

    Parameters
    ----------
    rows : int
        Of the section.
    where : str
        What the statistics are called.

    Raises
    ------
    CorruptArtefactError
        For what no statistics hold.
    """
    if KEY not in column:
        return None
    found, dtype = column[KEY], column.get("type")
    count, first = (found.get("n"), found.get("first")) if isinstance(found, Mapping) else (None, None)
    numbers = isinstance(count, int) and isinstance(rows, int) and count is not True and 0 < count <= rows
    if not numbers or not isinstance(dtype, str) or not isinstance(first, list) or not all(map(_is_example, first)):
        raise CorruptArtefactError(f"these are no statistics of a column: its {KEY} are no count with places", where=where)
    return Misfits(dtype, int(found["n"]), int(rows), tuple((one.get("text"), one["at"]) for one in first))


def _is_example(found: Any) -> bool:
    return isinstance(found, Mapping) and isinstance(found.get("at"), str) and isinstance(found.get("text"), str | None)
