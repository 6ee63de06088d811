"""A baseline: the shapes of a source's columns as they were, or why there are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import CorruptArtefactError
from featureprep.validators.drift.shapes import Shape, shape_from_json
from featureprep.validators.drift.stored import is_count
from featureprep.validators.misfits import Misfits, misfits_of


@dataclass(frozen=True)
class Baseline:
    """What the columns of a source are held against.

    Attributes
    ----------
    name : str
        As it is shown: "taxi@3", or a path.
    shapes : mapping of column to Shape
        Of lists that of their items.
    lengths : mapping of column to Shape
        Of the lengths of lists.
    obstacles : mapping of column to str
        Why a column has no shape, where that is known.
    why : str
        Why no column has one; "" where some may.
    section : mapping or None
        The statistics of the source as it was; None where none are there, or none were asked for.
    misfits : mapping of column to Misfits
        Of the columns that were asked for, those with cells that did not fit their type: they count as null here.
    rows : number or None
        How many there are, of several versions the median; None where that is not known.
    """

    name: str = ""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    obstacles: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    section: Mapping[str, Any] | None = None
    lengths: Mapping[str, Shape] = field(default_factory=dict)
    misfits: Mapping[str, Misfits] = field(default_factory=dict)
    rows: float | None = None

    def obstacle(self, column: str) -> str | None:
        """Why a column cannot be held against it; None where it can."""
        if column in self.shapes:
            return None
        return self.why or self.obstacles.get(column) or f"the baseline {self.name} does not have the column"


def baseline_of(section: Mapping[str, Any], name: str, columns: Collection[str]) -> Baseline:
    """The shapes that a section of statistics keeps of some columns.

    Parameters
    ----------
    section : mapping
        As `featureprep.validators.statistics.finish` gives it; that of an earlier release keeps no shapes.

    Raises
    ------
    CorruptArtefactError
        For a shape or misfits that no column has, and for what is no section.
    """
    shapes: dict[str, Shape] = {}
    lengths: dict[str, Shape] = {}
    obstacles: dict[str, str] = {}
    misfits: dict[str, Misfits] = {}
    known = section.get("columns") if isinstance(section, Mapping) else None
    if not isinstance(known, list) or not all(isinstance(column, Mapping) for column in known):
        raise CorruptArtefactError("these are no statistics of columns", where=name)
    for column in known:
        at = column.get("name")
        if at not in columns:
            continue
        found = misfits_of(column, section.get("rows"), name)
        if found is not None:
            misfits[at] = found
        if "shape" in column:
            try:
                shapes[at] = shape_from_json(column["shape"])
                if "length_shape" in column:
                    lengths[at] = shape_from_json(column["length_shape"])
            except CorruptArtefactError as error:
                raise error.at(name) from None
        elif column.get("masked"):
            obstacles[at] = f"{name} keeps nothing of the column's values: it was sensitive"
        else:
            obstacles[at] = f"the statistics of {name} keep no shape of the column: it had another type, or an earlier release made them"
    rows = section.get("rows")
    return Baseline(name, shapes, obstacles, section=section, lengths=lengths, misfits=misfits, rows=rows if is_count(rows) else None)
