"""A baseline: the shapes of a source's columns as they were, or why there are none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from featureprep.errors import CorruptArtefactError
from featureprep.validators.drift.shapes import Shape, shape_from_json


@dataclass(frozen=True)
class Baseline:
    """What the columns of a source are held against.

    Attributes
    ----------
    name : str
        As it is shown: "taxi@3", or a path.
    shapes : mapping of column to Shape
    obstacles : mapping of column to str
        Why a column has no shape, where that is known.
    why : str
        Why no column has one; "" where some may.
    """

    name: str = ""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    obstacles: Mapping[str, str] = field(default_factory=dict)
    why: str = ""

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
        For a shape that no column has, and for what is no section.
    """
    shapes: dict[str, Shape] = {}
    obstacles: dict[str, str] = {}
    known = section.get("columns") if isinstance(section, Mapping) else None
    if not isinstance(known, list) or not all(isinstance(column, Mapping) for column in known):
        raise CorruptArtefactError("these are no statistics of columns", where=name)
    for column in known:
        at = column.get("name")
        if at not in columns:
            continue
        if "shape" in column:
            try:
                shapes[at] = shape_from_json(column["shape"])
            except CorruptArtefactError as error:
                raise error.at(name) from None
        elif column.get("masked"):
            obstacles[at] = f"{name} keeps nothing of the column's values: it was sensitive"
        else:
            obstacles[at] = f"the statistics of {name} keep no shape of the column: it had another type, or an earlier release made them"
    return Baseline(name, shapes, obstacles)
