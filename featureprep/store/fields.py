"""What a written column is to a model, as its Arrow field metadata says it.

Convention: field metadata key `featureprep`, its value canonical JSON of
{"role": "feature" | "label" | "weight" | "keep", "size": n, "elements": [names], "training_only": bool}; all keys may be absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from featureprep.canonical import loads
from featureprep.errors import CorruptArtefactError
from featureprep.store.log_entry import FIELD_METADATA
from featureprep.types import is_sparse

ROLES = ("feature", "label", "weight", "keep")


@dataclass(frozen=True)
class Column:
    """A written column.

    Attributes
    ----------
    name : str
    type : pa.DataType
    role : str
        One of `ROLES`; "feature" where nothing is said.
    size : int or None
        Places of a vector (dense or sparse); for ids, the size of their vocabulary; None where nothing is said.
    elements : tuple of str
        Names of a vector's places, () where nothing is said.
    training_only : bool
        Serving does not make it (label, weight, out-of-fold encodings).
    """

    name: str
    type: pa.DataType
    role: str
    size: int | None
    elements: tuple[str, ...]
    training_only: bool

    @property
    def is_vector(self) -> bool:
        return bool(pa.types.is_fixed_size_list(self.type)) or is_sparse(self.type)

    @property
    def width(self) -> int:
        """Columns of a matrix that it takes."""
        if pa.types.is_fixed_size_list(self.type):
            return int(self.type.list_size)
        return (self.size or 0) if is_sparse(self.type) else 1

    def flat_names(self) -> list[str]:
        """`age`, or for a vector `education=Bachelors`...; places without a name have their number, from 0."""
        if not self.is_vector:
            return [self.name]
        return [f"{self.name}={element}" for element in self.elements or map(str, range(self.width))]


def columns_of(schema: pa.Schema, where: str) -> list[Column]:
    """The columns of a written schema, in its order.

    Raises
    ------
    CorruptArtefactError
        When a column's metadata contradicts its type, or is no such metadata.
    """
    return [_column(field, where) for field in schema]


def _column(field: pa.Field, where: str) -> Column:
    text = (field.metadata or {}).get(FIELD_METADATA)
    said: Any = loads(text) if text else {}
    column = None
    if isinstance(said, dict):
        size, elements = said.get("size"), said.get("elements") or []
        role, training_only = said.get("role", "feature"), said.get("training_only", False)
        size_ok = size is None or (isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 2**63)
        elements_ok = isinstance(elements, list) and all(isinstance(element, str) for element in elements)
        if size_ok and elements_ok and role in ROLES and isinstance(training_only, bool):
            column = Column(field.name, field.type, role, size, tuple(elements), training_only)
    if column is None:
        raise CorruptArtefactError(f"the metadata of column {field.name!r} is not featureprep's", where=where)
    if column.is_vector:
        if is_sparse(field.type) and (column.size is None or column.size >= 2**31):  # indices are int32
            raise CorruptArtefactError(f"the sparse column {field.name!r} does not say its size", where=where)
        if column.elements and len(column.elements) != column.width:
            raise CorruptArtefactError(
                f"column {field.name!r} has {column.width} places and {len(column.elements)} element names", where=where
            )
    return column
