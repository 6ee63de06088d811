"""Stored shapes of either kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from featureprep.validators.drift.category import CategoryShape
from featureprep.validators.drift.numeric import NumericShape
from featureprep.validators.drift.stored import require

Shape = NumericShape | CategoryShape


def shape_from_json(stored: Mapping[str, Any]) -> Shape:
    """The shape that `to_json` of one of them wrote.

    Raises
    ------
    CorruptArtefactError
        For anything that no column has.
    """
    require(type(stored) is dict, "it is no object")
    return NumericShape.from_json(stored) if stored.get("shape") == "numeric" else CategoryShape.from_json(stored)
